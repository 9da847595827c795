//! Writes reports as Markdown, for people.

mod document;
mod run;
mod suite;

use document::Document;
