//! The events of a journal.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Nearest;
use crate::pressure::{PressureChange, PressureLevel};
use crate::site::Misuse;
use crate::{
    Attribution, Consents, EndReason, Environment, FaultKind, Level, Phase, Risk, SiteKind,
};

/// An event with its time and number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The number, consecutive within a manager.
    pub number: u64,
    /// The wall-clock time.
    #[serde(with = "crate::human::timestamp_text")]
    pub at: SystemTime,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// An event in the life of an experiment or a manager.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An experiment started.
    Started {
        /// Its name.
        experiment: String,
        /// Who started it, and why then.
        #[serde(flatten)]
        attribution: Attribution,
        /// The person or team responsible.
        owner: Option<String>,
        /// The question that it answers.
        why: Option<String>,
        /// Its risk.
        risk: Risk,
        /// The level of its blast radius.
        level: Level,
        /// The environment that it runs in.
        environment: Environment,
        /// Its consents: what they permit, who gave them, and why.
        #[serde(default)]
        consents: Consents,
        /// The approver of its start, if its policy needs one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approved_by: Option<String>,
        /// The seed that replays it.
        seed: u64,
        /// Whether it is a dry run.
        dry_run: bool,
        /// The length of its lease, if it has one.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "crate::human::optional_duration_text"
        )]
        lease: Option<Duration>,
    },
    /// An experiment waits for a site that its conditions can judge.
    Waiting {
        /// Its name.
        experiment: String,
        /// The missing site.
        why: String,
    },
    /// An experiment was refused.
    Refused {
        /// Its name.
        experiment: String,
        /// The reason for the refusal.
        why: String,
    },
    /// A fault was injected or, in a dry run, would have been.
    Injected(Injected),
    /// An experiment has run in production for another minute.
    StillRunning {
        /// Its name.
        experiment: String,
        /// The number of operations that it has injected faults into.
        injected: u64,
        /// The time left until its time limit.
        #[serde(with = "crate::human::duration_text")]
        time_left: Duration,
    },
    /// An experiment ended.
    Ended {
        /// Its name.
        experiment: String,
        /// The environment that it ran in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        environment: Option<Environment>,
        /// The reason.
        reason: EndReason,
        /// The number of operations that it injected faults into.
        injected: u64,
        /// Why there were none, if it was meant to strike operations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why_idle: Option<String>,
    },
    /// Some undos of an experiment failed.
    UndoFailed {
        /// The experiment.
        experiment: String,
        /// The number of undos that panicked.
        failed: usize,
    },
    /// The undos of an experiment still run; the drop of its guard no longer waits for them.
    UndoPending {
        /// The experiment.
        experiment: String,
    },
    /// An experiment matches no registered site yet.
    Unmatched {
        /// Its name.
        experiment: String,
        /// The sites that it selects, such as `calls to payments`.
        selects: String,
        /// The registered site that it may have meant.
        nearest: Option<Nearest>,
    },
    /// The first site that an experiment matches was registered after its start.
    Matched {
        /// The experiment.
        experiment: String,
        /// The service of the site.
        service: String,
        /// The kind of the site.
        kind: SiteKind,
    },
    /// No site has the name of a protected service, but a new one has a similar name.
    MisspeltProtection {
        /// The name of the protected service.
        protected: String,
        /// The service of the site, which is not protected.
        service: String,
    },
    /// A site can't apply the faults of an experiment.
    NotSupported {
        /// The experiment.
        experiment: String,
        /// The service of the site.
        service: String,
        /// The kind of the site.
        kind: SiteKind,
        /// The phase of the experiment.
        phase: Phase,
    },
    /// The service's code uses a site so that faults differ from what their experiments say.
    Misuse {
        /// The service of the site.
        service: String,
        /// The kind of the site.
        kind: SiteKind,
        /// The misuse.
        misuse: Misuse,
    },
    /// More than half of the operations of a site have one key, so a rate strikes all of them or none.
    DominantKey {
        /// The service of the site.
        service: String,
        /// The kind of the site.
        kind: SiteKind,
        /// The key.
        key: String,
    },
    /// A pressure reached its level, lost it, failed, or was given back.
    Pressure {
        /// The experiment.
        experiment: String,
        /// Its kind, its requested level and its current one.
        #[serde(flatten)]
        level: PressureLevel,
        /// The change.
        change: PressureChange,
        /// The reason, if it failed or did not get the requested level.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A sink did not keep up, and lost entries; only that sink gets this event.
    Lost {
        /// The number of entries.
        entries: u64,
    },
    /// The experiments of a watched file were started and stopped to match it.
    FileMatched {
        /// Its path.
        path: String,
        /// The names of its experiments.
        experiments: Vec<String>,
    },
    /// A watched file has changed and can't be used, so its last version stays in force.
    FileRefused {
        /// Its path.
        path: String,
        /// The reason.
        why: String,
    },
    /// A file is watched whose existence halts everything.
    WatchingHaltFile {
        /// Its path.
        path: String,
    },
    /// Everything was halted.
    Halted {
        /// Who halted, and why.
        #[serde(flatten)]
        attribution: Attribution,
    },
    /// Experiments may start again.
    Resumed {
        /// Who lifted the halt, and why.
        #[serde(flatten)]
        attribution: Attribution,
    },
}

/// A fault that was injected into one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Injected {
    /// The experiment.
    pub experiment: String,
    /// The service of the site.
    pub service: String,
    /// The kind of the site.
    pub kind: SiteKind,
    /// The operation; a name longer than 512 bytes is cut to that length and ends with `…`.
    pub operation: String,
    /// The kind of the experiment's first fault that had an effect.
    pub fault: FaultKind,
    /// The phase of the operation.
    pub phase: Phase,
    /// The key of the request that it belongs to, cut like the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The attempt of the request that it belongs to.
    pub attempt: u32,
    /// The injected delay, which ends early if its experiment does.
    #[serde(with = "crate::human::duration_text")]
    pub delay: Duration,
    /// The injected failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether it was only decided, not applied.
    pub dry_run: bool,
}
