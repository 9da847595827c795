//! What can be injected, and where.

use chaos_core::{FaultKind, Phase, SiteKind, experiment_schema};
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Replied, ok};

/// A kind of fault.
#[derive(Serialize)]
struct Entry {
    kind: FaultKind,
    /// The schema of the details of this kind in a file, or of its name if it has none.
    schema: Value,
    sites: Vec<Place>,
}

/// A site that can apply it.
#[derive(Serialize)]
struct Place {
    service: String,
    kind: SiteKind,
    phases: Vec<Phase>,
}

pub(super) async fn catalogue(call: Call) -> Replied {
    let schema = experiment_schema();
    let sites = call.chaos().sites();
    let entry = |kind: FaultKind| {
        let supporting = sites.iter().filter_map(|site| {
            let supported = site.supports.iter().find(|one| one.fault == kind)?;
            Some(Place {
                service: site.service.clone(),
                kind: site.kind,
                phases: supported.phases.clone(),
            })
        });
        Entry {
            kind,
            schema: schema_of(&schema, kind.name()),
            sites: supporting.collect(),
        }
    };
    let faults: Vec<_> = FaultKind::all().iter().copied().map(entry).collect();
    // The schemas of faults refer to the definitions.
    ok(&json!({ "faults": faults, "$defs": schema["$defs"] }))
}

/// The part of the schema that describes one kind of fault.
fn schema_of(schema: &Value, kind: &str) -> Value {
    let choices = ["oneOf", "anyOf"]
        .into_iter()
        .find_map(|key| schema["$defs"]["Fault"][key].as_array());
    let fault = choices.into_iter().flatten().find_map(|choice| {
        let value = choice["properties"].get(kind)?;
        Some(value.clone())
    });
    // A fault without details is its name alone.
    fault.unwrap_or_else(|| json!({ "const": kind }))
}

pub(super) async fn schema(_call: Call) -> Replied {
    ok(&experiment_schema())
}
