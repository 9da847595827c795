//! Space of a disk that is taken.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::FallocateFlags;

use super::{account, file_on_disk, longest_file};
use crate::human;
use crate::pressure::PressureError;
use crate::pressure::held::Held;
use crate::pressure::keeper::Hog;
use crate::pressure::limits::Bound;
use crate::pressure::promised::{Account, Promise};
use crate::pressure::reserve::Reserve;
use crate::pressure::resource::{Fill, PressureKind};

/// How much is taken at a time: so much that others write meanwhile never reaches the reserve.
const STEP: u64 = 32 << 20;

/// How long it grows before it says how far it is.
const SLICE: Duration = Duration::from_millis(20);

const EVERY: Duration = Duration::from_millis(10);

/// How long nothing more is taken after some was given back.
const WARY: Duration = Duration::from_secs(1);

/// From which part on it counts as filled to a floor: others go on to write and delete meanwhile.
const ENOUGH_OF_A_FLOOR: f64 = 0.9;

/// How much room there is on the disk of a file.
type Space = Box<dyn Fn(&File) -> Option<Bound> + Send>;

/// A file that takes space.
pub(in crate::pressure) struct Filling {
    file: File,
    bytes: u64,
    promise: Promise,
    enough: f64,
    reserve: Reserve,
    /// Given back beside what is missing.
    slack: u64,
    gave_back: Option<Instant>,
    space: Space,
}

impl Filling {
    /// Finds out whether it fits, and makes the file.
    pub(in crate::pressure) fn prepare(
        fill: Fill,
        directory: &Path,
        reserve: Reserve,
    ) -> Result<Self, PressureError> {
        let file = file_on_disk(PressureKind::DiskFill, directory)?;
        let account = account(PressureKind::DiskFill, &file)?;
        let space = Box::new(super::space);
        Self::with(fill, file, directory, reserve, space, &account)
    }

    fn with(
        fill: Fill,
        file: File,
        directory: &Path,
        reserve: Reserve,
        space: Space,
        account: &Arc<Account>,
    ) -> Result<Self, PressureError> {
        let kind = PressureKind::DiskFill;
        let promise = account.promise(|promised| {
            let disk = bound(kind, &file, directory, &space)?;
            let bytes = match fill {
                Fill::Bytes(bytes) => bytes,
                Fill::Leave(rest) => all_but(rest, &disk, promised)?,
            };
            let reserve = reserve.with_cushion(STEP);
            reserve.refuse(kind, bytes, promised, &[disk])?;
            Ok(bytes)
        })?;
        let most = promise.amount();
        if let Some(longest) = longest_file()
            && longest.limit < most
        {
            return Err(PressureError::Unsupported {
                kind,
                why: format!("{} allows files of {} bytes", longest.name, longest.limit),
            });
        }
        let (reserve, slack, enough) = match fill {
            Fill::Bytes(_) => (reserve, STEP, 1.0),
            // What is to be left is left, and nobody asked for more.
            Fill::Leave(rest) => (reserve.at_least(rest), 0, ENOUGH_OF_A_FLOOR),
        };
        Ok(Self {
            file,
            bytes: 0,
            promise,
            enough,
            reserve,
            slack,
            gave_back: None,
            space,
        })
    }

    pub(in crate::pressure) fn most(&self) -> u64 {
        self.promise.amount()
    }

    fn room(&self) -> i128 {
        (self.space)(&self.file)
            .and_then(|disk| self.reserve.room(&[disk]).map(|(room, _)| room))
            .unwrap_or(i128::MIN / 2)
    }

    fn give_back(&mut self, bytes: u128) -> Result<(), String> {
        let rest = u128::from(self.bytes).saturating_sub(bytes) as u64;
        // Promised again before it is there: nobody else may take it for room.
        self.promise.taken(rest);
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
        self.promise.taken(self.bytes);
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

/// What is free and not promised to others, but for so much.
fn all_but(rest: u64, disk: &Bound, promised: u64) -> Result<u64, PressureError> {
    let free = disk.limit.saturating_sub(disk.used);
    let bytes = free.saturating_sub(promised).saturating_sub(rest);
    if bytes == 0 {
        let why = format!(
            "{} are to be left, and {} leaves {}",
            human::format_bytes(rest),
            disk.name,
            human::format_bytes(free.saturating_sub(promised))
        );
        let kind = PressureKind::DiskFill;
        return Err(PressureError::Nothing { kind, why });
    }
    Ok(bytes)
}

/// How much room there is on the disk of this directory.
fn bound(
    kind: PressureKind,
    file: &File,
    directory: &Path,
    space: &Space,
) -> Result<Bound, PressureError> {
    let Some(disk) = space(file) else {
        let why = "the disk does not tell its size".to_owned();
        return Err(PressureError::Unsupported { kind, why });
    };
    let name = format!("the disk of {}", directory.display());
    Ok(Bound { name, ..disk })
}

impl Hog for Filling {
    fn bring_to(&mut self, share: f64, held: &Arc<Held>) -> Result<(), String> {
        let start = Instant::now();
        let wanted = (self.most() as f64 * share) as u64;
        loop {
            let room = self.room();
            if room < 0 {
                self.give_back(room.unsigned_abs() + u128::from(self.slack))?;
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

    fn enough(&self) -> f64 {
        self.enough
    }
}

#[cfg(test)]
mod tests;
