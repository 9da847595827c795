//! What is promised to one pressure is there for no other.

use chaos_core::{Pressure, PressureError, PressureGuard, Rate};

use crate::child;
use crate::patience::wait_until;

/// That this is refused for want of room.
#[track_caller]
fn refused(pressure: &Pressure) -> String {
    let refused = pressure.start().unwrap_err();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    refused.to_string()
}

#[track_caller]
fn gone(pressure: &PressureGuard) {
    pressure.stop();
    wait_until("all is given back", || pressure.is_gone());
}

#[test]
fn spinners_are_counted_over_all_pressures() {
    child::passes("promised::spins");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn spins() {
    assert!(child::plays("promised::spins"));
    let spinners = |workers| Pressure::cpu(workers, Rate::percent(10.0).unwrap());
    let Err(PressureError::NoRoom { shortage, .. }) = spinners(u32::MAX).start() else {
        panic!("so many can't be stopped in time");
    };
    let most = u32::try_from(shortage.free).unwrap();
    let first = spinners(most - 1).start().unwrap();
    let second = spinners(1).start().unwrap();
    let told = refused(&spinners(1));
    assert!(told.contains(&format!("{most} are promised")), "{told}");
    gone(&second);
    gone(&spinners(1).start().unwrap());
    gone(&first);
    gone(&spinners(most).start().unwrap());
}

#[test]
fn threads_that_are_not_yet_there_are_counted() {
    child::passes("promised::starts_threads");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn starts_threads() {
    assert!(child::plays("promised::starts_threads"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _in_it = runtime.enter();
    let slowly = std::time::Duration::from_secs(1_000);
    let told = refused(&Pressure::blocking_pool(u32::MAX));
    assert!(told.contains("4294967295 requested"), "{told}");
    let Err(PressureError::NoRoom { shortage, .. }) = Pressure::threads(u32::MAX).start() else {
        panic!("so many can't be had");
    };
    let room = u32::try_from(shortage.free - shortage.reserve).unwrap();
    // Others start and end threads meanwhile.
    let most = room - room / 10;
    let threads = Pressure::threads(most).ramp(slowly).start().unwrap();
    wait_until("some are there", || threads.level().achieved > 0.0);
    for next in [
        Pressure::threads(room / 5),
        Pressure::blocking_pool(room / 5),
    ] {
        let told = refused(&next);
        assert!(told.contains("are promised"), "{told}");
    }
    gone(&threads);
    let pool = Pressure::blocking_pool(most).ramp(slowly).start().unwrap();
    wait_until("some are there", || pool.level().achieved > 0.0);
    refused(&Pressure::threads(room / 5));
    gone(&pool);
    gone(&Pressure::threads(1).start().unwrap());
}
