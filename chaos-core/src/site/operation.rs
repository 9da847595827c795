//! One thing about to happen at a site.

use super::Support;
use crate::{Failure, Phase, Scope};

/// One thing about to happen at a site: its name, its attributes and the request it belongs to.
///
/// A borrowed view, built only when [`Site::needs`](crate::Site::needs) asks for a decision.
///
/// ```
/// # use chaos_core::Operation;
/// let query = Operation::new("INSERT orders").attributes(&[("table", "orders"), ("verb", "INSERT")]);
/// assert_eq!(query.name(), "INSERT orders");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    name: &'a str,
    attributes: &'a [(&'a str, &'a str)],
    scope: Option<&'a Scope>,
    only: Option<Phase>,
    suffers: Option<Support>,
    fails_as: Option<fn(Failure) -> bool>,
}

impl<'a> Operation<'a> {
    /// An operation with this name, without attributes, of the current [`Scope`].
    #[must_use]
    pub const fn new(name: &'a str) -> Self {
        Self {
            name,
            attributes: &[],
            scope: None,
            only: None,
            suffers: None,
            fails_as: None,
        }
    }

    /// Sets what a blast radius can select by.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'a [(&'a str, &'a str)]) -> Self {
        self.attributes = attributes;
        self
    }

    /// Names the request it belongs to, in place of the current task's [`Scope`].
    #[must_use]
    pub const fn within(mut self, scope: &'a Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Asks for the faults of one phase only.
    ///
    /// Unless said, those of all phases are asked for but [`Phase::NotReady`], which comes before there is an
    /// operation.
    #[must_use]
    pub const fn only(mut self, phase: Phase) -> Self {
        self.only = Some(phase);
        self
    }

    /// Says what it can suffer, if that is less than its site can.
    ///
    /// Experiments of whose faults it can suffer none pass it by: they neither count it nor take a turn.
    #[must_use]
    pub const fn suffers(mut self, support: Support) -> Self {
        self.suffers = Some(support);
        self
    }

    /// Says in which ways it can fail, if those are fewer than its site can.
    ///
    /// Experiments that would only fail it, and in none of these, pass it by.
    #[must_use]
    pub const fn fails_as(mut self, can: fn(Failure) -> bool) -> Self {
        self.fails_as = Some(can);
        self
    }

    /// What it is called, such as `POST /orders`.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The value of one attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes
            .iter()
            .find_map(|(known, value)| (*known == name).then_some(*value))
    }

    /// The one phase that is asked for, if it is one.
    #[inline]
    pub(crate) fn phase_asked_for(&self) -> Option<Phase> {
        self.only
    }

    /// What it can suffer of all that its site can.
    pub(crate) fn support_within(&self, site: Support) -> Support {
        self.suffers
            .map_or(site, |support| site.in_common_with(support))
    }

    /// The ways in which it can fail, if those are fewer than its site can.
    pub(crate) fn fails_only_as(&self) -> Option<fn(Failure) -> bool> {
        self.fails_as
    }

    /// Whether it can suffer any of these.
    pub(crate) fn can_suffer_any(&self, of: Support) -> bool {
        self.suffers.is_none_or(|support| support.includes_any(of))
    }

    /// Whether it can fail in any of these ways.
    pub(crate) fn can_fail_as_any(&self, of: &[Failure]) -> bool {
        self.fails_as
            .is_none_or(|can| of.iter().any(|failure| can(*failure)))
    }

    /// Looks at the scope it belongs to, without cloning it.
    #[inline]
    pub(crate) fn in_scope<R>(&self, mut look: impl FnMut(Option<&Scope>) -> R) -> R {
        match self.scope {
            Some(scope) => look(Some(scope)),
            None => Scope::with_current(look),
        }
    }
}

impl<'a> From<&'a str> for Operation<'a> {
    fn from(name: &'a str) -> Self {
        Self::new(name)
    }
}
