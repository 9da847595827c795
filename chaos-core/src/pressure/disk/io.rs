//! Threads that write, sync and read at a rate.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{file_on_disk, longest_file, space};
use crate::pressure::PressureError;
use crate::pressure::held::{Held, Waited};
use crate::pressure::keeper::{Hog, SMALL_STACK};
use crate::pressure::lately::Lately;
use crate::pressure::reserve::Reserve;
use crate::pressure::resource::{DiskIo, PressureKind};

/// What is written, synced and read back in one go: little, so that a slow disk does not make a stop late.
const PIECE: usize = 64 << 10;

/// How long each file gets; it is written over and over.
const LENGTH: u64 = 8 << 20;

/// How far a worker that was late catches up.
const BEHIND: Duration = Duration::from_millis(200);

/// Reads what the workers have really written.
pub(in crate::pressure) struct Writing {
    files: Vec<File>,
    bytes_per_second: u64,
    written: Lately,
    broken: Arc<std::sync::OnceLock<io::Error>>,
}

impl Writing {
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
        let bounds: Vec<_> = files.first().and_then(space).into_iter().collect();
        reserve.refuse(kind, LENGTH * u64::from(disk_io.workers), &bounds)?;
        if longest_file().is_some_and(|longest| longest.limit < LENGTH) {
            let why = format!("RLIMIT_FSIZE does not allow files of {LENGTH} bytes");
            return Err(PressureError::Unsupported { kind, why });
        }
        Ok(Self {
            written: Lately::of(disk_io.workers),
            files,
            bytes_per_second: disk_io.bytes_per_second,
            broken: Arc::default(),
        })
    }

    /// Starts the workers.
    pub(in crate::pressure) fn start(&mut self, held: &Arc<Held>) -> io::Result<()> {
        let rate = self.bytes_per_second;
        for (file, written) in std::mem::take(&mut self.files)
            .into_iter()
            .zip(self.written.counts())
        {
            let broken = Arc::clone(&self.broken);
            held.spawn(SMALL_STACK, move |held| {
                if let Err(error) = work(held, &file, rate, &written) {
                    let _ = broken.set(error);
                }
            })?;
        }
        Ok(())
    }
}

impl Hog for Writing {
    fn bring_to(&mut self, _share: f64, _held: &Arc<Held>) -> Result<(), String> {
        if let Some(error) = self.broken.get() {
            return Err(format!("a worker could not go on: {error}"));
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.written.per_second()
    }

    fn every(&self) -> Duration {
        Lately::EVERY
    }

    fn enough(&self) -> f64 {
        // What is written comes in pieces.
        0.9
    }
}

fn work(held: &Held, file: &File, rate: u64, written: &AtomicU64) -> io::Result<()> {
    let mut piece = vec![0x5a_u8; PIECE];
    let mut at = 0;
    let mut due = Instant::now();
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if held.is_stopping() || (!left.is_zero() && held.wait(left) == Waited::Stop) {
            return Ok(());
        }
        file.write_all_at(&piece, at)?;
        rustix::fs::fdatasync(file)?;
        // Out of the cache, for the disk to be read and not the memory.
        let _ = rustix::fs::fadvise(
            file,
            at,
            std::num::NonZeroU64::new(PIECE as u64),
            rustix::fs::Advice::DontNeed,
        );
        file.read_exact_at(&mut piece, at)?;
        written.fetch_add(PIECE as u64, Ordering::Relaxed);
        at = (at + PIECE as u64) % LENGTH;
        // While it ramps up, pieces come further apart.
        let share = held.ramped().max(0.01);
        due += Duration::from_secs_f64(PIECE as f64 / (rate as f64 * share));
        let now = Instant::now();
        due = due.max(now.checked_sub(BEHIND).unwrap_or(now));
    }
}
