//! Disk space that is taken.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::FallocateFlags;

use super::volume::{self, check_file_size, file_on_disk, ledger};
use crate::human;
use crate::pressure::engine::backoff::Backoff;
use crate::pressure::engine::commitments::{Commitment, Ledger};
use crate::pressure::engine::limits::Bound;
use crate::pressure::engine::load::Load;
use crate::pressure::engine::reserve::Reserve;
use crate::pressure::engine::state::PressureState;
use crate::pressure::resource::Fill;
use crate::pressure::{PressureError, PressureKind};

/// The space taken at a time, also kept free above the reserve for what other processes write in the meantime.
const STEP: u64 = 32 << 20;

/// The longest time of growth between two reported levels.
const MAX_ADJUSTMENT: Duration = Duration::from_millis(20);

const SAMPLING_INTERVAL: Duration = Duration::from_millis(10);

/// The part of a fill with a floor that counts as reached: other processes write and delete in the meantime.
const FLOOR_THRESHOLD: f64 = 0.9;

/// Returns the space of the disk that holds a file.
type SpaceReader = Box<dyn Fn(&File) -> Option<Bound> + Send>;

/// A file that takes space.
pub(in crate::pressure) struct DiskFillLoad {
    file: File,
    bytes: u64,
    commitment: Commitment,
    reached_threshold: f64,
    reserve: Reserve,
    /// Given back in addition to what the reserve lacks.
    slack: u64,
    backoff: Backoff,
    read_space: SpaceReader,
}

impl DiskFillLoad {
    /// Checks that the fill fits, and creates the file.
    pub(in crate::pressure) fn prepare(
        fill: Fill,
        directory: &Path,
        reserve: Reserve,
    ) -> Result<Self, PressureError> {
        let file = file_on_disk(PressureKind::DiskFill, directory)?;
        let ledger = ledger(PressureKind::DiskFill, &file)?;
        let read_space = Box::new(volume::space);
        Self::with(fill, file, directory, reserve, read_space, &ledger)
    }

    fn with(
        fill: Fill,
        file: File,
        directory: &Path,
        reserve: Reserve,
        read_space: SpaceReader,
        ledger: &Arc<Ledger>,
    ) -> Result<Self, PressureError> {
        let kind = PressureKind::DiskFill;
        let commitment = ledger.commit(|committed| {
            let disk = named_space(kind, &file, directory, &read_space)?;
            let bytes = match fill {
                Fill::Bytes(bytes) => bytes,
                Fill::Leave(floor) => all_but(floor, &disk, committed)?,
            };
            let reserve = reserve.with_cushion(STEP);
            reserve.check_room(kind, bytes, committed, &[disk])?;
            Ok(bytes)
        })?;
        check_file_size(kind, commitment.amount())?;
        let (reserve, slack, reached_threshold) = match fill {
            Fill::Bytes(_) => (reserve, STEP, 1.0),
            // The floor itself is the request, so there is no slack above it.
            Fill::Leave(floor) => (reserve.at_least(floor), 0, FLOOR_THRESHOLD),
        };
        Ok(Self {
            file,
            bytes: 0,
            commitment,
            reached_threshold,
            reserve,
            slack,
            backoff: Backoff::default(),
            read_space,
        })
    }

    /// Returns the bytes to take in total.
    pub(in crate::pressure) fn target(&self) -> u64 {
        self.commitment.amount()
    }

    fn room(&self) -> i128 {
        self.reserve.room((self.read_space)(&self.file).as_slice())
    }

    fn give_back(&mut self, bytes: u128) -> Result<(), String> {
        let rest = u128::from(self.bytes).saturating_sub(bytes) as u64;
        // Outstanding again before it is free, so that no other pressure is admitted in between.
        self.commitment.set_taken(rest);
        rustix::fs::ftruncate(&self.file, rest)
            .map_err(|error| format!("can't shorten the file: {error}"))?;
        self.bytes = rest;
        self.backoff.start();
        Ok(())
    }

    fn take(&mut self, bytes: u64, state: &PressureState) -> std::io::Result<()> {
        match rustix::fs::fallocate(&self.file, FallocateFlags::empty(), self.bytes, bytes) {
            Ok(()) => {}
            Err(rustix::io::Errno::OPNOTSUPP) => self.write(bytes, state)?,
            Err(error) => return Err(error.into()),
        }
        self.bytes += bytes;
        self.commitment.set_taken(self.bytes);
        Ok(())
    }

    fn write(&self, bytes: u64, state: &PressureState) -> std::io::Result<()> {
        use std::os::unix::fs::FileExt;
        let zeros = [0; 64 << 10];
        let mut at = self.bytes;
        let end = at + bytes;
        while at < end && !state.is_stopping() {
            let length = zeros
                .len()
                .min(usize::try_from(end - at).unwrap_or(usize::MAX));
            self.file.write_all_at(&zeros[..length], at)?;
            at += length as u64;
        }
        Ok(())
    }
}

/// Returns the free and uncommitted space except for `floor`.
fn all_but(floor: u64, disk: &Bound, committed: u64) -> Result<u64, PressureError> {
    let free = disk.limit.saturating_sub(disk.used);
    let bytes = free.saturating_sub(committed).saturating_sub(floor);
    if bytes == 0 {
        let why = format!(
            "{} are to stay free, and {} leaves {}",
            human::format_bytes(floor),
            disk.name,
            human::format_bytes(free.saturating_sub(committed))
        );
        let kind = PressureKind::DiskFill;
        return Err(PressureError::NothingToTake { kind, why });
    }
    Ok(bytes)
}

/// Returns the space of the disk that holds a file, named after the directory.
fn named_space(
    kind: PressureKind,
    file: &File,
    directory: &Path,
    read_space: &SpaceReader,
) -> Result<Bound, PressureError> {
    let Some(disk) = read_space(file) else {
        let why = "the size of the disk is unknown".to_owned();
        return Err(PressureError::Unsupported { kind, why });
    };
    let name = format!("the disk of {}", directory.display());
    Ok(Bound { name, ..disk })
}

impl Load for DiskFillLoad {
    fn adjust_to(&mut self, target_share: f64, state: &Arc<PressureState>) -> Result<(), String> {
        let start = Instant::now();
        let target = (self.target() as f64 * target_share) as u64;
        loop {
            let room = self.room();
            if room < 0 {
                self.give_back(room.unsigned_abs() + u128::from(self.slack))?;
                break;
            }
            let missing = target.saturating_sub(self.bytes).min(STEP);
            if missing == 0
                || room < i128::from(missing)
                || self.backoff.is_active()
                || state.is_stopping()
                || start.elapsed() > MAX_ADJUSTMENT
            {
                break;
            }
            self.take(missing, state)
                .map_err(|error| format!("the disk refuses more space: {error}"))?;
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.bytes as f64
    }

    fn sampling_interval(&self) -> Duration {
        SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        self.reached_threshold
    }
}

#[cfg(test)]
mod tests;
