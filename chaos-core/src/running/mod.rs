//! A running experiment: its gate, its time limit, the state of its faults, and how it ended.

mod admission;
mod circuit_breaker;
mod encounters;
mod fault_state;
mod felt_delays;
mod halt_switch;
mod lease;
mod nanos;
mod permit;
mod pressures;
mod rate_bounds;
mod rate_limiter;
mod reached;
mod start;
mod striped_count;
mod supervisor;
mod turns;
mod waiting;

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

pub(crate) use admission::{Pass, admit};
pub(crate) use encounters::{Encounter, Encounters};
pub(crate) use fault_state::FaultState;
pub(crate) use felt_delays::{FeltDelay, FeltDelays};
pub(crate) use halt_switch::{HaltSwitch, Period};
pub(crate) use lease::Lease;
pub(crate) use permit::{Holder, Permit};
pub(crate) use pressures::{Pressures, prepare_pressures};
use rate_bounds::RateBounds;
pub(crate) use start::{Batch, Mode, Reach, Start, limit};
pub(crate) use supervisor::Supervisor;
use turns::Turns;

use crate::cap_gate::{Caps, Gate, NotAdmitted};
use crate::delay::{self, Due, Release};
use crate::draw::Stream;
use crate::journal::Journal;
use crate::site::SiteIdentity;
use crate::undo::Undos;
use crate::waiters::Waiters;
use crate::{Crash, EndReason, Fault, Scope};

/// An experiment from its start until its last handle is dropped.
pub(crate) struct Running {
    start: Start,
    pub(crate) name: Arc<str>,
    pub(crate) id: u64,
    pub(crate) gate: Gate,
    /// Fires when everything that is held must be released.
    pub(crate) release: Arc<Release>,
    started: Instant,
    pub(crate) since: SystemTime,
    expires: Due,
    lease: Option<Lease>,
    turns: Turns,
    fault_states: Box<[FaultState]>,
    pub(crate) encounters: Arc<Encounters>,
    pub(crate) felt_delays: FeltDelays,
    rate_bounds: RateBounds,
    end: OnceLock<EndReason>,
    pub(crate) undos: Undos,
    pub(crate) pressures: Pressures,
    changed: Waiters,
    holds: AtomicBool,
    pub(crate) journal: Arc<Journal>,
    supervisor: Arc<dyn Supervisor>,
}

/// The longest wait for undos and sinks, which are user code, on a thread that ends an experiment.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// Distinguishes experiments of the process, including those of one name.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl Running {
    pub(crate) fn new(
        start: Start,
        journal: Arc<Journal>,
        supervisor: Arc<dyn Supervisor>,
    ) -> Arc<Self> {
        let Start {
            experiment, radius, ..
        } = &start;
        let started = delay::now();
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            gate: Gate::open(Caps::new(radius.total(), radius.concurrency())),
            release: Arc::new(Release::new()),
            expires: Due::after(started, limit(experiment)),
            started,
            since: SystemTime::now(),
            lease: start.lease.map(Lease::granted_now),
            turns: Turns::default(),
            fault_states: experiment.faults().iter().map(FaultState::of).collect(),
            encounters: Arc::default(),
            felt_delays: FeltDelays::default(),
            rate_bounds: RateBounds::default(),
            end: OnceLock::new(),
            undos: Undos::default(),
            pressures: Pressures::default(),
            holds: AtomicBool::new(false),
            changed: Waiters::default(),
            name: experiment.name().into(),
            start,
            journal,
            supervisor,
        })
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.mode == Mode::DryRun
    }

    /// Whether a witness chooses the operations that it strikes.
    pub(crate) fn is_placed(&self) -> bool {
        self.mode == Mode::Placed
    }

    /// Returns its faults, latencies first: delays add up before a failure, wherever that stands in the list.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&Fault, &FaultState)> {
        let all = || self.experiment.faults().iter().zip(&self.fault_states);
        let latencies = all().filter(|(fault, _)| matches!(fault, Fault::Latency(_)));
        let others = all().filter(|(fault, _)| !matches!(fault, Fault::Latency(_)));
        latencies.chain(others)
    }

    pub(crate) fn stream_at(&self, site: &SiteIdentity) -> Stream {
        Stream::new(self.seed, &self.name, site.hash())
    }

    /// Whether it must not affect a service, although it may select it.
    pub(crate) fn spares(&self, service: &str) -> bool {
        self.spared.iter().any(|spared| spared == service)
    }

    /// Whether its radius covers a site; the site's plan decides about single operations.
    pub(crate) fn selects(&self, site: &SiteIdentity) -> bool {
        self.radius.selects(site.service(), site.kind())
    }

    /// Whether all its faults can be applied at a site.
    pub(crate) fn can_be_applied_at(&self, site: &SiteIdentity) -> bool {
        let (phase, operation) = (self.experiment.strikes_in(), self.radius.operation_glob());
        self.experiment
            .faults()
            .iter()
            .all(|fault| site.refuses(fault, phase, operation).is_none())
    }

    /// Whether any of its faults strikes operations.
    pub(crate) fn strikes_operations(&self) -> bool {
        let mut faults = self.experiment.faults().iter();
        faults.any(|fault| fault.pressure().is_none())
    }

    /// Counts an eligible operation and returns whether the pattern strikes it.
    #[inline]
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
        self.expires.has_come(now) || self.has_lost_lease()
    }

    /// Why it ends, once it has expired.
    pub(crate) fn why_expired(&self, now: Instant) -> EndReason {
        if self.lease.is_some() && !self.expires.has_come(now) {
            EndReason::LeaseRanOut
        } else {
            EndReason::TimeLimit
        }
    }

    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    fn has_lost_lease(&self) -> bool {
        let lease = self.lease.as_ref();
        lease.is_some_and(|lease| lease.has_run_out(Instant::now()))
    }

    /// Whether it may inject faults: neither it nor everything has ended.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.gate.is_open() && !self.switch.is_over(self.period)
    }

    /// Returns what a permit would be answered now.
    pub(crate) fn would_admit(&self) -> Result<(), NotAdmitted> {
        if self.switch.is_over(self.period) {
            return Err(NotAdmitted::Ended);
        }
        self.gate.would_admit()
    }

    /// Ends it at once: nothing more is injected, and everything that is held goes on.
    ///
    /// It wakes tasks, so it must not be called under a lock or on a thread that must not run user code; such callers
    /// use `stop`. Undos are left to the supervisor.
    pub(crate) fn finish(&self, reason: EndReason) {
        if self.stop(reason) {
            self.wake();
        }
    }

    /// Ends it without running user code; `wake` has to follow.
    pub(crate) fn stop(&self, reason: EndReason) -> bool {
        let first = self.close_gate(reason);
        if first {
            self.release_held();
        }
        first
    }

    /// Refuses all later operations; returns true to the one caller that ended it.
    ///
    /// It may be called under a lock; `release_held` and `wake` have to follow.
    pub(crate) fn close_gate(&self, reason: EndReason) -> bool {
        // The reason first: a closed gate always has a reason.
        let first = self.end.set(reason).is_ok();
        self.gate.close();
        first
    }

    /// Releases everything that is held and stops the pressures, without running user code.
    pub(crate) fn release_held(&self) {
        self.release.fire();
        self.pressures.stop();
    }

    /// Wakes the tasks that wait for it, which runs user code.
    pub(crate) fn wake(&self) {
        self.wake_released();
        self.changed.notify_waiters();
    }

    /// Wakes the released delays on the runtime's timer, which there are only while its clock is paused.
    pub(crate) fn wake_released(&self) {
        self.release.wake_in_runtime();
    }

    /// Ends it because its time limit has passed on the runtime's clock, whatever the real time, or its lease ran out.
    ///
    /// Decisions call this, so releasing what is held is left to the supervisor.
    pub(crate) fn expire(&self) {
        if self.close_gate(self.why_expired(delay::now())) {
            self.supervisor.tidy_up_soon();
        }
    }

    /// Ends it because one of its conditions is met.
    pub(crate) fn abort(&self, why: String) {
        if self.stop(EndReason::Aborted(why)) {
            self.supervisor.tidy_up_soon();
            // A waker that hangs must keep no undo from running, so it comes last.
            self.wake();
        }
    }

    /// As `abort`, on a thread that must not run user code; its tasks are woken by the cleanup.
    pub(crate) fn abort_quietly(&self, why: String) {
        if self.stop(EndReason::Aborted(why)) {
            self.supervisor.tidy_up_soon();
        }
    }

    /// Ends it if virtual time has passed its limit without an operation that would have noticed.
    ///
    /// It wakes tasks, so it must not be called under a lock.
    pub(crate) fn finish_if_overdue(&self) {
        let now = delay::now();
        if self.has_expired(now) && self.stop(self.why_expired(now)) {
            self.supervisor.tidy_up_soon();
            self.wake();
        }
    }

    /// Why it ended, once it has.
    pub(crate) fn end_reason(&self) -> Option<&EndReason> {
        if let Some(reason) = self.switch.end_of(self.period) {
            // The halting thread has not closed this gate yet.
            self.close_gate(reason);
        }
        let reason = self.end.get()?;
        // The ending thread may not have closed it yet.
        self.gate.close();
        Some(reason)
    }

    /// Whether nothing of it is left: no fault affects an operation, every undo has run, every pressure is gone.
    pub(crate) fn is_settled(&self) -> bool {
        self.gate.has_only_idle() && self.undos.are_done() && self.pressures.are_gone()
    }

    /// Ends the process after flushing the journal, unless a sink takes too long.
    pub(crate) fn crash(&self, crash: Crash) -> ! {
        self.journal.flush(PATIENCE);
        match crash {
            Crash::Exit(code) => std::process::exit(code),
            Crash::Abort => std::process::abort(),
        }
    }
}

impl Deref for Running {
    type Target = Start;

    #[inline]
    fn deref(&self) -> &Start {
        &self.start
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
