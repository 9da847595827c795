//! Writes a report of chaos-lab as PDF: `chaos-pdf chaos-reports/smoke`.
//!
//! The PDF is made from the page that the report has in HTML, so that both say the same.

mod drawing;
mod element;
mod style;
mod typeset;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chaos_lab::report::{Format, WrittenReport};
use clap::Parser;

/// Writes a report of chaos-lab as PDF.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The report, of a run or of a suite: a `report.json`, or its directory.
    report: PathBuf,
    /// The file to write; defaults to `report.pdf` beside the report.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { report, output } = Arguments::parse();
    let page = WrittenReport::read(&report)?.written_in(Format::Html);
    let pdf = typeset::pdf(&page).with_context(|| report.display().to_string())?;
    let output = output.unwrap_or_else(|| beside(&report));
    fs::write(&output, pdf).with_context(|| format!("{} can't be written", output.display()))
}

fn beside(report: &Path) -> PathBuf {
    match report.is_dir() {
        true => report.join("report.pdf"),
        false => report.with_file_name("report.pdf"),
    }
}
