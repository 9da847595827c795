//! What a stage was like, in words.

use chaos_core::adapter::HumanDuration;

use super::or_nothing;
use super::units::{counted, time};
use crate::report::{Latencies, StageSummary};

impl StageSummary {
    pub(in crate::report) const HEAD: [&str; 7] = [
        "",
        "lasted",
        "failed requests",
        "failed health probes",
        "p50",
        "p95",
        "p99",
    ];

    pub(in crate::report) fn cells(&self) -> [String; 7] {
        let latency = |pick: fn(&Latencies) -> HumanDuration| {
            or_nothing(self.latency.as_ref().map(|latency| time(pick(latency).0)))
        };
        [
            self.stage.to_string(),
            time(self.lasted.0),
            or_nothing(counted(self.failed)),
            or_nothing(counted(self.unhealthy)),
            latency(|latency| latency.p50),
            latency(|latency| latency.p95),
            latency(|latency| latency.p99),
        ]
    }
}
