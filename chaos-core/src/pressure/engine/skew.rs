//! Clocks that go wrong, for those who ask a manager for the time.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use super::held::Held;
use super::keeper::{Hog, keep};
use crate::pressure::resource::Skew;
use crate::pressure::{PressureError, PressureKind};

/// What the clocks of one manager are wrong by.
#[derive(Default)]
pub(crate) struct Skews {
    count: AtomicUsize,
    all: Mutex<Vec<Skewed>>,
}

#[derive(Clone)]
struct Skewed {
    by: Skew,
    held: Weak<Held>,
}

impl Skews {
    /// Whether any clock may be wrong.
    pub(crate) fn are_some(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// The time on the wall, and what experiments make of it.
    pub(crate) fn now(&self) -> SystemTime {
        let now = SystemTime::now();
        if !self.are_some() {
            return now;
        }
        let mut all = self.all();
        // Those that are over go, so that nobody pays for them any more.
        all.retain(|skewed| skewed.share().is_some());
        self.count.store(all.len(), Ordering::Release);
        all.iter().fold(now, |now, skewed| {
            let share = skewed.share().unwrap_or(0.0);
            shown(skewed.by, share, now).unwrap_or(now)
        })
    }

    fn add(&self, skewed: Skewed) {
        let mut all = self.all();
        all.push(skewed);
        self.count.store(all.len(), Ordering::Release);
    }

    fn all(&self) -> MutexGuard<'_, Vec<Skewed>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Skewed {
    /// How much of it there is by now; nothing once it is over.
    fn share(&self) -> Option<f64> {
        let held = self.held.upgrade()?;
        (!held.is_stopping() && !held.time_left().is_zero()).then(|| held.ramped())
    }
}

/// What a clock shows that is wrong by this share; a time that no clock can show is not shown.
fn shown(by: Skew, share: f64, now: SystemTime) -> Option<SystemTime> {
    let part = |by: Duration| {
        if share >= 1.0 {
            by
        } else {
            Duration::try_from_secs_f64(by.as_secs_f64() * share).unwrap_or(by)
        }
    };
    match by {
        Skew::Ahead(by) => now.checked_add(part(by)),
        Skew::Behind(by) => now.checked_sub(part(by)),
    }
}

/// A clock that is going to be wrong.
pub(super) struct Skewing {
    by: Skew,
    clocks: Arc<Skews>,
}

impl Skewing {
    /// Finds out whether a clock can show it.
    pub(super) fn prepare(by: Skew, clocks: &Arc<Skews>) -> Result<Self, PressureError> {
        if shown(by, 1.0, SystemTime::now()).is_none() {
            return Err(PressureError::Unsupported {
                kind: PressureKind::Clock,
                why: "no clock can show a time that far away".to_owned(),
            });
        }
        Ok(Self {
            by,
            clocks: Arc::clone(clocks),
        })
    }

    /// How many seconds it is to be ahead.
    pub(super) fn most(&self) -> f64 {
        match self.by {
            Skew::Ahead(by) => by.as_secs_f64(),
            Skew::Behind(by) => -by.as_secs_f64(),
        }
    }

    /// Makes the clock wrong from now on; the thread only says how far it is.
    pub(super) fn begin(self, held: &Arc<Held>) -> io::Result<()> {
        held.achieves(self.most() * held.ramped());
        if held.ramped() >= 1.0 {
            held.is_reached();
        }
        self.clocks.add(Skewed {
            by: self.by,
            held: Arc::downgrade(held),
        });
        let most = self.most();
        keep(held, Showing { most, now: 0.0 })
    }
}

/// Says how far the clock is.
struct Showing {
    most: f64,
    now: f64,
}

impl Hog for Showing {
    fn bring_to(&mut self, share: f64, _held: &Arc<Held>) -> Result<(), String> {
        self.now = self.most * share;
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.now
    }

    fn every(&self) -> Duration {
        Duration::from_millis(100)
    }
}
