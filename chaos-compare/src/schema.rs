//! The JSON Schema of comparisons, for other tools.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::comparison::Comparison;

/// Returns the JSON Schema (draft 2020-12) of [comparisons](Comparison) in JSON.
///
/// Within a version, comparisons only gain optional keys.
#[must_use]
pub fn comparison_schema() -> Value {
    let settings = SchemaSettings::default().for_serialize();
    let generator = settings.into_generator();
    generator.into_root_schema_for::<Comparison>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published schema is that of this version.
    #[test]
    fn the_published_schema_is_current() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../docs/schemas/comparison.json"
        );
        let current = serde_json::to_string_pretty(&comparison_schema()).unwrap() + "\n";
        if std::env::var_os("CHAOS_WRITE_SCHEMAS").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(published, current, "CHAOS_WRITE_SCHEMAS=1 writes it");
    }
}
