//! Prints the schemas of files.

use anyhow::Result;

use super::run::print;
use crate::arguments::{Document, SchemaOf};
use crate::exit::Exit;

pub(crate) fn schema(of: &SchemaOf) -> Result<Exit> {
    let schema = match of.document {
        Document::Suite => chaos_lab::suite_schema(),
        Document::Report => chaos_lab::report_schema(),
        Document::SuiteReport => chaos_lab::suite_report_schema(),
    };
    print(&serde_json::to_string_pretty(&schema)?)?;
    Ok(Exit::Passed)
}
