//! The journal records every start, end, refusal and injection with its details.

mod details;
mod feed;
mod file;
mod kept;
mod log;
mod long_names;
mod pages;
mod spans;

use chaos_core::journal::Injected;
use chaos_core::{BlastRadius, ChaosManager, Event, Experiment, Failure, Fault, Site};

fn broken(name: &str) -> Experiment {
    Experiment::new(name)
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("pms"))
}

async fn reserve(site: &Site) -> bool {
    site.point("reserve").await.is_err()
}

fn injections(chaos: &ChaosManager) -> Vec<Injected> {
    let events = chaos.journal().into_iter().map(|entry| entry.event);
    events
        .filter_map(|event| match event {
            Event::Injected(injected) => Some(injected),
            _ => None,
        })
        .collect()
}
