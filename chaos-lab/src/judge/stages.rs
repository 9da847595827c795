//! What each stage was like.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::latency;
use super::timeline::{Timeline, probes, requests};
use crate::record::Line;
use crate::report::{Latencies, StageSummary};
use crate::scenario::Stage;
use crate::statistics::{Counted, Proportion};

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
        let mut failed = Proportion::default();
        let mut took = Vec::new();
        for request in requests(lines, span.clone()) {
            failed.add(Counted::when(!request.ok));
            took.push(request.took.0);
        }
        let mut unhealthy = Proportion::default();
        for (_, probe) in probes(lines, span.clone()) {
            unhealthy.add(Counted::when(probe.problem.is_some()));
        }
        Some(StageSummary {
            stage,
            lasted: HumanDuration(span.end - span.start),
            failed,
            unhealthy,
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
