//! Runs on a terminal: their progress, and the signals that end them.

mod interrupt;
mod progress;

pub use interrupt::interrupted;
pub use progress::Progress;
