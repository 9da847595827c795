//! A running experiment: its gate, its time limit, the state of its faults, and how it ended.

mod circuit_breaker;
mod fault_state;
mod nanos;
mod permit;
mod pressures;
mod rate_limiter;
mod supervisor;
mod turns;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

pub(crate) use fault_state::FaultState;
pub(crate) use permit::{Holder, Permit};
pub(crate) use pressures::{Pressures, prepare_pressures};
pub(crate) use supervisor::Supervisor;
use turns::Turns;

use crate::cap_gate::{Caps, Gate};
use crate::delay::{self, Due, Release};
use crate::draw::Stream;
use crate::journal::{Event, Journal};
use crate::site::SiteIdentity;
use crate::undo::Undos;
use crate::waiters::Waiters;
use crate::{BlastRadius, Crash, EndReason, Environment, Experiment, Fault, Scope};

/// An experiment from its start until its last handle is dropped.
pub(crate) struct Running {
    experiment: Experiment,
    environment: Environment,
    radius: Arc<BlastRadius>,
    name: Arc<str>,
    id: u64,
    seed: u64,
    gate: Gate,
    release: Arc<Release>,
    started: Instant,
    expires: Due,
    turns: Turns,
    idle_permits: AtomicU64,
    fault_states: Box<[FaultState]>,
    mode: Mode,
    reach: Reach,
    end: OnceLock<EndReason>,
    undos: Undos,
    pressures: Pressures,
    changed: Waiters,
    journal: Arc<Journal>,
    supervisor: Arc<dyn Supervisor>,
}

/// What a manager decides about an experiment before it runs.
pub(crate) struct Start {
    pub(crate) experiment: Experiment,
    pub(crate) radius: BlastRadius,
    pub(crate) environment: Environment,
    pub(crate) mode: Mode,
    pub(crate) reach: Reach,
    pub(crate) seed: u64,
}

/// Whether decisions are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Live,
    DryRun,
    /// Applied only at operations that a witness chooses.
    Placed,
}

/// Whether this instance belongs to the share of instances that the radius covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Here,
    OtherInstances,
}

/// Distinguishes experiments of the process, including those of one name.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl Running {
    pub(crate) fn new(
        start: Start,
        journal: Arc<Journal>,
        supervisor: Arc<dyn Supervisor>,
    ) -> Arc<Self> {
        let Start {
            experiment,
            radius,
            environment,
            mode,
            reach,
            seed,
        } = start;
        let started = delay::now();
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            gate: Gate::open(Caps::new(radius.total(), radius.concurrency())),
            release: Arc::new(Release::new()),
            expires: Due::after(started, limit(&experiment)),
            started,
            turns: Turns::default(),
            idle_permits: AtomicU64::new(0),
            fault_states: experiment.faults().iter().map(FaultState::of).collect(),
            mode,
            reach,
            end: OnceLock::new(),
            undos: Undos::default(),
            pressures: Pressures::default(),
            changed: Waiters::default(),
            name: experiment.name().into(),
            seed,
            experiment,
            environment,
            radius: Arc::new(radius),
            journal,
            supervisor,
        })
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// The environment in which its start was judged.
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

    /// Fires when everything that is held must be released.
    pub(crate) fn release(&self) -> &Arc<Release> {
        &self.release
    }

    pub(crate) fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    pub(crate) fn undos(&self) -> &Undos {
        &self.undos
    }

    pub(crate) fn pressures(&self) -> &Pressures {
        &self.pressures
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.mode == Mode::DryRun
    }

    /// Whether a witness chooses the operations that it strikes.
    pub(crate) fn is_placed(&self) -> bool {
        self.mode == Mode::Placed
    }

    pub(crate) fn faults(&self) -> impl Iterator<Item = (&Fault, &FaultState)> {
        self.experiment.faults().iter().zip(&self.fault_states)
    }

    pub(crate) fn stream_at(&self, site: &SiteIdentity) -> Stream {
        Stream::new(self.seed, &self.name, site.hash())
    }

    /// Whether its radius covers a site; the site's plan decides about single operations.
    pub(crate) fn selects(&self, site: &SiteIdentity) -> bool {
        self.radius.selects(site.service(), site.kind())
    }

    /// Whether all its faults can be applied at a site.
    pub(crate) fn can_be_applied_at(&self, site: &SiteIdentity) -> bool {
        let phase = self.experiment.strikes_in();
        self.experiment
            .faults()
            .iter()
            .filter(|fault| fault.pressure().is_none())
            .all(|fault| site.support().includes(fault.kind(), phase))
    }

    /// Whether any of its faults strikes operations.
    pub(crate) fn strikes_operations(&self) -> bool {
        let mut faults = self.experiment.faults().iter();
        faults.any(|fault| fault.pressure().is_none())
    }

    /// Counts an eligible operation and returns whether the pattern strikes it.
    pub(crate) fn takes_turn(&self, draw: u64, scope: Option<&Scope>) -> bool {
        let pattern = self.experiment.traffic_pattern();
        pattern.is_none_or(|pattern| self.turns.take(pattern, self.id, draw, scope))
    }

    /// What `takes_turn` would return now, without counting.
    pub(crate) fn would_take_turn(&self, draw: u64, scope: Option<&Scope>) -> bool {
        let pattern = self.experiment.traffic_pattern();
        pattern.is_none_or(|pattern| self.turns.peek(pattern, self.id, draw, scope))
    }

    pub(crate) fn running_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    pub(crate) fn time_left(&self, now: Instant) -> Duration {
        self.expires.time_left(now)
    }

    pub(crate) fn has_expired(&self, now: Instant) -> bool {
        self.expires.has_come(now)
    }

    /// Ends it at once: nothing more is injected, and everything that is held is released.
    ///
    /// Returns true to the one caller that ended it. Undos are left to the supervisor.
    pub(crate) fn finish(&self, reason: EndReason) -> bool {
        let first = self.close_gate(reason);
        if first {
            self.release_held();
        }
        first
    }

    /// Refuses all later operations; returns true to the one caller that ended it.
    ///
    /// It wakes no task, so it may be called under a lock; `release_held` has to follow.
    pub(crate) fn close_gate(&self, reason: EndReason) -> bool {
        // The reason first: a closed gate always has a reason.
        let first = self.end.set(reason).is_ok();
        self.gate.close();
        first
    }

    /// Releases everything that is held and wakes all waiters; further calls do nothing.
    pub(crate) fn release_held(&self) {
        self.stop_faults();
        self.wake_waiters();
    }

    /// Releases everything that is held; `wake_waiters` has to follow.
    ///
    /// It runs no foreign code, so nothing delays it.
    pub(crate) fn stop_faults(&self) {
        self.release.fire();
        self.pressures.stop();
    }

    /// Wakes all waiters of an experiment whose faults have stopped; wakers are foreign code.
    pub(crate) fn wake_waiters(&self) {
        self.release.wake_in_runtime();
        self.changed.notify_waiters();
    }

    /// Ends it because its time limit has passed on the runtime's clock, regardless of the real time.
    ///
    /// Decisions call this, so releasing what is held is left to the supervisor.
    pub(crate) fn expire(&self) {
        if self.close_gate(EndReason::TimeLimit) {
            self.supervisor.tidy_up_soon();
        }
    }

    /// Ends it because one of its conditions is met.
    pub(crate) fn abort(&self, why: String) {
        if self.finish(EndReason::Aborted(why)) {
            self.supervisor.tidy_up_soon();
        }
    }

    /// Ends it if virtual time has passed its limit without an operation that would have noticed.
    ///
    /// It wakes tasks, so it must not be called under a lock.
    pub(crate) fn finish_if_overdue(&self) {
        if self.has_expired(delay::now()) && self.finish(EndReason::TimeLimit) {
            self.supervisor.tidy_up_soon();
        }
    }

    /// Why it ended, once it has.
    pub(crate) fn end_reason(&self) -> Option<&EndReason> {
        self.end.get()
    }

    /// The number of permits inside the gate that `halted` does not wait for.
    pub(crate) fn idle_permits(&self) -> &AtomicU64 {
        &self.idle_permits
    }

    /// Whether nothing of it is left: no fault affects an operation, every undo has run, every pressure is gone.
    pub(crate) fn is_settled(&self) -> bool {
        // Pairs with the fence of an entering permit: that permit sees a closed gate or is counted as idle.
        fence(Ordering::SeqCst);
        // Idle permits last: one that leaves in between looks like an operation inside, and notifies once it has left.
        let inside = self.gate.inside();
        inside <= self.idle_permits.load(Ordering::Acquire)
            && self.undos.are_done()
            && self.pressures.are_gone()
    }

    /// Wakes all waiters after the last operation left an ended experiment.
    pub(crate) fn notify_settled(&self) {
        self.changed.notify_waiters();
        self.supervisor.notify_settled();
    }

    /// Wakes all waiters after an injection.
    pub(crate) fn notify_injected(&self) {
        self.changed.notify_waiters();
    }

    /// Returns once the experiment has ended.
    pub(crate) async fn ended(&self) {
        loop {
            // Created before the check, so that an end in between is not missed.
            let changed = self.changed();
            if !self.gate.is_open() {
                return;
            }
            changed.await;
        }
    }

    /// Waits for the next injection, the end, or the last operation to leave.
    pub(crate) fn changed(&self) -> impl Future<Output = ()> + Send + Sync + '_ {
        self.changed.notified()
    }

    pub(crate) fn journal_failed_undos(&self, failed: usize) {
        if failed > 0 {
            self.journal.record(Event::UndoFailed {
                experiment: self.name.to_string(),
                failed,
            });
        }
    }

    /// Ends the process after flushing the journal.
    pub(crate) fn crash(&self, crash: Crash) -> ! {
        self.journal.flush();
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

/// The time limit, cut short by the absolute end.
fn limit(experiment: &Experiment) -> Duration {
    let to_the_end = experiment.ends_at().map(|end| {
        end.duration_since(SystemTime::now())
            .unwrap_or(Duration::ZERO)
    });
    experiment
        .runs_for()
        .min(to_the_end.unwrap_or(Duration::MAX))
}
