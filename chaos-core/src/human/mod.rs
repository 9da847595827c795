//! Values as people write them, in files and in messages.

mod bytes;
mod duration;
mod from_map;
mod map_entry;
mod named;
mod number;
mod one_or_many;
mod quantile;
mod quantity;
mod quoted_list;
mod size;
mod tagged_enum;
mod text;
mod timestamp;
mod unknown;

pub(crate) use bytes::format_bytes;
pub use duration::HumanDuration;
pub(crate) use duration::{duration_text, format_duration, optional_duration_text, parse_duration};
pub(crate) use from_map::{FromMap, deserialize_by, from_map};
pub(crate) use map_entry::{missing_key, read_converted, read_once, reject_entry, reject_key};
pub(crate) use named::named;
pub(crate) use number::converted_number;
pub(crate) use one_or_many::{Listed, OneOrMany};
pub(crate) use quantile::{format_quantile, parse_quantile};
pub(crate) use quoted_list::quoted_list;
pub(crate) use size::{HumanSize, nonzero_size, size};
pub(crate) use tagged_enum::{TaggedEnum, keys, tagged_enum};
pub(crate) use text::{parsed_name, parsed_text, written_as_text};
pub(crate) use timestamp::{
    HumanTimestamp, format_timestamp, optional_timestamp_text, timestamp_text,
};
pub(crate) use unknown::unknown_word;
#[cfg(feature = "files")]
pub(crate) use unknown::{is_about_a_key, nearest};
#[cfg(feature = "inject")]
pub(crate) use unknown::{is_slip, likeness};
