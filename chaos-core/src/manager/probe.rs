//! Probes: user-defined checks that run on a dedicated thread and runtime.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use crate::contain::contain;
use crate::judge::Judge;
use crate::running::Running;

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A check that aborts an experiment when it fails.
#[derive(Clone)]
pub(crate) struct Probe(Arc<dyn Fn() -> Answer + Send + Sync>);

impl Probe {
    pub(crate) fn new<F, E>(check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        Self(Arc::new(move || {
            let answer = check();
            Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
        }))
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
                // A thread whose panic can't be dropped would abort the process, so all of this is dropped in there.
                let _ = contain(move || {
                    runtime.block_on(async {
                        while running.is_open() {
                            judge.note_probe_started(Instant::now());
                            let answer = tokio::time::timeout(deadline, (self.0)()).await;
                            judge.note_probe_result(match answer {
                                Ok(answer) => answer,
                                Err(_) => Err(format!("no answer within {deadline:?}")),
                            });
                            let _ = tokio::time::timeout(every, running.ended()).await;
                        }
                    });
                });
            })?;
        Ok(())
    }
}
