//! An operation that is about to happen at a site.

use super::{ConnectionRecord, Support, TransactionRecord};
use crate::scope::Headers;
use crate::{Failure, Phase, Scope};

/// An operation that is about to happen at a site: its name, its attributes and the request it belongs to.
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
    headers: Option<&'a (dyn Headers + Sync)>,
    scope: Option<&'a Scope>,
    connection: Option<&'a ConnectionRecord>,
    transaction: Option<&'a TransactionRecord>,
    only: Option<Phase>,
    suffers: Option<Support>,
    fails_as: Option<fn(Failure) -> bool>,
}

impl<'a> Operation<'a> {
    /// Creates an operation with this name and without attributes, in the current [`Scope`].
    #[must_use]
    pub const fn new(name: &'a str) -> Self {
        Self {
            name,
            attributes: &[],
            headers: None,
            scope: None,
            connection: None,
            transaction: None,
            only: None,
            suffers: None,
            fails_as: None,
        }
    }

    /// Sets the attributes that a blast radius can select by.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'a [(&'a str, &'a str)]) -> Self {
        self.attributes = attributes;
        self
    }

    /// Makes each header an attribute, too, unless there is another one of its name.
    ///
    /// The headers are asked for names as blast radii have them, in any case.
    #[must_use]
    pub const fn headers(mut self, headers: &'a (dyn Headers + Sync)) -> Self {
        self.headers = Some(headers);
        self
    }

    /// Sets the request it belongs to, in place of the current task's [`Scope`].
    #[must_use]
    pub const fn within(mut self, scope: &'a Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Makes it an operation of this connection, for which each experiment decides once.
    #[must_use]
    pub const fn on(mut self, connection: &'a ConnectionRecord) -> Self {
        self.connection = Some(connection);
        self
    }

    /// Makes it an operation of this transaction, of which an experiment may strike a share.
    #[must_use]
    pub const fn in_transaction(mut self, transaction: &'a TransactionRecord) -> Self {
        self.transaction = Some(transaction);
        self
    }

    /// Asks for the faults of one phase only.
    ///
    /// Defaults to those of all phases except [`Phase::NotReady`], which comes before there is an operation.
    #[must_use]
    pub const fn only(mut self, phase: Phase) -> Self {
        self.only = Some(phase);
        self
    }

    /// Restricts the faults that it supports to fewer than its site supports.
    ///
    /// An experiment with none of these faults ignores the operation: it neither counts it nor takes a turn.
    #[must_use]
    pub const fn suffers(mut self, support: Support) -> Self {
        self.suffers = Some(support);
        self
    }

    /// Restricts the failures that it can end with to those for which `can` returns true.
    ///
    /// An experiment that only injects failures, and none of these, ignores the operation.
    #[must_use]
    pub const fn fails_as(mut self, can: fn(Failure) -> bool) -> Self {
        self.fails_as = Some(can);
        self
    }

    /// Returns the name, such as `POST /orders`.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Returns the value of one attribute that is no header.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes
            .iter()
            .find_map(|(known, value)| (*known == name).then_some(*value))
    }

    /// Returns whether an attribute, or any value of a header, is accepted by `accepts`.
    pub(crate) fn attribute_is(&self, name: &str, accepts: impl Fn(&str) -> bool) -> bool {
        if let Some(value) = self.attribute(name) {
            return accepts(value);
        }
        let mut is_accepted = false;
        if let Some(headers) = self.headers {
            headers.values(name, &mut |value| {
                is_accepted |= std::str::from_utf8(value).is_ok_and(&accepts);
            });
        }
        is_accepted
    }

    /// The connection that it belongs to, if it is part of one.
    #[inline]
    pub(crate) fn connection(&self) -> Option<&'a ConnectionRecord> {
        self.connection
    }

    /// The transaction that it belongs to, if it is part of one.
    pub(crate) fn transaction(&self) -> Option<&'a TransactionRecord> {
        self.transaction
    }

    /// The only phase whose faults it asks for, if it asks for one.
    #[inline]
    pub(crate) fn phase_asked_for(&self) -> Option<Phase> {
        self.only
    }

    /// The faults that it supports, out of those that its site supports.
    pub(crate) fn support_within(&self, site: Support) -> Support {
        self.suffers
            .map_or(site, |support| site.in_common_with(support))
    }

    /// The failures that it can end with, if they are restricted.
    pub(crate) fn fails_only_as(&self) -> Option<fn(Failure) -> bool> {
        self.fails_as
    }

    /// Whether it supports any of these faults.
    pub(crate) fn can_suffer_any(&self, of: Support) -> bool {
        self.suffers.is_none_or(|support| support.includes_any(of))
    }

    /// Whether it can end with any of these failures.
    pub(crate) fn can_fail_as_any(&self, of: &[Failure]) -> bool {
        self.fails_as
            .is_none_or(|can| of.iter().any(|failure| can(*failure)))
    }

    /// Calls `look` with the scope that it belongs to, without cloning the scope.
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
