//! Memory that is taken and held, and given back when less is available.

mod chunk;
mod leak_rate;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::chunk::{CHUNK, Chunk, PAGE};
use self::leak_rate::LeakRate;
use super::backoff::Backoff;
use super::commitments::{Commitment, Ledger};
use super::limits::{Bound, MemoryLimits, UnreadableLimit};
use super::load::Load;
use super::reserve::Reserve;
use super::state::PressureState;
use crate::Rate;
use crate::pressure::resource::Amount;
use crate::pressure::{PressureError, PressureKind};

/// The memory touched between two checks for a stop.
const STEP: u64 = 1 << 20;

/// The memory kept free above the reserve, for what others take between two samples.
const CUSHION: u64 = 64 << 20;

/// The bytes of memory per byte of page table: 8 bytes for each page.
const BYTES_PER_TABLE_BYTE: u64 = 512;

const SAMPLING_INTERVAL: Duration = Duration::from_millis(5);

/// Reading the limits takes at most this fraction of the time: one in twenty.
const READING_FRACTION: u32 = 20;

/// The longest time of growth between two reported levels.
const MAX_ADJUSTMENT: Duration = Duration::from_millis(100);

/// The part of a requested share that counts as reached: other processes take and free memory in the meantime.
const SHARE_THRESHOLD: f64 = 0.9;

/// Memory that is held, and the limits on it.
pub(super) struct MemoryLoad {
    chunks: Vec<Chunk>,
    bytes: u64,
    commitment: Commitment,
    leak: Option<LeakRate>,
    reached_threshold: f64,
    limits: MemoryLimits,
    reserve: Reserve,
    backoff: Backoff,
    last_reading_took: Duration,
}

impl MemoryLoad {
    /// Checks that `amount` fits next to the memory committed to others.
    pub(super) fn prepare(
        kind: PressureKind,
        amount: Amount,
        reserve: Reserve,
        root: &Path,
        ledger: &Arc<Ledger>,
    ) -> Result<Self, PressureError> {
        let unreadable = |error: UnreadableLimit| error.into_error(kind);
        let limits = MemoryLimits::open(root).map_err(unreadable)?;
        let reserve = reserve.with_cushion(CUSHION);
        let commitment = ledger.commit(|committed| {
            let bounds = limits.read(0).map_err(unreadable)?;
            let room = room_for_pages(reserve, &bounds, committed);
            let bytes = match amount {
                Amount::Bytes(bytes) => bytes,
                Amount::Share(share) => share_of_room(kind, share, room)?,
            };
            // The tables of the memory that fits, and no more: a refusal reports what would fit.
            let tables = bytes.min(room).div_ceil(BYTES_PER_TABLE_BYTE);
            let reserve = reserve.with_cushion(CUSHION + tables);
            reserve.check_room(kind, bytes.max(1), committed, &bounds)?;
            Ok(bytes)
        })?;
        Ok(Self {
            chunks: Vec::new(),
            bytes: 0,
            commitment,
            leak: None,
            reached_threshold: match amount {
                Amount::Bytes(_) => 1.0,
                Amount::Share(_) => SHARE_THRESHOLD,
            },
            limits,
            reserve,
            backoff: Backoff::default(),
            last_reading_took: Duration::ZERO,
        })
    }

    /// Limits the growth to a rate, also after memory could not be taken in time.
    pub(super) fn leaking(mut self, bytes_per_second: u64) -> Self {
        self.leak = Some(LeakRate::new(bytes_per_second));
        self
    }

    /// Returns the bytes to take in total.
    pub(super) fn target(&self) -> u64 {
        self.commitment.amount()
    }

    /// Returns how much memory can be taken next to the reserve; negative when a limit is unreadable.
    fn room(&mut self) -> i128 {
        let start = Instant::now();
        let mapped_ahead = self.chunks.last().map_or(0, Chunk::left);
        let bounds = self.limits.read(mapped_ahead).unwrap_or_default();
        let room = self.reserve.room(&bounds);
        self.last_reading_took = start.elapsed();
        room
    }

    fn give_back(&mut self, bytes: u128) {
        let (mut given_back, mut chunks) = (0, Vec::new());
        while given_back < bytes
            && let Some(chunk) = self.chunks.pop()
        {
            given_back += u128::from(chunk.touched());
            self.bytes -= chunk.touched();
            chunks.push(chunk);
        }
        // Outstanding again before it is free, so that no other pressure is admitted in between.
        self.commitment.set_taken(self.bytes);
        drop(chunks);
        self.backoff.start();
    }

    fn take(&mut self, bytes: u64, state: &PressureState) -> std::io::Result<()> {
        let end = self.bytes + bytes;
        while self.bytes < end && !state.is_stopping() {
            let missing = (end - self.bytes).min(STEP);
            match self.chunks.last_mut().filter(|chunk| chunk.left() > 0) {
                Some(chunk) => self.bytes += chunk.touch(missing),
                None => {
                    let rest = self.target().saturating_sub(self.bytes);
                    self.chunks.push(Chunk::map(rest.min(CHUNK))?);
                }
            }
        }
        self.commitment.set_taken(self.bytes);
        Ok(())
    }
}

/// Returns the memory available next to the reserve, the cushion, commitments and the page tables of that memory.
fn room_for_pages(reserve: Reserve, bounds: &[Bound], committed: u64) -> u64 {
    let room = u64::try_from(reserve.room(bounds))
        .unwrap_or(0)
        .saturating_sub(CUSHION)
        .saturating_sub(committed);
    room / (BYTES_PER_TABLE_BYTE + 1) * BYTES_PER_TABLE_BYTE
}

/// Returns a share of the room, unless it rounds to nothing.
fn share_of_room(kind: PressureKind, share: Rate, room: u64) -> Result<u64, PressureError> {
    let bytes = (share.as_share() * room as f64) as u64;
    if bytes == 0 && room > 0 {
        let why = format!("{share} of the {room} available bytes is less than one byte");
        return Err(PressureError::NothingToTake { kind, why });
    }
    Ok(bytes)
}

impl Load for MemoryLoad {
    fn adjust_to(&mut self, target_share: f64, state: &Arc<PressureState>) -> Result<(), String> {
        let start = Instant::now();
        let mut target = (self.target() as f64 * target_share) as u64;
        if let Some(leak) = &mut self.leak {
            target = leak.due(target, self.bytes, start);
        }
        loop {
            let room = self.room();
            if room < i128::from(CUSHION) / 2 {
                self.give_back((i128::from(CUSHION) - room).unsigned_abs());
                break;
            }
            let fits = u64::try_from(room).unwrap_or(0).saturating_sub(CUSHION);
            // Whole pages only: touching a part takes the page.
            let fits = fits - fits % PAGE;
            let missing = target.saturating_sub(self.bytes).min(fits).min(CHUNK);
            if missing == 0
                || self.backoff.is_active()
                || state.is_stopping()
                || start.elapsed() > MAX_ADJUSTMENT
            {
                break;
            }
            self.take(missing, state)
                .map_err(|error| format!("the system refuses more memory: {error}"))?;
        }
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.bytes as f64
    }

    fn reached_threshold(&self) -> f64 {
        self.reached_threshold
    }

    fn sampling_interval(&self) -> Duration {
        SAMPLING_INTERVAL.max(self.last_reading_took * READING_FRACTION)
    }
}

#[cfg(test)]
mod tests;
