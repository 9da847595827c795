//! What became of struck requests, in words.

use std::iter;

use super::or_nothing;
use super::units::{bounded, counted};
use crate::report::{ControlGroup, Fate, Unit};

/// What follows from a fault that surfaced.
pub(in crate::report) struct Lesson {
    /// What was found.
    pub(in crate::report) found: String,
    /// What it means.
    pub(in crate::report) meaning: String,
}

impl Fate {
    pub(in crate::report) const HEADING: &str = "What became of the struck requests";
    pub(in crate::report) const HEAD: [&str; 5] =
        ["fault", "struck at", "absorbed", "surfaced", "unknown"];

    pub(in crate::report) fn cells(&self) -> [String; 5] {
        let surfaced = self.surfaced.iter();
        let surfaced = surfaced.map(|(answer, count)| format!("{count} as {answer}"));
        let surfaced: Vec<_> = surfaced.collect();
        [
            self.fault.to_string(),
            format!("`{}` of {} ({})", self.operation, self.service, self.kind),
            self.absorbed.to_string(),
            if surfaced.is_empty() {
                "0".to_owned()
            } else {
                surfaced.join(", ")
            },
            self.unknown.to_string(),
        ]
    }

    /// What follows from it, if it surfaced.
    pub(in crate::report) fn lesson(&self) -> Option<Lesson> {
        let surfaced = self.failed();
        let struck = surfaced + self.absorbed;
        let (operation, service, fault) = (&self.operation, &self.service, self.fault);
        match (surfaced, self.absorbed) {
            (0, _) => None,
            (_, 0) => Some(Lesson {
                found: format!("Nothing absorbs the fault `{fault}` at `{operation}` of {service}"),
                meaning: format!(
                    ": all {struck} struck requests failed. A retry, a fallback or a time limit around this call would."
                ),
            }),
            _ => Some(Lesson {
                found: format!("{surfaced} of {struck} struck requests failed"),
                meaning: format!(
                    " on the fault `{fault}` at `{operation}` of {service}. The others succeeded, so something absorbs the \
                     fault, and gives up on these."
                ),
            }),
        }
    }
}

impl ControlGroup {
    pub(in crate::report) const HEADING: &str =
        "Struck requests beside the others of the same time";

    pub(in crate::report) fn sentences(&self) -> Vec<String> {
        let errors = format!(
            "{} of the struck requests failed, and {} of the others: a difference of {}.",
            or_nothing(counted(self.treated)),
            or_nothing(counted(self.untreated)),
            bounded(Unit::Share, &self.errors)
        );
        let latency = self.latency.as_ref().map(|latency| {
            let difference = bounded(Unit::Seconds, latency);
            format!("The difference of their 95th percentiles was {difference}.")
        });
        iter::once(errors).chain(latency).collect()
    }
}
