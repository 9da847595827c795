//! The record of a run, from its first step on; reports are made from it alone.

mod line;
mod read;
mod write;

pub use line::{Line, Opened, OutcomeSample, ProbeSample, RecordEntry, RuleSample, RuleState};
pub(crate) use read::RECORD;
pub use read::{RecordError, find_records, read_record};
pub use write::RecordWriter;
pub(crate) use write::{ROOM, room_at};

/// The version of the format of records.
pub const RECORD_VERSION: u32 = 1;
