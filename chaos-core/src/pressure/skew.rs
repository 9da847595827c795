//! Clocks that go wrong, for those who ask a manager for the time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use super::resource::{Resource, Skew};
use super::{Pressure, PressureKind, PressureLevel, PressureUnit};
use crate::running::Running;

/// The clock pressures of one manager.
#[derive(Default)]
pub(crate) struct Skews {
    count: AtomicUsize,
    all: Mutex<Vec<Skewed>>,
}

struct Skewed {
    by: Skew,
    ramp: Duration,
    hold: Option<Duration>,
    since: Instant,
    running: Weak<Running>,
}

impl Skews {
    /// Skews the clock for as long as `running` runs, if that is what `pressure` does.
    pub(crate) fn add(&self, pressure: &Pressure, running: Weak<Running>) {
        let Resource::Clock(by) = pressure.resource else {
            return;
        };
        let mut all = self.all();
        all.retain(Skewed::is_on);
        all.push(Skewed {
            by,
            ramp: pressure.ramp,
            hold: pressure.hold,
            since: Instant::now(),
            running,
        });
        self.count.store(all.len(), Ordering::Release);
    }

    /// The time on the wall, and what experiments make of it.
    pub(crate) fn now(&self) -> SystemTime {
        let now = SystemTime::now();
        if self.count.load(Ordering::Acquire) == 0 {
            return now;
        }
        let mut all = self.all();
        // Those that are over go, so that nobody pays for them any more.
        all.retain(Skewed::is_on);
        self.count.store(all.len(), Ordering::Release);
        all.iter().fold(now, |now, skewed| skewed.applied_to(now))
    }

    /// How far each of the clocks of this experiment is from the right time.
    pub(crate) fn levels_of(&self, running: &Running) -> Vec<PressureLevel> {
        let all = self.all();
        all.iter()
            .filter(|skewed| std::ptr::eq(skewed.running.as_ptr(), running))
            .map(Skewed::level)
            .collect()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Skewed>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Skewed {
    fn is_on(&self) -> bool {
        let held = self.hold.map(|hold| self.ramp.saturating_add(hold));
        held.is_none_or(|held| self.since.elapsed() < held)
            && self
                .running
                .upgrade()
                .is_some_and(|running| running.gate().is_open())
    }

    /// How much of it there is by now.
    fn share(&self) -> f64 {
        if self.ramp.is_zero() {
            return 1.0;
        }
        (self.since.elapsed().as_secs_f64() / self.ramp.as_secs_f64()).min(1.0)
    }

    fn applied_to(&self, now: SystemTime) -> SystemTime {
        let (Skew::Ahead(by) | Skew::Behind(by)) = self.by;
        let by = if self.ramp.is_zero() {
            by
        } else {
            Duration::try_from_secs_f64(by.as_secs_f64() * self.share()).unwrap_or(by)
        };
        // A time that no clock can show is not shown.
        match self.by {
            Skew::Ahead(_) => now.checked_add(by),
            Skew::Behind(_) => now.checked_sub(by),
        }
        .unwrap_or(now)
    }

    fn level(&self) -> PressureLevel {
        let requested = match self.by {
            Skew::Ahead(by) => by.as_secs_f64(),
            Skew::Behind(by) => -by.as_secs_f64(),
        };
        PressureLevel {
            kind: PressureKind::Clock,
            requested,
            achieved: if self.is_on() {
                requested * self.share()
            } else {
                0.0
            },
            unit: PressureUnit::Seconds,
        }
    }
}
