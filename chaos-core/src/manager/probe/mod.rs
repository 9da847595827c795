//! Probes: user-defined checks that run on a dedicated thread and runtime.

mod calls;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use calls::Calls;

use crate::contain::contain;
use crate::judge::Judge;
use crate::running::Running;

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A check that aborts an experiment when it fails.
#[derive(Clone)]
pub(crate) struct Probe {
    check: Arc<dyn Fn() -> Answer + Send + Sync>,
    calls: Calls,
}

impl Probe {
    /// The time that a start waits for calls of ended experiments.
    const PATIENCE: Duration = Duration::from_millis(100);

    pub(crate) fn new<F, E>(check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        Self {
            check: Arc::new(move || {
                let answer = check();
                Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
            }),
            calls: Calls::default(),
        }
    }

    /// Whether a call of an experiment that has ended blocks its thread, which nothing can end.
    ///
    /// A call that only waits is dropped soon, so this waits a moment for it.
    pub(crate) fn hangs(&self) -> bool {
        !self.calls.wait_for_ended(Self::PATIENCE)
    }

    /// Runs repeatedly on a dedicated thread until the experiment ends.
    ///
    /// The guardian enforces the deadline through the judge, as a probe may block its thread.
    pub(crate) fn run_until_end(self, running: Arc<Running>, judge: Arc<Judge>) -> io::Result<()> {
        let (every, deadline) = judge.probe_timing();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::Builder::new()
            .name("chaos-probe".to_owned())
            .spawn(move || {
                let Self { check, calls } = self;
                let experiment = Arc::downgrade(&running);
                let until_end = async {
                    while running.is_open() {
                        judge.note_probe_started(Instant::now());
                        let call = calls.begin(&experiment);
                        let answer = tokio::time::timeout(deadline, check());
                        let Some(answer) = before_end(&running, answer).await else {
                            break;
                        };
                        drop(call);
                        judge.note_probe_result(
                            answer
                                .unwrap_or_else(|_| Err(format!("no answer within {deadline:?}"))),
                        );
                        let _ = tokio::time::timeout(every, running.ended()).await;
                    }
                };
                let _ = contain(|| runtime.block_on(until_end));
                // The runtime waits for what the check has left on blocking threads.
                let call = calls.begin(&experiment);
                let _ = contain(|| drop(runtime));
                drop(call);
                // A thread whose panic can't be dropped would abort the process, as would a drop during a panic.
                let _ = contain(|| drop(check));
                let _ = contain(|| drop((running, judge)));
            })?;
        Ok(())
    }
}

/// The output of a future, unless the experiment ends first.
async fn before_end<F: Future>(running: &Running, future: F) -> Option<F::Output> {
    let (mut ended, mut future) = (pin!(running.ended()), pin!(future));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => ended.as_mut().poll(context).map(|()| None),
    })
    .await
}
