//! What a target can do, as its API says.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chaos_core::journal::{Event, JournalItem};
use chaos_core::{BlastRadius, Experiment, Fault, Overview, SiteKind, SiteOutcomes, SiteStatus};
use tokio::time::{Instant, sleep};

use super::Check;
use super::service::send;
use crate::control::{Control, ControlError};
use crate::discovery::Found;

/// The lease of the dry run that shows which ids arrive.
const LEASE: Duration = Duration::from_secs(5);

/// How long its entry in the journal may take.
const PATIENCE: Duration = Duration::from_secs(1);

const NAME: &str = "chaos-lab doctor";

/// Checks what a target can do; `found` is where it answers requests.
///
/// One request is sent, while a dry run of a few seconds shows whether its id arrives.
///
/// # Errors
///
/// When the API gives no answer, or refuses the token.
pub async fn examine_api(
    control: &impl Control,
    found: Option<&Found>,
) -> Result<Vec<Check>, ControlError> {
    let overview = control.describe().await?;
    let sites = control.sites().await?;
    let mut checks = vec![
        environment(&overview),
        Check::ok(
            "injection",
            "compiled in, as an API opens only in such builds",
        ),
    ];
    checks.extend(hindrances(&overview));
    // The first question makes the target count.
    control.outcomes().await?;
    let mut ids_seen = None;
    if let Some(found) = found.filter(|found| found.state.answers()) {
        ids_seen = Some(ids(control, found, &sites, overview.journal_next).await);
    }
    checks.push(registered(&sites, &control.outcomes().await?));
    checks.extend(ids_seen);
    Ok(checks)
}

fn environment(overview: &Overview) -> Check {
    let instance = &overview.instance;
    match overview.environment {
        Some(environment) => Check::ok(
            "admin",
            format!("instance {instance}, environment {environment}"),
        ),
        None => Check::warning(
            "admin",
            format!("instance {instance}, environment not stated"),
            "it counts as production, where each experiment needs consent: set CHAOS_ENVIRONMENT at the target",
        ),
    }
}

/// What keeps experiments from starting, or from having an effect.
fn hindrances(overview: &Overview) -> Vec<Check> {
    let switched_off = overview.switched_off.then(|| {
        let advice = "start the target without CHAOS=off";
        Check::problem("halt", "switched off", advice)
    });
    let halts = overview.halts.iter().map(|halt| {
        let advice =
            "once the reason is gone, resume it: `POST /chaos/v1/resume`, or remove the halt file";
        Check::problem("halt", format!("halted by {}", halt.attribution), advice)
    });
    let dry_run = overview.dry_run.then(|| {
        let advice = "faults are decided and not applied, so each scenario ends as not run";
        Check::warning("halt", "every experiment is a dry run", advice)
    });
    let running = (!overview.running.is_empty()).then(|| {
        let advice = "a run begins once they have ended: `chaos-lab stop NAME`";
        let finding = format!("running: {}", overview.running.join(", "));
        Check::warning("free", finding, advice)
    });
    let checks = switched_off.into_iter().chain(halts);
    checks.chain(dry_run).chain(running).collect()
}

fn registered(sites: &[SiteStatus], outcomes: &[SiteOutcomes]) -> Check {
    if sites.is_empty() {
        let advice = "add a layer, a client or a pool of chaos-rs to the target; some sites register with their first use";
        return Check::warning("sites", "none has registered", advice);
    }
    let names = sites.iter().map(|site| {
        let is_same = |one: &SiteOutcomes| (one.kind, &one.service) == (site.kind, &site.service);
        let mut own = outcomes.iter().filter(|one| is_same(one));
        let is_busy = own.any(|one| !one.windows.is_empty());
        let protected = if site.protected { " (protected)" } else { "" };
        let seen = if is_busy { " (in use)" } else { "" };
        format!("{} {}{protected}{seen}", site.kind, site.service)
    });
    Check::ok("sites", names.collect::<Vec<_>>().join(", "))
}

/// Whether the target keeps the id of a request, by which load and journal are joined.
async fn ids(control: &impl Control, found: &Found, sites: &[SiteStatus], next: u64) -> Check {
    let servers = sites.iter().filter(|site| site.kind == SiteKind::Server);
    let servers: Vec<_> = servers.map(|site| site.service.clone()).collect();
    let unjoined = "requests of a load can't be joined with faults: what is absorbed stays unknown";
    if servers.is_empty() {
        let finding = "no server site has registered, which could keep the id of a request";
        return Check::warning("ids", finding, unjoined);
    }
    let operation = format!("GET {}", found.state.path());
    let experiment = Experiment::new(NAME)
        .fault(Fault::latency(Duration::from_millis(1)))
        .blast_radius(BlastRadius::services(servers).operation(&operation))
        .time_limit(LEASE)
        .dry_run();
    let why = "which ids does the target see?";
    if let Err(error) = control.start(&[experiment], LEASE, why).await {
        let advice = "a run may be refused for the same reason";
        return Check::warning("ids", format!("not known: {error}"), advice);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let id = format!("chaos-lab-{:x}", now.unwrap_or_default().as_micros());
    let _ = send(found, &id).await;
    let seen = seen_key(control, next).await;
    // What can't be stopped ends with its lease.
    let _ = control.stop(NAME, why).await;
    match seen {
        Some(Some(key)) if key == id => Check::ok("ids", "the target keeps `x-request-id`"),
        Some(_) => Check::warning(
            "ids",
            "the target has another key for a request than its `x-request-id`",
            unjoined,
        ),
        None => Check::warning(
            "ids",
            format!("no server site has seen `{operation}`"),
            "is the layer around all routes, and does the API belong to this target?",
        ),
    }
}

/// The key of the request that the dry run has met, if it has met one.
async fn seen_key(control: &impl Control, next: u64) -> Option<Option<String>> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        for item in control.since(next).await.ok()?.items {
            if let JournalItem::Entry(entry) = item
                && let Event::Injected(injected) = &entry.event
                && injected.experiment == NAME
            {
                return Some(injected.key.clone());
            }
        }
        sleep(PATIENCE / 20).await;
    }
    None
}
