//! Memory that is taken and held, and given back when others need it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use memmap2::{Advice, MmapMut};

use super::PressureError;
use super::held::Held;
use super::keeper::Hog;
use super::limits::MemoryLimits;
use super::reserve::Reserve;
use super::resource::{Amount, PressureKind};

/// How much is mapped at a time, and so given back at a time.
const CHUNK: u64 = 16 << 20;

/// How much is touched between two looks at the stop.
const PIECE: usize = 1 << 20;

/// Given back before the reserve is touched: what may be gone until the next look.
const CUSHION: u64 = 64 << 20;

/// How often the room is looked at.
const EVERY: Duration = Duration::from_millis(5);

/// Which part of the time may be spent with looking.
const LOOKING_SHARE: u32 = 20;

/// How long nothing more is taken after some was given back.
const WARY: Duration = Duration::from_secs(1);

/// How long it grows before it says how far it is.
const SLICE: Duration = Duration::from_millis(100);

/// From which part on a share counts as taken: others go on to take and give meanwhile.
const ENOUGH_OF_SHARE: f64 = 0.9;

/// Memory that is held, and what bounds it.
pub(super) struct Memory {
    chunks: Vec<MmapMut>,
    bytes: u64,
    most: u64,
    enough: f64,
    limits: MemoryLimits,
    reserve: Reserve,
    gave_back: Option<Instant>,
    looking_took: Duration,
}

impl Memory {
    /// Finds out whether `amount` fits.
    pub(super) fn prepare(
        kind: PressureKind,
        amount: Amount,
        reserve: Reserve,
        root: &Path,
    ) -> Result<Self, PressureError> {
        let limits = MemoryLimits::open(root).map_err(|error| error.refuses(kind))?;
        let bounds = limits.read().map_err(|error| error.refuses(kind))?;
        let reserve = reserve.with_cushion(CUSHION);
        let (most, enough) = match amount {
            Amount::Bytes(bytes) => {
                reserve.refuse(kind, bytes, &bounds)?;
                (bytes, 1.0)
            }
            Amount::Share(share) => {
                reserve.refuse(kind, 1, &bounds)?;
                let room = reserve.room(&bounds).map_or(0, |(room, _)| room);
                let room = u64::try_from(room).unwrap_or(0).saturating_sub(CUSHION);
                ((share.as_share() * room as f64) as u64, ENOUGH_OF_SHARE)
            }
        };
        Ok(Self {
            chunks: Vec::new(),
            bytes: 0,
            most,
            enough,
            limits,
            reserve,
            gave_back: None,
            looking_took: Duration::ZERO,
        })
    }

    pub(super) fn most(&self) -> u64 {
        self.most
    }

    /// What can still be taken without touching the reserve; nothing when nobody can tell.
    fn room(&mut self) -> i128 {
        let start = Instant::now();
        let bounds = self.limits.read().unwrap_or_default();
        let room = self.reserve.room(&bounds).map(|(room, _)| room);
        self.looking_took = start.elapsed();
        room.unwrap_or(i128::MIN / 2)
    }

    fn give_back(&mut self, bytes: u128) {
        let mut given = 0;
        while given < bytes
            && let Some(chunk) = self.chunks.pop()
        {
            given += chunk.len() as u128;
            self.bytes -= chunk.len() as u64;
        }
        self.gave_back = Some(Instant::now());
    }

    fn take(&mut self, bytes: u64, held: &Held) -> std::io::Result<()> {
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut chunk = MmapMut::map_anon(length)?;
        // Neither a core dump nor a child is to hold it, too. A refusal costs only that.
        let _ = chunk.advise(Advice::DontDump);
        let _ = chunk.advise(Advice::DontFork);
        for (number, piece) in chunk.chunks_mut(PIECE).enumerate() {
            if held.is_stopping() {
                return Ok(());
            }
            for (page, start) in piece.chunks_mut(4096).zip(1_u64..) {
                // Pages of their own each: equal ones may be merged.
                let mark = ((number as u64) << 32 | start | self.bytes << 8).to_ne_bytes();
                let length = page.len().min(mark.len());
                page[..length].copy_from_slice(&mark[..length]);
            }
        }
        self.chunks.push(chunk);
        self.bytes += bytes;
        Ok(())
    }
}

impl Hog for Memory {
    fn bring_to(&mut self, share: f64, held: &Arc<Held>) -> Result<(), String> {
        let start = Instant::now();
        let wanted = (self.most as f64 * share) as u64;
        loop {
            let room = self.room();
            if room < i128::from(CUSHION) / 2 {
                self.give_back((i128::from(CUSHION) - room).unsigned_abs());
                break;
            }
            let missing = wanted.saturating_sub(self.bytes);
            let fits = room >= i128::from(CUSHION + missing.min(CHUNK));
            let wary = self.gave_back.is_some_and(|at| at.elapsed() < WARY);
            // Whole chunks, but for the last: thousands of small ones would be slow to give back.
            let worth_it = missing >= CHUNK || (missing > 0 && share >= 1.0);
            if !worth_it || !fits || wary || held.is_stopping() || start.elapsed() > SLICE {
                break;
            }
            self.take(missing.min(CHUNK), held)
                .map_err(|error| format!("the system gives no more memory: {error}"))?;
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.bytes as f64
    }

    fn enough(&self) -> f64 {
        self.enough
    }

    fn every(&self) -> Duration {
        EVERY.max(self.looking_took * LOOKING_SHARE)
    }
}

#[cfg(test)]
mod tests;
