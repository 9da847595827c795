//! Explanations of why experiments do or do not hit an operation.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::pressure::PressureLevel;
pub use crate::site::Misuse;
use crate::{EndReason, FaultKind, OperationGlob, Phase, Rate, SiteKind, Tag};

/// Explains for each experiment whether it would hit an operation, and if not, why.
///
/// Its text has a line for each answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The service of the operation.
    pub service: String,
    /// The name of the operation.
    pub operation: String,
    /// The answer for each experiment at each site of the service.
    pub answers: Vec<Answer>,
    /// Observations that the answers do not show, and that make them mean something else than they seem to.
    pub caveats: Vec<Caveat>,
}

/// Whether one experiment would hit an operation at one site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Answer {
    /// The experiment.
    pub experiment: String,
    /// The kind of the site, if the answer is about one site.
    pub kind: Option<SiteKind>,
    /// The reason why it would not hit; `None` if it would.
    pub why_not: Option<WhyNot>,
}

/// Something about a service that makes its faults differ from what a reader of the answers expects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Caveat {
    /// No site has this protected name, which is similar to that of the service.
    MisspeltProtection {
        /// The protected name.
        protected: String,
        /// The service, which is not protected.
        service: String,
    },
    /// An experiment would hit the operation, but only others have passed the site while an experiment concerned it.
    ///
    /// At a server, its route may have been added after the layer.
    NotMet {
        /// The kind of the site.
        kind: SiteKind,
        /// The operation.
        operation: String,
    },
    /// The service's code uses the site so that faults differ from what their experiments say.
    Misuse(SiteKind, Misuse),
    /// More than half of the operations have this key, so a rate strikes all of them or none.
    ///
    /// It is noticed after about 2,000 operations.
    DominantKey(String),
}

/// The reason why an experiment does not hit an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhyNot {
    /// No site of that service is registered.
    NoSuchSite {
        /// The registered service with the most similar name.
        nearest: Option<String>,
    },
    /// Its blast radius selects other sites, such as `calls to payments`.
    OtherSite(String),
    /// It has ended.
    Ended(EndReason),
    /// It is waiting for a site that its conditions can judge.
    Waiting,
    /// The service is protected.
    Protected,
    /// The operation is a [health route](crate::ChaosManagerBuilder::exempt) or otherwise exempt, and the experiment
    /// does not name it.
    Exempt,
    /// It strikes a share of the instances, which excludes this one.
    OtherInstances,
    /// The site can't apply this fault in this phase.
    NotSupported(FaultKind, Phase),
    /// The site can't refuse a connection, because its requests share open ones.
    CannotRefuse,
    /// The operation's name does not match.
    Operation(OperationGlob),
    /// The operation's name does not match, nor has that of any other operation so far.
    NoOperation(OperationGlob),
    /// It names no operation, and its faults strike this connection elsewhere, such as on its reads.
    OtherPlace,
    /// Its rate is a share of transactions, of which this operation is no part.
    OutsideTransactions,
    /// This attribute is missing or does not match.
    Attribute(String),
    /// The request lacks this tag.
    Tag(Tag),
    /// The draw for this operation is not within the rate.
    Rate(Rate),
    /// The pattern skips this operation.
    Pattern,
    /// Its total cap is used up.
    TotalCap,
    /// Its concurrent cap is reached.
    ConcurrentCap,
    /// It is a dry run, which decides and journals, but applies nothing.
    DryRun,
    /// It strikes no operation, but puts pressure on the whole process, at these levels.
    Pressure(Vec<PressureLevel>),
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            operation,
            answers,
            caveats,
        } = self;
        if answers.is_empty() {
            writeln!(
                f,
                "no experiment is running: nothing happens to {operation} at {service}"
            )?;
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
        for caveat in caveats {
            writeln!(f, "{caveat}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MisspeltProtection { protected, service } => write!(
                f,
                "`{protected}` is protected, but no site has that name; did you mean `{service}`?"
            ),
            Self::NotMet { kind, operation } => {
                write!(
                    f,
                    "{kind}: no {operation} has passed while an experiment concerned the site, only other operations"
                )?;
                match kind {
                    SiteKind::Server => {
                        f.write_str("; a route that is added after the layer does not pass it")
                    }
                    _ => Ok(()),
                }
            }
            Self::Misuse(kind, misuse) => write!(f, "{kind}: {misuse}"),
            Self::DominantKey(key) => write!(
                f,
                "more than half of the operations have the key `{key}`: a rate strikes all of them or none"
            ),
        }
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
            Self::Waiting => f.write_str("it is waiting for a site that its conditions can judge"),
            Self::Protected => f.write_str("the service is protected"),
            Self::Exempt => f.write_str(
                "the operation is a health route or exempt; only an experiment that names it without a wildcard hits it",
            ),
            Self::OtherInstances => f.write_str("this instance is not in its share of instances"),
            Self::NotSupported(fault, phase) => {
                write!(f, "the site can't apply {fault} in phase `{phase}`")
            }
            Self::CannotRefuse => f.write_str(
                "the site can't refuse a connection, because its requests share open ones; `streams_to` can",
            ),
            Self::Operation(glob) => write!(f, "the operation does not match `{glob}`"),
            Self::NoOperation(glob) => {
                write!(f, "the operation does not match `{glob}`, nor has any other so far")
            }
            Self::OtherPlace => f.write_str(
                "without `operation`, its faults strike other places of a connection; name the operation to strike it",
            ),
            Self::OutsideTransactions => f.write_str(
                "its `transaction_rate` strikes statements, `COMMIT` and `ROLLBACK`; use `rate` for this operation",
            ),
            Self::Attribute(name) => {
                write!(f, "the attribute `{name}` is missing or does not match")
            }
            Self::Tag(tag) => write!(f, "the request does not carry the tag `{tag}`"),
            Self::Rate(rate) => write!(
                f,
                "the draw for this operation is not within the rate of {rate}; other operations are hit"
            ),
            Self::Pattern => f.write_str("the pattern skips this operation"),
            Self::TotalCap => f.write_str("its total cap is used up"),
            Self::ConcurrentCap => f.write_str("its concurrent cap is reached"),
            Self::DryRun => {
                f.write_str("it is a dry run, which decides and journals, but applies nothing")
            }
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
