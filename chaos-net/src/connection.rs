//! What tells one connection of a site from the others.

use chaos_core::adapter::{Armed, Decision, Flow, Needs};
use chaos_core::{Operation, Phase, Scope, Site};

/// One connection of a site: its number, and the scope that its draws are keyed by.
#[derive(Debug)]
pub(crate) struct Connection {
    site: Site,
    number: u64,
    /// Made when something first concerns it.
    scope: Option<Armed<Scope>>,
}

impl Connection {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            number: site.number_next(),
            site,
            scope: None,
        }
    }

    /// What running experiments want decided here; nothing, mostly.
    #[inline]
    pub(crate) fn concerned(&self) -> Option<Needs> {
        self.site.needs().filter(|needs| needs.decision())
    }

    /// Decides what happens at one phase of an operation.
    pub(crate) fn decide(&mut self, operation: &str, phase: Phase) -> Decision {
        let Some(needs) = self.concerned() else {
            return Decision::NONE;
        };
        let (site, scope) = self.keyed(needs);
        site.decide(&Operation::new(operation).within(scope).only(phase))
    }

    /// Has a flow follow the experiments that concern an operation.
    pub(crate) fn follow(&mut self, flow: &mut Flow, operation: &str) {
        match self.concerned() {
            None => *flow = Flow::STRAIGHT,
            Some(needs) => {
                let (site, scope) = self.keyed(needs);
                flow.follow(site, &Operation::new(operation).within(scope));
            }
        }
    }

    fn keyed(&mut self, needs: Needs) -> (&Site, &Scope) {
        let number = self.number;
        let scope = self
            .scope
            .get_or_insert_with(|| needs.arm(Scope::new(format!("connection {number}"))));
        (&self.site, scope.get())
    }
}
