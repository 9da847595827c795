//! The JSON Schemas of the files of this crate, for editors and other tools.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use crate::monkey::MonkeyFile;
use crate::schedule::ScheduleFile;

/// Returns the JSON Schema (draft 2020-12) of [monkeys](crate::Monkey) in any format.
#[must_use]
pub fn monkey_schema() -> Value {
    schema::<MonkeyFile>()
}

/// Returns the JSON Schema (draft 2020-12) of [schedules](crate::schedule) in any format.
#[must_use]
pub fn schedule_schema() -> Value {
    schema::<ScheduleFile>()
}

fn schema<T: JsonSchema>() -> Value {
    SchemaGenerator::default()
        .into_root_schema_for::<T>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published schemas are those of this version.
    #[test]
    fn the_published_schemas_are_current() {
        let schemas = [(monkey_schema(), "monkey"), (schedule_schema(), "schedule")];
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
