//! Keyed operations, which count what struck them.

use std::time::Duration;

use chaos_core::{InjectedFault, Operation, Scope, Site};

use crate::count::{CANCELLED, OPERATIONS, PROTECTED, STUCK, TOO_LATE};
use crate::dice::Dice;
use crate::drive::{FOREVER, drive};
use crate::hostile::{Worst, contain};
use crate::ledger::Ledger;
use crate::user_code::VAULT;

/// Runs operations until the ledger is closed.
pub(crate) fn run_operations(sites: &[Site], ledger: &Ledger, dice: &Dice) {
    while !ledger.is_closed() {
        operate(dice.pick(sites), ledger, dice);
    }
}

fn operate(site: &Site, ledger: &Ledger, dice: &Dice) {
    let scope = Scope::new(format!("key {}", dice.below(1_000)));
    let name = format!("operation {}", dice.below(20));
    let begins_late = ledger.begins_late();
    let at_most = if dice.is_one_in(20) {
        dice.millis(0, 5)
    } else {
        FOREVER
    };
    let returned = contain(|| {
        let operation = Operation::new(&name).within(&scope);
        let wait = || ledger.hold(&scope);
        if dice.is_one_in(2) {
            drive(site.point(operation), at_most, Worst::Panic, dice, wait)
        } else {
            let call = async { Ok::<_, InjectedFault>(()) };
            let call = site.around(operation, call);
            drive(call, at_most, Worst::Panic, dice, wait)
        }
    });
    OPERATIONS.add(1);
    ledger.settle(&scope);
    match returned {
        Some(None) if at_most == FOREVER => STUCK.add(1),
        Some(None) => CANCELLED.add(1),
        _ => {}
    }
    let faults = match returned {
        Some(Some(Err(_))) => scope.touch_count().max(1),
        _ => scope.touch_count(),
    };
    if begins_late {
        TOO_LATE.add(faults);
    }
    if site.service() == VAULT {
        PROTECTED.add(faults);
    }
    if dice.is_one_in(50) {
        std::thread::sleep(Duration::from_millis(1));
    }
}
