//! Threads that write, sync and read at a rate.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::volume::{file_on_disk, ledger, longest_file, space};
use crate::pressure::engine::commitments::Commitment;
use crate::pressure::engine::control_loop::{Load, SMALL_STACK};
use crate::pressure::engine::reserve::Reserve;
use crate::pressure::engine::state::{PressureState, WaitOutcome};
use crate::pressure::engine::worker_throughput::WorkerThroughput;
use crate::pressure::resource::DiskIo;
use crate::pressure::{PressureError, PressureKind};

/// How long each file gets; it is written over and over.
const LENGTH: u64 = 8 << 20;

/// How far a worker that was late catches up.
const BEHIND: Duration = Duration::from_millis(200);

/// How long a worker waits before it looks how far the ramp is.
const LOOK: Duration = Duration::from_millis(50);

/// Reads what the workers have really written.
pub(in crate::pressure) struct DiskIoLoad {
    files: Vec<File>,
    bytes_per_second: u64,
    written: WorkerThroughput,
    commitment: Commitment,
    broken: Arc<std::sync::OnceLock<io::Error>>,
}

impl DiskIoLoad {
    /// Finds out whether the files fit, and makes them.
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
            Some(file) => ledger(kind, file)?.commit(|promised| {
                let bytes = LENGTH.saturating_mul(disk_io.workers.into());
                let disk: Vec<_> = space(file).into_iter().collect();
                reserve.refuse(kind, bytes, promised, &disk)?;
                Ok(bytes)
            })?,
            None => Commitment::default(),
        };
        if longest_file().is_some_and(|longest| longest.limit < LENGTH) {
            let why = format!("RLIMIT_FSIZE does not allow files of {LENGTH} bytes");
            return Err(PressureError::Unsupported { kind, why });
        }
        Ok(Self {
            written: WorkerThroughput::of(disk_io.workers),
            files,
            bytes_per_second: disk_io.bytes_per_second,
            commitment,
            broken: Arc::default(),
        })
    }

    /// Starts the workers.
    pub(in crate::pressure) fn start(&mut self, state: &Arc<PressureState>) -> io::Result<()> {
        let rate = self.bytes_per_second;
        for (file, written) in std::mem::take(&mut self.files)
            .into_iter()
            .zip(self.written.counts())
        {
            let broken = Arc::clone(&self.broken);
            state.spawn(SMALL_STACK, move |state| {
                if let Err(error) = work(state, &file, rate, &written) {
                    let _ = broken.set(error);
                }
            })?;
        }
        Ok(())
    }
}

impl Load for DiskIoLoad {
    fn adjust_to(&mut self, _share: f64, _held: &Arc<PressureState>) -> Result<(), String> {
        if let Some(error) = self.broken.get() {
            return Err(format!("a worker could not go on: {error}"));
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        let written = self.written.counts();
        let taken = written.map(|count| count.load(Ordering::Relaxed).min(LENGTH));
        self.commitment.taken(taken.sum());
        self.written.per_second()
    }

    fn sampling_interval(&self) -> Duration {
        WorkerThroughput::SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        // What is written comes in pieces.
        0.9
    }
}

fn work(state: &PressureState, file: &File, rate: u64, counted: &AtomicU64) -> io::Result<()> {
    let mut piece = vec![0x5a_u8; piece(rate)];
    let mut dues = WriteBudget::default();
    let mut looked = Instant::now();
    while !state.is_stopping() {
        let now = Instant::now();
        let rate = rate as f64 * state.target_share();
        dues.grow(rate, now - looked, piece.len());
        looked = now;
        counted.store(dues.paid(), Ordering::Relaxed);
        let left = dues.next_in(rate);
        if !left.is_zero() {
            if state.wait(left.min(LOOK)) == WaitOutcome::Stopping {
                break;
            }
            continue;
        }
        let at = dues.written % LENGTH;
        write(file, &mut piece, at)?;
        dues.written += piece.len() as u64;
    }
    Ok(())
}

/// Writes a piece, waits until it is on the disk, and reads it back from there.
fn write(file: &File, piece: &mut [u8], at: u64) -> io::Result<()> {
    file.write_all_at(piece, at)?;
    rustix::fs::fdatasync(file)?;
    // Out of the cache, for the disk to be read and not the memory.
    let _ = rustix::fs::fadvise(
        file,
        at,
        std::num::NonZeroU64::new(piece.len() as u64),
        rustix::fs::Advice::DontNeed,
    );
    file.read_exact_at(piece, at)
}

/// What is written, synced and read back in one go at this rate: little, so that a slow disk does not make a stop late,
/// and twenty times a second where that is not too little.
fn piece(rate: u64) -> usize {
    const BLOCK: u64 = 4 << 10;
    let piece = (rate / 20).clamp(BLOCK, 16 * BLOCK);
    // A power of two of blocks, of which a file is made up evenly.
    (BLOCK << (piece / BLOCK).ilog2()) as usize
}

/// What a worker owes the disk, in bytes since it began.
#[derive(Debug, Default)]
struct WriteBudget {
    owed: f64,
    written: u64,
}

impl WriteBudget {
    /// So much time at this rate is to be paid for; what is far behind is let off.
    fn grow(&mut self, rate: f64, time: Duration, piece: usize) {
        let behind = (rate * BEHIND.as_secs_f64()).max(piece as f64);
        let owed = self.owed + rate * time.as_secs_f64();
        self.owed = owed.min(self.written as f64 + behind);
    }

    /// What is written, as far as it is due: a piece is paid before its time, and would make the rate jump.
    fn paid(&self) -> u64 {
        self.written.min(self.owed as u64)
    }

    /// How long until all that is written is due, and so the next piece.
    fn next_in(&self, rate: f64) -> Duration {
        let ahead = self.written as f64 - self.owed;
        if ahead <= 0.0 {
            return Duration::ZERO;
        }
        // A millionth of a second at least: none is no wait.
        Duration::try_from_secs_f64((ahead / rate).max(1e-6)).unwrap_or(LOOK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: [u64; 6] = [4_096, 10_000, 65_536, 100_000, 500_000, 10_000_000];

    #[test]
    fn pieces_are_whole_blocks_of_which_a_file_is_made() {
        for rate in RATES {
            let piece = piece(rate) as u64;
            assert!((4 << 10..=64 << 10).contains(&piece), "{piece}");
            assert_eq!(LENGTH % piece, 0);
            assert!(piece <= (rate / 20).max(4 << 10), "{piece} at {rate}");
        }
        assert_eq!(piece(10_000_000), 64 << 10);
    }

    #[test]
    fn files_that_the_disk_has_no_room_for_are_refused() {
        // Temporary files may be in memory; this program is not.
        let program = std::env::current_exe().unwrap();
        let prepared = |reserve| {
            let io = DiskIo {
                workers: 1,
                bytes_per_second: 4_096,
            };
            DiskIoLoad::prepare(io, program.parent().unwrap(), Reserve::of_bytes(reserve))
        };
        assert!(prepared(Some(crate::Rate::NEVER)).is_ok());
        let refused = prepared(Some(crate::Rate::ALWAYS)).err().unwrap();
        assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    }

    /// What was paid at each look of so many, and how much was written, on a disk without a fault.
    fn paid(rate: u64, looks: u32, look: Duration) -> (Vec<u64>, u64) {
        let mut dues = WriteBudget::default();
        let mut paid = Vec::new();
        for _ in 0..looks {
            dues.grow(rate as f64, look, piece(rate));
            while dues.next_in(rate as f64).is_zero() {
                dues.written += piece(rate) as u64;
            }
            paid.push(dues.paid());
        }
        (paid, dues.written)
    }

    #[test]
    fn the_rate_is_kept_evenly_whatever_it_is() {
        for rate in RATES {
            let (paid, written) = paid(rate, 1_000, Duration::from_millis(10));
            // At each moment as much as is due by then, though it comes in pieces.
            for (number, paid) in (1_u64..).zip(paid) {
                let due = rate * number / 100;
                assert!(due.abs_diff(paid) <= 2, "{paid} of {due} at {rate}");
            }
            let ahead = written - rate * 10;
            assert!(ahead <= piece(rate) as u64, "{ahead} at {rate}");
        }
    }

    #[test]
    fn the_next_piece_comes_with_the_ramp_however_slow_it_began() {
        let mut dues = WriteBudget {
            owed: 0.0,
            written: 4_096,
        };
        assert_eq!(dues.next_in(0.0), LOOK);
        assert!(dues.next_in(1e-30) >= LOOK);
        for percent in 0..100 {
            dues.grow(65_536.0 * f64::from(percent) / 100.0, LOOK, 4_096);
        }
        assert!(dues.next_in(65_536.0).is_zero());
    }

    #[test]
    fn what_is_far_behind_is_let_off() {
        let mut dues = WriteBudget::default();
        dues.grow(1e6, Duration::from_secs(60), 4_096);
        assert!((dues.owed - 2e5).abs() < 1.0, "{dues:?}");
        assert_eq!(dues.paid(), 0, "nothing is written");
    }
}
