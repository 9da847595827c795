//! Threads that only wait.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::commitments::{Commitment, Ledger};
use super::control_loop::Load;
use super::limits::ThreadLimits;
use super::reserve::Reserve;
use super::state::PressureState;
use crate::pressure::PressureError;
use crate::pressure::PressureKind;

/// What a thread needs that only waits.
const STACK: usize = 32 * 1024;

/// How many are started before it looks at the stop.
const AT_ONCE: usize = 100;

const SAMPLING_INTERVAL: Duration = Duration::from_millis(20);

/// Target part of the time may be spent with looking.
const LOOKING_SHARE: u32 = 20;

/// How long no more are started after some were let go.
const WARY: Duration = Duration::from_secs(1);

/// Threads that only wait.
pub(super) struct ThreadLoad {
    /// Each waits until its sender is dropped.
    threads: Vec<Sender<Infallible>>,
    commitment: Commitment,
    limits: ThreadLimits,
    reserve: Reserve,
    let_go: Option<Instant>,
    looking_took: Duration,
}

/// Promises so many threads, if they fit beside what is promised on `ledger`.
pub(super) fn commit_threads(
    kind: PressureKind,
    count: u32,
    reserve: Reserve,
    limits: &ThreadLimits,
    ledger: &Arc<Ledger>,
) -> Result<Commitment, PressureError> {
    ledger.commit(|promised| {
        let bounds = limits.read().map_err(|error| error.refuses(kind))?;
        reserve.refuse(kind, count.into(), promised, &bounds)?;
        Ok(count.into())
    })
}

impl ThreadLoad {
    /// Finds out whether so many fit.
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
            let_go: None,
            looking_took: Duration::ZERO,
        })
    }

    /// How many more may be started; below zero when the reserve is touched, and when nobody can tell.
    fn room(&mut self) -> i128 {
        let start = Instant::now();
        let bounds = self.limits.read().unwrap_or_default();
        let room = self.reserve.room(&bounds);
        let room = room.map_or(i128::MIN / 2, |(room, _)| room);
        self.looking_took = start.elapsed();
        room
    }

    fn start_one(&mut self, state: &Arc<PressureState>) -> io::Result<()> {
        let (stays, until) = channel();
        state.spawn(STACK, move |_| {
            let _ = until.recv();
        })?;
        self.threads.push(stays);
        Ok(())
    }
}

impl Load for ThreadLoad {
    fn adjust_to(&mut self, share: f64, state: &Arc<PressureState>) -> Result<(), String> {
        state.reap_finished_workers();
        let room = self.room();
        if room < 0 {
            let too_many = usize::try_from(room.unsigned_abs()).unwrap_or(usize::MAX);
            let rest = self.threads.len().saturating_sub(too_many);
            self.threads.truncate(rest);
            self.let_go = Some(Instant::now());
        }
        let wanted = (self.commitment.amount() as f64 * share) as usize;
        let missing = wanted.saturating_sub(self.threads.len()).min(AT_ONCE);
        let wary = self.let_go.is_some_and(|at| at.elapsed() < WARY);
        if !wary && i128::try_from(missing).is_ok_and(|missing| missing <= room) {
            for _ in 0..missing {
                self.start_one(state)
                    .map_err(|error| format!("the system gives no more threads: {error}"))?;
            }
        }
        self.commitment.taken(self.threads.len() as u64);
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.threads.len() as f64
    }

    fn sampling_interval(&self) -> Duration {
        SAMPLING_INTERVAL.max(self.looking_took * LOOKING_SHARE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::engine::limits::fake_files::FakeFiles;
    use crate::pressure::engine::state::fake::state;
    use crate::pressure::{PressureEnd, PressureUnit};

    fn group_of_100(name: &str, there: &str) -> FakeFiles {
        let mount = "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
        let files = [
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", mount),
            ("cg/pids.max", "100\n"),
            ("cg/pids.current", there),
            ("proc/loadavg", "0.1 0.2 0.3 2/345 9999\n"),
            (
                "proc/meminfo",
                "MemTotal: 9999999 kB\nMemAvailable: 9999999 kB\n",
            ),
        ];
        FakeFiles::new(name, &files)
    }

    fn prepared(files: &FakeFiles, count: u32) -> Result<ThreadLoad, PressureError> {
        prepared_with(files, count, &Arc::default())
    }

    fn prepared_with(
        files: &FakeFiles,
        count: u32,
        ledger: &Arc<Ledger>,
    ) -> Result<ThreadLoad, PressureError> {
        ThreadLoad::prepare(
            PressureKind::Threads,
            count,
            Reserve::of_number(None, PressureUnit::Threads),
            ThreadLimits::open(files.root()).unwrap(),
            ledger,
        )
    }

    #[test]
    fn more_than_the_group_has_room_for_are_refused_with_the_figures() {
        let files = group_of_100("threads-refused", "70\n");
        assert!(prepared(&files, 20).is_ok());
        assert_eq!(
            prepared(&files, 21).err().unwrap().to_string(),
            "threads pressure: 21 requested, but pids.max of the control group / leaves 30, of which 10 stay in reserve, so at most 20 fit"
        );
    }

    #[test]
    fn what_is_promised_to_one_is_refused_to_another_until_it_shows() {
        let files = group_of_100("threads-promised", "10\n");
        let ledger = Arc::default();
        let mut first = prepared_with(&files, 70, &ledger).unwrap();
        let refused = prepared_with(&files, 11, &ledger).err().unwrap();
        assert!(
            refused.to_string().contains("and 70 are promised"),
            "{refused}"
        );
        let state = state();
        first.adjust_to(1.0, &state).unwrap();
        // The group counts them from now on.
        assert!(prepared_with(&files, 80, &ledger).is_ok());
        files.write("cg/pids.current", "80\n");
        assert!(prepared_with(&files, 11, &ledger).is_err());
        files.write("cg/pids.current", "95\n");
        first.adjust_to(1.0, &state).unwrap();
        files.write("cg/pids.current", "10\n");
        let refused = prepared_with(&files, 80, &ledger).err().unwrap();
        assert!(
            refused.to_string().contains("and 5 are promised"),
            "{refused}"
        );
    }

    #[test]
    fn all_are_let_go_when_nobody_can_tell_the_room() {
        let files = group_of_100("threads-unknown", "10\n");
        let mut waiting = prepared(&files, 20).unwrap();
        let state = state();
        waiting.adjust_to(1.0, &state).unwrap();
        assert_eq!(waiting.threads.len(), 20);
        files.write("proc/loadavg", "");
        waiting.adjust_to(1.0, &state).unwrap();
        assert_eq!(waiting.threads.len(), 0);
    }

    #[test]
    fn some_are_let_go_when_the_room_shrinks_and_none_are_started_again_soon() {
        let files = group_of_100("threads-back-off", "10\n");
        let mut waiting = prepared(&files, 20).unwrap();
        let state = state();
        waiting.adjust_to(0.5, &state).unwrap();
        assert_eq!(waiting.threads.len(), 10);
        waiting.adjust_to(1.0, &state).unwrap();
        assert_eq!(waiting.threads.len(), 20);
        files.write("cg/pids.current", "95\n");
        waiting.adjust_to(1.0, &state).unwrap();
        assert_eq!(waiting.threads.len(), 15);
        files.write("cg/pids.current", "10\n");
        waiting.adjust_to(1.0, &state).unwrap();
        assert_eq!(waiting.threads.len(), 15);
        state.stop(PressureEnd::Dropped);
        drop(waiting);
        while !state.is_gone() {
            std::thread::yield_now();
        }
    }
}
