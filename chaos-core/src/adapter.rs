//! The API for adapters and other extensions of the core; applications rarely need it.

pub use crate::compiled::Armed;
pub use crate::decision::{
    AdapterWork, Around, Breakage, Broken, CallPhases, Decision, Flow, Piece, Point, WorkItem,
};
#[cfg(feature = "inject")]
pub use crate::delay::is_clock_paused;
pub use crate::file::FormatVersion;
#[cfg(feature = "files")]
pub use crate::file::{Document, check_experiments, read_document, read_document_file};
pub use crate::human::HumanDuration;
pub use crate::outcome::Outcome;
#[cfg(feature = "inject")]
pub use crate::site::{Certainty, MetOperation, OutsideNote, PlacedExperiment, Witness};
pub use crate::site::{
    ConnectionRecord, IdleTask, Misuse, Needs, Observation, OutsideWork, Support, TransactionRecord,
};
