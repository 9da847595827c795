//! Starts, replaces, renews and stops experiments.

use std::sync::Arc;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_core::{Experiment, ExperimentFile, ExperimentGuards, Steering};
use http::{StatusCode, header};
use serde_json::json;

use super::experiments::{id_of, latest, named, tagged};
use crate::audit::Change;
use crate::call::Call;
use crate::problem::{Problem, invalid};
use crate::reply::{Replied, no_content, ok};
use crate::request_body;

/// The shortest lease; a shorter one can't be renewed in time over a network.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);

/// What a request asks to start.
struct Asked {
    experiments: Vec<Experiment>,
    steering: Steering,
    change: Change,
}

impl Asked {
    /// Reads the document of a request, away from the thread that halts.
    async fn to(change: &'static str, call: &Arc<Call>) -> Result<Self, Problem> {
        let asking = Arc::clone(call);
        let reader = &call.context.reader;
        reader.compute(move || Self::read(change, &asking)).await
    }

    fn read(change: &'static str, call: &Call) -> Result<Self, Problem> {
        let (text, format) = request_body::document(&call.parts.headers, &call.body)?;
        let file = ExperimentFile::parse_one_or_more(text, format, "body")?;
        let mut steering = call.steering()?.approved_by(file.approvals());
        let mut experiments = file.into_experiments();
        if experiments.is_empty() {
            let nothing = "expected at least one experiment";
            return Err(Problem::new(422, "invalid document", nothing).with("key", "experiments"));
        }
        if call.flag_query("dry_run")? {
            experiments = experiments.into_iter().map(Experiment::dry_run).collect();
        }
        if let Some(lease) = call.duration_query("lease")? {
            check_lease(lease, &experiments)?;
            steering = steering.lease(lease);
        }
        let names = experiments.iter().map(|one| one.name().to_owned());
        Ok(Self {
            change: call.change(change, names.collect())?,
            experiments,
            steering,
        })
    }
}

fn check_lease(lease: Duration, experiments: &[Experiment]) -> Result<(), Problem> {
    if lease < SHORTEST_LEASE {
        return Err(invalid("lease", "at least 100ms"));
    }
    match experiments.iter().find(|one| one.runs_for() < lease) {
        Some(shorter) => {
            let expected = format!("at most the time limit of `{}`", shorter.name());
            Err(invalid("lease", &expected))
        }
        None => Ok(()),
    }
}

pub(super) async fn start(call: Call) -> Replied {
    let call = Arc::new(call);
    let asked = Asked::to("start", &call).await?;
    call.run(move |workplace| {
        let guards =
            workplace.audited(&asked.change, || asked.steering.start(asked.experiments))?;
        // The lease takes the place of the guards.
        ExperimentGuards::detach(guards);
        let names = &asked.change.experiments;
        Ok(named(StatusCode::CREATED, &workplace.chaos, names))
    })
    .await
}

pub(super) async fn validate(call: Call) -> Replied {
    let call = Arc::new(call);
    let asked = Asked::to("validate", &call).await?;
    call.run(move |_| {
        asked.steering.check(&asked.experiments)?;
        ok(&json!({ "valid": true, "experiments": asked.change.experiments }))
    })
    .await
}

pub(super) async fn replace(call: Call) -> Replied {
    let call = Arc::new(call);
    let mut asked = Asked::to("replace", &call).await?;
    let (name, found) = (call.name().to_owned(), &asked.change.experiments);
    if found[..] != [name.as_str()] {
        let detail =
            format!("expected one experiment named `{name}`, as in the path, found {found:?}");
        return Err(Problem::new(422, "other name", detail));
    }
    // The condition comes last: it says nothing about a request that would be refused without it.
    let id = replaced_id(&call)?;
    call.run(move |workplace| {
        let experiment = asked.experiments.remove(0);
        let guards = workplace.audited(&asked.change, || asked.steering.replace(id, experiment))?;
        ExperimentGuards::detach(guards);
        let status = latest(&workplace.chaos, &name);
        Ok(status.map_or_else(no_content, |status| tagged(StatusCode::OK, status)))
    })
    .await
}

/// The run that is to be replaced.
fn replaced_id(call: &Call) -> Result<u64, Problem> {
    let Some(given) = call.header(header::IF_MATCH.as_str())? else {
        let detail =
            "expected the header `if-match` with the etag of the experiment that is to be replaced";
        return Err(Problem::new(428, "no etag", detail));
    };
    if latest(call.chaos(), call.name()).is_none() {
        let detail = format!("no experiment named `{}` is known", call.name());
        return Err(Problem::new(404, "not running", detail));
    }
    let tag = given.to_str().ok().filter(|tag| is_tag(tag));
    let expected = "one etag in quotes, as GET and PUT reply with it";
    id_of(tag.ok_or_else(|| invalid("if-match", expected))?).ok_or_else(|| {
        let detail = format!("{given:?} is not the etag of an experiment of this process");
        Problem::new(412, "changed", detail)
    })
}

/// Whether a text has the form of a strong etag.
fn is_tag(text: &str) -> bool {
    let within = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    within.is_some_and(|within| {
        within
            .bytes()
            .all(|byte| matches!(byte, b'!' | b'#'..=b'~'))
    })
}

/// Renewing runs no code of the service, so it waits for no other change.
pub(super) async fn renew(call: Call) -> Replied {
    request_body::expect_none(&call.body)?;
    let length = call.chaos().renew(call.name())?;
    ok(&json!({ "lease": HumanDuration(length) }))
}

pub(super) async fn stop(call: Call) -> Replied {
    request_body::expect_none(&call.body)?;
    let name = call.name().to_owned();
    let (steering, change) = (call.steering()?, call.change("stop", vec![name.clone()])?);
    call.run(move |workplace| {
        // A stop makes things safer, so it does not depend on the file.
        if let Err(problem) = workplace.audit(&change) {
            tracing::warn!(?problem, "a stop is missing in the audit file");
        }
        let stopped = steering.stop(&name);
        stopped.inspect_err(|error| workplace.note_refusal(&change, error))?;
        Ok(no_content())
    })
    .await
}
