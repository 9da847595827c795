//! One run of a test: its world, its act under faults, and what must hold afterwards.

use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clock::Time;
use crate::clock::VirtualClock;
use crate::panics::Panics;
use crate::placement::Placement;
use crate::problem::{Part, Problem};
use crate::recorder::{Meeting, OWN_REQUEST, Recorder};
use crate::thread_state::ThreadState;
use chaos_core::adapter::PlacedExperiment;
use chaos_core::{BlastRadius, ChaosManager, Experiment, ExperimentGuard, Scope, SiteKind};

/// How long, in real time, everybody has to hear that an act is over.
const HEARING: Duration = Duration::from_millis(500);

/// A future of a run, which stays on the run's thread.
pub(crate) type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The test itself: makes a world, acts in it, verifies.
pub(crate) type Body = Arc<dyn Fn(Arc<Trial>) -> LocalFuture<'static, ()> + Send + Sync>;

/// How one run is to be done.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) seed: u64,
    pub(crate) time: Time,
    pub(crate) act_within: Duration,
    pub(crate) verify_within: Duration,
}

/// What a test's parts run on.
pub(crate) struct Trial {
    chaos: ChaosManager,
    recorder: Arc<Recorder>,
    clock: Arc<VirtualClock>,
    panics: Panics,
    manner: Manner,
    placements: Vec<Placement>,
    seen: Mutex<Seen>,
}

/// What was seen of a run.
pub(crate) struct Seen {
    pub(crate) part: Part,
    pub(crate) trace: Vec<Meeting>,
    /// How many operations were met beyond those of the trace.
    pub(crate) beyond: usize,
    /// What the act gave back, as text.
    pub(crate) reply: Option<String>,
    pub(crate) problems: Vec<Problem>,
    /// How many operations each placement struck.
    pub(crate) injected: Vec<u64>,
}

impl Seen {
    /// What is seen of a run that has not begun.
    fn nothing() -> Self {
        Self {
            part: Part::World,
            trace: Vec::new(),
            beyond: 0,
            reply: None,
            problems: Vec::new(),
            injected: Vec::new(),
        }
    }

    /// Notes what panicked in the part that goes on.
    pub(crate) fn note(&mut self, panicked: Vec<String>) {
        let part = self.part;
        let problems = panicked.into_iter();
        self.problems
            .extend(problems.map(|message| Problem::Panicked { part, message }));
    }
}

impl Trial {
    pub(crate) fn new(
        chaos: ChaosManager,
        recorder: Arc<Recorder>,
        clock: Arc<VirtualClock>,
        panics: Panics,
        manner: Manner,
        placements: Vec<Placement>,
    ) -> Self {
        Self {
            chaos,
            recorder,
            clock,
            panics,
            manner,
            placements,
            seen: Mutex::new(Seen::nothing()),
        }
    }

    pub(crate) fn chaos(&self) -> ChaosManager {
        self.chaos.clone()
    }

    /// Acts under the faults of this run; none, when it did not end.
    pub(crate) async fn act<R: Debug>(&self, act: impl Future<Output = R>) -> Option<R> {
        if self.manner.time == Time::Virtual {
            self.clock.engage(&ThreadState::this_thread());
        }
        self.see(|seen| {
            seen.note(self.panics.take());
            seen.part = Part::Act;
        });
        let (guards, placed): (Vec<_>, Vec<_>) = self.place().into_iter().unzip();
        self.recorder
            .start(self.placements.iter().cloned().zip(placed));
        let limit = self.manner.act_within;
        let own = Scope::new(OWN_REQUEST);
        let reply = tokio::time::timeout(limit, own.enter(act)).await;
        self.let_all_else_go_on(&guards).await;
        let (trace, beyond) = self.recorder.stop();
        let injected = guards.iter().map(ExperimentGuard::injected).collect();
        drop(guards);
        self.see(|seen| {
            seen.note(self.panics.take());
            (seen.trace, seen.beyond) = (trace, beyond);
            seen.injected = injected;
            seen.part = Part::Verify;
            match &reply {
                Ok(reply) => seen.reply = Some(format!("{reply:?}")),
                Err(_) => seen.problems.push(Problem::Overdue {
                    part: Part::Act,
                    after: limit,
                }),
            }
        });
        reply.ok()
    }

    /// While a fault holds an operation, lets everybody else hear first that the act is over.
    ///
    /// An operation whose caller has gone is dropped then, every time; let go at once, it would race with that.
    async fn let_all_else_go_on(&self, guards: &[ExperimentGuard]) {
        let holds = guards.iter().any(|guard| guard.in_flight() > 0);
        if !holds || self.manner.time == Time::Real {
            return;
        }
        let (heard, too_long) = (mpsc::channel::<()>(), oneshot::channel::<()>());
        // Who waits for what is held, as for a lock, keeps the clock from going on for ever.
        std::thread::spawn(move || {
            let _ = heard.1.recv_timeout(HEARING);
            drop(too_long.0);
        });
        // The clock jumps only when nothing is left to do without.
        let mut all_heard = pin!(tokio::time::sleep(Duration::from_millis(1)));
        let mut too_long = pin!(too_long.1);
        poll_fn(|cx| {
            if all_heard.as_mut().poll(cx).is_ready() || too_long.as_mut().poll(cx).is_ready() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        drop(heard.0);
    }

    /// Verifies what must hold, the faults being over.
    pub(crate) async fn verify(&self, verify: impl Future<Output = ()>) {
        let limit = self.manner.verify_within;
        if tokio::time::timeout(limit, verify).await.is_err() {
            self.see(|seen| {
                seen.note(self.panics.take());
                seen.problems.push(Problem::Overdue {
                    part: Part::Verify,
                    after: limit,
                });
            });
        }
    }

    /// Takes what was seen.
    pub(crate) fn take_seen(&self) -> Seen {
        self.see(|seen| {
            seen.note(self.panics.take());
            // An act that panicked has not given back what it recorded.
            if seen.part == Part::Act {
                (seen.trace, seen.beyond) = self.recorder.stop();
            }
            std::mem::replace(seen, Seen::nothing())
        })
    }

    fn see<R>(&self, look: impl FnOnce(&mut Seen) -> R) -> R {
        look(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn place(&self) -> Vec<(ExperimentGuard, PlacedExperiment)> {
        // Longer than the act, even if that has no time at all.
        let time_limit = self.manner.act_within.saturating_mul(2);
        let time_limit = time_limit.max(Duration::from_secs(1));
        self.placements
            .iter()
            .map(|placement| {
                let mishap = &placement.mishap;
                let experiment = Experiment::new(placement.to_string())
                    .fault(mishap.fault.clone())
                    .blast_radius(radius(placement))
                    .phase(mishap.phase)
                    .allow_collateral()
                    .time_limit(time_limit);
                match self.chaos.place(experiment) {
                    Ok(placed) => placed,
                    Err(error) => panic!("`{placement}` can't be placed: {error}"),
                }
            })
            .collect()
    }
}

/// Where a placement's experiment could strike, for its journal; the recorder says which operation it does.
fn radius(placement: &Placement) -> BlastRadius {
    let service = placement.operation.service();
    match placement.operation.kind {
        Some(SiteKind::Server) => BlastRadius::requests_to(service),
        Some(SiteKind::Client) => BlastRadius::calls_to(service),
        Some(SiteKind::Database) => BlastRadius::queries_on(service),
        Some(SiteKind::Stream) => BlastRadius::streams_to(service),
        Some(SiteKind::Point) => BlastRadius::points_at(service),
        _ => BlastRadius::services([service]),
    }
}
