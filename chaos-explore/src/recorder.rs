//! What a manager does while it is explored: records each operation, and places faults at some.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fault_case::Extent;
use crate::{FaultCase, OperationId, Placement};
use chaos_core::adapter::{
    Certainty, MetOperation, OutsideWork, PlacedExperiment, Support, Witness,
};
use chaos_core::{Failure, Fault, Phase, SiteKind};

use crate::outside_work::OutsideWorkCount;

/// The key of the scope that the test itself acts in.
pub(crate) const OWN_REQUEST: &str = "explore";

/// How many operations of one run are recorded; a run that meets more never ends, mostly.
const MOST_MEETINGS: usize = 20_000;

/// Records the operations of one run, and places faults at some of them.
#[derive(Debug)]
pub(crate) struct Recorder {
    state: Mutex<State>,
    outside_work: Arc<OutsideWorkCount>,
}

#[derive(Debug, Default)]
struct State {
    recording: Recording,
    trace: Vec<Meeting>,
    /// How many operations there were beyond those recorded.
    beyond: usize,
    seen: HashMap<Alike, u32>,
    /// By the keys of requests: what they are called, whatever their keys are.
    requests: HashMap<String, Arc<str>>,
    placed: Vec<Placed>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Recording {
    #[default]
    Off,
    On,
}

/// What is alike but for its number.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Alike {
    service: Arc<str>,
    kind: SiteKind,
    name: Arc<str>,
    attempt: u32,
    within: Arc<str>,
    only: Option<Phase>,
}

#[derive(Debug)]
struct Placed {
    placement: Placement,
    running: PlacedExperiment,
    turn: Turn,
}

/// Where a placement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    ToCome,
    Lasts,
    Over,
}

/// An operation that a run met.
#[derive(Debug, Clone)]
pub(crate) struct Meeting {
    pub(crate) id: OperationId,
    support: Support,
    fails_as: Option<fn(Failure) -> bool>,
    only: Option<Phase>,
    /// Whether it belongs to a request at all, so that it can be told whether this noticed.
    pub(crate) tracked: Tracked,
    /// Which placements struck it.
    pub(crate) struck: Vec<usize>,
}

/// Whether an operation belongs to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracked {
    InRequest,
    Nowhere,
}

impl Meeting {
    /// Whether that can happen to it.
    pub(crate) fn suffers(&self, mishap: &FaultCase) -> bool {
        self.support.includes(mishap.fault.kind(), mishap.phase)
            && self.only.is_none_or(|only| only == mishap.phase)
            && match (&mishap.fault, self.fails_as) {
                (Fault::Error(failure), Some(can)) => can(*failure),
                _ => true,
            }
    }
}

impl Recorder {
    pub(crate) fn new(outside_work: Arc<OutsideWorkCount>) -> Self {
        Self {
            state: Mutex::default(),
            outside_work,
        }
    }

    /// Records from now on, with these faults placed.
    pub(crate) fn start(&self, placed: impl IntoIterator<Item = (Placement, PlacedExperiment)>) {
        let mut state = self.lock();
        state.recording = Recording::On;
        state.requests.insert(OWN_REQUEST.to_owned(), "".into());
        state.placed = placed
            .into_iter()
            .map(|(placement, running)| Placed {
                placement,
                running,
                turn: Turn::ToCome,
            })
            .collect();
    }

    /// Records no more and gives what was recorded, and how many operations there were beyond that.
    pub(crate) fn stop(&self) -> (Vec<Meeting>, usize) {
        let mut state = self.lock();
        state.recording = Recording::Off;
        state.placed.clear();
        (std::mem::take(&mut state.trace), state.beyond)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Recorder {
    /// Notes an operation that is about to happen, and says what was placed at it.
    fn meet(&self, operation: &MetOperation<'_>) -> Vec<PlacedExperiment> {
        let scope = operation.scope();
        let mut state = self.lock();
        if state.recording == Recording::Off {
            return Vec::new();
        }
        if operation.phase_asked_for() == Some(Phase::NotReady) {
            // It comes before there is an operation, as often as somebody looks.
            return Vec::new();
        }
        let within = state.request_of(operation);
        let alike = Alike {
            service: Arc::clone(operation.service()),
            kind: operation.kind(),
            name: operation.name().into(),
            attempt: scope.map_or(1, |scope| scope.attempt().get()),
            within,
            only: operation.phase_asked_for(),
        };
        let mut meeting = Meeting {
            id: OperationId {
                service: Arc::clone(&alike.service),
                kind: Some(alike.kind),
                name: Arc::clone(&alike.name),
                nth: 0,
                attempt: alike.attempt,
                within: Arc::clone(&alike.within),
            },
            support: operation.support(),
            fails_as: operation.fails_only_as(),
            only: alike.only,
            tracked: match scope {
                Some(_) => Tracked::InRequest,
                None => Tracked::Nowhere,
            },
            struck: Vec::new(),
        };
        let nth = state.seen.entry(alike).or_insert(0);
        *nth += 1;
        meeting.id.nth = *nth;
        let mut striking = Vec::new();
        for (at, placed) in state.placed.iter_mut().enumerate() {
            if placed.strikes(&meeting) {
                meeting.struck.push(at);
                striking.push(placed.running.clone());
            }
        }
        // What lasts has to go on, or a retry without an end would come to one.
        if state.trace.len() < MOST_MEETINGS {
            state.trace.push(meeting);
        } else {
            state.beyond += 1;
        }
        striking
    }

    fn note_outside_work(&self, certainty: Certainty) -> OutsideWork {
        self.outside_work.note(certainty)
    }
}

impl State {
    /// What the request is called that an operation belongs to; the test's own has no name, nor has what opens one.
    fn request_of(&mut self, operation: &MetOperation<'_>) -> Arc<str> {
        let Some(scope) = operation.scope() else {
            return "".into();
        };
        if let Some(known) = self.requests.get(scope.key()) {
            return Arc::clone(known);
        }
        let opens_it = operation.kind() == SiteKind::Server;
        let name: Arc<str> = if opens_it {
            // A key that nobody gave is another one in each run, but what opened the request is the same.
            format!("{} {}", operation.service(), operation.name()).into()
        } else if scope.is_fresh() {
            "?".into()
        } else {
            scope.key().into()
        };
        self.requests
            .insert(scope.key().to_owned(), Arc::clone(&name));
        if opens_it { "".into() } else { name }
    }
}

impl Placed {
    fn strikes(&mut self, meeting: &Meeting) -> bool {
        let Placement { operation, mishap } = &self.placement;
        let strikes = match self.turn {
            Turn::ToCome => operation.names(&meeting.id),
            Turn::Lasts => operation.is_at_the_site_of(&meeting.id),
            Turn::Over => false,
        };
        // Streams ask for each phase by itself, under one number.
        if !strikes || !meeting.suffers(mishap) {
            return false;
        }
        self.turn = match mishap.extent {
            Extent::Once => Turn::Over,
            Extent::Onwards => Turn::Lasts,
        };
        true
    }
}
