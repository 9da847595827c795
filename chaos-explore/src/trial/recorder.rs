//! The witness of a trial's manager, which records each operation and chooses the faults that strike it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chaos_core::adapter::{Certainty, MetOperation, OutsideWork, PlacedExperiment, Witness};
use chaos_core::{Phase, SiteKind};
use tokio::task;
use tokio::time::Instant;

use crate::placement::operation_id::OperationId;
use crate::trial::operation_names::OperationNames;
use crate::trial::outside_work::OutsideWorkCount;
use crate::trial::placed_fault::PlacedFault;
use crate::trial::recorded_operation::RecordedOperation;

/// The key of the scope that the act runs in.
pub(crate) const TEST_REQUEST: &str = "explore";

/// The recording limit of one trial; a trial that exceeds it usually never ends.
const MAX_RECORDED_OPERATIONS: usize = 20_000;

/// The number of operations after the act that are kept.
const MAX_LATE_OPERATIONS: usize = 100;

/// The number of tasks whose last operations are named.
const MAX_TASKS_NAMED: usize = 3;

/// Records the operations of one trial and chooses the faults that strike them.
#[derive(Debug)]
pub(crate) struct Recorder {
    state: Mutex<State>,
    outside_work: Arc<OutsideWorkCount>,
    names: Arc<OperationNames>,
}

#[derive(Debug, Default)]
struct State {
    stage: Stage,
    act_started: Option<Instant>,
    trace: Vec<RecordedOperation>,
    /// The number of operations after the recording limit was reached.
    unrecorded: usize,
    /// The operations between the act and the verification, and after the verification.
    late: Vec<RecordedOperation>,
    /// How often each operation has occurred; the number in its identity is 0 here.
    counts: HashMap<(OperationId, Option<Phase>), u32>,
    /// The positions in the trace of operations that are asked about phase by phase.
    in_phases: HashMap<OperationId, usize>,
    /// The names of requests, by key.
    request_names: HashMap<String, Arc<str>>,
    placed_faults: Vec<PlacedFault>,
    /// The number of operations so far.
    met: usize,
    /// The last operation of each task, with its position in the trial.
    last_of_tasks: HashMap<task::Id, (usize, OperationId)>,
}

/// The stage of a trial.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The world is created, or the verification runs.
    #[default]
    Ignored,
    Act,
    /// Only tasks run that the act has left running.
    Late,
}

impl Recorder {
    pub(crate) fn new(outside_work: Arc<OutsideWorkCount>, names: Arc<OperationNames>) -> Self {
        Self {
            state: Mutex::default(),
            outside_work,
            names,
        }
    }

    /// Starts recording and placing faults.
    pub(crate) fn start(&self, placed_faults: Vec<PlacedFault>) {
        let mut state = self.lock();
        state.stage = Stage::Act;
        state.act_started = Some(Instant::now());
        state
            .request_names
            .insert(TEST_REQUEST.to_owned(), "".into());
        state.placed_faults = placed_faults;
    }

    /// Stops recording, and returns the trace and the number of operations that it lacks.
    pub(crate) fn stop(&self) -> (Vec<RecordedOperation>, usize) {
        let mut state = self.lock();
        state.stage = Stage::Ignored;
        state.placed_faults.clear();
        (std::mem::take(&mut state.trace), state.unrecorded)
    }

    /// Records operations as late ones until [`ignore`](Self::ignore).
    pub(crate) fn expect_late_operations(&self) {
        self.lock().stage = Stage::Late;
    }

    /// Records no operations.
    pub(crate) fn ignore(&self) {
        self.lock().stage = Stage::Ignored;
    }

    /// Takes the operations that came after the act.
    pub(crate) fn take_late(&self) -> Vec<RecordedOperation> {
        std::mem::take(&mut self.lock().late)
    }

    /// Returns the last operations of spawned tasks, or else of the act, the latest first.
    pub(crate) fn last_operations(&self) -> Vec<OperationId> {
        let of_tasks = self.last_operations_of_tasks();
        if !of_tasks.is_empty() {
            return of_tasks;
        }
        let state = self.lock();
        let last = state.trace.iter().rev().take(MAX_TASKS_NAMED);
        last.map(|operation| operation.id.clone()).collect()
    }

    /// Returns the last operations of spawned tasks, the latest first.
    pub(crate) fn last_operations_of_tasks(&self) -> Vec<OperationId> {
        let state = self.lock();
        let mut last: Vec<_> = state.last_of_tasks.values().collect();
        last.sort_unstable_by_key(|(at, _)| Reverse(*at));
        let ids = last.into_iter().map(|(_, id)| id.clone());
        ids.take(MAX_TASKS_NAMED).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Recorder {
    fn meet(&self, operation: &MetOperation<'_>) -> Vec<PlacedExperiment> {
        let name = self.names.name(operation.name());
        let mut state = self.lock();
        // Readiness is polled before there is an operation, and any number of times.
        if state.act_started.is_none() || operation.phase_asked_for() == Some(Phase::NotReady) {
            return Vec::new();
        }
        let id = state.identify(name, operation);
        if let Some(task) = task::try_id() {
            state.met += 1;
            let met = state.met;
            state.last_of_tasks.insert(task, (met, id.clone()));
        }
        let at = state.act_started.map_or(Duration::ZERO, |at| at.elapsed());
        let mut recorded = RecordedOperation::new(id, at, operation);
        match state.stage {
            Stage::Ignored => return Vec::new(),
            Stage::Late => {
                if state.late.len() < MAX_LATE_OPERATIONS {
                    state.late.push(recorded);
                }
                return Vec::new();
            }
            Stage::Act => {}
        }
        let mut striking = Vec::new();
        for (at, placed) in state.placed_faults.iter_mut().enumerate() {
            if let Some(experiment) = placed.strike(&recorded) {
                recorded.struck_by.push(at);
                striking.push(experiment);
            }
        }
        // Persistent faults strike beyond the limit too; otherwise an endless retry would succeed there.
        state.record(recorded, operation.phase_asked_for());
        striking
    }

    fn note_outside_work(&self, certainty: Certainty) -> OutsideWork {
        self.outside_work.start(certainty)
    }

    fn note_outside_call(&self, service: &Arc<str>) -> OutsideWork {
        self.outside_work.start_call(service)
    }
}

impl State {
    /// Adds an operation to the trace, or a phase to one that is asked about phase by phase.
    fn record(&mut self, recorded: RecordedOperation, asked: Option<Phase>) {
        if asked.is_some() {
            let next = self.trace.len();
            let at = *self.in_phases.entry(recorded.id.clone()).or_insert(next);
            if let Some(known) = self.trace.get_mut(at) {
                return known.add_phase(recorded);
            }
        }
        if self.trace.len() < MAX_RECORDED_OPERATIONS {
            self.trace.push(recorded);
        } else {
            self.unrecorded += 1;
        }
    }

    fn identify(&mut self, name: Arc<str>, operation: &MetOperation<'_>) -> OperationId {
        let mut id = OperationId {
            service: Arc::clone(operation.service()),
            kind: Some(operation.kind()),
            request: self.request_name(&name, operation),
            name,
            nth: 0,
            attempt: operation.scope().map_or(1, |scope| scope.attempt().get()),
        };
        let key = (id.clone(), operation.phase_asked_for());
        let count = self.counts.entry(key).or_insert(0);
        *count += 1;
        id.nth = *count;
        id
    }

    /// Returns the name of the operation's request: empty for the test's own, and for an operation that opens a request.
    fn request_name(&mut self, name: &str, operation: &MetOperation<'_>) -> Arc<str> {
        let Some(scope) = operation.scope() else {
            return "".into();
        };
        if let Some(known) = self.request_names.get(scope.key()) {
            return Arc::clone(known);
        }
        let opens_request = operation.kind() == SiteKind::Server;
        let request: Arc<str> = if opens_request {
            // A generated key differs in each trial; the operation that opens the request doesn't.
            format!("{} {name}", operation.service()).into()
        } else if scope.is_fresh() {
            "?".into()
        } else {
            scope.key().into()
        };
        self.request_names
            .insert(scope.key().to_owned(), Arc::clone(&request));
        if opens_request { "".into() } else { request }
    }
}
