//! Memory that is taken and state, and given back when others need it.

mod chunk;
mod leak_rate;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::chunk::{CHUNK, Chunk, PAGE};
use self::leak_rate::LeakRate;
use super::commitments::{Commitment, Ledger};
use super::control_loop::Load;
use super::limits::{Bound, MemoryLimits, UnreadableLimit};
use super::reserve::Reserve;
use super::state::PressureState;
use crate::Rate;
use crate::pressure::resource::Amount;
use crate::pressure::{PressureError, PressureKind};

/// How much is touched between two looks at the stop.
const PIECE: u64 = 1 << 20;

/// Given back before the reserve is touched: what may be gone until the next look.
const CUSHION: u64 = 64 << 20;

/// How much the tables of pages take of what is taken: 8 bytes for each page.
const TABLES_SHARE: u64 = 512;

/// How often the room is looked at.
const SAMPLING_INTERVAL: Duration = Duration::from_millis(5);

/// Target part of the time may be spent with looking.
const LOOKING_SHARE: u32 = 20;

/// How long nothing more is taken after some was given back.
const WARY: Duration = Duration::from_secs(1);

/// How long it grows before it says how far it is.
const SLICE: Duration = Duration::from_millis(100);

/// From which part on a share counts as taken: others go on to take and give meanwhile.
const ENOUGH_OF_SHARE: f64 = 0.9;

/// Memory that is state, and what bounds it.
pub(super) struct MemoryLoad {
    chunks: Vec<Chunk>,
    bytes: u64,
    commitment: Commitment,
    pace: Option<LeakRate>,
    reached_threshold: f64,
    limits: MemoryLimits,
    reserve: Reserve,
    gave_back: Option<Instant>,
    looking_took: Duration,
}

impl MemoryLoad {
    /// Finds out whether `amount` fits beside what is promised on `ledger`.
    pub(super) fn prepare(
        kind: PressureKind,
        amount: Amount,
        reserve: Reserve,
        root: &Path,
        ledger: &Arc<Ledger>,
    ) -> Result<Self, PressureError> {
        let unreadable = |error: UnreadableLimit| error.refuses(kind);
        let limits = MemoryLimits::open(root).map_err(unreadable)?;
        let reserve = reserve.with_cushion(CUSHION);
        let commitment = ledger.commit(|promised| {
            let bounds = limits.read(0).map_err(unreadable)?;
            let room = room_for_pages(reserve, &bounds, promised);
            let bytes = match amount {
                Amount::Bytes(bytes) => bytes,
                Amount::Share(share) => share_of(kind, share, room)?,
            };
            // No more tables than for what there is room for: the refusal tells what would fit.
            let tables = bytes.min(room).div_ceil(TABLES_SHARE);
            let reserve = reserve.with_cushion(CUSHION + tables);
            reserve.refuse(kind, bytes.max(1), promised, &bounds)?;
            Ok(bytes)
        })?;
        Ok(Self {
            chunks: Vec::new(),
            bytes: 0,
            commitment,
            pace: None,
            reached_threshold: match amount {
                Amount::Bytes(_) => 1.0,
                Amount::Share(_) => ENOUGH_OF_SHARE,
            },
            limits,
            reserve,
            gave_back: None,
            looking_took: Duration::ZERO,
        })
    }

    /// Grows by no more than so many bytes in a second, whatever it could not take in time.
    pub(super) fn leaking(mut self, bytes_per_second: u64) -> Self {
        self.pace = Some(LeakRate::of(bytes_per_second));
        self
    }

    pub(super) fn most(&self) -> u64 {
        self.commitment.amount()
    }

    /// What can still be taken without touching the reserve; nothing when nobody can tell.
    fn room(&mut self) -> i128 {
        let start = Instant::now();
        let ahead = self.chunks.last().map_or(0, Chunk::left);
        let bounds = self.limits.read(ahead).unwrap_or_default();
        let room = self.reserve.room(&bounds).map(|(room, _)| room);
        self.looking_took = start.elapsed();
        room.unwrap_or(i128::MIN / 2)
    }

    fn give_back(&mut self, bytes: u128) {
        let (mut given, mut chunks) = (0, Vec::new());
        while given < bytes
            && let Some(chunk) = self.chunks.pop()
        {
            given += u128::from(chunk.touched());
            self.bytes -= chunk.touched();
            chunks.push(chunk);
        }
        // CommittedResource again before it is there: nobody else may take it for room.
        self.commitment.taken(self.bytes);
        drop(chunks);
        self.gave_back = Some(Instant::now());
    }

    fn take(&mut self, bytes: u64, state: &PressureState) -> std::io::Result<()> {
        let end = self.bytes + bytes;
        while self.bytes < end && !state.is_stopping() {
            let missing = (end - self.bytes).min(PIECE);
            match self.chunks.last_mut().filter(|chunk| chunk.left() > 0) {
                Some(chunk) => self.bytes += chunk.touch(missing),
                None => {
                    let rest = self.most().saturating_sub(self.bytes);
                    self.chunks.push(Chunk::map(rest.min(CHUNK))?);
                }
            }
        }
        self.commitment.taken(self.bytes);
        Ok(())
    }
}

/// How much can be had beside the reserve, the cushion, what is promised and the tables of its own pages.
fn room_for_pages(reserve: Reserve, bounds: &[Bound], promised: u64) -> u64 {
    let room = reserve.room(bounds).map_or(0, |(room, _)| room);
    let room = u64::try_from(room)
        .unwrap_or(0)
        .saturating_sub(CUSHION)
        .saturating_sub(promised);
    room / (TABLES_SHARE + 1) * TABLES_SHARE
}

/// How much this share is of so much room, unless that is nothing of something.
fn share_of(kind: PressureKind, share: Rate, room: u64) -> Result<u64, PressureError> {
    let bytes = (share.as_share() * room as f64) as u64;
    if bytes == 0 && room > 0 {
        let why = format!("{share} of the {room} bytes that there are is less than one");
        return Err(PressureError::Nothing { kind, why });
    }
    Ok(bytes)
}

impl Load for MemoryLoad {
    fn adjust_to(&mut self, share: f64, state: &Arc<PressureState>) -> Result<(), String> {
        let start = Instant::now();
        let mut wanted = (self.most() as f64 * share) as u64;
        if let Some(pace) = &mut self.pace {
            wanted = pace.due(wanted, self.bytes, start);
        }
        loop {
            let room = self.room();
            if room < i128::from(CUSHION) / 2 {
                self.give_back((i128::from(CUSHION) - room).unsigned_abs());
                break;
            }
            let fits = u64::try_from(room).unwrap_or(0).saturating_sub(CUSHION);
            // Whole pages: part of one takes all of it.
            let fits = fits - fits % PAGE;
            let more = wanted.saturating_sub(self.bytes).min(fits).min(CHUNK);
            let wary = self.gave_back.is_some_and(|at| at.elapsed() < WARY);
            if more == 0 || wary || state.is_stopping() || start.elapsed() > SLICE {
                break;
            }
            self.take(more, state)
                .map_err(|error| format!("the system gives no more memory: {error}"))?;
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
        SAMPLING_INTERVAL.max(self.looking_took * LOOKING_SHARE)
    }
}

#[cfg(test)]
mod tests;
