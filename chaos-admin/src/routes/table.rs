//! The table of routes.

use chaos_core::Role::{Operator, Viewer};
use http::Method;

use super::{
    catalogue, changes, documents, experiments, explain, halting, journal, metrics, outcomes,
    policy, status,
};
use crate::route::{Form, Given, Parameter, Place, Route, Taken};

const LEASE: Parameter = Parameter {
    name: "lease",
    place: Place::Query,
    meaning: "how long the experiments run unless the lease is renewed; defaults to 10s",
    form: Form::Duration,
};

const DRY_RUN: Parameter = Parameter {
    name: "dry_run",
    place: Place::Query,
    meaning: "whether the experiments only decide and journal, and apply nothing",
    form: Form::Flag,
};

const REASON: Parameter = Parameter {
    name: crate::call::REASON,
    place: Place::Header,
    meaning: "the reason, which the journal records",
    form: Form::Text,
};

const SINCE: Parameter = Parameter {
    name: "since",
    place: Place::Query,
    meaning: "the number of the first entry; defaults to 0",
    form: Form::Number,
};

const LAST_EVENT: Parameter = Parameter {
    name: "last-event-id",
    place: Place::Header,
    meaning: "the number of the last entry that the client has seen; defaults to the latest one",
    form: Form::Number,
};

const IF_MATCH: Parameter = Parameter {
    name: "if-match",
    place: Place::RequiredHeader,
    meaning: "the etag of the running experiment that is to be replaced",
    form: Form::Text,
};

const SERVICE: Parameter = Parameter {
    name: "service",
    place: Place::RequiredQuery,
    meaning: "the service of the site",
    form: Form::Text,
};

const OPERATION: Parameter = Parameter {
    name: "operation",
    place: Place::RequiredQuery,
    meaning: "the name of the operation, such as `POST /charge`",
    form: Form::Text,
};

/// All routes.
pub(crate) static ROUTES: [Route; 20] = [
    Route {
        method: Method::GET,
        path: "/status",
        role: Viewer,
        summary: "The state of the manager: halts, and the names of running experiments",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(status::overview(call)),
    },
    Route {
        method: Method::GET,
        path: "/sites",
        role: Viewer,
        summary: "The registered sites, and the faults that each can apply",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(status::sites(call)),
    },
    Route {
        method: Method::GET,
        path: "/experiments",
        role: Viewer,
        summary: "All experiments: recently ended, running and waiting",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(experiments::list(call)),
    },
    Route {
        method: Method::GET,
        path: "/experiments/{name}",
        role: Viewer,
        summary: "The latest experiment of a name",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[404],
        handler: |call| Box::pin(experiments::one(call)),
    },
    Route {
        method: Method::GET,
        path: "/journal",
        role: Viewer,
        summary: "The journal, from a number on",
        parameters: &[SINCE],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(journal::page(call)),
    },
    Route {
        method: Method::GET,
        path: "/events",
        role: Viewer,
        summary: "The journal as it is written, as server-sent events",
        parameters: &[LAST_EVENT],
        body: Taken::Nothing,
        success: Given::Events,
        errors: &[],
        handler: |call| Box::pin(journal::events(call)),
    },
    Route {
        method: Method::GET,
        path: "/outcomes",
        role: Viewer,
        summary: "How treated and untreated operations ended, second by second; counted from the first request on",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(outcomes::outcomes(call)),
    },
    Route {
        method: Method::GET,
        path: "/policy",
        role: Viewer,
        summary: "The policy, and for each risk whether experiments may start now",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(policy::policy(call)),
    },
    Route {
        method: Method::GET,
        path: "/explain",
        role: Viewer,
        summary: "Whether each experiment would hit an operation now, and if not, why",
        parameters: &[SERVICE, OPERATION],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(explain::explain(call)),
    },
    Route {
        method: Method::GET,
        path: "/catalogue",
        role: Viewer,
        summary: "The kinds of faults with their JSON Schemas, and the sites that can apply each",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(catalogue::catalogue(call)),
    },
    Route {
        method: Method::GET,
        path: "/schema",
        role: Viewer,
        summary: "The JSON Schema of files of experiments",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(catalogue::schema(call)),
    },
    Route {
        method: Method::GET,
        path: "/openapi.json",
        role: Viewer,
        summary: "The OpenAPI document of this API",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(documents::openapi(call)),
    },
    Route {
        method: Method::GET,
        path: "/metrics",
        role: Viewer,
        summary: "The counters of chaos in the text format of Prometheus",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Text,
        errors: &[],
        handler: |call| Box::pin(metrics::metrics(call)),
    },
    Route {
        method: Method::POST,
        path: "/experiments",
        role: Operator,
        summary: "Starts an experiment, or all experiments of a file or none of them",
        parameters: &[LEASE, DRY_RUN, REASON],
        body: Taken::Experiments,
        success: Given::Json(201),
        errors: &[409, 503],
        handler: |call| Box::pin(changes::start(call)),
    },
    Route {
        method: Method::POST,
        path: "/validate",
        role: Viewer,
        summary: "Checks whether experiments could start now, and starts none",
        parameters: &[],
        body: Taken::Experiments,
        success: Given::Json(200),
        errors: &[409, 503],
        handler: |call| Box::pin(changes::validate(call)),
    },
    Route {
        method: Method::PUT,
        path: "/experiments/{name}",
        role: Operator,
        summary: "Replaces a running experiment that has not changed since the client looked",
        parameters: &[IF_MATCH, LEASE, DRY_RUN, REASON],
        body: Taken::Experiments,
        success: Given::Json(200),
        errors: &[404, 409, 412, 428, 503],
        handler: |call| Box::pin(changes::replace(call)),
    },
    Route {
        method: Method::PUT,
        path: "/experiments/{name}/lease",
        role: Operator,
        summary: "Renews the lease of a running experiment for its whole length",
        parameters: &[],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[404, 409],
        handler: |call| Box::pin(changes::renew(call)),
    },
    Route {
        method: Method::DELETE,
        path: "/experiments/{name}",
        role: Operator,
        summary: "Stops a running experiment",
        parameters: &[REASON],
        body: Taken::Nothing,
        success: Given::NoContent,
        errors: &[404, 503],
        handler: |call| Box::pin(changes::stop(call)),
    },
    Route {
        method: Method::POST,
        path: "/halt",
        role: Viewer,
        summary: "Ends every experiment at once, and refuses new ones",
        parameters: &[REASON],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[],
        handler: |call| Box::pin(halting::halt(call)),
    },
    Route {
        method: Method::POST,
        path: "/resume",
        role: Operator,
        summary: "Allows new experiments after a halt",
        parameters: &[REASON],
        body: Taken::Nothing,
        success: Given::Json(200),
        errors: &[503],
        handler: |call| Box::pin(halting::resume(call)),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Vec<(&'static str, Option<&str>)> {
        let routes = ROUTES.iter();
        let found = routes.filter_map(|route| Some((route.path, route.matches(path)?)));
        found.collect()
    }

    #[test]
    fn a_name_in_a_path_is_one_segment() {
        let lease = found("/chaos/v1/experiments/slow%2Fpayments/lease");
        assert_eq!(
            lease,
            [("/experiments/{name}/lease", Some("slow%2Fpayments"))]
        );
        assert!(found("/chaos/v1/experiments//lease").is_empty());
        assert!(found("/chaos/v1/experiments/").is_empty());
        assert!(found("/chaos/v1/experiments/a/b").is_empty());
        assert!(found("/status").is_empty() && found("/chaos/v1/status/").is_empty());
    }

    #[test]
    fn every_change_needs_an_operator_but_the_halt() {
        for route in &ROUTES {
            let reads = route.method == Method::GET || route.is_halt() || route.path == "/validate";
            let role = if reads { Viewer } else { Operator };
            assert_eq!(route.role, role, "{} {}", route.method, route.path);
        }
    }
}
