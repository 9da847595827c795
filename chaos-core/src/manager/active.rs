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

    /// The services that it names in its radius or its conditions; `None` for sites of any service.
    pub(super) fn services(&self) -> impl Iterator<Item = Option<&str>> {
        let radius = self.running.radius().services_named();
        let any = radius.is_empty().then_some(None);
        let judged = self.judges.iter().map(|judge| judge.condition());
        let judged = judged.filter(|condition| condition.judges_outcomes());
        let judged = judged.map(|condition| condition.site());
        radius.into_iter().map(Some).chain(any).chain(judged)
    }
}
