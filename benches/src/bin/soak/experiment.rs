//! Experiments at random, with the caps that their operations check.

use std::time::Duration;

use chaos_core::{
    BlastRadius, Condition, Consent, Experiment, Failure, Fault, Latency, Pattern, Phase, Pressure,
};

use crate::dice::Dice;
use crate::ledger::Tally;
use crate::user_code::{SERVICES, VAULT};

/// An experiment, and the caps of its tally.
pub(crate) fn any_experiment(name: &str, dice: &Dice) -> (Experiment, Tally) {
    let mut experiment = Experiment::new(name).time_limit(match dice.below(10) {
        0 => Duration::from_secs(30),
        _ => dice.millis(2, 300),
    });
    if dice.is_one_in(4) {
        experiment = experiment.abort_when(any_condition(dice));
    }
    if dice.is_one_in(20) {
        let radius = BlastRadius::everything(consent());
        let pressing = experiment.fault(any_pressure(dice)).blast_radius(radius);
        return (pressing, Tally::capped(0, 0));
    }
    let (mut radius, mut tally) = (any_radius(dice), Tally::capped(u64::MAX, u64::MAX));
    if dice.is_one_in(2) {
        tally.total = 1 + dice.below(30);
        radius = radius.at_most(tally.total);
    }
    if dice.is_one_in(2) {
        let concurrent = 1 + dice.below(3) as u32;
        tally.concurrent = concurrent.into();
        radius = radius.concurrent(concurrent);
    }
    experiment = experiment.fault(any_fault(dice)).blast_radius(radius);
    if dice.is_one_in(3) {
        experiment = experiment.fault(any_fault(dice));
    }
    if dice.is_one_in(5) {
        experiment = experiment.pattern(Pattern::first(1 + dice.below(20)));
    }
    if dice.is_one_in(5) {
        experiment = experiment.phase(Phase::After);
    }
    if dice.is_one_in(20) {
        experiment = experiment.dry_run();
        tally.total = 0;
    }
    (experiment, tally)
}

fn any_radius(dice: &Dice) -> BlastRadius {
    let radius = match dice.below(12) {
        0 => BlastRadius::everything(consent()),
        1 => BlastRadius::services(["orders", "mail"]),
        2 => BlastRadius::points_at(VAULT),
        3 => BlastRadius::points_at("stock").operation("operation 1*"),
        _ => BlastRadius::points_at(*dice.pick(&SERVICES)),
    };
    radius.rate(dice.percent(1, 50))
}

fn any_fault(dice: &Dice) -> Fault {
    match dice.below(10) {
        0..4 => {
            let most = dice.millis(1, 10);
            Fault::latency(Latency::uniform(Duration::ZERO, most).expect("in order"))
        }
        4..8 => Fault::error(Failure::Unavailable),
        8 => Fault::timeout(dice.millis(5, 10_000)),
        _ => Fault::panic(),
    }
}

fn any_pressure(dice: &Dice) -> Fault {
    Fault::exhaust(match dice.below(3) {
        0 => Pressure::descriptors(dice.percent(10, 50)),
        1 => Pressure::memory(1 << 20),
        _ => Pressure::clock_ahead(Duration::from_secs(60)),
    })
}

fn any_condition(dice: &Dice) -> Condition {
    let service = *dice.pick(&SERVICES);
    match dice.below(4) {
        0 => Condition::error_rate_above(dice.percent(10, 90)).at(service),
        1 => Condition::consecutive_failures(3 + dice.below(20) as u32).at(service),
        _ => Condition::probe("hostile")
            .every(dice.millis(10, 50))
            .deadline(dice.millis(20, 100)),
    }
}

fn consent() -> Consent {
    Consent::by("the soak").expect("a name")
}
