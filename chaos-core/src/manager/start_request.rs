//! A request to start experiments: where it comes from, on whose behalf, and under which lease.

use std::sync::Arc;
use std::time::Duration;

use super::settings::Origin;
use crate::running::Batch;
use crate::{Actor, Attribution, ExperimentFile};

/// What a start says about itself, besides its experiments.
#[derive(Debug, Clone)]
pub(super) struct StartRequest {
    pub(super) origin: Origin,
    pub(super) attribution: Attribution,
    pub(super) lease: Option<Duration>,
    pub(super) replaces: Replaces,
    pub(super) approvals: Arc<[String]>,
    /// Everything that starts by this request counts as one start.
    pub(super) batch: Batch,
}

/// The running experiments whose places the started ones may take, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Replaces {
    Nothing,
    /// One that must still be running.
    Exactly(u64),
    /// Those of these that are still running.
    AnyOf(Vec<u64>),
}

impl Replaces {
    pub(super) fn includes(&self, id: u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::Exactly(only) => *only == id,
            Self::AnyOf(ids) => ids.contains(&id),
        }
    }
}

impl StartRequest {
    /// The lease of a remote start that asks for none.
    const REMOTE_LEASE: Duration = Duration::from_secs(10);

    pub(super) fn new(attribution: Attribution, lease: Option<Duration>) -> Self {
        let origin = match &attribution.by {
            Actor::Code | Actor::Guardian => Origin::Code,
            Actor::File(_) => Origin::File,
            Actor::Remote { .. } => Origin::Remote,
        };
        let lease = match origin {
            Origin::Remote => lease.or(Some(Self::REMOTE_LEASE)),
            _ => lease,
        };
        Self {
            origin,
            attribution,
            lease,
            replaces: Replaces::Nothing,
            approvals: Arc::default(),
            batch: Batch::next(),
        }
    }

    pub(super) fn by(actor: Actor) -> Self {
        Self::new(actor.into(), None)
    }

    /// A start of the experiments of a file, which has an origin if it was read.
    pub(super) fn file(file: &ExperimentFile) -> Self {
        let origin = file.origin().map(str::to_owned);
        let request = Self::by(origin.map_or(Actor::Code, Actor::File));
        Self {
            origin: Origin::File,
            ..request.approved_by(file.approvals().into())
        }
    }

    /// A start by a witness, which chooses the operations to strike.
    pub(super) fn placed() -> Self {
        Self {
            origin: Origin::Placed,
            ..Self::by(Actor::Code)
        }
    }

    pub(super) fn approved_by(mut self, approvals: Arc<[String]>) -> Self {
        self.approvals = approvals;
        self
    }

    pub(super) fn replacing(mut self, replaces: Replaces) -> Self {
        self.replaces = replaces;
        self
    }
}
