//! A validator of schemas, for tests.

use serde_json::Value;

/// A minimal validator for keys, types and choices.
pub(super) fn accepts(root: &Value, schema: &Value, value: &Value) -> bool {
    let all = |rules: &str| schema[rules].as_array().cloned().unwrap_or_default();
    let passing = |rules: &str| {
        all(rules)
            .iter()
            .filter(|rule| accepts(root, rule, value))
            .count()
    };
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return accepts(root, &root["$defs"][name], value);
    }
    let fits_type = match schema["type"].as_str() {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some(other) => panic!("unknown type {other}"),
    };
    fits_type
        && (schema["const"].is_null() || schema["const"] == *value)
        && (schema["enum"].is_null() || all("enum").contains(value))
        && (schema["anyOf"].is_null() || passing("anyOf") >= 1)
        && (schema["oneOf"].is_null() || passing("oneOf") == 1)
        && all("required")
            .iter()
            .all(|key| value.get(key.as_str().unwrap()).is_some())
        && schema["dependentSchemas"].as_object().is_none_or(|rules| {
            let mut rules = rules.iter();
            rules.all(|(key, rule)| value.get(key).is_none() || accepts(root, rule, value))
        })
        && (schema["minimum"].is_null() || value.as_f64() >= schema["minimum"].as_f64())
        && (schema["items"].is_null()
            || value
                .as_array()
                .unwrap()
                .iter()
                .all(|item| accepts(root, &schema["items"], item)))
        && value.as_object().is_none_or(|entries| {
            entries.iter().all(|(key, value)| {
                let quantile = key
                    .strip_prefix('p')
                    .is_some_and(|n| n.parse::<f64>().is_ok());
                let quantiles = schema["patternProperties"].as_object().filter(|_| quantile);
                let rule = schema["properties"]
                    .get(key)
                    .or_else(|| quantiles?.values().next())
                    .unwrap_or(&schema["additionalProperties"]);
                *rule != Value::Bool(false) && accepts(root, rule, value)
            })
        })
}
