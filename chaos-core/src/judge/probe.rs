//! Probes: questions of the user's own, asked on a thread and a runtime that nothing else uses.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use super::Judge;
use crate::running::Running;

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A question whose answer can abort an experiment.
#[derive(Clone)]
pub(crate) struct Probe(Arc<dyn Fn() -> Answer + Send + Sync>);

impl Probe {
    pub(crate) fn new<F, E>(ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        Self(Arc::new(move || {
            let answer = ask();
            Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
        }))
    }

    /// Asks again and again, on a thread of its own, until the experiment ends.
    ///
    /// A probe that blocks its thread can't keep its own deadline; the guardian does, through the judge.
    pub(crate) fn ask_until_end(self, running: Arc<Running>, judge: Arc<Judge>) -> io::Result<()> {
        let (every, deadline) = judge.rhythm();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::Builder::new()
            .name("chaos-probe".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    while running.gate().is_open() {
                        judge.asked(Instant::now());
                        let answer = tokio::time::timeout(deadline, (self.0)()).await;
                        judge.answered(match answer {
                            Ok(answer) => answer,
                            Err(_) => Err(format!("no answer within {deadline:?}")),
                        });
                        let _ = tokio::time::timeout(every, running.closed()).await;
                    }
                });
            })?;
        Ok(())
    }
}
