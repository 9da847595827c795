//! What people write in files, and what they are told when it is wrong.

mod bytes;
mod choice;
mod duration;
mod keys;
mod listed;
mod number;
mod quantile;
mod size;
mod text;
mod timestamp;
mod unknown;

pub(crate) use bytes::in_bytes;
pub(crate) use choice::{Choice, choice, details};
pub use duration::HumanDuration;
pub(crate) use duration::{duration_text, format_duration, parse_duration};
pub(crate) use keys::{once, refuse, unknown, value};
pub(crate) use listed::listed;
pub(crate) use number::number;
pub(crate) use quantile::{format_quantile, parse_quantile};
pub(crate) use size::{HumanSize, size, some_size};
pub(crate) use text::{name, text};
pub(crate) use timestamp::{HumanTimestamp, format_timestamp, timestamp_text};
pub(crate) use unknown::{is_about_a_key, nearest, unknown_word};
