//! The asked delay, against the delays that operations felt.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_core::{Experiment, ExperimentStatus, Fault, Latency};

use super::evidence::Evidence;
use crate::Verdict;
use crate::report::ReachedDelay;

/// The number of standard deviations by which a median may differ by chance, wrong in 1 of 15,000 runs.
const DEVIATIONS: f64 = 4.0;

/// A felt delay is rounded to two digits.
const ROUNDED: f64 = 0.02;

/// A busy target wakes callers late, by a constant and by a share of the delay.
const LATE: Duration = Duration::from_millis(20);
const LATE_SHARE: f64 = 0.05;

/// A quantile of the delay that an experiment asks for, if its definition says it.
fn asked(experiment: &Experiment, share: f64) -> Option<Duration> {
    let faults = experiment.faults();
    let latencies: Vec<&Latency> = faults.iter().map(latency).collect::<Option<_>>()?;
    // Quantiles add up if no more than one latency varies.
    let varies = |latency: &&&Latency| latency.quantile(0.0) != latency.quantile(1.0);
    if latencies.is_empty() || latencies.iter().filter(varies).count() > 1 {
        return None;
    }
    let mut quantiles = latencies.iter().map(|latency| latency.quantile(share));
    quantiles.try_fold(Duration::ZERO, |sum, quantile| {
        Some(sum.saturating_add(quantile?))
    })
}

impl Evidence<'_> {
    /// The delays that operations felt, beside those that were asked for.
    pub(super) fn delay(&self, status: &ExperimentStatus) -> Option<ReachedDelay> {
        let felt = status.delay?;
        Some(ReachedDelay {
            asked: asked(self.experiment, 0.5).map(HumanDuration),
            felt: HumanDuration(felt.median),
            operations: felt.operations,
            cut_short: felt.cut_short,
        })
    }

    /// Why the felt delays are not the asked ones, if chance does not explain it.
    ///
    /// Callers that gave up felt less than was injected, and those that still wait may feel more.
    pub(super) fn other_delay(&self, status: &ExperimentStatus) -> Option<Verdict> {
        let felt = status.delay?;
        let [ended, cut_short, waiting] =
            [felt.operations, felt.cut_short, status.in_flight].map(|count| count as f64);
        let all = ended + waiting;
        let by_chance = DEVIATIONS / 2.0 / all.sqrt();
        let lowest = (ended / 2.0 - cut_short) / all - by_chance;
        let highest = (ended / 2.0 + waiting) / all + by_chance;
        let lowest = asked(self.experiment, lowest.max(0.0))?.mul_f64(1.0 - ROUNDED);
        let highest = asked(self.experiment, highest.min(1.0))?.as_secs_f64();
        let highest = highest.mul_add(1.0 + ROUNDED + LATE_SHARE, LATE.as_secs_f64());
        let is_shorter = felt.median < lowest && cut_short < ended / 2.0;
        if !is_shorter && felt.median.as_secs_f64() <= highest {
            return None;
        }
        let (asked, felt) = (asked(self.experiment, 0.5)?, felt.median);
        Some(self.not_run(&format!(
            "was to delay operations by a median of {asked:?}, but they felt {felt:?}"
        )))
    }
}

fn latency(fault: &Fault) -> Option<&Latency> {
    match fault {
        Fault::Latency(latency) => Some(latency),
        _ => None,
    }
}
