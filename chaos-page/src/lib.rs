//! The look of reports of chaos-rs: pages with a stylesheet, plots and markup whose text stays text; documents in Markdown.
//!
//! ```
//! use chaos_page::{Markup, Page};
//!
//! let mut main = Markup::default();
//! main.put("<p>{}</p>", &[&"<script>alert(1)</script>"]);
//! assert_eq!(main.as_str(), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
//! let page = Page { name: "smoke", verdict: "met", headline: "All is well.", story: &[], footer: "The end." };
//! assert!(page.with(&main).starts_with("<!doctype html>"));
//! ```
//!
//! Pages have no script. Plots are SVG that stretches to its place, so they need none to be drawn, to be resized, or to be
//! printed.

mod document;
mod markup;
mod over_runs;
mod page;
mod plots;
mod table;
mod verdict_mark;

pub use document::{Block, Document, Section};
pub use markup::Markup;
pub use over_runs::OverRuns;
pub use page::{BASE_STYLE, Page, STYLE, STYLE_HASH};
pub use plots::{GoodSide, Interval, Strip, share};
pub use table::{Cell, Table, begin_table, write_verdict};
pub use verdict_mark::mark;
