//! Writes reports as Markdown, for people.

mod document;
mod run;
mod suite;
mod units;

use std::fmt::Display;

use document::Document;

/// What stands where there is nothing to say.
const NOTHING: &str = "–";

fn or_nothing(value: Option<impl Display>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string())
}
