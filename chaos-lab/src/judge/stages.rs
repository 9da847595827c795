//! What each stage was like.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::latency;
use super::timeline::{Timeline, failed_probes, failed_requests, requests, untouched};
use crate::load::Sample;
use crate::record::Line;
use crate::report::{Latencies, StageSummary};
use crate::scenario::Stage;

/// The stages that the record has reached.
pub(super) fn summaries(lines: &[Line], timeline: &Timeline) -> Vec<StageSummary> {
    let stages = [
        Stage::Baseline,
        Stage::Inject,
        Stage::Recover,
        Stage::Cooldown,
    ];
    let reached = stages.into_iter().filter_map(|stage| {
        let span = timeline.span(stage)?;
        let took = |sample: &Sample| sample.took.0;
        let took: Vec<Duration> = match stage {
            Stage::Baseline => untouched(lines, timeline, span.clone()).map(took).collect(),
            _ => requests(lines, span.clone()).map(took).collect(),
        };
        Some(StageSummary {
            stage,
            lasted: HumanDuration(span.end - span.start),
            failed: failed_requests(lines, span.clone()),
            unhealthy: failed_probes(lines, span.clone()),
            latency: latencies(took),
        })
    });
    reached.collect()
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
