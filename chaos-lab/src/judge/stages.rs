//! What each stage was like.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::latency;
use super::recorded::Recorded;
use crate::load::Sample;
use crate::report::{Latencies, StageSummary};
use crate::scenario::Stage;

impl Recorded<'_> {
    /// The stages that the record has reached.
    pub(super) fn stages(&self) -> Vec<StageSummary> {
        let reached = self.starts.iter().map(|(stage, _)| {
            let span = self.span(*stage);
            let took = |sample: &Sample| sample.took.0;
            let took: Vec<Duration> = match stage {
                Stage::Baseline => self.untouched(span.clone()).map(took).collect(),
                _ => self.requests(span.clone()).map(took).collect(),
            };
            StageSummary {
                stage: *stage,
                lasted: HumanDuration(span.end - span.start),
                failed: self.failed_requests(span.clone()),
                unhealthy: self.failed_probes(span),
                latency: latencies(took),
            }
        });
        reached.collect()
    }
}

fn latencies(mut took: Vec<Duration>) -> Option<Latencies> {
    took.sort_unstable();
    let at = |quantile| latency::quantile(&took, quantile).map(HumanDuration);
    Some(Latencies {
        p50: at(0.5)?,
        p95: at(0.95)?,
        p99: at(0.99)?,
    })
}
