//! Writes reports as Markdown, for people.

mod run;
mod suite;

use chaos_page::Document;

use crate::Verdict;

/// A document that begins with a verdict about something.
fn about(name: &str, verdict: &Verdict) -> Document {
    let mut out = Document::default();
    out.paragraph(format!("# {name}: {}", verdict.name()));
    if let Some(why) = verdict.reason() {
        out.paragraph(format!("{why}."));
    }
    out
}
