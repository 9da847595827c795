//! Whether a pressure is at its level, and what of that is worth telling.

use std::time::{Duration, Instant};

use crate::pressure::PressureChange;

/// How long a pressure that is to be there may get no further before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// No two changes are told within this time.
const TELLS_EVERY: Duration = Duration::from_secs(1);

/// Target part of what was told last must be left for it not to be told anew.
const NEARLY: f64 = 0.9;

/// What is to be done about a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Unchanged,
    Report(PressureChange),
    /// It gets no further, and is not there.
    Stalled,
}

/// A level, and what it is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) at: Instant,
    /// Target share of it is to be there by now.
    pub(super) share: f64,
    pub(super) achieved: f64,
    /// Whether that is as much as was asked for, or as there is.
    pub(super) suffices: bool,
}

/// How a pressure has come along so far.
#[derive(Debug)]
pub(super) struct Progress {
    stands: Phase,
    best: f64,
    progressed: Instant,
    told: f64,
    told_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Coming,
    There,
    Less,
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            stands: Phase::Coming,
            best: 0.0,
            progressed: now,
            told: 0.0,
            told_at: now,
        }
    }

    pub(super) fn judge(&mut self, look: Sample) -> Verdict {
        if look.share < 1.0 || look.achieved > self.best {
            self.progressed = look.at;
            self.best = look.achieved;
        }
        let fell = look.achieved < self.told * NEARLY && !look.suffices;
        let may_tell = look.at.saturating_duration_since(self.told_at) >= TELLS_EVERY;
        match self.stands {
            Phase::Coming if look.share >= 1.0 && look.suffices => {
                self.notify(look, Phase::There, PressureChange::Reached)
            }
            Phase::Coming if look.at.duration_since(self.progressed) >= PATIENCE => {
                Verdict::Stalled
            }
            Phase::There | Phase::Less if fell && may_tell => {
                self.notify(look, Phase::Less, PressureChange::BackedOff)
            }
            Phase::Less if look.suffices && may_tell => {
                self.notify(look, Phase::There, PressureChange::Reached)
            }
            Phase::There => {
                self.told = self.told.max(look.achieved);
                Verdict::Unchanged
            }
            Phase::Coming | Phase::Less => Verdict::Unchanged,
        }
    }

    fn notify(&mut self, look: Sample, stands: Phase, change: PressureChange) -> Verdict {
        self.stands = stands;
        self.told = look.achieved;
        self.told_at = look.at;
        Verdict::Report(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACHED: Verdict = Verdict::Report(PressureChange::Reached);
    const BACKED_OFF: Verdict = Verdict::Report(PressureChange::BackedOff);

    /// Looks at a pressure of 100 at these seconds.
    struct Looking {
        start: Instant,
        progress: Progress,
    }

    impl Looking {
        fn new() -> Self {
            let start = Instant::now();
            let progress = Progress::new(start);
            Self { start, progress }
        }

        fn at(&mut self, seconds: f64, share: f64, achieved: f64) -> Verdict {
            self.progress.judge(Sample {
                at: self.start + Duration::from_secs_f64(seconds),
                share,
                achieved,
                suffices: achieved >= 100.0,
            })
        }
    }

    #[test]
    fn it_is_there_once_its_ramp_is_over_and_enough_is_taken() {
        let mut looking = Looking::new();
        assert_eq!(looking.at(0.1, 0.5, 100.0), Verdict::Unchanged);
        assert_eq!(looking.at(0.2, 1.0, 99.0), Verdict::Unchanged);
        assert_eq!(looking.at(0.3, 1.0, 100.0), REACHED);
        assert_eq!(looking.at(0.4, 1.0, 100.0), Verdict::Unchanged);
    }

    #[test]
    fn it_is_stuck_when_it_gets_no_further_for_long_after_its_ramp() {
        let mut looking = Looking::new();
        assert_eq!(looking.at(60.0, 0.9, 0.0), Verdict::Unchanged);
        assert_eq!(looking.at(61.0, 1.0, 10.0), Verdict::Unchanged);
        assert_eq!(looking.at(65.0, 1.0, 11.0), Verdict::Unchanged);
        assert_eq!(looking.at(69.9, 1.0, 11.0), Verdict::Unchanged);
        assert_eq!(looking.at(70.0, 1.0, 11.0), Verdict::Stalled);
    }

    #[test]
    fn every_fall_and_every_recovery_is_told() {
        let mut looking = Looking::new();
        assert_eq!(looking.at(0.0, 1.0, 100.0), REACHED);
        assert_eq!(looking.at(2.0, 1.0, 91.0), Verdict::Unchanged);
        assert_eq!(looking.at(4.0, 1.0, 50.0), BACKED_OFF);
        assert_eq!(looking.at(6.0, 1.0, 46.0), Verdict::Unchanged);
        assert_eq!(looking.at(8.0, 1.0, 40.0), BACKED_OFF);
        assert_eq!(looking.at(10.0, 1.0, 60.0), Verdict::Unchanged);
        assert_eq!(looking.at(12.0, 1.0, 100.0), REACHED);
        assert_eq!(looking.at(14.0, 1.0, 50.0), BACKED_OFF);
    }

    #[test]
    fn what_flickers_is_told_once_a_second_at_most() {
        let mut looking = Looking::new();
        assert_eq!(looking.at(0.0, 1.0, 100.0), REACHED);
        assert_eq!(looking.at(0.5, 1.0, 10.0), Verdict::Unchanged);
        assert_eq!(looking.at(1.0, 1.0, 10.0), BACKED_OFF);
        assert_eq!(looking.at(1.5, 1.0, 100.0), Verdict::Unchanged);
        assert_eq!(looking.at(2.0, 1.0, 100.0), REACHED);
    }

    #[test]
    fn a_fall_is_measured_by_the_highest_level_since_it_was_told() {
        let mut looking = Looking::new();
        assert_eq!(looking.at(0.0, 1.0, 100.0), REACHED);
        assert_eq!(looking.at(1.0, 1.0, 130.0), Verdict::Unchanged);
        assert_eq!(looking.at(2.0, 1.0, 99.0), BACKED_OFF);
    }
}
