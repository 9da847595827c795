//! Disk bandwidth: threads that write, sync and read at a rate.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::volume::{check_file_size, file_on_disk, ledger, space};
use crate::pressure::engine::commitments::Commitment;
use crate::pressure::engine::control_loop::SMALL_STACK;
use crate::pressure::engine::load::Load;
use crate::pressure::engine::reserve::Reserve;
use crate::pressure::engine::state::{PressureState, WaitOutcome};
use crate::pressure::engine::worker_throughput::WorkerThroughput;
use crate::pressure::resource::DiskIo;
use crate::pressure::{PressureError, PressureKind};

/// The size of each file, which is overwritten again and again.
const FILE_SIZE: u64 = 8 << 20;

/// The time that a late worker may catch up on.
const MAX_BACKLOG: Duration = Duration::from_millis(200);

/// The longest wait between two checks of the ramp.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// Measures how much its workers have written.
pub(in crate::pressure) struct DiskIoLoad {
    files: Vec<File>,
    bytes_per_second: u64,
    written: WorkerThroughput,
    commitment: Commitment,
    failure: Arc<OnceLock<io::Error>>,
}

impl DiskIoLoad {
    /// Checks that the files fit, and creates them.
    pub(in crate::pressure) fn prepare(
        disk_io: DiskIo,
        directory: &Path,
        reserve: Reserve,
    ) -> Result<Self, PressureError> {
        let kind = PressureKind::DiskIo;
        let files = (0..disk_io.workers)
            .map(|_| file_on_disk(kind, directory))
            .collect::<Result<Vec<_>, _>>()?;
        let commitment = match files.first() {
            Some(file) => ledger(kind, file)?.commit(|committed| {
                let bytes = FILE_SIZE.saturating_mul(disk_io.workers.into());
                reserve.check_room(kind, bytes, committed, space(file).as_slice())?;
                Ok(bytes)
            })?,
            None => Commitment::default(),
        };
        check_file_size(kind, FILE_SIZE)?;
        Ok(Self {
            written: WorkerThroughput::new(disk_io.workers),
            files,
            bytes_per_second: disk_io.bytes_per_second,
            commitment,
            failure: Arc::default(),
        })
    }

    /// Starts one worker for each file.
    pub(in crate::pressure) fn start_workers(
        &mut self,
        state: &Arc<PressureState>,
    ) -> io::Result<()> {
        let rate = self.bytes_per_second;
        let files = std::mem::take(&mut self.files).into_iter();
        for (file, written) in files.zip(self.written.counters()) {
            let failure = Arc::clone(&self.failure);
            state.spawn_worker(SMALL_STACK, move |state| {
                if let Err(error) = work(state, &file, rate, &written) {
                    let _ = failure.set(error);
                }
            })?;
        }
        Ok(())
    }
}

impl Load for DiskIoLoad {
    fn adjust_to(&mut self, _: f64, _: &Arc<PressureState>) -> Result<(), String> {
        match self.failure.get() {
            Some(error) => Err(format!("a worker failed: {error}")),
            None => Ok(()),
        }
    }

    fn level(&mut self) -> f64 {
        let counters = self.written.counters();
        let sizes = counters.map(|counter| counter.load(Ordering::Relaxed).min(FILE_SIZE));
        self.commitment.set_taken(sizes.sum());
        self.written.per_second()
    }

    fn sampling_interval(&self) -> Duration {
        WorkerThroughput::SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        // Writes come in blocks, so the measured rate varies.
        0.9
    }
}

fn work(state: &PressureState, file: &File, rate: u64, written: &AtomicU64) -> io::Result<()> {
    let mut block = vec![0x5a_u8; block_size(rate)];
    let mut budget = WriteBudget::default();
    let mut last_sample = Instant::now();
    while !state.is_stopping() {
        let now = Instant::now();
        let rate = rate as f64 * state.target_share();
        budget.grow(rate, now - last_sample, block.len());
        last_sample = now;
        written.store(budget.due_and_written(), Ordering::Relaxed);
        let wait = budget.time_until_due(rate);
        if !wait.is_zero() {
            if state.wait(wait.min(MAX_WAIT)) == WaitOutcome::Stopping {
                break;
            }
            continue;
        }
        write_and_read(file, &mut block, budget.written % FILE_SIZE)?;
        budget.written += block.len() as u64;
    }
    Ok(())
}

/// Writes a block, waits until it is on the disk, and reads it back from there.
fn write_and_read(file: &File, block: &mut [u8], at: u64) -> io::Result<()> {
    file.write_all_at(block, at)?;
    rustix::fs::fdatasync(file)?;
    // Removed from the page cache, so that the disk is read and not memory.
    let _ = rustix::fs::fadvise(
        file,
        at,
        std::num::NonZeroU64::new(block.len() as u64),
        rustix::fs::Advice::DontNeed,
    );
    file.read_exact_at(block, at)
}

/// Returns the size of a block at this rate: a twentieth of a second, between 4 and 64 KiB.
///
/// Larger blocks would delay a stop on a slow disk.
fn block_size(rate: u64) -> usize {
    const UNIT: u64 = 4 << 10;
    let size = (rate / 20).clamp(UNIT, 16 * UNIT);
    // A power of two, so that whole blocks make up a file.
    (UNIT << (size / UNIT).ilog2()) as usize
}

/// The bytes that a worker should have written and has written since its start.
#[derive(Debug, Default)]
struct WriteBudget {
    due: f64,
    written: u64,
}

impl WriteBudget {
    /// Adds the bytes of this time at this rate, except for a backlog that is too old.
    fn grow(&mut self, rate: f64, time: Duration, block_size: usize) {
        let backlog = (rate * MAX_BACKLOG.as_secs_f64()).max(block_size as f64);
        let due = self.due + rate * time.as_secs_f64();
        self.due = due.min(self.written as f64 + backlog);
    }

    /// Returns the written bytes that are due: a block is written ahead of time and would make the rate jump.
    fn due_and_written(&self) -> u64 {
        self.written.min(self.due as u64)
    }

    /// Returns the time until all written bytes are due, and with that the next block.
    fn time_until_due(&self, rate: f64) -> Duration {
        let ahead = self.written as f64 - self.due;
        if ahead <= 0.0 {
            return Duration::ZERO;
        }
        // At least a microsecond: zero would mean that the next block is due.
        Duration::try_from_secs_f64((ahead / rate).max(1e-6)).unwrap_or(MAX_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: [u64; 6] = [4_096, 10_000, 65_536, 100_000, 500_000, 10_000_000];

    #[test]
    fn whole_blocks_make_up_a_file() {
        for rate in RATES {
            let block = block_size(rate) as u64;
            assert!((4 << 10..=64 << 10).contains(&block), "{block}");
            assert_eq!(FILE_SIZE % block, 0);
            assert!(block <= (rate / 20).max(4 << 10), "{block} at {rate}");
        }
        assert_eq!(block_size(10_000_000), 64 << 10);
    }

    #[test]
    fn files_that_do_not_fit_on_the_disk_are_refused() {
        // The temporary directory may be in memory; this program is on a disk.
        let program = std::env::current_exe().unwrap();
        let prepare = |reserve| {
            let io = DiskIo {
                workers: 1,
                bytes_per_second: 4_096,
            };
            DiskIoLoad::prepare(io, program.parent().unwrap(), Reserve::of_bytes(reserve))
        };
        assert!(prepare(Some(crate::Rate::NEVER)).is_ok());
        let refused = prepare(Some(crate::Rate::ALWAYS)).err().unwrap();
        assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    }

    /// Simulates a disk without delay; returns the bytes due and written at each sample, and all written bytes.
    fn simulate(rate: u64, samples: u32, interval: Duration) -> (Vec<u64>, u64) {
        let mut budget = WriteBudget::default();
        let mut due_and_written = Vec::new();
        for _ in 0..samples {
            budget.grow(rate as f64, interval, block_size(rate));
            while budget.time_until_due(rate as f64).is_zero() {
                budget.written += block_size(rate) as u64;
            }
            due_and_written.push(budget.due_and_written());
        }
        (due_and_written, budget.written)
    }

    #[test]
    fn every_rate_is_kept_evenly() {
        for rate in RATES {
            let (samples, written) = simulate(rate, 1_000, Duration::from_millis(10));
            // Each sample shows what is due by then, although writes come in blocks.
            for (number, counted) in (1_u64..).zip(samples) {
                let due = rate * number / 100;
                assert!(due.abs_diff(counted) <= 2, "{counted} of {due} at {rate}");
            }
            let ahead = written - rate * 10;
            assert!(ahead <= block_size(rate) as u64, "{ahead} at {rate}");
        }
    }

    #[test]
    fn the_next_block_follows_the_ramp_from_a_slow_start() {
        let mut budget = WriteBudget {
            due: 0.0,
            written: 4_096,
        };
        assert_eq!(budget.time_until_due(0.0), MAX_WAIT);
        assert!(budget.time_until_due(1e-30) >= MAX_WAIT);
        for percent in 0..100 {
            budget.grow(65_536.0 * f64::from(percent) / 100.0, MAX_WAIT, 4_096);
        }
        assert!(budget.time_until_due(65_536.0).is_zero());
    }

    #[test]
    fn an_old_backlog_is_dropped() {
        let mut budget = WriteBudget::default();
        budget.grow(1e6, Duration::from_secs(60), 4_096);
        assert!((budget.due - 2e5).abs() < 1.0, "{budget:?}");
        assert_eq!(budget.due_and_written(), 0, "nothing is written");
    }
}
