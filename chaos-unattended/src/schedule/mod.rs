//! A schedule: runs at intervals or by cron, one at a time, each of which is run, stated as missed, or waiting.
//!
//! The schedule is one file, to which lines are only appended: what was added and removed, and what became of each due time.
//! Its state is a function of these lines, so it survives a kill at any byte. A run that was killed in its middle is recorded
//! as aborted and is not repeated.
//!
//! - **No due time runs twice.** Each entry has a mark: the latest due time that was considered. A clock that goes back
//!   finds its due times considered already.
//! - **Each due time that passes is stated.** After downtime, or a clock that jumps forward, only the latest due time may still
//!   run, if it is at most `start_within` late. The earlier ones are missed, and one event names all of them.
//! - **One run at a time**, in the order of due times. An entry that comes due meanwhile waits, at most `wait_at_most`, as does
//!   one whose target is unwell.

mod clock;
mod engine;
mod entry;
mod error;
mod event;
mod file;
mod log;
mod passed;
mod runner;
mod state;
#[cfg(test)]
mod tests;
mod when;

pub use clock::system_time;
pub use engine::Schedule;
pub use entry::ScheduleEntry;
pub use error::ScheduleError;
pub use event::{Change, Reason, ScheduleEvent};
pub(crate) use file::ScheduleFile;
pub use file::read_schedule;
pub use runner::{RunOutcome, Runner};
pub use state::{Addition, EntryState, ScheduleState, Waiting};
pub use when::{CronPattern, When};
