//! The table of routes.

use chaos_core::Role::{Operator, Viewer};
use http::Method;

use super::{
    approvals, catalogue, changes, documents, experiments, explain, halting, journal, live,
    metrics, outcomes, policy, readings, session, status,
};
use crate::route::Given::{Events, Json, NoContent, Text};
use crate::route::{Form, Parameter, Place, Route, Taken};

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
    meaning: "the number of the last entry that the client has seen; defaults to the latest one, and one from before a restart to none",
    form: Form::Number,
};

const IF_MATCH: Parameter = Parameter {
    name: "if-match",
    place: Place::RequiredHeader,
    meaning: "the etag of the running experiment that is to be replaced",
    form: Form::Tag,
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

/// Defines the table, a route after the other: what it is, what it takes, and what it gives.
macro_rules! routes {
    ($($method:ident $path:literal $role:ident $summary:literal
        takes $body:ident [$($parameter:ident),*] gives $success:expr, or [$($error:literal),*] => $handler:path;)+) => {
        /// All routes.
        pub(crate) static ROUTES: &[Route] = &[$(Route {
            method: Method::$method,
            path: $path,
            role: $role,
            summary: $summary,
            parameters: &[$($parameter),*],
            body: Taken::$body,
            success: $success,
            errors: &[$($error),*],
            handler: |call| Box::pin($handler(call)),
        }),+];
    };
}

routes! {
    GET "/status" Viewer "The state of the manager: halts, and the names of running experiments"
        takes Nothing [] gives Json(200), or [] => status::overview;
    GET "/sites" Viewer "The registered sites, and the faults that each can apply"
        takes Nothing [] gives Json(200), or [] => status::sites;
    GET "/experiments" Viewer "All experiments: recently ended, running and waiting"
        takes Nothing [] gives Json(200), or [] => experiments::list;
    GET "/experiments/{name}" Viewer "The latest experiment of a name"
        takes Nothing [] gives Json(200), or [404] => experiments::one;
    GET "/journal" Viewer "The journal, from a number on"
        takes Nothing [SINCE] gives Json(200), or [] => journal::page;
    GET "/events" Viewer "The journal as it is written, as server-sent events"
        takes Nothing [LAST_EVENT] gives Events, or [] => journal::events;
    GET "/live" Viewer "The state each second, and the journal from a number on as it is written, as server-sent events"
        takes Nothing [SINCE] gives Events, or [503] => live::live;
    GET "/outcomes" Viewer "How treated and untreated operations ended, second by second; counted from the first request on"
        takes Nothing [] gives Json(200), or [] => outcomes::outcomes;
    GET "/policy" Viewer "The policy, and for each risk whether experiments may start now"
        takes Nothing [] gives Json(200), or [] => policy::policy;
    GET "/explain" Viewer "Whether each experiment would hit an operation now, and if not, why"
        takes Nothing [SERVICE, OPERATION] gives Json(200), or [] => explain::explain;
    GET "/catalogue" Viewer "The kinds of faults with their JSON Schemas, and the sites that can apply each"
        takes Nothing [] gives Json(200), or [] => catalogue::catalogue;
    GET "/schema" Viewer "The JSON Schema of files of experiments"
        takes Nothing [] gives Json(200), or [] => catalogue::schema;
    GET "/openapi.json" Viewer "The OpenAPI document of this API"
        takes Nothing [] gives Json(200), or [] => documents::openapi;
    GET "/metrics" Viewer "The metrics of chaos in the text format of Prometheus"
        takes Nothing [] gives Text, or [] => metrics::metrics;
    GET "/readings" Viewer "The latest business reading of each name that a lab posted within the last minute"
        takes Nothing [] gives Json(200), or [] => readings::list;
    POST "/readings" Operator "Posts business readings, and how often the service recovered; kept for a minute"
        takes Readings [] gives NoContent, or [] => readings::post;
    POST "/experiments" Operator "Starts an experiment, or all experiments of a file or none of them"
        takes Experiments [LEASE, DRY_RUN, REASON] gives Json(201), or [409, 503] => changes::start;
    GET "/requests" Viewer "The requests for approval that are pending, and what each still lacks"
        takes Nothing [] gives Json(200), or [503] => approvals::list;
    POST "/requests" Operator "Asks for the approval of an experiment; the reason says what harm is accepted"
        takes Experiments [REASON] gives Json(201), or [409, 503] => approvals::request;
    POST "/requests/{name}/signature" Viewer "Adds the signature of an approver, which `ssh-keygen -Y sign -n chaos-rs` has made"
        takes Signature [] gives Json(200), or [404, 409, 503] => approvals::sign;
    DELETE "/requests/{name}" Operator "Withdraws a request for approval"
        takes Nothing [] gives NoContent, or [404] => approvals::withdraw;
    POST "/validate" Viewer "Checks whether experiments could start now, and starts none"
        takes Experiments [LEASE, DRY_RUN] gives Json(200), or [409, 503] => changes::validate;
    PUT "/experiments/{name}" Operator "Replaces a running experiment that has not changed since the client looked"
        takes Experiments [IF_MATCH, LEASE, DRY_RUN, REASON] gives Json(200), or [404, 409, 412, 428, 503] => changes::replace;
    PUT "/experiments/{name}/lease" Operator "Renews the lease of a running experiment for its whole length"
        takes Nothing [] gives Json(200), or [404, 409] => changes::renew;
    DELETE "/experiments/{name}" Operator "Stops a running experiment"
        takes Nothing [REASON] gives NoContent, or [404, 503] => changes::stop;
    POST "/session" Viewer "Opens a session for the token of the request: a cookie that stands for it in browsers"
        takes Nothing [] gives NoContent, or [] => session::open;
    DELETE "/session" Viewer "Ends the session of a browser"
        takes Nothing [] gives NoContent, or [] => session::close;
    POST "/halt" Viewer "Ends every experiment at once, and refuses new ones"
        takes Nothing [REASON] gives Json(200), or [] => halting::halt;
    POST "/resume" Operator "Allows new experiments after a halt"
        takes Nothing [REASON] gives Json(200), or [503] => halting::resume;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Asked;

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
        for route in ROUTES {
            let is_safe = route.method == Method::GET || route.asked() == Asked::ToHalt;
            let reads = is_safe
                || ["/requests/{name}/signature", "/session", "/validate"].contains(&route.path);
            let role = if reads { Viewer } else { Operator };
            assert_eq!(route.role, role, "{} {}", route.method, route.path);
        }
    }
}
