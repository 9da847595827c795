//! The places that a scenario of the catalogue strikes.

use std::fmt::{self, Write};

use chaos_core::{Experiment, SiteKind, SiteStatus};
use serde::Deserialize;

/// The places that a scenario of the catalogue strikes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Places {
    /// The whole process, as pressures do.
    Process(Host),
    /// Sites of the first of these kinds that the target has fitting ones of.
    First(Vec<SiteKind>),
    /// Sites of each of these kinds.
    Each {
        /// The kinds.
        each: Vec<SiteKind>,
    },
}

/// The word for the whole process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Host {
    /// The only one.
    Host,
}

impl Places {
    fn kinds(&self) -> &[SiteKind] {
        match self {
            Self::Process(_) => &[],
            Self::First(kinds) | Self::Each { each: kinds } => kinds,
        }
    }

    /// The sites that an experiment is to strike, of those that fit it.
    pub(super) fn chosen<'a>(&self, fitting: &[&'a SiteStatus]) -> Vec<&'a SiteStatus> {
        let mut by_kind = self.kinds().iter().map(|kind| {
            let of_kind = fitting.iter().copied().filter(|site| site.kind == *kind);
            of_kind.collect::<Vec<_>>()
        });
        match self {
            Self::Each { .. } => by_kind.flatten().collect(),
            _ => by_kind.find(|sites| !sites.is_empty()).unwrap_or_default(),
        }
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = match self {
            Self::Process(_) => return f.write_str("the whole process"),
            Self::First(_) => " or ",
            Self::Each { .. } => " and ",
        };
        let kinds: Vec<_> = self.kinds().iter().map(ToString::to_string).collect();
        f.write_str(&kinds.join(separator))
    }
}

/// Whether a site can apply all faults of an experiment.
pub(super) fn supports(site: &SiteStatus, experiment: &Experiment) -> bool {
    let phase = experiment.strikes_in();
    experiment.faults().iter().all(|fault| {
        let mut supported = site.supports.iter();
        supported.any(|one| one.fault == fault.kind() && one.phases.contains(&phase))
    })
}

/// The key of a blast radius that selects the sites of a kind.
pub(super) fn selector_key(kind: SiteKind) -> &'static str {
    match kind {
        SiteKind::Client => "calls_to",
        SiteKind::Server => "requests_to",
        SiteKind::Database => "queries_on",
        SiteKind::Stream => "streams_to",
        _ => "points_at",
    }
}

/// Lists sites as people name them; names come from outside, so control characters are escaped.
pub(super) fn listed<'a>(sites: impl IntoIterator<Item = &'a SiteStatus>) -> String {
    let mut text = String::new();
    for site in sites {
        let separator = if text.is_empty() { "" } else { ", " };
        let service = site.service.escape_debug();
        let protected = if site.protected { " (protected)" } else { "" };
        let _ = write!(text, "{separator}{} {service}{protected}", site.kind);
    }
    if text.is_empty() {
        "no site".to_owned()
    } else {
        text
    }
}
