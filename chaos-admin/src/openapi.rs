//! The OpenAPI document, made from the table of routes.

use chaos_core::{Role, experiment_schema};
use serde_json::{Map, Value, json};

use crate::problem;
use crate::request_body::DOCUMENTS;
use crate::route::{Form, Given, Parameter, Place, Route, Taken};

/// The errors that every route can have, with their meaning.
const COMMON_ERRORS: [u16; 5] = [400, 401, 403, 421, 429];

/// The errors of every route that takes a body.
const BODY_ERRORS: [u16; 4] = [408, 413, 415, 422];

pub(crate) fn document(routes: &[Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.full_path()).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "chaos-admin",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "See and steer the fault injection of a running service. This version only gains optional fields.",
        },
        "paths": paths,
        "security": [{ "token": [] }, {}],
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": {
                "Problem": problem_schema(),
                "ExperimentFile": experiment_file(),
                "Readings": readings_schema(),
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = route.parameters.iter().map(parameter).collect();
    if route.path.contains("{name}") {
        parameters.insert(
            0,
            json!({
                "name": "name", "in": "path", "required": true,
                "description": "The name of the experiment.",
                "schema": { "type": "string", "minLength": 1 }, "example": "slow",
            }),
        );
    }
    let mut operation = json!({
        "summary": route.summary,
        "description": format!("Needs the role `{}`.", route.role),
        "operationId": operation_id(route),
        "parameters": parameters,
        "responses": responses(route),
        "x-role": route.role.name(),
    });
    if let Some(content) = content(route.body) {
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if route.role == Role::Operator {
        operation["tags"] = json!(["changes"]);
    }
    operation
}

/// The documents that a route takes, by their type.
fn content(body: Taken) -> Option<Map<String, Value>> {
    let (documents, schema, example) = match body {
        Taken::Nothing => return None,
        Taken::Signature => {
            let text = json!({ "schema": { "type": "string", "minLength": 1 } });
            return Some(Map::from_iter([("text/plain".to_owned(), text)]));
        }
        Taken::Experiments => (&DOCUMENTS[..], "ExperimentFile", example()),
        Taken::Readings => (&DOCUMENTS[..1], "Readings", readings_example()),
    };
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    let described = json!({ "schema": schema, "example": example });
    let types = documents.iter().map(|(name, _)| (*name).to_owned());
    Some(types.map(|name| (name, described.clone())).collect())
}

/// An experiment that most services could start.
fn example() -> Value {
    json!({ "name": "slow", "fault": { "latency": "2s" }, "blast_radius": { "calls_to": "payments" } })
}

fn readings_example() -> Value {
    json!({
        "readings": [{ "name": "bookings a minute", "value": 12.5, "unit": null, "limit": "at least 10", "state": "holds" }],
        "recoveries": { "tried": 3, "succeeded": 2 },
    })
}

fn operation_id(route: &Route) -> String {
    let words = route.path.split(['/', '.']).filter(|word| !word.is_empty());
    let words = words.map(|word| word.trim_matches(['{', '}']));
    let method = route.method.as_str().to_lowercase();
    words.fold(method, |id, word| format!("{id}_{word}"))
}

fn parameter(parameter: &Parameter) -> Value {
    let (place, required) = match parameter.place {
        Place::Query => ("query", false),
        Place::RequiredQuery => ("query", true),
        Place::Header => ("header", false),
        Place::RequiredHeader => ("header", true),
    };
    let schema = match parameter.form {
        Form::Text if required => json!({ "type": "string", "minLength": 1 }),
        Form::Text => json!({ "type": "string" }),
        Form::Tag => json!({ "type": "string", "pattern": "^\"[!#-~]*\"$" }),
        Form::Number => json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::Duration => {
            json!({ "$ref": "#/components/schemas/ExperimentFile/$defs/Duration", "examples": ["30s"] })
        }
    };
    json!({
        "name": parameter.name, "in": place, "required": required,
        "description": parameter.meaning, "schema": schema,
    })
}

fn responses(route: &Route) -> Value {
    let (status, success) = match route.success {
        Given::Json(status) => (
            status,
            json!({ "description": "Done.", "content": { "application/json": { "schema": { "type": "object" } } } }),
        ),
        Given::NoContent => (204, json!({ "description": "Done." })),
        Given::Events => (
            200,
            json!({ "description": "Events until the client closes the connection.", "content": { "text/event-stream": {} } }),
        ),
        Given::Text => (
            200,
            json!({ "description": "Done.", "content": { "text/plain": { "schema": { "type": "string" } } } }),
        ),
    };
    let mut success = success;
    if (route.body, status) == (Taken::Experiments, 201) {
        success["links"] = links();
    }
    let mut responses = Map::new();
    responses.insert(status.to_string(), success);
    let takes_body = route.method != http::Method::GET;
    let of_body: &[u16] = if takes_body {
        &BODY_ERRORS
    } else {
        &[408, 413]
    };
    for status in COMMON_ERRORS.iter().chain(of_body).chain(route.errors) {
        responses.insert(status.to_string(), error(*status));
    }
    Value::Object(responses)
}

/// What can be done with an experiment that has started.
fn links() -> Value {
    let name = json!({ "path.name": "$response.body#/experiments/0/name" });
    let mut replaced = name.clone();
    replaced["header.if-match"] = json!("$response.body#/experiments/0/etag");
    let link = |operation: &str, parameters: &Value| json!({ "operationId": operation, "parameters": parameters });
    json!({
        "show": link("get_experiments_name", &name),
        "renew": link("put_experiments_name_lease", &name),
        "replace": link("put_experiments_name", &replaced),
        "stop": link("delete_experiments_name", &name),
    })
}

fn error(status: u16) -> Value {
    let description = match status {
        400 => "A parameter or a header is invalid.",
        401 => "The request has no valid token.",
        403 => {
            "The role of the client does not permit this, or the request comes from a foreign origin."
        }
        404 => "No experiment of this name is known.",
        408 => "The body did not arrive in time.",
        409 => "Another experiment has this name, or everything is halted.",
        412 => "The experiment has changed since the client looked.",
        413 => "The body is too large.",
        415 => "The type of the body is not known.",
        421 => "The request is meant for another host.",
        422 => "The document is invalid, or the experiment is refused.",
        428 => "The request needs an etag.",
        429 => "There are too many requests.",
        _ => "Nothing can be started or stopped now.",
    };
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": description, "content": { (problem::CONTENT_TYPE): { "schema": schema } } })
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "required": ["title", "status"],
        "properties": {
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "file": { "type": "string" },
            "line": { "type": "integer" },
            "column": { "type": "integer" },
            "key": { "type": "string" },
            "parameter": { "type": "string" },
            "experiment": { "type": "string" },
            "holder": { "type": "string" },
        },
    })
}

/// The schema of what a lab posts.
fn readings_schema() -> Value {
    let text = json!({ "type": ["string", "null"], "maxLength": 200 });
    let count = json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX });
    let reading = json!({
        "type": "object",
        "required": ["name", "state"],
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 200 },
            "value": { "type": ["number", "null"] },
            "unit": text,
            "limit": text,
            "state": { "enum": ["holds", "broken", "unknown"] },
        },
    });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "readings": { "type": "array", "items": reading, "maxItems": 64 },
            "recoveries": {
                "type": ["object", "null"],
                "description": "Those that succeeded are at most those tried.",
                "required": ["tried", "succeeded"],
                "additionalProperties": false,
                "properties": { "tried": count, "succeeded": count },
            },
        },
    })
}

/// The schema of the body of a start: an experiment, or a file of them.
fn experiment_file() -> Value {
    let mut file = experiment_schema();
    file["properties"]["experiments"]["minItems"] = json!(1);
    let definitions = file.as_object_mut().and_then(|file| file.remove("$defs"));
    let schema = json!({
        "oneOf": [{ "$ref": "#/components/schemas/ExperimentFile/$defs/Experiment" }, file],
        "$defs": definitions,
    });
    rebased(schema)
}

/// Lets references to definitions start at the root of the OpenAPI document.
fn rebased(value: Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("#/$defs/") {
            Some(name) => format!("#/components/schemas/ExperimentFile/$defs/{name}").into(),
            None => text.into(),
        },
        Value::Array(items) => items.into_iter().map(rebased).collect(),
        Value::Object(entries) => entries
            .into_iter()
            .filter(|(key, _)| key != "$schema")
            .map(|(key, value)| (key, rebased(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::ROUTES;

    #[test]
    fn every_route_has_an_operation_with_an_id_of_its_own() {
        let document = document(ROUTES);
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.values().filter_map(Value::as_object).flatten();
        let ids: std::collections::BTreeSet<_> = operations
            .map(|(_, operation)| operation["operationId"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), ROUTES.len());
    }

    #[test]
    fn every_reference_leads_to_a_definition() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(entries) => entries.iter().for_each(|(key, value)| match value {
                    Value::String(text) if key == "$ref" => found.push(text.clone()),
                    value => references(value, found),
                }),
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        let document = document(ROUTES);
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_link_leads_to_an_operation() {
        let ids: Vec<_> = ROUTES.iter().map(operation_id).collect();
        let links = links();
        for (name, link) in links.as_object().unwrap() {
            let id = link["operationId"].as_str().unwrap();
            assert!(ids.iter().any(|known| known == id), "{name}: {id}");
        }
    }
}
