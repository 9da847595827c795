//! A running experiment on the table.

use std::sync::Arc;

use crate::guardian::Watch;
use crate::judge::Judge;
use crate::running::Running;

/// A running experiment, its judges and its duties on the guardian's roster.
pub(super) struct Active {
    pub(super) running: Arc<Running>,
    pub(super) judges: Box<[Arc<Judge>]>,
    pub(super) watches: Vec<Watch>,
    pub(super) site_match: SiteMatch,
    /// Whether it may strike: not before the pressures of its batch have begun.
    pub(super) is_activated: bool,
}

/// Whether an experiment matches a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SiteMatch {
    /// It matches a site, or needs none.
    Found,
    /// It waits for one.
    Missing,
    /// It waits for one, and a suggestion is in the journal.
    Hinted,
}

/// An experiment that started or ended, with its judges.
pub(super) type Changed<'a> = (&'a Arc<Running>, &'a [Arc<Judge>]);

impl Active {
    pub(super) fn as_changed(&self) -> Changed<'_> {
        (&self.running, &self.judges)
    }

    /// The sites that it may concern.
    pub(super) fn concerns(&self) -> impl Iterator<Item = Concern<'_>> {
        concerns(self.as_changed())
    }
}

/// Sites that an experiment selects or judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concern<'a> {
    Service(&'a str),
    AllServers,
    Everything,
}

/// The sites that an experiment selects by its radius, and those that its conditions judge.
pub(super) fn concerns<'a>((running, judges): Changed<'a>) -> impl Iterator<Item = Concern<'a>> {
    let named = running.radius.services_named();
    let everything = named.is_empty().then_some(Concern::Everything);
    let conditions = judges.iter().map(|judge| judge.condition());
    let judging = conditions.filter(|condition| condition.judges_outcomes());
    let judged = judging.map(|condition| match condition.site() {
        Some(service) => Concern::Service(service),
        None => Concern::AllServers,
    });
    let selected = named.into_iter().map(Concern::Service);
    selected.chain(everything).chain(judged)
}
