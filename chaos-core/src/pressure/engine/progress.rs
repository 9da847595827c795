//! Judges samples of a pressure's level: what to report, and when it makes no progress.

use std::time::{Duration, Instant};

use crate::pressure::PressureChange;

/// The time without progress after which a pressure has failed to reach its level.
const STALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The minimum time between two reported changes.
const MIN_REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// The share of the last reported level below which the pressure has backed off.
const BACKED_OFF_BELOW: f64 = 0.9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Unchanged,
    Report(PressureChange),
    /// The level was not reached and no longer grows.
    Stalled,
}

/// A measured level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) at: Instant,
    /// The share of the requested level that is due now.
    pub(super) target_share: f64,
    pub(super) achieved: f64,
    /// How much this is of what is wanted.
    pub(super) supply: Supply,
}

/// How much a level is of what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Supply {
    Short,
    /// As much as is available, but less than requested.
    AllAvailable,
    /// As much as requested.
    Requested,
}

/// The progress of a pressure up to its last sample.
#[derive(Debug)]
pub(super) struct Progress {
    phase: Phase,
    best: f64,
    last_progress: Instant,
    reported: f64,
    reported_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Growing,
    Saturated,
    Reached,
    BackedOff,
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Growing,
            best: 0.0,
            last_progress: now,
            reported: 0.0,
            reported_at: now,
        }
    }

    pub(super) fn judge(&mut self, sample: Sample) -> Verdict {
        if sample.target_share < 1.0 || sample.achieved > self.best {
            self.last_progress = sample.at;
            self.best = sample.achieved;
        }
        let fell =
            sample.achieved < self.reported * BACKED_OFF_BELOW && sample.supply == Supply::Short;
        let since_report = sample.at.saturating_duration_since(self.reported_at);
        let may_report = since_report >= MIN_REPORT_INTERVAL;
        let suffices = sample.supply != Supply::Short;
        match self.phase {
            Phase::Growing if sample.target_share >= 1.0 && suffices => self.report_supply(sample),
            Phase::Growing if sample.at.duration_since(self.last_progress) >= STALL_TIMEOUT => {
                Verdict::Stalled
            }
            Phase::Saturated | Phase::Reached | Phase::BackedOff if fell && may_report => {
                self.report(sample, Phase::BackedOff, PressureChange::BackedOff)
            }
            Phase::BackedOff if suffices && may_report => self.report_supply(sample),
            Phase::Saturated if sample.supply == Supply::Requested && may_report => {
                self.report_supply(sample)
            }
            Phase::Saturated | Phase::Reached => {
                self.reported = self.reported.max(sample.achieved);
                Verdict::Unchanged
            }
            Phase::Growing | Phase::BackedOff => Verdict::Unchanged,
        }
    }

    fn report_supply(&mut self, sample: Sample) -> Verdict {
        match sample.supply {
            Supply::Requested => self.report(sample, Phase::Reached, PressureChange::Reached),
            _ => self.report(sample, Phase::Saturated, PressureChange::Saturated),
        }
    }

    fn report(&mut self, sample: Sample, phase: Phase, change: PressureChange) -> Verdict {
        self.phase = phase;
        self.reported = sample.achieved;
        self.reported_at = sample.at;
        Verdict::Report(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACHED: Verdict = Verdict::Report(PressureChange::Reached);
    const SATURATED: Verdict = Verdict::Report(PressureChange::Saturated);
    const BACKED_OFF: Verdict = Verdict::Report(PressureChange::BackedOff);

    /// Samples a pressure with a requested level of 100, at given seconds.
    struct Sampling {
        start: Instant,
        progress: Progress,
    }

    impl Sampling {
        fn new() -> Self {
            let start = Instant::now();
            let progress = Progress::new(start);
            Self { start, progress }
        }

        fn at(&mut self, seconds: f64, target_share: f64, achieved: f64) -> Verdict {
            let supply = if achieved >= 100.0 {
                Supply::Requested
            } else {
                Supply::Short
            };
            self.supplied(supply, seconds, target_share, achieved)
        }

        /// A sample after the ramp, of all that is available.
        fn saturated_at(&mut self, seconds: f64, achieved: f64) -> Verdict {
            self.supplied(Supply::AllAvailable, seconds, 1.0, achieved)
        }

        fn supplied(
            &mut self,
            supply: Supply,
            seconds: f64,
            target_share: f64,
            achieved: f64,
        ) -> Verdict {
            self.progress.judge(Sample {
                at: self.start + Duration::from_secs_f64(seconds),
                target_share,
                achieved,
                supply,
            })
        }
    }

    #[test]
    fn a_pressure_is_reached_after_its_ramp_with_a_sufficient_level() {
        let mut samples = Sampling::new();
        assert_eq!(samples.at(0.1, 0.5, 100.0), Verdict::Unchanged);
        assert_eq!(samples.at(0.2, 1.0, 99.0), Verdict::Unchanged);
        assert_eq!(samples.at(0.3, 1.0, 100.0), REACHED);
        assert_eq!(samples.at(0.4, 1.0, 100.0), Verdict::Unchanged);
    }

    #[test]
    fn a_pressure_without_progress_after_its_ramp_is_stalled() {
        let mut samples = Sampling::new();
        assert_eq!(samples.at(60.0, 0.9, 0.0), Verdict::Unchanged);
        assert_eq!(samples.at(61.0, 1.0, 10.0), Verdict::Unchanged);
        assert_eq!(samples.at(65.0, 1.0, 11.0), Verdict::Unchanged);
        assert_eq!(samples.at(69.9, 1.0, 11.0), Verdict::Unchanged);
        assert_eq!(samples.at(70.0, 1.0, 11.0), Verdict::Stalled);
    }

    #[test]
    fn every_fall_and_every_recovery_is_reported() {
        let mut samples = Sampling::new();
        assert_eq!(samples.at(0.0, 1.0, 100.0), REACHED);
        assert_eq!(samples.at(2.0, 1.0, 91.0), Verdict::Unchanged);
        assert_eq!(samples.at(4.0, 1.0, 50.0), BACKED_OFF);
        assert_eq!(samples.at(6.0, 1.0, 46.0), Verdict::Unchanged);
        assert_eq!(samples.at(8.0, 1.0, 40.0), BACKED_OFF);
        assert_eq!(samples.at(10.0, 1.0, 60.0), Verdict::Unchanged);
        assert_eq!(samples.at(12.0, 1.0, 100.0), REACHED);
        assert_eq!(samples.at(14.0, 1.0, 50.0), BACKED_OFF);
    }

    #[test]
    fn all_that_is_available_is_not_reached_until_it_is_as_much_as_requested() {
        let mut samples = Sampling::new();
        assert_eq!(samples.saturated_at(0.0, 40.0), SATURATED);
        assert_eq!(samples.saturated_at(10.0, 40.0), Verdict::Unchanged);
        assert_eq!(samples.at(12.0, 1.0, 20.0), BACKED_OFF);
        assert_eq!(samples.saturated_at(14.0, 30.0), SATURATED);
        assert_eq!(samples.at(14.5, 1.0, 100.0), Verdict::Unchanged);
        assert_eq!(samples.at(16.0, 1.0, 100.0), REACHED);
        assert_eq!(samples.saturated_at(18.0, 40.0), Verdict::Unchanged);
    }

    #[test]
    fn a_flickering_level_is_reported_at_most_once_per_second() {
        let mut samples = Sampling::new();
        assert_eq!(samples.at(0.0, 1.0, 100.0), REACHED);
        assert_eq!(samples.at(0.5, 1.0, 10.0), Verdict::Unchanged);
        assert_eq!(samples.at(1.0, 1.0, 10.0), BACKED_OFF);
        assert_eq!(samples.at(1.5, 1.0, 100.0), Verdict::Unchanged);
        assert_eq!(samples.at(2.0, 1.0, 100.0), REACHED);
    }

    #[test]
    fn a_fall_is_measured_from_the_highest_level_since_the_last_report() {
        let mut samples = Sampling::new();
        assert_eq!(samples.at(0.0, 1.0, 100.0), REACHED);
        assert_eq!(samples.at(1.0, 1.0, 130.0), Verdict::Unchanged);
        assert_eq!(samples.at(2.0, 1.0, 99.0), BACKED_OFF);
    }
}
