//! The manager of one round, with a sink, probes and undos that misbehave.

use chaos_core::{
    ChaosManager, Environment, Event, ExperimentGuard, JournalEntry, JournalSink, Site,
};
use std::sync::Arc;
use std::time::Duration;

use crate::count::{LOST, REGISTERED, UNDONE};
use crate::dice::Dice;
use crate::hostile::{HostileDrop, Worst, misbehave};

pub(crate) const SERVICES: [&str; 5] = ["orders", "payments", "stock", "mail", "search"];

/// The service that is protected.
pub(crate) const VAULT: &str = "vault";

pub(crate) fn manager(dice: &Dice) -> ChaosManager {
    let probe = Arc::new(dice.another());
    let hostile_drop = HostileDrop(dice.another(), 4);
    ChaosManager::builder()
        .seed(dice.roll())
        .environment(Environment::Test)
        .protect(VAULT)
        .check_conditions_every(Duration::from_millis(20))
        .journal_to(HostileSink::new(dice, Worst::Panic, 100))
        .journal_to(HostileSink::new(dice, Worst::Hang, 1_000))
        .probe("hostile", move || {
            let _ = &hostile_drop;
            misbehave(&probe, Worst::Hang, 40);
            let probe = Arc::clone(&probe);
            async move {
                misbehave(&probe, Worst::Hang, 40);
                if probe.is_one_in(20) {
                    std::future::pending::<()>().await;
                }
                if probe.is_one_in(20) {
                    return Err("the probe failed");
                }
                Ok(())
            }
        })
        .build()
}

/// The sites of a manager, the protected one included.
pub(crate) fn sites(chaos: &ChaosManager) -> Vec<Site> {
    let services = SERVICES.into_iter().chain([VAULT]);
    services.map(|service| chaos.site(service)).collect()
}

struct HostileSink {
    dice: Dice,
    worst: Worst,
    odds: u64,
    _drop: HostileDrop,
}

impl HostileSink {
    fn new(dice: &Dice, worst: Worst, odds: u64) -> Self {
        Self {
            dice: dice.another(),
            worst,
            odds,
            _drop: HostileDrop(dice.another(), 4),
        }
    }
}

impl JournalSink for HostileSink {
    fn record(&self, entry: &JournalEntry) {
        if let Event::Lost { entries } = entry.event {
            LOST.add(entries);
        }
        misbehave(&self.dice, self.worst, self.odds);
    }

    fn flush(&self) {
        misbehave(&self.dice, Worst::Panic, self.odds);
    }
}

/// Registers an undo that counts, and then misbehaves, as does the drop of what it holds.
pub(crate) fn register_undo(guard: &ExperimentGuard, dice: &Dice) {
    let dice = dice.another();
    let hostile_drop = HostileDrop(dice.another(), 20);
    REGISTERED.add(1);
    guard.on_end(move || {
        UNDONE.add(1);
        let _dropped_last = hostile_drop;
        misbehave(&dice, Worst::HangInCleanup, 60);
    });
}
