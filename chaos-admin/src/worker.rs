//! Threads for what the thread of the API must not wait for: changes, which may run code of the service, and documents.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use chaos_core::{ChaosManager, Error};
use tokio::sync::oneshot;

use crate::AdminError;
use crate::audit::{Audit, Change};
use crate::problem::Problem;

/// Runs jobs one after the other, on a thread that starts with the API.
#[derive(Debug)]
pub(crate) struct Worker(SyncSender<Job>);

type Job = Box<dyn FnOnce(&mut Workplace) + Send>;

/// What changes have at hand.
#[derive(Debug)]
pub(crate) struct Workplace {
    pub(crate) chaos: ChaosManager,
    audit: Option<Audit>,
}

/// The number of jobs that may wait, each with at most a body of a request.
const MOST_JOBS: usize = 256;

/// How long a request waits for its job.
const PATIENCE: Duration = Duration::from_secs(10);

impl Worker {
    pub(crate) fn start(
        thread: &str,
        chaos: ChaosManager,
        audit: Option<Audit>,
    ) -> Result<Self, AdminError> {
        let (jobs, taken) = sync_channel(MOST_JOBS);
        let mut workplace = Workplace { chaos, audit };
        std::thread::Builder::new()
            .name(thread.to_owned())
            .spawn(move || run(&taken, &mut workplace))
            .map_err(AdminError::Thread)?;
        Ok(Self(jobs))
    }

    /// Runs a change, and returns its result; one whose client has given up is made all the same.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Workplace) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (reply, replied) = oneshot::channel();
        self.submit(move |workplace| drop(reply.send(change(workplace))))?;
        wait(replied, "the change, or one before it, takes long; it may still take effect. Halting does not wait for it").await
    }

    /// Computes what a request needs, unless its client has given up before.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (reply, replied) = oneshot::channel();
        self.submit(move |_| {
            if !reply.is_closed() {
                drop(reply.send(compute()));
            }
        })?;
        wait(
            replied,
            "the document, or one before it, takes long to read; nothing of it takes effect",
        )
        .await
    }

    /// Runs a job that no request waits for, unless too many wait already.
    pub(crate) fn submit(
        &self,
        job: impl FnOnce(&mut Workplace) + Send + 'static,
    ) -> Result<(), Problem> {
        let busy =
            "too many requests wait for a change that takes long. Halting does not wait for it";
        self.0
            .try_send(Box::new(job))
            .map_err(|_| unavailable(busy))
    }
}

async fn wait<T>(
    replied: oneshot::Receiver<Result<T, Problem>>,
    takes_long: &str,
) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, replied).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(unavailable("it panicked")),
        Err(_) => Err(unavailable(takes_long)),
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
    pub(crate) fn audit(&mut self, change: &Change) -> Result<(), Problem> {
        self.write(change, None)
    }

    /// Makes a change between the line that announces it and, if it is refused, the line that says why.
    pub(crate) fn audited<T>(
        &mut self,
        change: &Change,
        make: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Problem> {
        self.audit(change)?;
        make().map_err(|error| {
            self.note_refusal(change, &error);
            error.into()
        })
    }

    /// Writes that a change which was announced has not happened.
    pub(crate) fn note_refusal(&mut self, change: &Change, error: &Error) {
        if let Err(problem) = self.write(change, Some(error)) {
            tracing::warn!(?problem, "a refusal is missing in the audit file");
        }
    }

    fn write(&mut self, change: &Change, refused: Option<&Error>) -> Result<(), Problem> {
        let Some(audit) = &mut self.audit else {
            return Ok(());
        };
        audit.write(change, refused).map_err(|error| {
            let path = audit.path().display();
            unavailable(&format!("the audit file {path} can't be written: {error}"))
        })
    }
}

fn unavailable(detail: &str) -> Problem {
    Problem::new(503, "not done", detail)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn jobs_that_can_not_wait_are_refused_and_those_of_clients_that_gave_up_are_skipped() {
        let worker = Worker::start("test", ChaosManager::new(), None).unwrap();
        let (release, released) = channel::<()>();
        let (begins, begun) = channel();
        worker
            .submit(move |_| {
                let _ = begins.send(());
                let _ = released.recv();
            })
            .unwrap();
        begun.recv().unwrap();
        let (done, computed) = channel();
        let computing = worker.compute(move || Ok(done.send(())));
        assert!(
            tokio::time::timeout(Duration::ZERO, computing)
                .await
                .is_err()
        );
        assert!((1..MOST_JOBS).all(|_| worker.submit(|_| ()).is_ok()));
        let refused = worker.run(|_| Ok(())).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(release);
        // Its sender is dropped unused.
        assert!(computed.recv().is_err());
    }
}
