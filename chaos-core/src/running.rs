//! A running experiment: its gate, its clock, what its faults remember, and how it ended.

mod turns;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::compiled::CompiledIn;
use crate::decision::Memory;
use crate::delay::{self, Release};
use crate::draw::Stream;
use crate::gate::{Caps, Gate};
use crate::journal::Event;
use crate::judge::Judge;
use crate::manager::Inner;
use crate::pressing::Pressures;
use crate::services::Services;
use crate::site::SiteState;
use crate::undo::Undos;
use crate::{BlastRadius, EndReason, Environment, Experiment};
use crate::{Crash, Fault};

/// An experiment from its start until nothing holds on to it any more.
pub(crate) struct Running {
    experiment: Experiment,
    environment: Environment,
    radius: Arc<BlastRadius>,
    name: Arc<str>,
    id: u64,
    gate: Gate,
    release: Arc<Release>,
    started: Instant,
    expires: Instant,
    turns: AtomicU64,
    idlers: AtomicU64,
    memories: Box<[Memory]>,
    mode: Mode,
    reach: Reach,
    judges: Vec<Arc<Judge>>,
    end: OnceLock<EndReason>,
    undos: Undos,
    pressures: Pressures,
    changed: Notify,
    services: Arc<Services>,
    manager: Weak<Inner>,
    compiled_in: CompiledIn,
}

/// Whether what is decided is also done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Live,
    DryRun,
    /// Done where an exploration says, and nowhere else.
    #[cfg(feature = "explore")]
    Placed,
}

/// Whether this instance belongs to the share of instances that the radius asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Here,
    OtherInstances,
}

/// Tells an experiment from all others of the process, those of its name included.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl Running {
    pub(crate) fn new(
        experiment: Experiment,
        environment: Environment,
        radius: BlastRadius,
        mode: Mode,
        services: Arc<Services>,
        manager: Weak<Inner>,
        compiled_in: CompiledIn,
    ) -> Arc<Self> {
        let started = delay::now();
        let name: Arc<str> = experiment.name().into();
        Arc::new_cyclic(|this| Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            gate: Gate::open(Caps::new(radius.total(), radius.concurrency())),
            release: Arc::new(Release::new()),
            expires: saturating_add(started, limit(&experiment)),
            started,
            turns: AtomicU64::new(0),
            idlers: AtomicU64::new(0),
            memories: experiment.faults().iter().map(Memory::of).collect(),
            mode,
            reach: services.reach(&name, &radius),
            judges: experiment
                .abort_conditions()
                .iter()
                .map(|condition| {
                    Arc::new(Judge::new(
                        condition.clone(),
                        Weak::clone(this),
                        services.check_every,
                    ))
                })
                .collect(),
            end: OnceLock::new(),
            undos: Undos::default(),
            pressures: Pressures::default(),
            changed: Notify::new(),
            name,
            experiment,
            environment,
            radius: Arc::new(radius),
            services,
            manager,
            compiled_in,
        })
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// The environment that it was judged by at its start.
    pub(crate) fn environment(&self) -> Environment {
        self.environment
    }

    pub(crate) fn radius(&self) -> &Arc<BlastRadius> {
        &self.radius
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn release(&self) -> &Arc<Release> {
        &self.release
    }

    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.services
    }

    pub(crate) fn judges(&self) -> &[Arc<Judge>] {
        &self.judges
    }

    pub(crate) fn undos(&self) -> &Undos {
        &self.undos
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.mode == Mode::DryRun
    }

    /// Whether an exploration says which operations it strikes.
    pub(crate) fn is_placed(&self) -> bool {
        #[cfg(feature = "explore")]
        return self.mode == Mode::Placed;
        #[cfg(not(feature = "explore"))]
        false
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = (&Fault, &Memory)> {
        self.experiment.faults().iter().zip(&self.memories)
    }

    pub(crate) fn stream_at(&self, site: &SiteState) -> Stream {
        Stream::new(self.services.seed, &self.name, site.hash())
    }

    /// Whether it concerns a site at all; what it then does is the plan's business.
    pub(crate) fn selects(&self, site: &SiteState) -> bool {
        self.radius.selects(site.service(), site.kind())
    }

    /// Whether all its faults can be applied at a site.
    pub(crate) fn can_be_applied_at(&self, site: &SiteState) -> bool {
        let phase = self.experiment.strikes_in();
        self.experiment
            .faults()
            .iter()
            .filter(|fault| fault.pressure().is_none())
            .all(|fault| site.support().includes(fault.kind(), phase))
    }

    pub(crate) fn pressures(&self) -> &Pressures {
        &self.pressures
    }

    pub(crate) fn compiled_in(&self) -> CompiledIn {
        self.compiled_in
    }

    pub(crate) fn running_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    pub(crate) fn time_left(&self, now: Instant) -> Duration {
        self.expires.saturating_duration_since(now)
    }

    pub(crate) fn has_expired(&self, now: Instant) -> bool {
        now >= self.expires
    }

    /// Ends it at once: nothing more is injected, and what is held is let go. True for the one caller that ended it.
    ///
    /// What is left to do, undoing included, is the sweep's.
    pub(crate) fn close(&self, reason: EndReason) -> bool {
        let first = self.shut(reason);
        if first {
            self.let_go();
        }
        first
    }

    /// Keeps everything from now on out. True for the one caller that ended it.
    ///
    /// It wakes nobody, so it may be called under a lock; somebody has to let go afterwards.
    pub(crate) fn shut(&self, reason: EndReason) -> bool {
        // The reason first: whoever finds the gate closed must find a reason.
        let first = self.end.set(reason).is_ok();
        self.gate.close();
        first
    }

    /// Releases what is held and wakes who waits for the end; doing it again does nothing.
    pub(crate) fn let_go(&self) {
        self.release.release();
        self.pressures.stop();
        self.changed.notify_waiters();
    }

    /// Ends it because its time limit has passed on the runtime's clock, however real time stands.
    ///
    /// The guardian lets go of what is held: this is called from the midst of decisions.
    pub(crate) fn expire(&self) {
        if self.shut(EndReason::TimeLimit) {
            self.services.sweep_soon(&self.manager);
        }
    }

    /// Ends it because one of its conditions says so.
    pub(crate) fn abort(&self, why: String) {
        if self.close(EndReason::Aborted(why)) {
            self.services.sweep_soon(&self.manager);
        }
    }

    /// Ends it if virtual time has passed its limit and nothing has come by to notice.
    ///
    /// It wakes others, so it must not be called under a lock.
    pub(crate) fn end_if_overdue(&self) {
        if self.has_expired(delay::now()) && self.close(EndReason::TimeLimit) {
            self.services.sweep_soon(&self.manager);
        }
    }

    /// Why it ended, once it has.
    pub(crate) fn end(&self) -> Option<&EndReason> {
        self.end.get()
    }

    /// How many of those inside nobody waits for.
    pub(crate) fn idlers(&self) -> &AtomicU64 {
        &self.idlers
    }

    /// Whether nothing of it is left: no operation is treated any more, every undo has run.
    pub(crate) fn is_settled(&self) -> bool {
        // With the fence of those that come in: they see that the gate is closed, or are seen among the idlers.
        fence(Ordering::SeqCst);
        // Idlers last: one that leaves in between makes this look as if somebody were still inside, and tells when it has.
        let inside = self.gate.inside();
        inside <= self.idlers.load(Ordering::Acquire)
            && self.undos.are_done()
            && self.pressures.are_gone()
    }

    /// Told by the last operation to leave after the end.
    pub(crate) fn left_empty(&self) {
        self.changed.notify_waiters();
        self.services.quiet.notify_waiters();
    }

    pub(crate) fn was_injected(&self) {
        self.changed.notify_waiters();
    }

    /// Returns once the experiment has ended.
    pub(crate) async fn closed(&self) {
        loop {
            let changed = self.changed();
            tokio::pin!(changed);
            // Registered before looking, so that an end in between is not slept through.
            changed.as_mut().enable();
            if !self.gate.is_open() {
                return;
            }
            changed.await;
        }
    }

    /// Tells of the next injection, end, or departure.
    pub(crate) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    pub(crate) fn tell_of_failed_undos(&self, failed: usize) {
        if failed > 0 {
            self.services.journal.record(Event::UndoFailed {
                experiment: self.name.to_string(),
                failed,
            });
        }
    }

    /// Ends the process, having put the journal where the process's end can't reach it.
    pub(crate) fn crash(&self, crash: Crash) -> ! {
        self.services.journal.flush();
        match crash {
            Crash::Exit(code) => std::process::exit(code),
            Crash::Abort => std::process::abort(),
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("name", &self.name)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// How long it may run: its time limit, and no longer than to its absolute end.
fn limit(experiment: &Experiment) -> Duration {
    let to_the_end = experiment.ends_at().map(|end| {
        Duration::try_from(end.duration_since(Timestamp::now())).unwrap_or(Duration::ZERO)
    });
    experiment
        .runs_for()
        .min(to_the_end.unwrap_or(Duration::MAX))
}

/// An instant far away rather than an overflow.
fn saturating_add(instant: Instant, duration: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
    instant
        .checked_add(duration)
        .unwrap_or_else(|| instant + FAR)
}
