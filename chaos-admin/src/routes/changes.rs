//! Starts, replaces, renews and stops experiments.

use std::sync::Arc;
use std::time::Duration;

use chaos_core::{Attribution, Experiment, ExperimentFile, ExperimentGuards, Steering};
use http::{Response, StatusCode, header};
use serde::Serialize;

use super::experiments::{id_of, latest, named, tagged};
use crate::call::Call;
use crate::problem::{Problem, invalid};
use crate::reply::{ReplyBody, json, no_content};
use crate::request_body;

/// The shortest lease; a shorter one can't be renewed in time over a network.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);

/// What a request asks to start.
struct Asked {
    experiments: Vec<Experiment>,
    names: Vec<String>,
    steering: Steering,
    attribution: Attribution,
}

impl Asked {
    /// Reads the document of a request, away from the thread that halts.
    async fn of(call: &Arc<Call>) -> Result<Self, Problem> {
        let asking = Arc::clone(call);
        let reader = &call.context.reader;
        reader.compute(move || Self::read(&asking)).await
    }

    fn read(call: &Call) -> Result<Self, Problem> {
        let (text, format) = request_body::document(&call.parts.headers, &call.body)?;
        let file = ExperimentFile::parse_one_or_more(text, format, "body")?;
        let mut experiments = file.into_experiments();
        if experiments.is_empty() {
            let nothing = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid document");
            return Err(nothing
                .detail("expected at least one experiment")
                .with("key", "experiments"));
        }
        if call.flag_query("dry_run")? {
            experiments = experiments.into_iter().map(Experiment::dry_run).collect();
        }
        let mut steering = call.steering()?;
        if let Some(lease) = call.duration_query("lease")? {
            check_lease(lease, &experiments)?;
            steering = steering.lease(lease);
        }
        Ok(Self {
            names: experiments
                .iter()
                .map(|one| one.name().to_owned())
                .collect(),
            experiments,
            steering,
            attribution: call.attribution()?,
        })
    }
}

fn check_lease(lease: Duration, experiments: &[Experiment]) -> Result<(), Problem> {
    if lease < SHORTEST_LEASE {
        return Err(invalid("lease", "at least 100ms"));
    }
    match experiments.iter().find(|one| one.runs_for() < lease) {
        Some(shorter) => Err(invalid(
            "lease",
            &format!("at most the time limit of `{}`", shorter.name()),
        )),
        None => Ok(()),
    }
}

pub(super) async fn start(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let call = Arc::new(call);
    let asked = Asked::of(&call).await?;
    let worker = &call.context.worker;
    worker
        .run(move |workplace| {
            let guards = workplace.audited("start", &asked.names, &asked.attribution, || {
                asked.steering.start(asked.experiments)
            })?;
            // The lease takes the place of the guards.
            ExperimentGuards::detach(guards);
            Ok(named(StatusCode::CREATED, &workplace.chaos, &asked.names))
        })
        .await
}

#[derive(Serialize)]
struct Valid<'a> {
    valid: bool,
    experiments: &'a [String],
}

pub(super) async fn validate(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let call = Arc::new(call);
    let asked = Asked::of(&call).await?;
    let worker = &call.context.worker;
    worker
        .run(move |_| {
            asked.steering.check(&asked.experiments)?;
            let valid = Valid {
                valid: true,
                experiments: &asked.names,
            };
            Ok(json(StatusCode::OK, &valid))
        })
        .await
}

pub(super) async fn replace(call: Call) -> Result<Response<ReplyBody>, Problem> {
    let call = Arc::new(call);
    let mut asked = Asked::of(&call).await?;
    let name = call.name().to_owned();
    if asked.names != [name.as_str()] {
        return Err(
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "other name").detail(format!(
                "expected one experiment named `{name}`, as in the path, found {:?}",
                asked.names
            )),
        );
    }
    // The condition comes last: it says nothing about a request that would be refused without it.
    let id = replaced_id(&call)?;
    let worker = &call.context.worker;
    worker
        .run(move |workplace| {
            let experiment = asked.experiments.remove(0);
            let guards = workplace.audited("replace", &asked.names, &asked.attribution, || {
                asked.steering.replace(id, experiment)
            })?;
            ExperimentGuards::detach(guards);
            let status = latest(&workplace.chaos, &name);
            Ok(match status {
                Some(status) => tagged(StatusCode::OK, status),
                None => no_content(),
            })
        })
        .await
}

/// The run that is to be replaced.
fn replaced_id(call: &Call) -> Result<u64, Problem> {
    let Some(given) = call.header(header::IF_MATCH.as_str())? else {
        return Err(
            Problem::new(StatusCode::PRECONDITION_REQUIRED, "no etag").detail(
                "expected the header `if-match` with the etag of the experiment that is to be replaced",
            ),
        );
    };
    if latest(call.chaos(), call.name()).is_none() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "not running")
            .detail(format!("no experiment named `{}` is known", call.name())));
    }
    let tag = given.to_str().ok().filter(|tag| is_tag(tag));
    let tag = tag.ok_or_else(|| {
        invalid(
            "if-match",
            "one etag in quotes, as GET and PUT reply with it",
        )
    })?;
    id_of(tag).ok_or_else(|| {
        Problem::new(StatusCode::PRECONDITION_FAILED, "changed").detail(format!(
            "{given:?} is not the etag of an experiment of this process"
        ))
    })
}

/// Whether a text has the form of a strong etag.
fn is_tag(text: &str) -> bool {
    let within = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    within.is_some_and(|within| !within.contains('"'))
}

#[derive(Serialize)]
struct Renewed {
    lease: String,
}

/// Renewing runs no code of the service, so it waits for no other change.
pub(super) async fn renew(call: Call) -> Result<Response<ReplyBody>, Problem> {
    request_body::expect_none(&call.body)?;
    let length = call.chaos().renew(call.name())?;
    let lease = chaos_core::adapter::HumanDuration(length).to_string();
    Ok(json(StatusCode::OK, &Renewed { lease }))
}

pub(super) async fn stop(call: Call) -> Result<Response<ReplyBody>, Problem> {
    request_body::expect_none(&call.body)?;
    let (steering, attribution) = (call.steering()?, call.attribution()?);
    let name = call.name().to_owned();
    let worker = &call.context.worker;
    worker
        .run(move |workplace| {
            // A stop makes things safer, so it does not depend on the file.
            let names = std::slice::from_ref(&name);
            if let Err(problem) = workplace.audit("stop", names, &attribution) {
                tracing::warn!(?problem, "a stop is missing in the audit file");
            }
            steering.stop(&name).inspect_err(|error| {
                workplace.note_refusal("stop", names, &attribution, error);
            })?;
            Ok(no_content())
        })
        .await
}
