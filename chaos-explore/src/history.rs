//! What struck a request once, as a journal has it.

use std::collections::HashMap;
use std::io::{self, BufRead};

use crate::{FaultCase, OperationId, Placement};
use chaos_core::journal::Injected;
use chaos_core::{Event, Failure, Fault, JournalEntry};

/// What struck one request of a real run, from the journal that was kept of it.
///
/// ```no_run
/// # fn exploration() -> chaos_core::Exploration { unimplemented!() }
/// use std::{fs::File, io::BufReader};
/// use chaos_core::History;
///
/// let journal = BufReader::new(File::open("staging.jsonl")?);
/// let history = History::of_request("order-7", journal)?;
/// exploration().replay_history(history).run(); // finds which of the faults matter
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct History(Vec<Placement>);

/// A journal could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// Reading it failed.
    #[error("the journal can't be read")]
    Io(#[from] io::Error),
    /// A line is no entry.
    #[error("line {line} of the journal is no entry: {error}")]
    Entry {
        /// Which line, from 1 on.
        line: usize,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// A fault of the request can't be placed again.
    #[error("line {line} of the journal tells of `{what}`, which can't be replayed")]
    Fault {
        /// Which line, from 1 on.
        line: usize,
        /// What it tells of.
        what: String,
    },
    /// Nothing in it struck that request.
    #[error("nothing in the journal struck the request `{key}`; it tells of {others} others")]
    NothingStruck {
        /// The key of the request.
        key: String,
        /// How many other requests were struck.
        others: usize,
    },
}

impl History {
    /// Reads what struck the request known by `key`, from a journal of [`JsonLines`](chaos_core::JsonLines).
    ///
    /// A journal tells of faults, not of the operations in between: the second fault at operations of one name and
    /// attempt is taken to have struck the second of them.
    ///
    /// # Errors
    ///
    /// When the journal can't be read, when nothing in it struck the request, or when what did can't be replayed.
    pub fn of_request(key: &str, journal: impl BufRead) -> Result<Self, HistoryError> {
        let mut placements = Vec::new();
        let mut nth = HashMap::new();
        let mut others = std::collections::HashSet::new();
        for (at, line) in journal.lines().enumerate() {
            let (line, at) = (line?, at + 1);
            if line.trim().is_empty() {
                continue;
            }
            let entry: JournalEntry = serde_json::from_str(&line)
                .map_err(|error| HistoryError::Entry { line: at, error })?;
            let Event::Injected(injected) = entry.event else {
                continue;
            };
            if injected.dry_run {
                continue;
            }
            if injected.key.as_deref() != Some(key) {
                others.insert(injected.key);
                continue;
            }
            let alike = (
                injected.service.clone(),
                injected.kind,
                injected.operation.clone(),
                injected.attempt,
                injected.phase,
            );
            let nth = nth.entry(alike).or_insert(0);
            *nth += 1;
            placements.extend(placement_of(&injected, *nth, at)?);
        }
        if placements.is_empty() {
            return Err(HistoryError::NothingStruck {
                key: key.to_owned(),
                others: others.len(),
            });
        }
        Ok(Self(placements))
    }

    /// The faults, in the order in which they struck.
    #[must_use]
    pub fn placements(&self) -> &[Placement] {
        &self.0
    }
}

/// The fault of an entry, at the operation that it says.
fn placement_of(
    injected: &Injected,
    nth: u32,
    line: usize,
) -> Result<Option<Placement>, HistoryError> {
    let fault = match injected.failure.as_deref() {
        Some("panic") => Fault::Panic,
        Some(failure) => {
            let Some(failure) = Failure::from_display(failure) else {
                let what = failure.to_owned();
                return Err(HistoryError::Fault { line, what });
            };
            if failure == Failure::TimedOut && !injected.delay.is_zero() {
                Fault::timeout(injected.delay)
            } else {
                Fault::error(failure)
            }
        }
        None if injected.delay.is_zero() => return Ok(None),
        None => Fault::latency(injected.delay),
    };
    Ok(Some(Placement {
        operation: OperationId {
            service: injected.service.as_str().into(),
            kind: Some(injected.kind),
            name: injected.operation.as_str().into(),
            nth,
            attempt: injected.attempt,
            within: "".into(),
        },
        mishap: FaultCase::once(fault, injected.phase),
    }))
}
