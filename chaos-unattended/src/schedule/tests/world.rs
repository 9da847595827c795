//! A world in which months pass at once: a clock that jumps, a target that is unwell, and runs that take their time.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chaos_lab::Verdict;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use super::{Schedule, ScheduleEntry, ScheduleEvent};
use crate::schedule::{RunOutcome, Runner};

/// The world, with the file of a schedule.
pub(super) struct World {
    directory: tempfile::TempDir,
    began: (Timestamp, Instant),
    jumped: Cell<SignedDuration>,
    pub(super) unwell: Cell<Option<&'static str>>,
    /// The time between two looks at the clock.
    pub(super) look: Cell<Duration>,
    pub(super) takes: Cell<Duration>,
    pub(super) panics: Cell<bool>,
    is_running: Cell<bool>,
    pub(super) seen: RefCell<Vec<String>>,
    pub(super) runs: RefCell<Vec<(String, Timestamp)>>,
}

impl World {
    /// A world at a time, in paused time.
    pub(super) fn at(now: Timestamp) -> Self {
        Self {
            // Each event is synced, which takes its time on a disk.
            directory: tempfile::tempdir_in("/dev/shm")
                .or_else(|_| tempfile::tempdir())
                .unwrap(),
            began: (now, Instant::now()),
            jumped: Cell::default(),
            unwell: Cell::default(),
            look: Cell::new(Duration::from_secs(30)),
            takes: Cell::new(Duration::from_secs(60)),
            panics: Cell::default(),
            is_running: Cell::default(),
            seen: RefCell::default(),
            runs: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.began.1.elapsed()).unwrap();
        let now = self.began.0 + passed + self.jumped.get();
        Timestamp::from_second(now.as_second()).unwrap()
    }

    /// Makes the clock on the wall jump.
    pub(super) fn jump(&self, by: SignedDuration) {
        self.jumped.set(self.jumped.get() + by);
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("schedule.jsonl")
    }

    pub(super) fn add(&self, entry: ScheduleEntry) {
        self.schedule().add(vec![entry], self.now()).unwrap();
    }

    pub(super) fn schedule(&self) -> Schedule {
        let mut schedule = Schedule::open(self.path()).unwrap();
        schedule.look = self.look.get();
        schedule
    }

    /// Runs the schedule for so long, and then kills it.
    pub(super) async fn run_and_kill(&self, lasts: Duration) {
        let never = std::future::pending();
        tokio::select! {
            biased;
            () = sleep(lasts) => {}
            ended = self.schedule().run(self, || self.now(), |event| self.see(event), never) => ended.unwrap(),
        }
        self.is_running.set(false);
    }

    /// Runs the schedule for so long, and then stops it.
    pub(super) async fn run_and_stop(&self, lasts: Duration) {
        let stop = async {
            sleep(lasts).await;
            "interrupted".to_owned()
        };
        let run = self
            .schedule()
            .run(self, || self.now(), |event| self.see(event), stop);
        run.await.unwrap();
    }

    fn see(&self, event: &ScheduleEvent) {
        self.seen.borrow_mut().push(event.to_string());
    }

    /// All events of the file.
    pub(super) fn events(&self) -> Vec<ScheduleEvent> {
        events(&self.path())
    }
}

fn events(path: &Path) -> Vec<ScheduleEvent> {
    let text = std::fs::read(path).unwrap();
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

impl Runner for World {
    async fn ready(&self, _: &ScheduleEntry) -> Result<(), String> {
        self.unwell
            .get()
            .map_or(Ok(()), |problem| Err(problem.to_owned()))
    }

    async fn run(&self, entry: &ScheduleEntry, stop: impl Future<Output = String>) -> RunOutcome {
        assert!(!self.is_running.replace(true), "two runs at once");
        self.runs
            .borrow_mut()
            .push((entry.name.clone(), self.now()));
        let panics = self.panics.get();
        let verdict = tokio::select! {
            () = sleep(self.takes.get()) => Verdict::Met,
            why = stop => Verdict::Aborted { why },
        };
        self.is_running.set(false);
        assert!(!panics, "the run panics");
        RunOutcome {
            verdict,
            reports: None,
        }
    }
}
