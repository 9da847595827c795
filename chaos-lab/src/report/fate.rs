//! What became of struck requests.

use std::collections::BTreeMap;
use std::slice::from_ref;

use chaos_core::{FaultKind, SiteKind};
use chaos_page::{Block, Cell, Markup, Table, share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{Unit, bounded, counted, or_nothing};
use crate::load::Answer;
use crate::statistics::{Estimate, Proportion};

/// The treated requests of the stage with the fault, beside the untreated ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ControlGroup {
    /// The failed ones of the treated requests.
    pub treated: Proportion,
    /// The failed ones of the untreated requests.
    pub untreated: Proportion,
    /// How many more of the treated requests failed, as a share.
    pub errors: Estimate,
    /// How much longer the 95th percentile of the treated requests took, in seconds.
    pub latency: Option<Estimate>,
}

/// What became of the requests in which a fault struck an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Fate {
    /// The service of the site.
    pub service: String,
    /// The kind of the site.
    pub kind: SiteKind,
    /// The operation.
    pub operation: String,
    /// The fault.
    pub fault: FaultKind,
    /// The requests that succeeded while the fault was in force.
    pub absorbed: u64,
    /// The requests that failed, by their answer.
    pub surfaced: BTreeMap<String, u64>,
    /// The injections that belong to no request of the load, or to one that succeeded only after the fault was over.
    pub unknown: u64,
}

impl Fate {
    /// The number of requests that failed.
    pub(crate) fn failed(&self) -> u64 {
        self.surfaced.values().sum()
    }

    /// Counts a request that failed with an answer.
    pub(crate) fn surface(&mut self, answer: &Answer) {
        *self.surfaced.entry(answer.to_string()).or_default() += 1;
    }

    pub(super) fn table(all: &[Self]) -> Block {
        let struck = |fate| {
            Self::parts(from_ref(fate))
                .iter()
                .map(|(_, count)| count)
                .sum()
        };
        let most = all.iter().map(struck).max().unwrap_or_default();
        let head = ["fault", "struck at", "", "absorbed", "surfaced", "unknown"];
        Block::Table(Table::new(
            "fates",
            head,
            all.iter().map(|fate| fate.cells(most)),
        ))
    }

    fn cells(&self, most: u64) -> [Cell; 6] {
        let surfaced = self.surfaced.iter();
        let surfaced = surfaced.map(|(answer, count)| format!("{count} as {answer}"));
        let surfaced: Vec<_> = surfaced.collect();
        let mut drawing = Markup::default();
        share(&mut drawing, Self::parts(from_ref(self)), most);
        [
            self.fault.to_string().into(),
            format!("`{}` of {} ({})", self.operation, self.service, self.kind).into(),
            Cell::Drawing(drawing),
            self.absorbed.to_string().into(),
            if surfaced.is_empty() {
                "0".to_owned().into()
            } else {
                surfaced.join(", ").into()
            },
            self.unknown.to_string().into(),
        ]
    }

    /// The struck requests of some fates, by what became of them.
    pub(super) fn parts(fates: &[Self]) -> [(&'static str, u64); 3] {
        let sum = |count: fn(&Self) -> u64| fates.iter().map(count).sum();
        [
            ("absorbed", sum(|fate| fate.absorbed)),
            ("surfaced", sum(Self::failed)),
            ("unknown", sum(|fate| fate.unknown)),
        ]
    }

    /// What was found and what it means, if it surfaced.
    pub(super) fn lesson(&self) -> Option<[String; 2]> {
        let surfaced = self.failed();
        let struck = surfaced + self.absorbed;
        let (operation, service, fault) = (&self.operation, &self.service, self.fault);
        match (surfaced, self.absorbed) {
            (0, _) => None,
            (_, 0) => Some([
                format!("Nothing absorbs the fault `{fault}` at `{operation}` of {service}"),
                format!(
                    ": all {struck} struck requests failed. A retry, a fallback or a time limit around this call would."
                ),
            ]),
            _ => Some([
                format!("{surfaced} of {struck} struck requests failed"),
                format!(
                    " on the fault `{fault}` at `{operation}` of {service}. The others succeeded, so something absorbs the \
                     fault, and gives up on these."
                ),
            ]),
        }
    }
}

impl ControlGroup {
    pub(super) fn words(&self) -> String {
        let errors = format!(
            "{} of the struck requests failed, and {} of the others: a difference of {}.",
            or_nothing(counted(self.treated)),
            or_nothing(counted(self.untreated)),
            bounded(Unit::Share, &self.errors)
        );
        let latency = self.latency.as_ref().map(|latency| {
            let difference = bounded(Unit::Seconds, latency);
            format!("\nThe difference of their 95th percentiles was {difference}.")
        });
        errors + &latency.unwrap_or_default()
    }
}
