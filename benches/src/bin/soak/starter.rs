//! What starts, stops, halts and resumes experiments.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use chaos_core::{ChaosManager, ExperimentGuard};

use crate::count::{DETACHED, DROPPED, ENDED, HALTS, REFUSED, STARTED, STOPPED};
use crate::dice::Dice;
use crate::drive::drive;
use crate::experiment::any_experiment;
use crate::hostile::{Worst, bear};
use crate::ledger::Ledger;
use crate::user_code::{VAULT, register_undo};

/// One of the threads that start and stop.
pub(crate) struct Starter<'a> {
    chaos: ChaosManager,
    ledger: &'a Ledger,
    dice: Dice,
    guards: Vec<ExperimentGuard>,
    detached: Vec<String>,
}

impl<'a> Starter<'a> {
    const MOST_GUARDS: usize = 6;

    pub(crate) fn new(chaos: &ChaosManager, ledger: &'a Ledger, dice: &Dice) -> Self {
        Self {
            chaos: chaos.clone(),
            ledger,
            dice: dice.another(),
            guards: Vec::new(),
            detached: Vec::new(),
        }
    }

    /// Acts until then, and returns the guards that are left.
    pub(crate) fn run(mut self, until: Instant) -> Vec<ExperimentGuard> {
        while Instant::now() < until {
            bear(|| self.act());
            std::thread::sleep(self.dice.millis(0, 3));
        }
        self.guards
    }

    fn act(&mut self) {
        if self.guards.len() > Self::MOST_GUARDS {
            return self.drop_one();
        }
        match self.dice.below(100) {
            0..50 => self.start(),
            50..60 => self.stop(),
            60..75 => self.drop_one(),
            75..83 => self.end(),
            83..90 => self.detach(),
            90..96 => self.wait_for_injection(),
            96..99 => {
                let _ = (self.chaos.status(), self.chaos.sites());
                let _ = (self.chaos.explain(VAULT, "operation 1"), self.chaos.now());
            }
            _ => self.halt(),
        }
    }

    fn start(&mut self) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("experiment {}", NEXT.fetch_add(1, Ordering::Relaxed));
        let (experiment, tally) = any_experiment(&name, &self.dice);
        let undos = self.dice.below(4);
        self.ledger.expect(name, tally);
        let Ok(guard) = self.chaos.start(experiment) else {
            return REFUSED.add(1);
        };
        STARTED.add(1);
        (0..undos).for_each(|_| register_undo(&guard, &self.dice));
        self.guards.push(guard);
    }

    fn take_one(&mut self) -> Option<ExperimentGuard> {
        let guards = self.guards.len() as u64;
        (guards > 0).then(|| self.guards.swap_remove(self.dice.below(guards) as usize))
    }

    fn stop(&mut self) {
        let name = match self.guards.last() {
            Some(guard) if self.dice.is_one_in(2) => Some(guard.name().to_owned()),
            _ => self.detached.pop(),
        };
        if name.is_some_and(|name| self.chaos.stop(&name).is_ok()) {
            STOPPED.add(1);
        }
    }

    fn drop_one(&mut self) {
        if let Some(guard) = self.take_one() {
            DROPPED.add(1);
            drop(guard);
        }
    }

    fn end(&mut self) {
        if let Some(guard) = self.take_one() {
            ENDED.add(1);
            self.wait_for(guard.end(), 100);
        }
    }

    fn detach(&mut self) {
        if let Some(guard) = self.take_one() {
            DETACHED.add(1);
            self.detached.push(guard.name().to_owned());
            guard.detach();
        }
    }

    fn wait_for_injection(&self) {
        if let Some(guard) = self.guards.last() {
            self.wait_for(guard.wait_for(guard.injected() + 1), 20);
        }
    }

    fn halt(&self) {
        HALTS.add(1);
        self.chaos.halt();
        self.wait_for(self.chaos.halted(), 5);
        self.chaos.resume();
    }

    /// Waits for what may never come while something hangs.
    fn wait_for(&self, future: impl Future, at_most: u64) {
        let at_most = self.dice.millis(0, at_most);
        drive(future, at_most, Worst::HangInCleanup, &self.dice, || ());
    }
}
