//! What has to happen although something is held up, and how late it is.

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use chaos_core::{
    BlastRadius, ChaosManager, Condition, Consent, Experiment, Failure, Fault, Pressure, Rate,
};

use crate::held_up::HeldUp;

/// The time limit, and the deadline of the probe.
const LIMIT: Duration = Duration::from_millis(100);

/// A way to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    TimeLimit,
    Halt,
    HaltFile,
    Condition,
    Pressure,
}

impl Stop {
    pub(crate) const ALL: [Self; 5] = [
        Self::TimeLimit,
        Self::Halt,
        Self::HaltFile,
        Self::Condition,
        Self::Pressure,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TimeLimit => "time limit and undo",
            Self::Halt => "halt and undo",
            Self::HaltFile => "halt file and undo",
            Self::Condition => "abort condition and undo",
            Self::Pressure => "end of pressure",
        }
    }

    /// The lateness of this stop, less that of a thread that sleeps to the same instant.
    pub(crate) fn lateness(self, held_up: HeldUp) -> Duration {
        let halt_file = std::env::temp_dir().join(format!("chaos-stop-{}", std::process::id()));
        remove(&halt_file);
        let (chaos, mut held) = held_up.manager(&halt_file);
        let started = Instant::now();
        let guard = chaos.start(self.experiment()).expect("a start");
        let (undone, is_undone) = channel();
        guard.on_end(move || undone.send(Instant::now()).expect("a reader"));
        let mut threads = pressing();
        // A thread sets its name once it runs.
        while self == Self::Pressure && threads.is_empty() {
            threads = pressing();
        }
        held_up.hold_up(&mut held, &chaos, &guard);
        let due = match self {
            Self::TimeLimit | Self::Condition | Self::Pressure => started + LIMIT,
            Self::Halt | Self::HaltFile => Instant::now().max(started + LIMIT),
        };
        let bare = std::thread::spawn(move || {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due.elapsed()
        });
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let begun = Instant::now();
        match self {
            Self::Halt => {
                // A waker that hangs holds up this call, but nothing else.
                let chaos = chaos.clone();
                std::thread::spawn(move || chaos.halt());
            }
            Self::HaltFile => create(&halt_file),
            Self::TimeLimit | Self::Condition | Self::Pressure => {}
        }
        let stopped = match self {
            Self::Pressure => gone(&threads),
            _ => is_undone.recv().expect("the undo runs"),
        };
        let due = match self {
            Self::Halt | Self::HaltFile => begun,
            Self::TimeLimit | Self::Condition | Self::Pressure => due,
        };
        let bare = bare.join().expect("it only sleeps");
        drop(held);
        drop(guard);
        remove(&halt_file);
        drop::<ChaosManager>(chaos);
        stopped.saturating_duration_since(due).saturating_sub(bare)
    }

    fn experiment(self) -> Experiment {
        let experiment = Experiment::new("to be stopped");
        let failing = |experiment: Experiment| {
            experiment
                .fault(Fault::error(Failure::Unavailable))
                .blast_radius(BlastRadius::points_at("pms"))
        };
        match self {
            Self::TimeLimit => failing(experiment).time_limit(LIMIT),
            Self::Halt | Self::HaltFile => failing(experiment),
            Self::Condition => {
                failing(experiment).abort_when(Condition::probe("pending").deadline(LIMIT))
            }
            Self::Pressure => experiment
                .fault(Fault::exhaust(Pressure::cpu(
                    1,
                    Rate::percent(50.0).expect("a rate"),
                )))
                .blast_radius(BlastRadius::everything(
                    Consent::by("the bench").expect("a name"),
                ))
                .time_limit(LIMIT),
        }
    }
}

/// Creates a file even if no descriptor is left, as an operator would from outside.
fn create(path: &std::path::Path) {
    if std::fs::write(path, "").is_ok() {
        return;
    }
    rustix::fs::mkdirat(rustix::fs::CWD, path, 0o700.into())
        .expect("a directory needs no descriptor");
}

fn remove(path: &std::path::Path) {
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
