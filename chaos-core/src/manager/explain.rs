//! Why didn't it fire?

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::ChaosManager;
use super::inner::Inner;
use super::table::Table;
use crate::delay;
use crate::draw::Identity;
use crate::gate::Shut;
use crate::running::{Reach, Running};
use crate::site::{Entry, Miss, SiteState};
use crate::{
    EndReason, Experiment, FaultKind, Operation, OperationGlob, Phase, PressureLevel, Rate,
    SiteKind, Tag,
};

/// What each experiment would do to an operation, and why not.
///
/// Printed, it is a line for each.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The service asked about.
    pub service: String,
    /// The operation asked about.
    pub operation: String,
    /// The answer of each experiment, at each site of the service.
    pub answers: Vec<Answer>,
}

/// What one experiment would do to an operation at one site.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The experiment.
    pub experiment: String,
    /// The kind of the site, if the service has one.
    pub kind: Option<SiteKind>,
    /// What keeps it from firing; nothing, if it would.
    pub why_not: Option<WhyNot>,
}

/// What keeps an experiment from firing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum WhyNot {
    /// No site of that service is registered.
    NoSuchSite {
        /// The registered service whose name is nearest.
        nearest: Option<String>,
    },
    /// Its blast radius selects other sites: says which.
    OtherSite(String),
    /// It has ended.
    Ended(EndReason),
    /// It waits for a site that its conditions can judge.
    Waiting,
    /// The service is protected.
    Protected,
    /// Health, readiness and metrics routes are exempt unless named.
    Exempt,
    /// It reaches a share of the instances, and this one is not among them.
    OtherInstances,
    /// The site can't apply this fault in this phase.
    NotSupported(FaultKind, Phase),
    /// The operation's name does not match.
    Operation(OperationGlob),
    /// The operation lacks an attribute, or its value does not match.
    Attribute(String),
    /// The request does not carry the tag.
    Tag(Tag),
    /// The draw went against it.
    Rate(Rate),
    /// It is not this operation's turn in the pattern.
    Pattern,
    /// It has treated as many operations as it may.
    TotalCap,
    /// It is treating as many operations at once as it may.
    ConcurrentCap,
    /// It is a dry run: decided and journalled, but not applied.
    DryRun,
    /// It strikes no operation, but presses on the whole process: says how far.
    Pressure(Vec<PressureLevel>),
}

impl ChaosManager {
    /// Says of each experiment whether an operation would be treated now, and what keeps it from that.
    ///
    /// It changes nothing: no cap, pattern or sequence moves. An operation without a [`Scope`](crate::Scope) is
    /// judged as the next in the site's sequence.
    ///
    /// ```
    /// # use chaos_core::{BlastRadius, ChaosManager, Fault};
    /// let chaos = ChaosManager::new();
    /// let _site = chaos.site("pms");
    /// let _guard = chaos.inject(BlastRadius::points_at("pms").operation("cancel"), Fault::Panic)?;
    /// let why = chaos.explain("pms", "reserve").to_string();
    /// assert!(why.contains("the operation does not match `cancel`"), "{why}");
    /// # Ok::<(), chaos_core::Error>(())
    /// ```
    #[must_use]
    pub fn explain<'a>(&self, service: &str, operation: impl Into<Operation<'a>>) -> Explanation {
        let operation = operation.into();
        Explanation {
            service: service.to_owned(),
            operation: operation.name().to_owned(),
            answers: self.0.answers(service, &operation),
        }
    }
}

impl Inner {
    fn answers(&self, service: &str, operation: &Operation<'_>) -> Vec<Answer> {
        let table = self.table();
        let sites: Vec<_> = table
            .sites
            .values()
            .filter(|site| &**site.service() == service)
            .collect();
        let mut answers = Vec::new();
        for (experiment, running) in all(&table) {
            if let Some(why_not) = running.and_then(presses) {
                answers.push(answer(experiment, None, Some(why_not)));
                continue;
            }
            if sites.is_empty() {
                let nearest = table.nearest_service(service);
                answers.push(answer(
                    experiment,
                    None,
                    Some(WhyNot::NoSuchSite { nearest }),
                ));
            }
            // One that has ended is told of only where it could have been expected.
            let expected = |site: &&&Arc<SiteState>| {
                running
                    .is_none_or(|running| running.end_reason().is_none() || running.selects(site))
            };
            for site in sites.iter().filter(expected) {
                answers.push(answer(
                    experiment,
                    Some(site.kind()),
                    why_not(experiment, running, site, operation),
                ));
            }
        }
        answers
    }
}

/// Every experiment the manager knows, with its running state if it ever ran.
fn all(table: &Table) -> impl Iterator<Item = (&Experiment, Option<&Arc<Running>>)> {
    let running = table.running.values().map(|active| &active.running);
    // Of those that had one name, what the last of them does is what is asked about.
    let mut named = BTreeSet::new();
    let ended = table.ended.iter().rev();
    let ended: Vec<_> = ended
        .filter(|ended| !table.running.contains_key(ended.name()) && named.insert(ended.name()))
        .collect();
    running
        .chain(ended.into_iter().rev())
        .map(|running| (running.experiment(), Some(running)))
        .chain(
            table
                .waiting
                .iter()
                .map(|waiting| (&waiting.experiment, None)),
        )
}

fn answer(experiment: &Experiment, kind: Option<SiteKind>, why_not: Option<WhyNot>) -> Answer {
    Answer {
        experiment: experiment.name().to_owned(),
        kind,
        why_not,
    }
}

fn why_not(
    experiment: &Experiment,
    running: Option<&Arc<Running>>,
    site: &Arc<SiteState>,
    operation: &Operation<'_>,
) -> Option<WhyNot> {
    let Some(running) = running else {
        return Some(WhyNot::Waiting);
    };
    if let Some(reason) = running.end_reason() {
        return Some(WhyNot::Ended(reason.clone()));
    }
    if !running.selects(site) {
        return Some(WhyNot::OtherSite(running.radius().to_string()));
    }
    if site.is_protected() {
        return Some(WhyNot::Protected);
    }
    if running.reach() == Reach::OtherInstances {
        return Some(WhyNot::OtherInstances);
    }
    let phase = experiment.strikes_in();
    if let Some(fault) = experiment
        .faults()
        .iter()
        // What has no operation keeps nothing from being struck.
        .filter(|fault| fault.pressure().is_none())
        .find(|fault| !site.support().includes(fault.kind(), phase))
    {
        return Some(WhyNot::NotSupported(fault.kind(), phase));
    }
    let plan = site.plan();
    let entry = plan.entries().iter().find(|entry| {
        entry
            .running()
            .is_some_and(|found| Arc::ptr_eq(&found, running))
    })?;
    would_miss(entry, running, site, operation)
}

/// What there is to say of one that runs and has no operation, wherever the question is asked.
fn presses(running: &Arc<Running>) -> Option<WhyNot> {
    if running.strikes_operations() || running.end_reason().is_some() {
        return None;
    }
    Some(if running.reach() == Reach::OtherInstances {
        WhyNot::OtherInstances
    } else if running.is_dry_run() {
        WhyNot::DryRun
    } else {
        WhyNot::Pressure(running.pressures().levels())
    })
}

/// Follows the path of a real decision, changing nothing.
fn would_miss(
    entry: &Entry,
    running: &Running,
    site: &SiteState,
    operation: &Operation<'_>,
) -> Option<WhyNot> {
    operation.in_scope(|scope| {
        let radius = running.radius();
        if let Err(miss) = entry.covers(site, operation, scope) {
            return Some(match miss {
                Miss::Operation => WhyNot::Operation(radius.operation_glob()?.clone()),
                Miss::Attribute(name) => WhyNot::Attribute(name.to_owned()),
                Miss::Tag(tag) => WhyNot::Tag(tag.clone()),
                Miss::Exempt => WhyNot::Exempt,
                Miss::Suffering => {
                    let experiment = running.experiment();
                    let fault = experiment.faults().first()?;
                    WhyNot::NotSupported(fault.kind(), experiment.strikes_in())
                }
            });
        }
        let identity = Identity::of(operation.name(), scope, || site.peek_sequence());
        let Some(draw) = entry.draws(identity) else {
            return Some(WhyNot::Rate(radius.operation_rate()));
        };
        if running.has_expired(delay::now()) {
            return Some(WhyNot::Ended(EndReason::TimeLimit));
        }
        match running.gate().would_admit() {
            Err(Shut::Total) => return Some(WhyNot::TotalCap),
            Err(Shut::Concurrent) => return Some(WhyNot::ConcurrentCap),
            Err(Shut::Ended) => return running.end_reason().cloned().map(WhyNot::Ended),
            Ok(()) => {}
        }
        if !running.would_take_turn(draw, scope) {
            return Some(WhyNot::Pattern);
        }
        running.is_dry_run().then_some(WhyNot::DryRun)
    })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            operation,
            answers,
        } = self;
        if answers.is_empty() {
            return write!(
                f,
                "no experiment is running: nothing happens to {operation} at {service}"
            );
        }
        for Answer {
            experiment,
            kind,
            why_not,
        } in answers
        {
            let kind = kind.map_or_else(String::new, |kind| format!(" ({kind})"));
            match why_not {
                None => writeln!(f, "`{experiment}` would hit {operation} at {service}{kind}")?,
                Some(why) => writeln!(
                    f,
                    "`{experiment}` does not hit {operation} at {service}{kind}: {why}"
                )?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSite { nearest: None } => f.write_str("no site of that name is registered"),
            Self::NoSuchSite {
                nearest: Some(nearest),
            } => {
                write!(
                    f,
                    "no site of that name is registered; did you mean `{nearest}`?"
                )
            }
            Self::OtherSite(radius) => write!(f, "its blast radius selects {radius}"),
            Self::Ended(reason) => write!(f, "it has ended: {reason}"),
            Self::Waiting => f.write_str("it waits for a site that its conditions can judge"),
            Self::Protected => f.write_str("the service is protected"),
            Self::Exempt => f.write_str("the operation is exempt unless it is named"),
            Self::OtherInstances => f.write_str("this instance is not in its share of instances"),
            Self::NotSupported(fault, phase) => {
                write!(f, "the site can't apply {fault} in phase `{phase}`")
            }
            Self::Operation(glob) => write!(f, "the operation does not match `{glob}`"),
            Self::Attribute(name) => {
                write!(f, "the attribute `{name}` is missing or does not match")
            }
            Self::Tag(tag) => write!(f, "the request does not carry the tag `{tag}`"),
            Self::Rate(rate) => write!(
                f,
                "the draw of this one went against it, at a rate of {rate}; others are hit"
            ),
            Self::Pattern => f.write_str("it is not this operation's turn in the pattern"),
            Self::TotalCap => f.write_str("its total cap is used up"),
            Self::ConcurrentCap => f.write_str("its concurrent cap is in use"),
            Self::DryRun => f.write_str("it is a dry run: decided and journalled, not applied"),
            Self::Pressure(levels) => {
                f.write_str("it strikes no operation, but presses on the whole process")?;
                for (number, level) in levels.iter().enumerate() {
                    f.write_str(if number == 0 { ": " } else { ", " })?;
                    level.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}
