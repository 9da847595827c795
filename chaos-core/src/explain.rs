//! Why an experiment does or does not hit an operation.

use std::fmt;

use crate::pressure::PressureLevel;
use crate::{EndReason, FaultKind, OperationGlob, Phase, Rate, SiteKind, Tag};

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
                f.write_str("it strikes no operation, but puts pressure on the whole process")?;
                for (number, level) in levels.iter().enumerate() {
                    f.write_str(if number == 0 { ": " } else { ", " })?;
                    level.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}
