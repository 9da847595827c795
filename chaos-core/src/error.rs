//! Errors of refused experiments and of values that can't be built.

use std::io;

use thiserror::Error;

pub use crate::blast_radius::InvalidBlastRadius;
pub use crate::condition::InvalidCondition;
pub use crate::consent::InvalidConsent;
pub use crate::experiment::{ExperimentProblem, InvalidExperiment, UnknownEnvironment};
pub use crate::fault::{InvalidFault, InvalidLatency};
pub use crate::file::FileError;
pub use crate::glob::EmptyGlob;
pub use crate::pattern::InvalidPattern;
pub use crate::policy::{BrokenRule, InvalidPolicy};
pub use crate::pressure::{InvalidPressure, PressureError, Shortage};
pub use crate::rate::InvalidRate;
pub use crate::scope::{InvalidTag, InvalidTagKeys, TagRefusal, TagsTooLarge, ZeroAttempt};

use crate::{Actor, EndReason, Level, Phase, SiteKind};

/// The error of a refused experiment, or of a manager that can't be built.
#[derive(Error)]
#[non_exhaustive]
pub enum Error {
    /// This build contains no fault injection; enable the feature `inject`.
    #[error(
        "fault injection is compiled out of this build (the feature `inject` is off): `{experiment}` can't start"
    )]
    CompiledOut {
        /// The refused experiment.
        experiment: String,
    },
    /// Everything is halted; [`resume`](crate::ChaosManager::resume) allows new experiments.
    #[error("chaos is halted: `{experiment}` can't start until it is resumed")]
    Halted {
        /// The refused experiment.
        experiment: String,
    },
    /// Chaos is switched off for this manager.
    #[error("chaos is switched off: `{experiment}` can't start")]
    SwitchedOff {
        /// The refused experiment.
        experiment: String,
    },
    /// The experiment is invalid.
    #[error(transparent)]
    Invalid(#[from] InvalidExperiment),
    /// An experiment of this name is already running.
    #[error("`{experiment}` is already running, started by {by}")]
    AlreadyRunning {
        /// The name.
        experiment: String,
        /// The actor that started it.
        by: Actor,
    },
    /// The experiment to replace has ended, or another one of its name has started since.
    #[error("`{experiment}` can't be replaced: it has changed since you looked")]
    Superseded {
        /// The name.
        experiment: String,
    },
    /// The experiment has no lease that could be renewed.
    #[error("`{experiment}` has no lease: it was started without one")]
    NoLease {
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
    /// The [`Policy`](crate::Policy) of the manager does not allow the experiment to start.
    #[error("`{experiment}`: the policy does not allow it: {rule}")]
    Policy {
        /// The experiment.
        experiment: String,
        /// The rule that it breaks.
        rule: BrokenRule,
    },
    /// The experiment needs a [`Consent`](crate::Consent) that it does not have.
    #[error(
        "`{experiment}` needs consent to {0}: {because}; add `consent: {{ {0}: {{ who: <name> }} }}` (in code: start an \
         `Experiment` with `.consent_to_{0}(Consent::by(\"<name>\")?)`, as `inject` takes none)", .because.key()
    )]
    NeedsConsent {
        /// The experiment.
        experiment: String,
        /// The reason why it needs consent.
        because: ConsentNeeded,
    },
    /// A fault would affect neighbours of the operations that the blast radius covers.
    #[error(
        "`{experiment}`: {fault} also affects operations outside its radius, which has the level `{level}`; allow \
         collateral (`allow_collateral: true`, in code `chaos.inject_with_collateral(radius, fault)` or \
         `Experiment::allow_collateral`), or widen the radius (`everything: {{ who: <name> }}`, in code \
         `BlastRadius::everything`)"
    )]
    Collateral {
        /// The experiment.
        experiment: String,
        /// The fault.
        fault: crate::FaultKind,
        /// The level of its radius.
        level: Level,
    },
    /// A crash from a file has no absolute end, so that a restarted process would crash again.
    #[error(
        "`{experiment}` crashes the process and comes from a file: it needs an absolute end (`until`), or the process \
         would crash in a loop"
    )]
    CrashLoop {
        /// The experiment.
        experiment: String,
    },
    /// The absolute end of the experiment has passed.
    #[error("`{experiment}` can't start after its end at {}", crate::human::format_timestamp(*until))]
    Over {
        /// The experiment.
        experiment: String,
        /// Its end.
        until: std::time::SystemTime,
    },
    /// The experiment would run longer than an experiment may where others depend on the system.
    #[error(
        "`{experiment}`: `time_limit`: expected at most {} in {environment}, found {}",
        crate::human::format_duration(crate::MAX_TIME_LIMIT), crate::human::format_duration(*time_limit)
    )]
    TooLong {
        /// The experiment.
        experiment: String,
        /// Its time limit, or the time until its end if that is sooner.
        time_limit: std::time::Duration,
        /// The environment.
        environment: crate::Environment,
    },
    /// None of the sites that the experiment matches can apply it.
    #[error(
        "`{experiment}`: {kind} site `{service}` can't apply {fault}{} in phase `{phase}`{}",
        operation.as_ref().map_or_else(String::new, |glob| format!(" at `{glob}`")),
        possible_in.map_or_else(String::new, |phase| format!("; it can in phase `{phase}`"))
    )]
    NotSupported {
        /// The experiment.
        experiment: String,
        /// The service of a site that it matches.
        service: String,
        /// The kind of that site.
        kind: SiteKind,
        /// The fault.
        fault: crate::FaultKind,
        /// The operations that it names.
        operation: Option<String>,
        /// The phase.
        phase: Phase,
        /// Another phase in which the site can apply it.
        possible_in: Option<Phase>,
    },
    /// None of the sites that the experiment matches can refuse, because their connections are open already.
    #[error(
        "`{experiment}`: {kind} site `{service}` can't fail as `refused`, because its requests share open connections; \
         to refuse new ones: `streams_to` with the operation `connect`"
    )]
    CannotRefuse {
        /// The experiment.
        experiment: String,
        /// The service of a site that it matches.
        service: String,
        /// The kind of that site.
        kind: SiteKind,
    },
    /// A pressure can't be applied: there is no room for it, or this system does not support it.
    #[error("`{experiment}`: {source}")]
    Pressure {
        /// The experiment.
        experiment: String,
        /// The error of the pressure.
        source: PressureError,
    },
    /// A key chooses among operations, but a pressure has none.
    #[error(
        "`{experiment}`: `{key}` does not apply to `exhaust`, which has no operations to choose from"
    )]
    Narrowed {
        /// The experiment.
        experiment: String,
        /// The key, as written in files.
        key: &'static str,
    },
    /// A condition has no site to judge.
    #[error("`{experiment}`: the condition \"{condition}\" has no site to judge: {missing}")]
    NothingToJudge {
        /// The experiment.
        experiment: String,
        /// The condition.
        condition: String,
        /// The missing site.
        missing: String,
    },
    /// A condition uses a probe that the manager does not have.
    #[error("`{experiment}`: no probe named `{probe}` is registered")]
    NoSuchProbe {
        /// The experiment.
        experiment: String,
        /// The probe.
        probe: String,
    },
    /// A probe still blocks its thread in a call of an experiment that has ended.
    #[error("`{experiment}`: the probe `{probe}` hangs in an earlier call")]
    ProbeHangs {
        /// The experiment.
        experiment: String,
        /// The probe.
        probe: String,
    },
    /// The halt file can't be watched.
    #[error("can't check whether the halt file {path} exists: {source}")]
    HaltFile {
        /// The path.
        path: String,
        /// The I/O error.
        source: io::Error,
    },
    /// The experiment ended before the awaited number of injections.
    #[error("`{experiment}` ended after {injected} injections: {reason}")]
    Ended {
        /// The experiment.
        experiment: String,
        /// The number of injections.
        injected: u64,
        /// The reason why it ended.
        reason: EndReason,
    },
    /// An environment variable has an invalid value.
    #[error("environment variable {variable}: expected {expected}, found {found:?}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// The expected value.
        expected: &'static str,
        /// The actual value.
        found: String,
    },
    /// A file of experiments can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The guardian thread, which enforces time limits, can't be started.
    #[error("the guardian thread can't be started: {0}")]
    NoGuardian(#[source] io::Error),
}

// `main` and `unwrap` print this, and a sentence is easier to read than a variant.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "inject")]
impl Error {
    /// Whether the same experiment may start later, without a change to it or to the service.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Halted { .. } => true,
            Self::Policy { rule, .. } => rule.is_temporary(),
            _ => false,
        }
    }
}

/// The reason why an experiment needs consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentNeeded {
    /// It destroys something.
    Destructive,
    /// It runs in production.
    Production,
    /// The environment is not set, which counts as production for files and `from_env`.
    UnstatedEnvironment,
}

impl ConsentNeeded {
    /// The key of the missing consent, as written in files.
    fn key(self) -> &'static str {
        match self {
            Self::Destructive => "destruction",
            Self::Production | Self::UnstatedEnvironment => "production",
        }
    }
}

impl std::fmt::Display for ConsentNeeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Destructive => "its fault is destructive",
            Self::Production => "it runs in production",
            Self::UnstatedEnvironment => {
                "no environment is set, which counts as production (set it with `CHAOS_ENVIRONMENT` or \
                 `ChaosManagerBuilder::environment`)"
            }
        })
    }
}
