//! The steps of the demonstration: the experiments of `steps.yaml`, and what is expected of each.

use std::time::Duration;

use chaos_core::{Experiment, ExperimentFile, Format};
use storefront::BoxError;

/// How long each fault lasts.
pub(crate) const FAULT_TIME: Duration = Duration::from_secs(3);

/// What is expected of a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) hits: Hits,
    pub(crate) visibility: Visibility,
    /// The accepted increase of the p99.
    pub(crate) slower_by: Duration,
    pub(crate) ending: Ending,
}

/// How a fault ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Dropped,
    Halted,
}

/// How many requests a fault is expected to hit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hits {
    /// This share of the checkouts, once each.
    Checkouts(f64),
    /// This share of all requests, once each.
    Requests(f64),
    /// At least one.
    Some,
    /// None: the fault affects the whole process.
    None,
}

/// Whether customers see the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    Absorbed,
    Visible,
}

/// Returns the experiments, and what is expected of each.
pub(crate) fn steps() -> Result<impl Iterator<Item = (Experiment, Expected)>, BoxError> {
    let expect = |visibility, hits, slower_by| Expected {
        hits,
        visibility,
        slower_by: Duration::from_millis(slower_by),
        ending: Ending::Dropped,
    };
    let absorbed = |hits, slower_by| expect(Visibility::Absorbed, hits, slower_by);
    let visible = |hits, slower_by| expect(Visibility::Visible, hits, slower_by);
    let expected = [
        absorbed(Hits::Checkouts(1.0), 600),
        absorbed(Hits::Checkouts(0.3), 150),
        absorbed(Hits::Checkouts(0.2), 350),
        absorbed(Hits::Checkouts(0.3), 150),
        absorbed(Hits::Checkouts(0.2), 150),
        visible(Hits::Some, 600),
        visible(Hits::Requests(0.05), 100),
        absorbed(Hits::None, 400),
        absorbed(Hits::None, 200),
        absorbed(Hits::None, 400),
        Expected {
            ending: Ending::Halted,
            ..absorbed(Hits::Requests(0.2), 3000)
        },
    ];
    let file = ExperimentFile::parse(include_str!("steps.yaml"), Format::Yaml, "steps.yaml")?;
    let experiments: [Experiment; 11] = file
        .into_experiments()
        .try_into()
        .map_err(|_| "steps.yaml and steps.rs have different numbers of steps")?;
    Ok(experiments.into_iter().zip(expected))
}
