//! Threads that only wait.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::commitments::{Commitment, Ledger};
use super::limits::ThreadLimits;
use super::load::Load;
use super::reserve::Reserve;
use super::state::PressureState;
use crate::pressure::{PressureError, PressureKind};

/// Stack size of a thread that only waits.
const STACK_SIZE: usize = 32 * 1024;

/// The number of threads started before the next check for a stop.
const BATCH: usize = 100;

const SAMPLING_INTERVAL: Duration = Duration::from_millis(20);

/// Reading the limits takes at most this fraction of the time: one in twenty.
const READING_FRACTION: u32 = 20;

/// Threads that only wait.
pub(super) struct ThreadLoad {
    /// Each thread waits until its sender is dropped.
    threads: Vec<Sender<Infallible>>,
    commitment: Commitment,
    limits: ThreadLimits,
    reserve: Reserve,
    backoff: Backoff,
    last_reading_took: Duration,
}

/// Commits `count` threads if they fit next to those committed to others.
pub(super) fn commit_threads(
    kind: PressureKind,
    count: u32,
    reserve: Reserve,
    limits: &ThreadLimits,
    ledger: &Arc<Ledger>,
) -> Result<Commitment, PressureError> {
    ledger.commit(|committed| {
        let bounds = limits.read().map_err(|error| error.into_error(kind))?;
        reserve.check_room(kind, count.into(), committed, &bounds)?;
        Ok(count.into())
    })
}

impl ThreadLoad {
    /// Checks that `count` threads fit.
    pub(super) fn prepare(
        kind: PressureKind,
        count: u32,
        reserve: Reserve,
        limits: ThreadLimits,
        ledger: &Arc<Ledger>,
    ) -> Result<Self, PressureError> {
        let commitment = commit_threads(kind, count, reserve, &limits, ledger)?;
        Ok(Self {
            threads: Vec::new(),
            commitment,
            limits,
            reserve,
            backoff: Backoff::default(),
            last_reading_took: Duration::ZERO,
        })
    }

    /// Returns how many more threads may be started; negative when the reserve is in use or a limit is unreadable.
    fn room(&mut self) -> i128 {
        let start = Instant::now();
        let bounds = self.limits.read().unwrap_or_default();
        let room = self.reserve.room(&bounds);
        self.last_reading_took = start.elapsed();
        room
    }

    fn start_one(&mut self, state: &Arc<PressureState>) -> io::Result<()> {
        let (sender, receiver) = channel();
        state.spawn_worker(STACK_SIZE, move |_| {
            let _ = receiver.recv();
        })?;
        self.threads.push(sender);
        Ok(())
    }
}

impl Load for ThreadLoad {
    fn adjust_to(&mut self, target_share: f64, state: &Arc<PressureState>) -> Result<(), String> {
        state.reap_finished_workers();
        let room = self.room();
        if room < 0 {
            let excess = usize::try_from(room.unsigned_abs()).unwrap_or(usize::MAX);
            let rest = self.threads.len().saturating_sub(excess);
            self.threads.truncate(rest);
            self.backoff.start();
        }
        let target = (self.commitment.amount() as f64 * target_share) as usize;
        let missing = target.saturating_sub(self.threads.len()).min(BATCH);
        let fits = i128::try_from(missing).is_ok_and(|missing| missing <= room);
        if fits && !self.backoff.is_active() {
            for _ in 0..missing {
                self.start_one(state)
                    .map_err(|error| format!("the system refuses more threads: {error}"))?;
            }
        }
        self.commitment.set_taken(self.threads.len() as u64);
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.threads.len() as f64
    }

    fn sampling_interval(&self) -> Duration {
        SAMPLING_INTERVAL.max(self.last_reading_took * READING_FRACTION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::engine::limits::fake_files::FakeFiles;
    use crate::pressure::{PressureEnd, PressureUnit};

    fn group_of_100(name: &str, current: &str) -> FakeFiles {
        let mount = "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
        let files = [
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", mount),
            ("cg/pids.max", "100\n"),
            ("cg/pids.current", current),
            ("proc/loadavg", "0.1 0.2 0.3 2/345 9999\n"),
            (
                "proc/meminfo",
                "MemTotal: 9999999 kB\nMemAvailable: 9999999 kB\n",
            ),
        ];
        FakeFiles::new(name, &files)
    }

    fn prepare(files: &FakeFiles, count: u32) -> Result<ThreadLoad, PressureError> {
        prepare_with(files, count, &Arc::default())
    }

    fn prepare_with(
        files: &FakeFiles,
        count: u32,
        ledger: &Arc<Ledger>,
    ) -> Result<ThreadLoad, PressureError> {
        ThreadLoad::prepare(
            PressureKind::Threads,
            count,
            Reserve::of_count(None, PressureUnit::Threads),
            ThreadLimits::open(files.root()).unwrap(),
            ledger,
        )
    }

    #[test]
    fn threads_that_do_not_fit_are_refused_with_the_figures() {
        let files = group_of_100("threads-refused", "70\n");
        assert!(prepare(&files, 20).is_ok());
        assert_eq!(
            prepare(&files, 21).err().unwrap().to_string(),
            "threads pressure: 21 requested, but pids.max of the control group / leaves 30, of which 10 stay in reserve, so at most 20 fit"
        );
    }

    #[test]
    fn committed_threads_are_refused_to_others_until_they_are_visible() {
        let files = group_of_100("threads-committed", "10\n");
        let ledger = Arc::default();
        let mut first = prepare_with(&files, 70, &ledger).unwrap();
        let refused = prepare_with(&files, 11, &ledger).err().unwrap();
        assert!(
            refused.to_string().contains("and 70 are committed"),
            "{refused}"
        );
        let state = PressureState::for_test();
        first.adjust_to(1.0, &state).unwrap();
        // The group counts them from now on.
        assert!(prepare_with(&files, 80, &ledger).is_ok());
        files.write("cg/pids.current", "80\n");
        assert!(prepare_with(&files, 11, &ledger).is_err());
        files.write("cg/pids.current", "95\n");
        first.adjust_to(1.0, &state).unwrap();
        files.write("cg/pids.current", "10\n");
        let refused = prepare_with(&files, 80, &ledger).err().unwrap();
        assert!(
            refused.to_string().contains("and 5 are committed"),
            "{refused}"
        );
    }

    #[test]
    fn all_threads_are_released_when_a_limit_is_unreadable() {
        let files = group_of_100("threads-unreadable", "10\n");
        let mut load = prepare(&files, 20).unwrap();
        let state = PressureState::for_test();
        load.adjust_to(1.0, &state).unwrap();
        assert_eq!(load.threads.len(), 20);
        files.write("proc/loadavg", "");
        load.adjust_to(1.0, &state).unwrap();
        assert_eq!(load.threads.len(), 0);
    }

    #[test]
    fn threads_are_released_when_the_room_shrinks_and_not_restarted_at_once() {
        let files = group_of_100("threads-back-off", "10\n");
        let mut load = prepare(&files, 20).unwrap();
        let state = PressureState::for_test();
        load.adjust_to(0.5, &state).unwrap();
        assert_eq!(load.threads.len(), 10);
        load.adjust_to(1.0, &state).unwrap();
        assert_eq!(load.threads.len(), 20);
        files.write("cg/pids.current", "95\n");
        load.adjust_to(1.0, &state).unwrap();
        assert_eq!(load.threads.len(), 15);
        files.write("cg/pids.current", "10\n");
        load.adjust_to(1.0, &state).unwrap();
        assert_eq!(load.threads.len(), 15);
        state.stop(PressureEnd::Dropped);
        drop(load);
        while !state.is_gone() {
            std::thread::yield_now();
        }
    }
}
