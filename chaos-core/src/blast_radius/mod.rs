//! Blast radii: where experiments strike, and how far.

mod invalid;
mod kind;
mod level;
mod selector;
mod serde;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use invalid::InvalidBlastRadius;
pub use kind::SiteKind;
pub use level::Level;
use selector::Selector;

use crate::setters::setters;
use crate::{Consent, OperationGlob, Rate, Tag};

/// Where an experiment strikes, and how far.
///
/// The constructor selects sites, the methods narrow the selection and limit it. Every start calls
/// [`BlastRadius::check`] and refuses an invalid radius, such as one with an empty name or a cap of zero.
///
/// ```
/// use chaos_core::{BlastRadius, Rate};
///
/// let some_charges = BlastRadius::calls_to("payments")
///     .operation("POST /charge/*")
///     .rate(Rate::percent(10.0)?)
///     .at_most(100);
/// assert!(some_charges.check().is_ok());
/// # Ok::<(), chaos_core::error::InvalidRate>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct BlastRadius {
    selector: Selector,
    operation: Option<OperationGlob>,
    attributes: BTreeMap<String, OperationGlob>,
    tags: BTreeSet<Tag>,
    rate: Rate,
    rate_of: RateOf,
    at_most: Option<u64>,
    concurrent: Option<u32>,
    share_of_instances: Rate,
    // The builder methods are infallible; the first problem is kept for the check.
    problem: Option<InvalidBlastRadius>,
}

/// What a rate is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateOf {
    Operations,
    Transactions,
}

impl BlastRadius {
    /// Selects outgoing calls to `service`.
    pub fn calls_to(service: impl Into<String>) -> Self {
        Self::sites(service.into(), SiteKind::Client)
    }

    /// Selects incoming requests to `service`.
    pub fn requests_to(service: impl Into<String>) -> Self {
        Self::sites(service.into(), SiteKind::Server)
    }

    /// Selects queries on the database `service`.
    pub fn queries_on(service: impl Into<String>) -> Self {
        Self::sites(service.into(), SiteKind::Database)
    }

    /// Selects connections to `service`, as streams of bytes.
    pub fn streams_to(service: impl Into<String>) -> Self {
        Self::sites(service.into(), SiteKind::Stream)
    }

    /// Selects the points in your code that are registered for `service`.
    pub fn points_at(service: impl Into<String>) -> Self {
        Self::sites(service.into(), SiteKind::Point)
    }

    /// Selects the sites of these services, regardless of their kind.
    pub fn services<S: Into<String>>(services: impl IntoIterator<Item = S>) -> Self {
        Self::from_selector(Selector::Services(
            services.into_iter().map(Into::into).collect(),
        ))
    }

    /// Selects every site, which needs consent.
    ///
    /// The consent permits neither production nor a destructive fault.
    pub fn everything(consent: Consent) -> Self {
        Self::from_selector(Selector::Everything(consent))
    }

    fn sites(service: String, kind: SiteKind) -> Self {
        Self::from_selector(Selector::Sites { service, kind })
    }

    fn from_selector(selector: Selector) -> Self {
        Self {
            selector,
            operation: None,
            attributes: BTreeMap::new(),
            tags: BTreeSet::new(),
            rate: Rate::ALWAYS,
            rate_of: RateOf::Operations,
            at_most: None,
            concurrent: None,
            share_of_instances: Rate::ALWAYS,
            problem: None,
        }
    }

    /// Strikes only operations whose name matches this [`OperationGlob`]; a later call replaces it.
    pub fn operation(mut self, glob: impl AsRef<str>) -> Self {
        match OperationGlob::new(glob.as_ref()) {
            Ok(glob) => self.operation = Some(glob),
            Err(_) => self.keep_first_problem(InvalidBlastRadius::NoOperation),
        }
        self
    }

    /// Strikes only operations whose attribute `name` matches this [`OperationGlob`]; several must all match.
    ///
    /// HTTP requests have the attributes `method`, `path` and `route`, and each of their headers by its name: with
    /// `attribute("x-canary", "1")`, anything that can send the header can ask for the fault. Queries have `verb`,
    /// `table` and `access`, other operations those that [`Operation::attributes`](crate::Operation::attributes) sets.
    pub fn attribute(mut self, name: impl Into<String>, glob: impl AsRef<str>) -> Self {
        let name = name.into();
        match OperationGlob::new(glob.as_ref()) {
            Ok(glob) if !name.is_empty() => {
                self.attributes.insert(name, glob);
            }
            _ => self.keep_first_problem(InvalidBlastRadius::EmptyAttribute { name }),
        }
        self
    }

    /// Strikes only requests with `tag`; after several calls, they must have all the tags.
    pub fn tagged(mut self, tag: impl AsRef<str>) -> Self {
        match Tag::new(tag) {
            Ok(tag) => {
                self.tags.insert(tag);
            }
            Err(invalid) => self.keep_first_problem(InvalidBlastRadius::Tag(invalid)),
        }
        self
    }

    /// Strikes only a share of the operations; a later [`transaction_rate`](Self::transaction_rate) replaces it.
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self.rate_of = RateOf::Operations;
        self
    }

    /// Strikes only a share of the transactions of a database, each at most once; a later [`rate`](Self::rate)
    /// replaces it.
    ///
    /// One draw decides for the whole transaction. A transaction that is drawn is struck at its first statement, `COMMIT`
    /// or `ROLLBACK` that matches the radius: `.operation("COMMIT")` strikes when it commits. Savepoints belong to the
    /// transaction around them, and a statement outside of any transaction is one of its own. `acquire`, `BEGIN`, `PING`
    /// and `PREPARE` are never struck; use `.operation("BEGIN")` with [`rate`](Self::rate) for those.
    ///
    /// ```
    /// use chaos_core::{BlastRadius, Rate};
    ///
    /// let of_transactions = BlastRadius::queries_on("orders-db").transaction_rate(Rate::percent(5.0)?);
    /// assert!(of_transactions.check().is_ok());
    /// let of_calls = BlastRadius::calls_to("payments").transaction_rate(Rate::percent(5.0)?);
    /// assert!(of_calls.check().is_err()); // calls have no transactions
    /// # Ok::<(), chaos_core::error::InvalidRate>(())
    /// ```
    pub fn transaction_rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self.rate_of = RateOf::Transactions;
        self
    }

    setters! {
        /// Strikes at most `total` operations, counted by each instance.
        pub fn at_most(total: u64) = Some(total);

        /// Strikes at most this many `operations` at the same time, counted by each instance.
        pub fn concurrent(operations: u32) = Some(operations);

        /// Strikes only in a share of the instances of a service.
        pub fn share_of_instances(share: Rate) = share;
    }

    /// The level that it covers.
    #[must_use]
    pub fn level(&self) -> Level {
        let narrowed = !self.tags.is_empty() || !self.attributes.is_empty();
        match &self.selector {
            Selector::Everything(_) => Level::System,
            Selector::Services(services) if services.len() > 1 => Level::Cluster,
            _ if narrowed => Level::Request,
            _ => Level::Service,
        }
    }

    /// Checks the radius and returns its first problem.
    ///
    /// # Errors
    ///
    /// When a name, the list of services, an operation, an attribute or a tag is empty, a cap is zero, or a transaction
    /// rate is not one of `queries_on`.
    pub fn check(&self) -> Result<(), InvalidBlastRadius> {
        self.selector.check()?;
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        if self.at_most == Some(0) {
            return Err(InvalidBlastRadius::Zero { key: "at_most" });
        }
        if self.concurrent == Some(0) {
            return Err(InvalidBlastRadius::Zero { key: "concurrent" });
        }
        if self.rate_of == RateOf::Transactions && self.kind() != Some(SiteKind::Database) {
            return Err(InvalidBlastRadius::NoTransactions);
        }
        Ok(())
    }

    fn keep_first_problem(&mut self, problem: InvalidBlastRadius) {
        self.problem.get_or_insert(problem);
    }
}

impl BlastRadius {
    /// Whether it selects sites of this service and kind.
    #[must_use]
    pub fn selects(&self, service: &str, kind: SiteKind) -> bool {
        self.selector.selects(service, kind)
    }

    /// Whether it names this service; a radius of everything names none.
    pub(crate) fn names(&self, service: &str) -> bool {
        self.selector.names(service)
    }

    /// The services that it names; empty for everything.
    pub(crate) fn services_named(&self) -> Vec<&str> {
        match &self.selector {
            Selector::Sites { service, .. } => vec![service],
            Selector::Services(services) => services.iter().map(String::as_str).collect(),
            Selector::Everything(_) => Vec::new(),
        }
    }

    /// The kind of sites that it selects, unless it selects all kinds.
    pub(crate) fn kind(&self) -> Option<SiteKind> {
        match &self.selector {
            Selector::Sites { kind, .. } => Some(*kind),
            _ => None,
        }
    }

    /// The key that selects sites of this kind, as written in files.
    pub(crate) fn key_for(kind: SiteKind) -> &'static str {
        Selector::key_for(kind)
    }

    /// The first key that chooses among operations, if one is set.
    pub(crate) fn chooses_by(&self) -> Option<&'static str> {
        [
            ("operation", self.operation.is_some()),
            ("attributes", !self.attributes.is_empty()),
            ("tagged", !self.tags.is_empty()),
            ("transaction_rate", self.rate_of == RateOf::Transactions),
            ("rate", self.rate != Rate::ALWAYS),
            ("at_most", self.at_most.is_some()),
            ("concurrent", self.concurrent.is_some()),
        ]
        .into_iter()
        .find_map(|(key, is_set)| is_set.then_some(key))
    }

    pub(crate) fn operation_glob(&self) -> Option<&OperationGlob> {
        self.operation.as_ref()
    }

    pub(crate) fn attributes(&self) -> &BTreeMap<String, OperationGlob> {
        &self.attributes
    }

    pub(crate) fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// The share of the operations or transactions that it strikes.
    pub(crate) fn operation_rate(&self) -> Rate {
        self.rate
    }

    pub(crate) fn rate_of(&self) -> RateOf {
        self.rate_of
    }

    pub(crate) fn total(&self) -> Option<u64> {
        self.at_most
    }

    pub(crate) fn concurrency(&self) -> Option<u32> {
        self.concurrent
    }

    pub(crate) fn instances(&self) -> Rate {
        self.share_of_instances
    }

    pub(crate) fn consent(&self) -> Option<&Consent> {
        match &self.selector {
            Selector::Everything(consent) => Some(consent),
            _ => None,
        }
    }
}

/// Formats the selected sites, such as `calls to payments`.
impl fmt::Display for BlastRadius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.selector {
            Selector::Sites { service, kind } => write!(f, "{} {service}", kind.in_words()),
            Selector::Services(services) => {
                let services: Vec<_> = services.iter().map(String::as_str).collect();
                f.write_str(&services.join(", "))
            }
            Selector::Everything(_) => f.write_str("everything"),
        }
    }
}

#[cfg(test)]
mod tests;
