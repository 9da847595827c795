//! Space of a disk that is taken.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::FallocateFlags;

use super::{file_on_disk, longest_file, space};
use crate::pressure::PressureError;
use crate::pressure::held::Held;
use crate::pressure::keeper::Hog;
use crate::pressure::reserve::Reserve;
use crate::pressure::resource::{Fill, PressureKind};

/// How much is taken at a time: so much that others write meanwhile never reaches the reserve.
const STEP: u64 = 32 << 20;

/// How long it grows before it says how far it is.
const SLICE: Duration = Duration::from_millis(20);

const EVERY: Duration = Duration::from_millis(10);

/// How long nothing more is taken after some was given back.
const WARY: Duration = Duration::from_secs(1);

/// A file that takes space.
pub(in crate::pressure) struct Filling {
    file: File,
    bytes: u64,
    most: u64,
    reserve: Reserve,
    gave_back: Option<Instant>,
}

impl Filling {
    /// Finds out whether it fits, and makes the file.
    pub(in crate::pressure) fn prepare(
        fill: Fill,
        directory: &Path,
        reserve: Reserve,
    ) -> Result<Self, PressureError> {
        let kind = PressureKind::DiskFill;
        let file = file_on_disk(kind, directory)?;
        let unsupported = |why: String| PressureError::Unsupported { kind, why };
        let Some(mut disk) = space(&file) else {
            return Err(unsupported("the disk does not tell its size".to_owned()));
        };
        disk.name = format!("the disk of {}", directory.display());
        let free = disk.limit.saturating_sub(disk.used);
        let most = match fill {
            Fill::Bytes(bytes) => bytes,
            Fill::Leave(rest) => free.saturating_sub(rest).max(1),
        };
        let reserve = reserve.with_cushion(STEP);
        reserve.refuse(kind, most, &[disk])?;
        if let Some(longest) = longest_file()
            && longest.limit < most
        {
            return Err(unsupported(format!(
                "{} allows files of {} bytes",
                longest.name, longest.limit
            )));
        }
        Ok(Self {
            file,
            bytes: 0,
            most,
            reserve,
            gave_back: None,
        })
    }

    pub(in crate::pressure) fn most(&self) -> u64 {
        self.most
    }

    fn room(&self) -> i128 {
        space(&self.file)
            .and_then(|disk| self.reserve.room(&[disk]).map(|(room, _)| room))
            .unwrap_or(i128::MIN / 2)
    }

    fn give_back(&mut self, bytes: u128) -> Result<(), String> {
        let rest = u128::from(self.bytes).saturating_sub(bytes) as u64;
        rustix::fs::ftruncate(&self.file, rest)
            .map_err(|error| format!("can't shorten the file: {error}"))?;
        self.bytes = rest;
        self.gave_back = Some(Instant::now());
        Ok(())
    }

    fn take(&mut self, bytes: u64, held: &Held) -> std::io::Result<()> {
        match rustix::fs::fallocate(&self.file, FallocateFlags::empty(), self.bytes, bytes) {
            Ok(()) => {}
            Err(rustix::io::Errno::OPNOTSUPP) => self.write(bytes, held)?,
            Err(error) => return Err(error.into()),
        }
        self.bytes += bytes;
        Ok(())
    }

    fn write(&self, bytes: u64, held: &Held) -> std::io::Result<()> {
        use std::os::unix::fs::FileExt;
        let zeros = [0; 64 << 10];
        let mut at = self.bytes;
        let end = at + bytes;
        while at < end && !held.is_stopping() {
            let length = zeros
                .len()
                .min(usize::try_from(end - at).unwrap_or(usize::MAX));
            self.file.write_all_at(&zeros[..length], at)?;
            at += length as u64;
        }
        Ok(())
    }
}

impl Hog for Filling {
    fn bring_to(&mut self, share: f64, held: &Arc<Held>) -> Result<(), String> {
        let start = Instant::now();
        let wanted = (self.most as f64 * share) as u64;
        loop {
            let room = self.room();
            if room < 0 {
                self.give_back(room.unsigned_abs() + u128::from(STEP))?;
                break;
            }
            let missing = wanted.saturating_sub(self.bytes).min(STEP);
            let wary = self.gave_back.is_some_and(|at| at.elapsed() < WARY);
            if missing == 0
                || room < i128::from(missing)
                || wary
                || held.is_stopping()
                || start.elapsed() > SLICE
            {
                break;
            }
            self.take(missing, held)
                .map_err(|error| format!("the disk gives no more space: {error}"))?;
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.bytes as f64
    }

    fn every(&self) -> Duration {
        EVERY
    }
}
