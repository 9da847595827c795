//! The journal, which records every start, end, refusal and injection as a typed event.

mod event;
#[cfg(feature = "inject")]
mod excerpt;
#[cfg(feature = "inject")]
mod feed;
mod json_lines;
#[cfg(feature = "inject")]
mod memory;
mod nearest;
mod page;
#[cfg(feature = "inject")]
mod recorder;
#[cfg(feature = "inject")]
mod safety_violation;
mod sink;
#[cfg(feature = "inject")]
mod sink_queue;
mod tracing;

pub use event::{Event, Injected, JournalEntry};
#[cfg(feature = "inject")]
pub(crate) use excerpt::excerpt;
pub use json_lines::JsonLines;
pub use nearest::Nearest;
pub use page::{JournalItem, JournalPage};
#[cfg(feature = "inject")]
pub(crate) use recorder::Journal;
#[cfg(feature = "inject")]
pub(crate) use safety_violation::SafetyViolation;
pub use sink::JournalSink;
pub use tracing::Log;
