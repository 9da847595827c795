//! Skewed clocks of a manager.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use super::load::Load;
use super::state::PressureState;
use crate::pressure::resource::ClockSkew;
use crate::pressure::{PressureError, PressureKind};

/// The active skews of one manager's clock.
#[derive(Default)]
pub(crate) struct ClockSkews {
    count: AtomicUsize,
    all: Mutex<Vec<ActiveSkew>>,
}

struct ActiveSkew {
    skew: ClockSkew,
    state: Weak<PressureState>,
}

impl ClockSkews {
    /// Whether any skew may be active.
    pub(crate) fn is_skewed(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// Returns the system time with all active skews applied.
    pub(crate) fn now(&self) -> SystemTime {
        let now = SystemTime::now();
        if !self.is_skewed() {
            return now;
        }
        let mut all = self.all();
        // Ended skews are removed, so that later calls skip the lookup.
        all.retain(|active| active.share().is_some());
        self.count.store(all.len(), Ordering::Release);
        all.iter().fold(now, |now, active| {
            let share = active.share().unwrap_or(0.0);
            skewed(now, active.skew, share).unwrap_or(now)
        })
    }

    fn add(&self, skew: ActiveSkew) {
        let mut all = self.all();
        all.push(skew);
        self.count.store(all.len(), Ordering::Release);
    }

    fn all(&self) -> MutexGuard<'_, Vec<ActiveSkew>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActiveSkew {
    /// Returns the share of the skew that applies now, or `None` after its end.
    fn share(&self) -> Option<f64> {
        let state = self.state.upgrade()?;
        (!state.is_stopping() && !state.time_left().is_zero()).then(|| state.target_share())
    }
}

/// Returns the time with a share of the skew applied, or `None` if no clock can show it.
fn skewed(now: SystemTime, skew: ClockSkew, share: f64) -> Option<SystemTime> {
    let part = |by: Duration| {
        if share >= 1.0 {
            by
        } else {
            Duration::try_from_secs_f64(by.as_secs_f64() * share).unwrap_or(by)
        }
    };
    match skew {
        ClockSkew::Ahead(by) => now.checked_add(part(by)),
        ClockSkew::Behind(by) => now.checked_sub(part(by)),
    }
}

/// A skew that is ready to start.
pub(super) struct PreparedSkew {
    skew: ClockSkew,
    clock: Arc<ClockSkews>,
}

impl PreparedSkew {
    /// Checks that a clock can show the skewed time.
    pub(super) fn new(skew: ClockSkew, clock: &Arc<ClockSkews>) -> Result<Self, PressureError> {
        if skewed(SystemTime::now(), skew, 1.0).is_none() {
            return Err(PressureError::Unsupported {
                kind: PressureKind::Clock,
                why: "no clock can show a time that far away".to_owned(),
            });
        }
        Ok(Self {
            skew,
            clock: Arc::clone(clock),
        })
    }

    /// Returns the full skew in seconds; negative when the clock is moved back.
    pub(super) fn seconds_ahead(&self) -> f64 {
        match self.skew {
            ClockSkew::Ahead(by) => by.as_secs_f64(),
            ClockSkew::Behind(by) => -by.as_secs_f64(),
        }
    }

    /// Skews the clock from now on; the control loop only reports the level.
    pub(super) fn start(self, state: &Arc<PressureState>) -> ClockSkewLoad {
        let requested = self.seconds_ahead();
        state.set_achieved(requested * state.target_share());
        if state.target_share() >= 1.0 {
            state.mark_reached();
        }
        self.clock.add(ActiveSkew {
            skew: self.skew,
            state: Arc::downgrade(state),
        });
        let level = 0.0;
        ClockSkewLoad { requested, level }
    }
}

/// Reports the current skew in seconds.
pub(super) struct ClockSkewLoad {
    requested: f64,
    level: f64,
}

impl Load for ClockSkewLoad {
    fn adjust_to(&mut self, target_share: f64, _: &Arc<PressureState>) -> Result<(), String> {
        self.level = self.requested * target_share;
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.level
    }

    fn sampling_interval(&self) -> Duration {
        Duration::from_millis(100)
    }
}
