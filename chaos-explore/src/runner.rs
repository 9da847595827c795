//! Runs trials concurrently, each on a dedicated thread.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::placement::Placement;
use crate::report::problem::Problem;
use crate::trial::purpose::Purpose;
use crate::trial::recorder::Recorder;
use crate::trial::result::TrialResult;
use crate::trial::{TestFn, TrialConfig, run};

/// Runs trials of one test concurrently.
pub(crate) struct Runner {
    pub(crate) test: TestFn,
    pub(crate) config: TrialConfig,
    pub(crate) threads: usize,
    /// The limit of one trial in real time.
    pub(crate) stuck_after: Duration,
    /// The time after which no trial starts.
    pub(crate) deadline: Option<Instant>,
}

/// A trial that has not ended.
struct TrialInFlight {
    started: Instant,
    recorder: Arc<OnceLock<Arc<Recorder>>>,
}

impl Runner {
    /// Runs one trial for each set of faults, and returns their results in order; `None` for trials after the deadline.
    ///
    /// `on_finished` gets the number of finished trials after each one.
    pub(crate) fn run_all(
        &self,
        sets: &[(Vec<Placement>, Purpose)],
        mut on_finished: impl FnMut(usize),
    ) -> Vec<Option<TrialResult>> {
        let (sender, receiver) = mpsc::channel();
        let mut results: Vec<Option<TrialResult>> = sets.iter().map(|_| None).collect();
        let mut in_flight: BTreeMap<usize, TrialInFlight> = BTreeMap::new();
        let mut next = 0;
        let mut finished = 0;
        loop {
            while in_flight.len() < self.threads && next < sets.len() && self.has_time() {
                let (placements, purpose) = sets[next].clone();
                let trial = self.spawn(next, placements, purpose, sender.clone());
                in_flight.insert(next, trial);
                next += 1;
            }
            let Some(oldest) = in_flight.values().map(|trial| trial.started).min() else {
                return results;
            };
            let timeout = self.stuck_after.saturating_sub(oldest.elapsed());
            match receiver.recv_timeout(timeout) {
                Ok((at, result)) if in_flight.remove(&at).is_some() => results[at] = Some(result),
                // A trial may end after it counted as stuck.
                Ok(_) => continue,
                Err(RecvTimeoutError::Timeout) => {
                    in_flight.retain(|at, trial| {
                        let is_stuck = trial.started.elapsed() >= self.stuck_after;
                        if is_stuck {
                            results[*at] = Some(self.stuck_result(trial));
                        }
                        !is_stuck
                    });
                }
                Err(RecvTimeoutError::Disconnected) => return results,
            }
            finished += 1;
            on_finished(finished);
        }
    }

    fn spawn(
        &self,
        at: usize,
        placements: Vec<Placement>,
        purpose: Purpose,
        sender: mpsc::Sender<(usize, TrialResult)>,
    ) -> TrialInFlight {
        let recorder = Arc::default();
        let shown = Arc::clone(&recorder);
        let (test, config) = (self.test.clone(), self.config.clone());
        thread::Builder::new()
            .name("chaos-explore".to_owned())
            .spawn(move || {
                let result = run::run(&test, &config, placements, purpose, &shown);
                // The receiver is gone when this trial counted as stuck.
                let _ = sender.send((at, result));
            })
            .expect("the trial's thread starts");
        TrialInFlight {
            started: Instant::now(),
            recorder,
        }
    }

    fn has_time(&self) -> bool {
        self.deadline
            .is_none_or(|deadline| Instant::now() < deadline)
    }

    fn stuck_result(&self, trial: &TrialInFlight) -> TrialResult {
        let recorder = trial.recorder.get();
        let operations = recorder.map_or_else(Vec::new, |recorder| recorder.last_operations());
        TrialResult {
            problems: vec![Problem::Stuck {
                after: self.stuck_after,
                last_operations: operations.iter().map(ToString::to_string).collect(),
            }],
            test_time: self.stuck_after,
            ..TrialResult::new()
        }
    }
}
