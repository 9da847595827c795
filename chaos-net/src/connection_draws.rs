//! Decisions on one connection, drawn by its number.

use chaos_core::adapter::{Armed, Decision, Flow, Needs};
use chaos_core::{Operation, Phase, Scope, Site};

/// Decides on one connection of a site. All draws are keyed by the number of the connection.
#[derive(Debug)]
pub(crate) struct ConnectionDraws {
    site: Site,
    number: u64,
    /// Created when an experiment first affects the connection.
    scope: Option<Armed<Scope>>,
}

impl ConnectionDraws {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            number: site.number_next(),
            site,
            scope: None,
        }
    }

    /// Returns the site's needs, if an experiment there needs decisions.
    #[inline]
    pub(crate) fn needs(&self) -> Option<Needs> {
        self.site.needs().filter(|needs| needs.decision())
    }

    /// Decides on one phase of an operation.
    pub(crate) fn decide(&mut self, operation: &str, phase: Phase) -> Decision {
        let Some(needs) = self.needs() else {
            return Decision::NONE;
        };
        let (site, scope) = self.site_and_scope(needs);
        site.decide(&Operation::new(operation).within(scope).only(phase))
    }

    /// Adds the experiments on an operation to a flow, including those that started since the last call.
    pub(crate) fn follow(&mut self, flow: &mut Flow, operation: &str) {
        match self.needs() {
            None => *flow = Flow::STRAIGHT,
            Some(needs) => {
                let (site, scope) = self.site_and_scope(needs);
                flow.follow(site, &Operation::new(operation).within(scope));
            }
        }
    }

    fn site_and_scope(&mut self, needs: Needs) -> (&Site, &Scope) {
        let number = self.number;
        let scope = self
            .scope
            .get_or_insert_with(|| needs.arm(Scope::new(format!("connection {number}"))));
        (&self.site, scope.get())
    }
}
