//! Runs fault-injection experiments from files, safely, and judges them by what was measured.

pub mod load;
pub mod statistics;
