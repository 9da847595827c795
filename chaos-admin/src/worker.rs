//! The thread on which changes run, as starts and stops may run code of the service.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use chaos_core::{Attribution, ChaosManager};
use http::StatusCode;
use tokio::sync::oneshot;

use crate::AdminError;
use crate::audit::{Audit, Change};
use crate::problem::Problem;

/// Runs changes one after the other, on a thread that starts with the API.
#[derive(Debug)]
pub(crate) struct Worker(Sender<Job>);

type Job = Box<dyn FnOnce(&mut Workplace) + Send>;

/// What changes have at hand.
#[derive(Debug)]
pub(crate) struct Workplace {
    pub(crate) chaos: ChaosManager,
    audit: Option<Audit>,
}

/// How long a request waits for its change.
const PATIENCE: Duration = Duration::from_secs(10);

impl Worker {
    pub(crate) fn start(chaos: ChaosManager, audit: Option<Audit>) -> Result<Self, AdminError> {
        let (jobs, taken) = channel();
        let mut workplace = Workplace { chaos, audit };
        std::thread::Builder::new()
            .name("chaos-admin-work".to_owned())
            .spawn(move || run(&taken, &mut workplace))
            .map_err(AdminError::Thread)?;
        Ok(Self(jobs))
    }

    /// Runs a change, and returns its result.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Workplace) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (reply, replied) = oneshot::channel();
        let job = Box::new(move |workplace: &mut Workplace| {
            // A client that gave up asked for its change all the same.
            let _ = reply.send(change(workplace));
        });
        if self.0.send(job).is_err() {
            return Err(unavailable("the thread of changes has ended"));
        }
        match tokio::time::timeout(PATIENCE, replied).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(unavailable("the change panicked")),
            Err(_) => Err(unavailable(
                "the change, or one before it, takes long; it may still take effect. Halting does not wait for it",
            )),
        }
    }

    /// Runs a change that no request waits for.
    pub(crate) fn run_later(&self, change: impl FnOnce(&mut Workplace) + Send + 'static) {
        let _ = self.0.send(Box::new(change));
    }
}

fn run(jobs: &Receiver<Job>, workplace: &mut Workplace) {
    while let Ok(job) = jobs.recv() {
        // An undo that panics must not end the thread of all later changes.
        let job = std::panic::AssertUnwindSafe(|| job(workplace));
        drop(std::panic::catch_unwind(job));
    }
}

impl Workplace {
    /// Writes a change to the audit file, if there is one.
    pub(crate) fn audit(
        &mut self,
        change: &str,
        experiments: &[String],
        attribution: &Attribution,
    ) -> Result<(), Problem> {
        let Some(audit) = &mut self.audit else {
            return Ok(());
        };
        let change = Change {
            change,
            experiments,
            attribution,
        };
        audit.write(&change).map_err(|error| {
            let path = audit.path().display();
            unavailable(&format!("the audit file {path} can't be written: {error}"))
        })
    }
}

fn unavailable(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not done").detail(detail)
}
