//! Why a pressure is refused.

use std::io;

use super::{PressureKind, PressureUnit};
use crate::{Rate, human};

/// What makes no sense about a [`Pressure`](crate::Pressure).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPressure {
    /// It would take nothing.
    #[error("expected at least 1 {what}, found 0")]
    Nothing {
        /// Of what.
        what: &'static str,
    },
    /// It would take no share.
    #[error("expected a share above 0%, found 0%")]
    NoShare,
    /// Its workers would hardly work.
    #[error("expected a duty between 10% and 100%, found {0}")]
    Duty(Rate),
    /// Its workers would hardly write.
    #[error("expected at least 4096 bytes a second for each worker, found {0}")]
    Slow(u64),
    /// It would last no time.
    #[error("expected a time longer than zero")]
    NoTime,
    /// Its consent gives no reason.
    #[error("expected the reason for the consent, found an empty text")]
    NoReason,
    /// It is told how fast to grow in two ways.
    #[error("a leak says by its rate how fast it grows: it takes no `ramp`")]
    TwoRamps,
    /// It names a directory, but takes no room on a disk.
    #[error("a directory is for disk_io and disk_fill, not for {0}")]
    NoDirectory(PressureKind),
    /// It says how much is to be left, but leaves no reserve.
    #[error(
        "a reserve is for memory, leak, disk_io, disk_fill, threads and blocking_pool, not for {0}"
    )]
    NoReserve(PressureKind),
}

/// Why a [`Pressure`](crate::Pressure) was refused.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum PressureError {
    /// This build contains no injection; turn on the feature `inject` to have it.
    #[error(
        "fault injection is compiled out of this build (the feature `inject` is off): {0} pressure can't start"
    )]
    CompiledOut(PressureKind),
    /// It makes no sense.
    #[error("{kind} pressure: {problem}")]
    Invalid {
        /// Of what kind it is.
        kind: PressureKind,
        /// What is wrong.
        problem: InvalidPressure,
    },
    /// It can't be made on this system, or not there.
    #[error("{kind} pressure is not supported: {why}")]
    Unsupported {
        /// Of what kind it is.
        kind: PressureKind,
        /// What is missing.
        why: String,
    },
    /// It fills a disk, which needs consent.
    #[error("{0} pressure destroys what others would write: it needs a consent with the reason")]
    NeedsConsent(PressureKind),
    /// There is not enough room for it, a reserve being left.
    #[error("{kind} pressure: {shortage}")]
    NoRoom {
        /// Of what kind it is.
        kind: PressureKind,
        /// What is wanted, and what is there.
        shortage: Shortage,
    },
    /// It would take nothing where it is started.
    #[error("{kind} pressure would take nothing: {why}")]
    Nothing {
        /// Of what kind it is.
        kind: PressureKind,
        /// Why there is nothing to take.
        why: String,
    },
    /// It starves a Tokio runtime and was not started in one.
    #[error(
        "{0} pressure starves the Tokio runtime that it is started in, and there is none here: start it within \
         `block_on` or a `#[tokio::test]`"
    )]
    NoRuntime(PressureKind),
    /// It is to block more workers than its runtime has.
    #[error("{kind} pressure asks for {requested} workers, but the runtime has {there}")]
    TooManyWorkers {
        /// Of what kind it is.
        kind: PressureKind,
        /// How many it is to block.
        requested: u32,
        /// How many there are.
        there: usize,
    },
    /// It only makes sense for those who ask a manager.
    #[error("{0} pressure is felt by those who ask a manager: start it as an experiment of one")]
    NeedsManager(PressureKind),
    /// The process has just one of what it takes, and another pressure holds that.
    #[error("{0} pressure is on already, and the process has just one limit")]
    AlreadyOn(PressureKind),
    /// The system refused something that it needs.
    #[error("{kind} pressure: can't {what}: {source}")]
    System {
        /// Of what kind it is.
        kind: PressureKind,
        /// What was to be done.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

// `main` and `unwrap` print this: the sentence, not the variant it stands in.
impl std::fmt::Debug for PressureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// What is wanted, and why it does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shortage {
    /// What was asked for.
    pub requested: u64,
    /// What is free now.
    pub free: u64,
    /// What has to stay free.
    pub reserve: u64,
    /// What is promised to other pressures of this process that have not yet taken it.
    pub promised: u64,
    /// Which limit says so.
    pub limit: String,
    /// What all of them are counted in.
    pub unit: PressureUnit,
}

impl std::fmt::Display for Shortage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let written = |amount: u64| match self.unit {
            PressureUnit::Bytes => human::format_bytes(amount),
            _ => amount.to_string(),
        };
        write!(
            f,
            "{} requested, but {} leaves {}, of which {} stay in reserve",
            written(self.requested),
            self.limit,
            written(self.free),
            written(self.reserve),
        )?;
        if self.promised > 0 {
            let promised = written(self.promised);
            write!(f, " and {promised} are promised to other pressures")?;
        }
        let fits = self.free.saturating_sub(self.reserve);
        let fits = written(fits.saturating_sub(self.promised));
        write!(f, ", so at most {fits} fit")
    }
}
