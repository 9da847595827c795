//! Runs fault-injection experiments from files, safely, and judges them by what was measured.

mod judge;
pub mod load;
pub mod record;
pub mod report;
pub mod scenario;
pub mod statistics;
mod verdict;

pub use judge::judge;
pub use verdict::Verdict;
