//! The reference of the API, made from the table of routes and compared with `API.md`.

use std::fmt::Write;

use crate::route::{Given, Parameter, Place, Route, Taken};
use crate::routes::ROUTES;

const HEAD: &str = "\
# The API

Each line is a request to a service with `CHAOS_ADMIN=127.0.0.1:9901`. For a unix socket, write
`curl --unix-socket /run/orders.sock http://localhost/chaos/v1/…`. With tokens, add
`-H \"authorization: Bearer $TOKEN\"`; without tokens, a name can be given by `-H 'chaos-actor: anna'`.

A body is an experiment or a file of experiments, in `application/json`, `application/yaml` or `application/toml`.
Errors are `application/problem+json`, with `file`, `line`, `column` and `key` where a document is wrong.
`GET /chaos/v1/openapi.json` has all of this as OpenAPI 3.1. Within `/v1`, replies only gain optional fields.
";

fn reference() -> String {
    let mut text = HEAD.to_owned();
    for route in ROUTES {
        let success = match route.success {
            Given::Json(status) => format!("{status}"),
            Given::NoContent => "204".to_owned(),
            Given::Events => "200, `text/event-stream`".to_owned(),
            Given::Text => "200, text".to_owned(),
        };
        let _ = write!(
            text,
            "\n## {} {}\n\n{}.\nNeeds the role `{}`; replies with {success}.\n",
            route.method, route.path, route.summary, route.role
        );
        if !route.parameters.is_empty() {
            text.push_str("\n| parameter | meaning |\n|---|---|\n");
        }
        for parameter in route.parameters {
            let _ = writeln!(text, "| {} | {} |", place(parameter), parameter.meaning);
        }
        let _ = write!(text, "\n```sh\n{}\n```\n", curl(route));
    }
    text
}

fn place(parameter: &Parameter) -> String {
    let name = parameter.name;
    match parameter.place {
        Place::Query => format!("`?{name}=`"),
        Place::RequiredQuery => format!("`?{name}=`, required"),
        Place::Header => format!("header `{name}`"),
        Place::RequiredHeader => format!("header `{name}`, required"),
    }
}

/// The command that sends a request to a route.
fn curl(route: &Route) -> String {
    let mut curl = "curl".to_owned();
    if route.success == Given::Events {
        curl.push_str(" -N");
    }
    let data = match route.body {
        Taken::Nothing | Taken::Signature => None,
        Taken::Experiments => Some((
            "yaml",
            "{ name: slow, fault: { latency: 2s }, blast_radius: { calls_to: payments } }",
        )),
        Taken::Readings => Some((
            "json",
            r#"{ "readings": [{ "name": "bookings a minute", "value": 12.5, "limit": "at least 10", "state": "holds" }] }"#,
        )),
    };
    // Data is posted unless the method says otherwise.
    if route.method != http::Method::GET && !(data.is_some() && route.method == http::Method::POST)
    {
        let _ = write!(curl, " -X {}", route.method);
    }
    let path = route.full_path().replace("{name}", "slow");
    let query: Vec<_> = route
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::RequiredQuery)
        .map(|parameter| match parameter.name {
            "service" => "service=payments".to_owned(),
            name => format!("{name}=POST+/charge"),
        })
        .collect();
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    let _ = write!(curl, " 'http://127.0.0.1:9901{path}{query}'");
    for parameter in route.parameters {
        if parameter.place == Place::RequiredHeader {
            let _ = write!(curl, " -H \"{}: $ETAG\"", parameter.name);
        }
    }
    if route.body == Taken::Signature {
        curl.push_str(" -H 'content-type: text/plain' --data-binary @slow.request.sig");
    }
    if let Some((format, data)) = data {
        let _ = write!(
            curl,
            " -H 'content-type: application/{format}' \\\n  -d '{data}'"
        );
    }
    curl
}

#[test]
fn the_reference_has_every_route() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/API.md");
    let reference = reference();
    if std::env::var_os("CHAOS_WRITE_REFERENCE").is_some() {
        std::fs::write(path, &reference).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        written, reference,
        "run this test with CHAOS_WRITE_REFERENCE=1 to write API.md anew"
    );
}
