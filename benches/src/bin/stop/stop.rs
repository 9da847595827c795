//! What has to happen although something is held up, and how late it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use chaos_core::{
    Actor, BlastRadius, ChaosManager, Condition, Consent, Experiment, ExperimentGuard, Failure,
    Fault, Pressure, Rate, Role,
};

use crate::bare::BareThread;
use crate::held_up::{HeldUp, Stopping};

/// A way to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    TimeLimit,
    Halt,
    HaltFile,
    Condition,
    Lease,
    Pressure,
}

impl Stop {
    pub(crate) const ALL: [Self; 6] = [
        Self::TimeLimit,
        Self::Halt,
        Self::HaltFile,
        Self::Condition,
        Self::Lease,
        Self::Pressure,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TimeLimit => "time limit and undo",
            Self::Halt => "halt and undo",
            Self::HaltFile => "halt file and undo",
            Self::Condition => "abort condition and undo",
            Self::Lease => "end of lease and undo",
            Self::Pressure => "end of pressure",
        }
    }

    /// The time limit, the lease, and the deadline of the probe: everything has to be held up by then.
    fn limit(self) -> Duration {
        match self {
            // A busy machine takes longer to start the threads that press.
            Self::Pressure => Duration::from_millis(200),
            _ => Duration::from_millis(100),
        }
    }

    /// The lateness of this stop, less that of a thread that sleeps to the same instant.
    pub(crate) fn lateness(self, held_up: HeldUp, directory: &Path) -> Duration {
        let halt_file = directory.join("halt");
        let (chaos, mut held) = held_up.manager(self, &halt_file);
        let started = Instant::now();
        let guard = Arc::new(self.start(&chaos));
        let (undone, is_undone) = channel();
        guard.on_end(move || undone.send(Instant::now()).expect("a reader"));
        let mut threads = pressing();
        // A thread sets its name once it runs.
        while self == Self::Pressure && threads.is_empty() && guard.ended().is_none() {
            threads = pressing();
        }
        // What is held up may keep threads from starting, so these start before.
        let bare_until = started + held_up.grace(self).unwrap_or(self.limit());
        let bare = BareThread::sleeping_until(bare_until);
        // What holds up may take long itself, so another thread looks.
        let gone = (self == Self::Pressure).then(|| std::thread::spawn(move || gone(&threads)));
        let halts = Halts::prepare(&chaos);
        let decided = held_up.hold_up(
            &mut held,
            &Stopping {
                stop: self,
                chaos: &chaos,
                guard: &guard,
                halt_file: &halt_file,
            },
        );
        let due = decided.unwrap_or(started + self.limit());
        let is_by_hand = match self {
            Self::Halt => true,
            Self::HaltFile => decided.is_none(),
            Self::TimeLimit | Self::Condition | Self::Lease | Self::Pressure => false,
        };
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let due = if is_by_hand { Instant::now() } else { due };
        match self {
            Self::Halt => halts.halt(),
            Self::HaltFile if is_by_hand => create(&halt_file),
            _ => {}
        }
        let stopped = match gone {
            Some(gone) => gone.join().expect("it only looks"),
            None => is_undone.recv().expect("the undo runs"),
        };
        drop(held);
        drop(guard);
        drop(halts);
        remove(&halt_file);
        drop::<ChaosManager>(chaos);
        let bare = bare.lateness_after(bare_until.max(decided.unwrap_or(bare_until)));
        stopped.saturating_duration_since(due).saturating_sub(bare)
    }

    fn start(self, chaos: &ChaosManager) -> ExperimentGuard {
        if self != Self::Lease {
            return chaos.start(self.experiment()).expect("a start");
        }
        let client = Actor::Remote {
            name: "the bench".to_owned(),
            role: Role::Operator,
        };
        let steering = chaos.on_behalf_of(client).because("it is to be stopped");
        let started = steering.lease(self.limit()).start(vec![self.experiment()]);
        let mut guards = started.expect("a start").into_iter();
        guards.next().expect("one experiment")
    }

    fn experiment(self) -> Experiment {
        let experiment = Experiment::new("to be stopped");
        let failing = |experiment: Experiment| {
            experiment
                .fault(Fault::error(Failure::Unavailable))
                .blast_radius(BlastRadius::points_at("pms"))
        };
        match self {
            Self::TimeLimit => failing(experiment).time_limit(self.limit()),
            Self::Halt | Self::HaltFile | Self::Lease => failing(experiment),
            Self::Condition => {
                failing(experiment).abort_when(Condition::probe("pending").deadline(self.limit()))
            }
            Self::Pressure => experiment
                .fault(Fault::exhaust(Pressure::cpu(
                    1,
                    Rate::percent(50.0).expect("a rate"),
                )))
                .blast_radius(BlastRadius::everything(
                    Consent::by("the bench").expect("a name"),
                ))
                .time_limit(self.limit()),
        }
    }
}

/// A thread that halts when asked: a waker that hangs holds up that call, but nothing else.
struct Halts(Sender<()>);

impl Halts {
    fn prepare(chaos: &ChaosManager) -> Self {
        let (halt, is_asked) = channel();
        let chaos = chaos.clone();
        std::thread::spawn(move || {
            if is_asked.recv().is_ok() {
                chaos.halt();
            }
        });
        Self(halt)
    }

    fn halt(&self) {
        self.0.send(()).expect("the thread waits");
    }
}

/// Creates a file even if no descriptor is left, as an operator would from outside.
fn create(path: &Path) {
    if std::fs::write(path, "").is_ok() {
        return;
    }
    rustix::fs::mkdirat(rustix::fs::CWD, path, 0o700.into())
        .expect("a directory needs no descriptor");
}

fn remove(path: &Path) {
    let _ = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
}

/// The folders of the threads that press.
fn pressing() -> Vec<PathBuf> {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux");
    let paths = threads.filter_map(|thread| Some(thread.ok()?.path()));
    paths
        .filter(|path| {
            std::fs::read_to_string(path.join("comm"))
                .is_ok_and(|name| name.starts_with("chaos-cpu"))
        })
        .collect()
}

/// Waits until these threads have ended, and returns when that was; it needs no descriptor.
fn gone(threads: &[PathBuf]) -> Instant {
    while threads.iter().any(|thread| thread.exists()) {
        std::thread::sleep(Duration::from_millis(1));
    }
    Instant::now()
}
