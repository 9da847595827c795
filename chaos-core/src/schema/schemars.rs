//! Types of files inside the schemas that other crates derive.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::{experiment_schema, values};
use crate::adapter::{FormatVersion, HumanDuration};
use crate::{Experiment, FaultKind, Rate, SiteKind};

/// A reference to the definition of experiments, which needs all those of experiment files.
fn experiment(generator: &mut SchemaGenerator) -> Schema {
    if let Value::Object(definitions) = experiment_schema()["$defs"].take() {
        generator.definitions_mut().extend(definitions);
    }
    Schema::new_ref("#/$defs/Experiment".to_owned())
}

/// A reference to a definition that needs no other one.
fn defined(generator: &mut SchemaGenerator, name: &str, definition: Value) -> Schema {
    generator
        .definitions_mut()
        .insert(name.to_owned(), definition);
    Schema::new_ref(format!("#/$defs/{name}"))
}

/// Gives types a schema: a definition of experiment files, or any other one.
macro_rules! schemas {
    ($($type:ident: $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let schema: fn(&mut SchemaGenerator) -> Schema = $schema;
                schema(generator)
            }
        }
    )*};
}

schemas! {
    Experiment: experiment;
    HumanDuration: |generator| defined(generator, "Duration", values::duration());
    Rate: |generator| defined(generator, "Rate", values::rate());
    FaultKind: |_| json_schema!({ "type": "string" });
    SiteKind: |_| json_schema!({ "type": "string" });
    FormatVersion: |_| json_schema!({ "description": "The version of this format.", "const": 1 });
}
