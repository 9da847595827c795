//! Runs fault-injection experiments from files, safely, and judges them by what was measured.

pub mod control;
mod judge;
pub mod load;
mod process;
pub mod record;
pub mod report;
mod run;
pub mod scenario;
pub mod statistics;
mod verdict;

pub use judge::judge;
pub use process::{Process, StartError};
pub use run::{Run, RunError};
pub use verdict::Verdict;
