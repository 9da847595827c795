//! The witness of a trial's manager, which records each operation and chooses the faults that strike it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chaos_core::adapter::{Certainty, MetOperation, OutsideWork, PlacedExperiment, Witness};
use chaos_core::{Phase, SiteKind};

use crate::placement::operation_id::OperationId;
use crate::trial::outside_work::OutsideWorkCount;
use crate::trial::placed_fault::PlacedFault;
use crate::trial::recorded_operation::RecordedOperation;

/// The key of the scope that the act runs in.
pub(crate) const TEST_REQUEST: &str = "explore";

/// The recording limit of one trial; a trial that exceeds it usually never ends.
const MAX_RECORDED_OPERATIONS: usize = 20_000;

/// Records the operations of one trial and chooses the faults that strike them.
#[derive(Debug)]
pub(crate) struct Recorder {
    state: Mutex<State>,
    outside_work: Arc<OutsideWorkCount>,
}

#[derive(Debug, Default)]
struct State {
    is_recording: bool,
    trace: Vec<RecordedOperation>,
    /// The number of operations after the recording limit was reached.
    unrecorded: usize,
    /// How often each operation has occurred; the number in its identity is 0 here.
    counts: HashMap<(OperationId, Option<Phase>), u32>,
    /// The names of requests, by key.
    request_names: HashMap<String, Arc<str>>,
    placed_faults: Vec<PlacedFault>,
}

impl Recorder {
    pub(crate) fn new(outside_work: Arc<OutsideWorkCount>) -> Self {
        Self {
            state: Mutex::default(),
            outside_work,
        }
    }

    /// Starts recording and placing faults.
    pub(crate) fn start(&self, placed_faults: Vec<PlacedFault>) {
        let mut state = self.lock();
        state.is_recording = true;
        state
            .request_names
            .insert(TEST_REQUEST.to_owned(), "".into());
        state.placed_faults = placed_faults;
    }

    /// Stops recording, and returns the trace and the number of operations that it lacks.
    pub(crate) fn stop(&self) -> (Vec<RecordedOperation>, usize) {
        let mut state = self.lock();
        state.is_recording = false;
        state.placed_faults.clear();
        (std::mem::take(&mut state.trace), state.unrecorded)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Recorder {
    fn meet(&self, operation: &MetOperation<'_>) -> Vec<PlacedExperiment> {
        let mut state = self.lock();
        // Readiness is polled before there is an operation, and any number of times.
        if !state.is_recording || operation.phase_asked_for() == Some(Phase::NotReady) {
            return Vec::new();
        }
        let mut recorded = RecordedOperation::new(state.identify(operation), operation);
        let mut striking = Vec::new();
        for (at, placed) in state.placed_faults.iter_mut().enumerate() {
            if let Some(experiment) = placed.strike(&recorded) {
                recorded.struck_by.push(at);
                striking.push(experiment);
            }
        }
        // Persistent faults strike beyond the limit too; otherwise an endless retry would succeed there.
        if state.trace.len() < MAX_RECORDED_OPERATIONS {
            state.trace.push(recorded);
        } else {
            state.unrecorded += 1;
        }
        striking
    }

    fn note_outside_work(&self, certainty: Certainty) -> OutsideWork {
        self.outside_work.start(certainty)
    }
}

impl State {
    fn identify(&mut self, operation: &MetOperation<'_>) -> OperationId {
        let mut id = OperationId {
            service: Arc::clone(operation.service()),
            kind: Some(operation.kind()),
            name: operation.name().into(),
            nth: 0,
            attempt: operation.scope().map_or(1, |scope| scope.attempt().get()),
            request: self.request_name(operation),
        };
        let key = (id.clone(), operation.phase_asked_for());
        let count = self.counts.entry(key).or_insert(0);
        *count += 1;
        id.nth = *count;
        id
    }

    /// Returns the name of the operation's request: empty for the test's own, and for an operation that opens a request.
    fn request_name(&mut self, operation: &MetOperation<'_>) -> Arc<str> {
        let Some(scope) = operation.scope() else {
            return "".into();
        };
        if let Some(known) = self.request_names.get(scope.key()) {
            return Arc::clone(known);
        }
        let opens_request = operation.kind() == SiteKind::Server;
        let name: Arc<str> = if opens_request {
            // A generated key differs in each trial; the operation that opens the request doesn't.
            format!("{} {}", operation.service(), operation.name()).into()
        } else if scope.is_fresh() {
            "?".into()
        } else {
            scope.key().into()
        };
        self.request_names
            .insert(scope.key().to_owned(), Arc::clone(&name));
        if opens_request { "".into() } else { name }
    }
}
