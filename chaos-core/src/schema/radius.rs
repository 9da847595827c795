//! The schema of blast radii.

use serde_json::{Value, json};

use super::reference;
use super::values::{count, exactly_one, one_or_many};

pub(super) fn blast_radius() -> Value {
    json!({
        "description": "The operations that an experiment affects.",
        "type": "object",
        "properties": {
            "calls_to": reference("Name"),
            "requests_to": reference("Name"),
            "queries_on": reference("Name"),
            "streams_to": reference("Name"),
            "points_at": reference("Name"),
            "services": { "type": "array", "items": reference("Name"), "minItems": 1 },
            "everything": reference("Consent"),
            "operation": {
                "description": "Only operations of this name; `*` stands for any run of characters.",
                "type": "string",
                "minLength": 1,
            },
            "attributes": { "type": "object", "additionalProperties": reference("Name") },
            "tagged": one_or_many(&reference("Tag")),
            "rate": reference("Rate"),
            "transaction_rate": reference("Rate"),
            "at_most": count(1),
            "concurrent": count(1),
            "share_of_instances": reference("Rate"),
        },
        "additionalProperties": false,
        "oneOf": exactly_one(&[
            "calls_to", "requests_to", "queries_on", "streams_to", "points_at", "services", "everything",
        ]),
    })
}
