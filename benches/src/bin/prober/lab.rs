//! The load of the lab.

use std::time::{Duration, Instant};

use chaos_lab::load::{Load, LoadPlan, Sample};
use chaos_lab::scenario::Target;
use tokio::sync::mpsc::unbounded_channel;

use crate::server::Server;

/// Sends requests that are due within a time, and waits for all their replies.
///
/// Later ones are sent meanwhile, and left out.
pub(crate) fn send(server: &Server, per_second: u32, within: Duration) -> (Instant, Vec<Sample>) {
    let plan = serde_json::json!({
        "per_second": per_second,
        "requests": [{ "path": "/", "timeout": "120s" }],
    });
    let plan: LoadPlan = serde_json::from_value(plan).expect("a plan");
    let (sender, mut received) = unbounded_channel();
    let start = Instant::now();
    let target = Target::at(&server.url);
    let send = move |sample| drop(sender.send(sample));
    let _load = Load::start(&plan, &target, "lab", start, send).expect("a load");
    let wanted = u64::from(per_second) * within.as_secs();
    let mut samples = Vec::new();
    while (samples.len() as u64) < wanted {
        let sample = received.blocking_recv().expect("the load goes on");
        if sample.due.0 < within {
            samples.push(sample);
        }
    }
    (start, samples)
}
