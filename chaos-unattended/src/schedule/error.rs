//! The errors of a schedule.

use std::io;
use std::path::PathBuf;

/// A schedule can't be read, written or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The file can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// The problem.
        source: io::Error,
    },
    /// A line of the file makes no sense.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The path of the file.
        path: PathBuf,
        /// The number of the line, from 1 on.
        line: usize,
        /// The problem.
        problem: String,
    },
    /// Another scheduler runs the file.
    #[error("{}: another scheduler runs it", .0.display())]
    Locked(PathBuf),
    /// The file lost lines while it was in use.
    #[error("{}: it got shorter while it was in use", .0.display())]
    Shortened(PathBuf),
    /// No entry has a name.
    #[error("the schedule has no entry {name:?}; it has: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that the schedule has.
        known: String,
    },
}
