//! The operations that an experiment hits only if it names them, or never.

use std::cell::Cell;

use super::SiteIdentity;
use crate::{BlastRadius, Operation, OperationGlob, SiteKind};

/// Whether an operation is exempt: found out once, and only if an experiment may hit it, for all experiments of a decision.
pub(crate) struct Exemption<'a> {
    site: &'a SiteIdentity,
    operation: &'a Operation<'a>,
    found: Cell<Option<Exempt>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exempt {
    No,
    UnlessNamed,
    Always,
}

impl<'a> Exemption<'a> {
    #[inline]
    pub(crate) fn of(site: &'a SiteIdentity, operation: &'a Operation<'a>) -> Self {
        let is_server = site.kind() == SiteKind::Server;
        Self {
            site,
            operation,
            found: Cell::new((!is_server).then_some(Exempt::No)),
        }
    }

    /// Whether an experiment that selects the operation may not hit it.
    #[inline]
    pub(super) fn excludes(&self, radius: &BlastRadius) -> bool {
        match self.found.get().unwrap_or_else(|| self.find()) {
            Exempt::No => false,
            Exempt::Always => true,
            Exempt::UnlessNamed => !radius
                .operation_glob()
                .is_some_and(OperationGlob::is_literal),
        }
    }

    #[cold]
    fn find(&self) -> Exempt {
        let name = self.operation.name();
        let under = || {
            let method = self.operation.attribute("method");
            method.zip(self.operation.attribute("path"))
        };
        let exempt = if self.site.steers_chaos(name) {
            Exempt::Always
        } else if self.site.exempts(name, under) {
            Exempt::UnlessNamed
        } else {
            Exempt::No
        };
        self.found.set(Some(exempt));
        exempt
    }
}
