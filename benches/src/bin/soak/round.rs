//! One manager, from its build until its last handle is gone.

use std::time::{Duration, Instant};

use crate::count::{MANAGERS, STUCK};
use crate::dice::Dice;
use crate::drive::{FOREVER, drive};
use crate::hostile::{DAM, Worst, bear, contain};
use crate::ledger::Ledger;
use crate::operation::run_operations;
use crate::starter::Starter;
use crate::user_code::{manager, sites};

const LENGTH: Duration = Duration::from_secs(2);
const THREADS: usize = 8;

/// The number of operations that must go through once nothing may strike.
const LATE_OPERATIONS: u64 = 500;

/// How a round ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// While user code hangs.
    HeldUp,
    /// Once all that hangs is released, so that every wait returns.
    Released,
}

/// Runs 8 threads that start and stop, and 8 that run operations; then checks that nothing strikes any more.
pub(crate) fn run_round(dice: &Dice, ending: Ending) {
    DAM.close();
    MANAGERS.add(1);
    let (chaos, ledger) = (manager(dice), Ledger::default());
    let sites = sites(&chaos);
    let guards = std::thread::scope(|threads| {
        for _ in 0..THREADS {
            let (sites, ledger, dice) = (&sites, &ledger, dice.another());
            threads.spawn(move || run_operations(sites, ledger, &dice));
        }
        let until = Instant::now() + LENGTH;
        let starters: Vec<_> = (0..THREADS)
            .map(|_| Starter::new(&chaos, &ledger, dice))
            .map(|starter| threads.spawn(move || starter.run(until)))
            .collect();
        let guards: Vec<_> = starters
            .into_iter()
            .flat_map(|starter| starter.join().expect("a starter contains its panics"))
            .collect();
        if ending == Ending::Released {
            DAM.open();
        }
        if dice.is_one_in(2) {
            bear(|| chaos.halt());
            expect_no_strike(&ledger);
            if ending == Ending::Released {
                expect_to_return(chaos.halted(), dice);
            }
        }
        // With it go the probes, whose drop may panic.
        contain(|| drop(chaos));
        expect_no_strike(&ledger);
        ledger.close();
        guards
    });
    // They outlive their manager, and the last may take its probes along.
    for guard in guards {
        match ending {
            Ending::HeldUp => drop(contain(|| drop(guard))),
            Ending::Released => expect_to_return(guard.end(), dice),
        }
    }
}

fn expect_to_return(future: impl Future<Output = ()>, dice: &Dice) {
    let returned = contain(|| drive(future, FOREVER, Worst::Panic, dice, || ()));
    if returned == Some(None) {
        STUCK.add(1);
    }
}

/// Lets operations begin that nothing may strike, and returns when enough have begun.
fn expect_no_strike(ledger: &Ledger) {
    ledger.set_over();
    let (begun, start) = (ledger.begun_late(), Instant::now());
    while ledger.begun_late() < begun + LATE_OPERATIONS {
        if start.elapsed() > FOREVER {
            return STUCK.add(1);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
