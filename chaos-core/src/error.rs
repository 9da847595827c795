//! Errors: why an experiment is refused, and why a value can't be built.

use std::io;

use thiserror::Error;

pub use crate::blast_radius::InvalidBlastRadius;
pub use crate::condition::InvalidCondition;
pub use crate::experiment::{ExperimentProblem, InvalidExperiment, UnknownEnvironment};
pub use crate::fault::{InvalidFault, InvalidLatency};
pub use crate::file::FileError;
pub use crate::glob::EmptyGlob;
pub use crate::pattern::InvalidPattern;
pub use crate::pressure::{InvalidPressure, PressureError, Shortage};
pub use crate::rate::InvalidRate;
pub use crate::scope::{InvalidTag, InvalidTagKeys, TagRefusal, TagsTooLarge, ZeroAttempt};

use crate::{EndReason, Level, Phase, SiteKind};

/// Why an experiment was refused, or a manager could not be made.
#[derive(Error)]
#[non_exhaustive]
pub enum Error {
    /// This build contains no injection; turn on the feature `inject` to have it.
    #[error(
        "fault injection is compiled out of this build (the feature `inject` is off): `{experiment}` can't start"
    )]
    CompiledOut {
        /// The experiment that was to start.
        experiment: String,
    },
    /// Everything is halted; [`resume`](crate::ChaosManager::resume) allows new experiments.
    #[error("chaos is halted: `{experiment}` can't start until it is resumed")]
    Halted {
        /// The experiment that was to start.
        experiment: String,
    },
    /// Chaos is switched off for this manager.
    #[error("chaos is switched off: `{experiment}` can't start")]
    SwitchedOff {
        /// The experiment that was to start.
        experiment: String,
    },
    /// The experiment makes no sense.
    #[error(transparent)]
    Invalid(#[from] InvalidExperiment),
    /// An experiment of this name runs already.
    #[error("an experiment named `{experiment}` is running already")]
    AlreadyRunning {
        /// The name.
        experiment: String,
    },
    /// No experiment of this name is running.
    #[error("no experiment named `{experiment}` is running")]
    NotRunning {
        /// The name.
        experiment: String,
    },
    /// The blast radius names a protected service.
    #[error("`{experiment}` names the protected service `{service}`")]
    Protected {
        /// The experiment.
        experiment: String,
        /// The service.
        service: String,
    },
    /// The experiment needs consent, which is given by [`Experiment::consent`](crate::Experiment::consent).
    #[error(
        "`{experiment}` needs consent: {because}; give it a `consent` with the reason (in code: start an `Experiment` \
         with `.consent(…)`, as `inject` has no place for one)"
    )]
    NeedsConsent {
        /// The experiment.
        experiment: String,
        /// What makes it so dangerous.
        because: ConsentNeeded,
    },
    /// A fault would reach neighbours of what the blast radius covers.
    #[error(
        "`{experiment}`: {fault} reaches the whole process, its radius only the level {level}; widen the radius \
         (`everything: <why>`, in code `BlastRadius::everything`) or allow collateral (`allow_collateral: true`, in code \
         `.allow_collateral()`)"
    )]
    Collateral {
        /// The experiment.
        experiment: String,
        /// The fault.
        fault: crate::FaultKind,
        /// The level of its radius.
        level: Level,
    },
    /// A crash that comes from a file has no absolute end, so a restart would crash again.
    #[error(
        "`{experiment}` crashes the process and comes from a file: it needs `until`, an absolute end, or it would crash in a loop"
    )]
    CrashLoop {
        /// The experiment.
        experiment: String,
    },
    /// The absolute end of the experiment has passed.
    #[error("`{experiment}` was to end at {}, which has passed", crate::human::format_timestamp(*until))]
    Over {
        /// The experiment.
        experiment: String,
        /// Its end.
        until: std::time::SystemTime,
    },
    /// None of the sites that the experiment matches can apply it.
    #[error("`{experiment}`: {kind} site `{service}` can't apply {fault} in phase `{phase}`")]
    NotSupported {
        /// The experiment.
        experiment: String,
        /// The service of a site that it matches.
        service: String,
        /// The kind of that site.
        kind: SiteKind,
        /// The fault.
        fault: crate::FaultKind,
        /// The phase.
        phase: Phase,
    },
    /// A pressure can't be made: there is no room for it, or this system has no such thing.
    #[error("`{experiment}`: {source}")]
    Pressure {
        /// The experiment.
        experiment: String,
        /// What is missing.
        source: PressureError,
    },
    /// A pressure has no operations, so nothing may choose among them.
    #[error("`{experiment}`: exhaust has no operations to choose from: it takes no `{key}`")]
    Narrowed {
        /// The experiment.
        experiment: String,
        /// What chooses, as written in files.
        key: &'static str,
    },
    /// A condition has no site to judge.
    #[error("`{experiment}`: nothing to judge for the condition \"{condition}\": {missing}")]
    NothingToJudge {
        /// The experiment.
        experiment: String,
        /// The condition.
        condition: String,
        /// What it would need.
        missing: String,
    },
    /// A condition asks a probe that the manager does not have.
    #[error("`{experiment}`: no probe named `{probe}` is registered")]
    NoSuchProbe {
        /// The experiment.
        experiment: String,
        /// The probe.
        probe: String,
    },
    /// The halt file can't be watched.
    #[error("can't tell whether the halt file {path} exists: {source}")]
    HaltFile {
        /// The path.
        path: String,
        /// What went wrong.
        source: io::Error,
    },
    /// The experiment ended before what was waited for.
    #[error("`{experiment}` ended after {injected} injections: {reason}")]
    Ended {
        /// The experiment.
        experiment: String,
        /// How many operations it treated.
        injected: u64,
        /// How it ended.
        reason: EndReason,
    },
    /// An environment variable has a value that makes no sense.
    #[error("environment variable {variable}: expected {expected}, found {found:?}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A file of experiments can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The guardian thread can't be started, so no time limit could be kept.
    #[error("the guardian thread can't be started: {0}")]
    NoGuardian(#[source] io::Error),
}

// `main` and `unwrap` print this: the sentence, not the variant it stands in.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// What makes an experiment need consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentNeeded {
    /// It reaches everything.
    System,
    /// It destroys something.
    Destructive,
    /// It runs in production.
    Production,
    /// It comes from a file or the environment, and nobody stated where it runs: that counts as production.
    UnstatedEnvironment,
}

impl std::fmt::Display for ConsentNeeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::System => "it reaches everything (level `system`)",
            Self::Destructive => "its fault is destructive",
            Self::Production => "it runs in production",
            Self::UnstatedEnvironment => {
                "no environment is stated, which counts as production (state it with `CHAOS_ENVIRONMENT` or \
                 `ChaosManagerBuilder::environment`)"
            }
        })
    }
}
