//! Clocks that go wrong, for those who ask a manager for the time.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use super::control_loop::{Load, keep};
use super::state::PressureState;
use crate::pressure::resource::ClockSkew;
use crate::pressure::{PressureError, PressureKind};

/// What the clocks of one manager are wrong by.
#[derive(Default)]
pub(crate) struct ClockSkews {
    count: AtomicUsize,
    all: Mutex<Vec<ActiveSkew>>,
}

#[derive(Clone)]
struct ActiveSkew {
    by: ClockSkew,
    state: Weak<PressureState>,
}

impl ClockSkews {
    /// Whether any clock may be wrong.
    pub(crate) fn is_skewed(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// The time on the wall, and what experiments make of it.
    pub(crate) fn now(&self) -> SystemTime {
        let now = SystemTime::now();
        if !self.is_skewed() {
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

    fn add(&self, skewed: ActiveSkew) {
        let mut all = self.all();
        all.push(skewed);
        self.count.store(all.len(), Ordering::Release);
    }

    fn all(&self) -> MutexGuard<'_, Vec<ActiveSkew>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActiveSkew {
    /// How much of it there is by now; nothing once it is over.
    fn share(&self) -> Option<f64> {
        let state = self.state.upgrade()?;
        (!state.is_stopping() && !state.time_left().is_zero()).then(|| state.target_share())
    }
}

/// What a clock shows that is wrong by this share; a time that no clock can show is not shown.
fn shown(by: ClockSkew, share: f64, now: SystemTime) -> Option<SystemTime> {
    let part = |by: Duration| {
        if share >= 1.0 {
            by
        } else {
            Duration::try_from_secs_f64(by.as_secs_f64() * share).unwrap_or(by)
        }
    };
    match by {
        ClockSkew::Ahead(by) => now.checked_add(part(by)),
        ClockSkew::Behind(by) => now.checked_sub(part(by)),
    }
}

/// A clock that is going to be wrong.
pub(super) struct PreparedSkew {
    by: ClockSkew,
    clocks: Arc<ClockSkews>,
}

impl PreparedSkew {
    /// Finds out whether a clock can show it.
    pub(super) fn prepare(by: ClockSkew, clocks: &Arc<ClockSkews>) -> Result<Self, PressureError> {
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
            ClockSkew::Ahead(by) => by.as_secs_f64(),
            ClockSkew::Behind(by) => -by.as_secs_f64(),
        }
    }

    /// Makes the clock wrong from now on; the thread only says how far it is.
    pub(super) fn begin(self, state: &Arc<PressureState>) -> io::Result<()> {
        state.set_achieved(self.most() * state.target_share());
        if state.target_share() >= 1.0 {
            state.mark_reached();
        }
        self.clocks.add(ActiveSkew {
            by: self.by,
            state: Arc::downgrade(state),
        });
        let most = self.most();
        keep(state, ClockSkewLoad { most, now: 0.0 })
    }
}

/// Says how far the clock is.
struct ClockSkewLoad {
    most: f64,
    now: f64,
}

impl Load for ClockSkewLoad {
    fn adjust_to(&mut self, share: f64, _held: &Arc<PressureState>) -> Result<(), String> {
        self.now = self.most * share;
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.now
    }

    fn sampling_interval(&self) -> Duration {
        Duration::from_millis(100)
    }
}
