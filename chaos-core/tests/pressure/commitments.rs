//! Amounts committed to one pressure are not available to others.

use chaos_core::error::PressureError;
use chaos_core::{Pressure, Rate};

use crate::child;
use crate::wait::{stop_and_wait, wait_until};

/// Checks that a pressure does not fit, and returns the message.
#[track_caller]
fn assert_refused(pressure: &Pressure) -> String {
    let refused = pressure.start().unwrap_err();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    refused.to_string()
}

#[test]
fn spinners_of_all_pressures_are_counted() {
    child::isolated(|| {
        let spinners = |workers| Pressure::cpu(workers, Rate::percent(10.0).unwrap());
        let Err(PressureError::NoRoom { shortage, .. }) = spinners(u32::MAX).start() else {
            panic!("this many workers must not start");
        };
        let most = u32::try_from(shortage.free).unwrap();
        let first = spinners(most - 1).start().unwrap();
        let second = spinners(1).start().unwrap();
        let message = assert_refused(&spinners(1));
        assert!(
            message.contains(&format!("{most} are committed")),
            "{message}"
        );
        stop_and_wait(&second);
        stop_and_wait(&spinners(1).start().unwrap());
        stop_and_wait(&first);
        stop_and_wait(&spinners(most).start().unwrap());
    });
}

#[test]
fn threads_that_have_not_started_are_counted() {
    child::isolated(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _inside = runtime.enter();
        let slow_ramp = std::time::Duration::from_secs(1_000);
        let message = assert_refused(&Pressure::blocking_pool(u32::MAX));
        assert!(message.contains("4294967295 requested"), "{message}");
        let Err(PressureError::NoRoom { shortage, .. }) = Pressure::threads(u32::MAX).start()
        else {
            panic!("this many threads must not start");
        };
        let room = u32::try_from(shortage.free - shortage.reserve).unwrap();
        // Other processes start and end threads in the meantime.
        let most = room - room / 10;
        let threads = Pressure::threads(most).ramp(slow_ramp).start().unwrap();
        wait_until("the first ones have started", || {
            threads.level().achieved > 0.0
        });
        for next in [
            Pressure::threads(room / 5),
            Pressure::blocking_pool(room / 5),
        ] {
            let message = assert_refused(&next);
            assert!(message.contains("are committed"), "{message}");
        }
        stop_and_wait(&threads);
        let pool = Pressure::blocking_pool(most)
            .ramp(slow_ramp)
            .start()
            .unwrap();
        wait_until("the first ones have started", || {
            pool.level().achieved > 0.0
        });
        assert_refused(&Pressure::threads(room / 5));
        stop_and_wait(&pool);
        stop_and_wait(&Pressure::threads(1).start().unwrap());
    });
}
