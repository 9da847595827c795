//! The faults that struck one request of a real run, read from its journal.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead};

use chaos_core::journal::Injected;
use chaos_core::{Event, Failure, Fault, JournalEntry};

use crate::placement::Placement;
use crate::placement::fault_case::FaultCase;
use crate::placement::operation_id::OperationId;

/// The faults that struck one request of a real run, read from its journal.
///
/// The journal cuts names and keys to 512 bytes, so faults of operations with longer names are not reached in a replay.
///
/// ```no_run
/// # fn exploration() -> chaos_explore::Exploration { unimplemented!() }
/// use std::{fs::File, io::BufReader};
/// use chaos_explore::History;
///
/// let journal = BufReader::new(File::open("staging.jsonl")?);
/// let history = History::of_request("order-7", journal)?;
/// exploration().replay_history(history).run(); // finds the faults that matter
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct History(Vec<Placement>);

/// A journal has no history of the request that can be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// Reading the journal failed.
    #[error("the journal can't be read")]
    Io(#[from] io::Error),
    /// A line is not a journal entry.
    #[error("line {line} of the journal is not an entry: {error}")]
    Entry {
        /// The number of the line, starting at 1.
        line: usize,
        /// The parse error.
        error: serde_json::Error,
    },
    /// A fault of the request can't be replayed.
    #[error("line {line} of the journal has the failure `{what}`, which can't be replayed")]
    Fault {
        /// The number of the line, starting at 1.
        line: usize,
        /// The failure.
        what: String,
    },
    /// The journal has no fault of the request.
    #[error(
        "the journal has no fault of the request `{key}` (it has faults of {others} other requests)"
    )]
    NoFaults {
        /// The key of the request.
        key: String,
        /// The number of other requests with faults.
        others: usize,
    },
}

impl History {
    /// Reads the faults of the request with this `key` from a journal of [`JsonLines`](chaos_core::JsonLines).
    ///
    /// A journal has no operations without faults, so the second fault at operations of one name, attempt and phase counts
    /// as a fault of the second operation.
    ///
    /// # Errors
    ///
    /// Returns an error if the journal can't be read, has no fault of the request, or has one that can't be replayed.
    pub fn of_request(key: &str, journal: impl BufRead) -> Result<Self, HistoryError> {
        let mut placements = Vec::new();
        let mut counts = HashMap::new();
        let mut others = HashSet::new();
        for (index, text) in journal.lines().enumerate() {
            let (text, line) = (text?, index + 1);
            if text.trim().is_empty() {
                continue;
            }
            let entry: JournalEntry =
                serde_json::from_str(&text).map_err(|error| HistoryError::Entry { line, error })?;
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
            let operation = OperationId {
                service: injected.service.as_str().into(),
                kind: Some(injected.kind),
                name: injected.operation.as_str().into(),
                nth: 0,
                attempt: injected.attempt,
                request: "".into(),
            };
            let count = counts
                .entry((operation.clone(), injected.phase))
                .or_insert(0);
            *count += 1;
            if let Some(fault) = fault_of(&injected, line)? {
                placements.push(Placement {
                    operation: OperationId {
                        nth: *count,
                        ..operation
                    },
                    fault_case: FaultCase::once(fault, injected.phase),
                });
            }
        }
        if placements.is_empty() {
            return Err(HistoryError::NoFaults {
                key: key.to_owned(),
                others: others.len(),
            });
        }
        Ok(Self(placements))
    }

    /// Returns the faults in the order of the journal.
    #[must_use]
    pub fn placements(&self) -> &[Placement] {
        &self.0
    }
}

/// Returns the fault of an entry; `None` if the injection had no effect.
fn fault_of(injected: &Injected, line: usize) -> Result<Option<Fault>, HistoryError> {
    let delay = injected.delay;
    Ok(match injected.failure.as_deref() {
        Some("panic") => Some(Fault::Panic),
        Some(text) => match Failure::from_display(text) {
            Some(Failure::TimedOut) if !delay.is_zero() => Some(Fault::timeout(delay)),
            Some(failure) => Some(Fault::error(failure)),
            None => {
                let what = text.to_owned();
                return Err(HistoryError::Fault { line, what });
            }
        },
        None if delay.is_zero() => None,
        None => Some(Fault::latency(delay)),
    })
}
