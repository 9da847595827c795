//! The JSON Schemas of suites and reports, for editors and other tools.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use crate::report::{Report, SuiteReport};
use crate::scenario::SuiteFile;

/// Returns the JSON Schema (draft 2020-12) of suites in any format.
///
/// A comment in the first line of a suite in YAML makes editors complete and check it:
/// `# yaml-language-server: $schema=docs/schemas/suite.json`.
///
/// ```
/// let schema = chaos_lab::suite_schema();
/// assert_eq!(schema["required"], serde_json::json!(["version", "scenarios"]));
/// ```
#[must_use]
pub fn suite_schema() -> Value {
    SchemaGenerator::default()
        .into_root_schema_for::<SuiteFile>()
        .into()
}

/// Returns the JSON Schema (draft 2020-12) of [reports](Report) in JSON.
///
/// Within a version, reports only gain optional keys.
#[must_use]
pub fn report_schema() -> Value {
    written::<Report>()
}

/// Returns the JSON Schema (draft 2020-12) of the [reports of suites](SuiteReport) in JSON.
#[must_use]
pub fn suite_report_schema() -> Value {
    written::<SuiteReport>()
}

fn written<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::default().for_serialize();
    settings.into_generator().into_root_schema_for::<T>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_is_not_known_is_null() {
        let bound = &report_schema()["$defs"]["Estimate"]["properties"]["lower"];
        assert_eq!(bound["type"], serde_json::json!(["number", "null"]));
    }

    /// The published schemas are those of this version.
    #[test]
    fn the_published_schemas_are_current() {
        let schemas = [
            (suite_schema(), "suite"),
            (report_schema(), "report"),
            (suite_report_schema(), "suite-report"),
        ];
        for (schema, name) in schemas {
            let path = format!("{}/../docs/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
            if std::env::var_os("CHAOS_WRITE_SCHEMAS").is_some() {
                std::fs::write(&path, &current).unwrap();
            }
            let published = std::fs::read_to_string(path).unwrap_or_default();
            assert_eq!(published, current, "CHAOS_WRITE_SCHEMAS=1 writes it");
        }
    }
}
