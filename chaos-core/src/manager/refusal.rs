//! The reasons to refuse an experiment.

use std::time::SystemTime;

use super::probe::Probe;
use super::settings::{Origin, Settings};
use super::start_request::{Replaces, StartRequest};
use super::table::Table;
use crate::condition::Criterion;
use crate::error::ConsentNeeded;
use crate::experiment::MAX_TIME_LIMIT;
use crate::policy::BrokenRule;
use crate::running::{Running, limit};
use crate::site::Unsupported;
use crate::{Actor, BlastRadius, Condition, Environment, Error, Experiment, FaultKind, Level};

/// The number of remote starts at once, unless a policy says another number.
const MOST_REMOTE_STARTS: usize = 1;

/// Refuses an experiment that must not start, with the reason; otherwise returns its radius.
pub(super) fn refuse(
    table: &Table,
    settings: &Settings,
    experiment: &Experiment,
    request: &StartRequest,
) -> Result<BlastRadius, Error> {
    let environment = settings.environment(request.origin);
    start_policy(table, experiment)?;
    experiment.check()?;
    let radius = experiment
        .radius()
        .expect("a checked experiment has a radius");
    expired(experiment)?;
    time_limit(experiment, environment)?;
    named_alike(table, experiment, &request.replaces)?;
    protected(settings, experiment, radius)?;
    consent(settings, experiment, environment)?;
    collateral(experiment, radius)?;
    narrowed(experiment, radius)?;
    crash_loop(experiment, request.origin)?;
    support(table, experiment, radius)?;
    policy(table, settings, experiment, environment, request)?;
    for condition in experiment.abort_conditions() {
        judge(table, settings, experiment, condition)?;
    }
    Ok(radius.clone())
}

fn start_policy(table: &Table, experiment: &Experiment) -> Result<(), Error> {
    let experiment = experiment.name().to_owned();
    if table.start_policy.is_switched_off() {
        Err(Error::SwitchedOff { experiment })
    } else if table.start_policy.is_halted() {
        Err(Error::Halted { experiment })
    } else {
        Ok(())
    }
}

/// Refuses a name that is taken, unless its experiment is to be replaced.
fn named_alike(table: &Table, experiment: &Experiment, replaces: &Replaces) -> Result<(), Error> {
    let active = table.running.get(experiment.name());
    let running = active
        .map(|active| &active.running)
        .filter(|running| running.end_reason().is_none());
    let name = || experiment.name().to_owned();
    match (running, replaces) {
        (Some(running), _) if replaces.includes(running.id) => Ok(()),
        (_, Replaces::Exactly(_)) => Err(Error::Superseded { experiment: name() }),
        (None, _) => Ok(()),
        (Some(running), _) => Err(Error::AlreadyRunning {
            experiment: name(),
            by: running.attribution.by.clone(),
        }),
    }
}

fn expired(experiment: &Experiment) -> Result<(), Error> {
    match experiment.ends_at() {
        Some(until) if until <= SystemTime::now() => Err(Error::Over {
            experiment: experiment.name().to_owned(),
            until,
        }),
        _ => Ok(()),
    }
}

/// Refuses to run for so long that it would be forgotten; tests may, as their time is virtual.
fn time_limit(experiment: &Experiment, environment: Environment) -> Result<(), Error> {
    let is_watched = matches!(environment, Environment::Staging | Environment::Production);
    let time_limit = limit(experiment);
    if is_watched && time_limit > MAX_TIME_LIMIT {
        return Err(Error::TooLong {
            experiment: experiment.name().to_owned(),
            time_limit,
            environment,
        });
    }
    Ok(())
}

fn protected(
    settings: &Settings,
    experiment: &Experiment,
    radius: &BlastRadius,
) -> Result<(), Error> {
    match settings
        .protected
        .iter()
        .find(|service| radius.names(service))
    {
        Some(service) => Err(Error::Protected {
            experiment: experiment.name().to_owned(),
            service: service.clone(),
        }),
        None => Ok(()),
    }
}

fn consent(
    settings: &Settings,
    experiment: &Experiment,
    environment: Environment,
) -> Result<(), Error> {
    // A radius of everything has its consent, or it could not be built.
    let because = if experiment.lacks_consent_to_destruction() {
        ConsentNeeded::Destructive
    } else if environment == Environment::Production && experiment.consents().production.is_none() {
        if settings.environment.is_some() {
            ConsentNeeded::Production
        } else {
            ConsentNeeded::UnstatedEnvironment
        }
    } else {
        return Ok(());
    };
    Err(Error::NeedsConsent {
        experiment: experiment.name().to_owned(),
        because,
    })
}

fn collateral(experiment: &Experiment, radius: &BlastRadius) -> Result<(), Error> {
    let level = radius.level();
    if level == Level::System || experiment.allows_collateral() {
        return Ok(());
    }
    match experiment
        .faults()
        .iter()
        .find(|fault| fault.is_collateral())
    {
        Some(fault) => Err(Error::Collateral {
            experiment: experiment.name().to_owned(),
            fault: fault.kind(),
            level,
        }),
        None => Ok(()),
    }
}

/// Refuses to choose operations for faults that have none.
fn narrowed(experiment: &Experiment, radius: &BlastRadius) -> Result<(), Error> {
    let mut faults = experiment.faults().iter();
    if !faults.any(|fault| fault.pressure().is_some()) {
        return Ok(());
    }
    let pattern = experiment.traffic_pattern().map(|_| "pattern");
    match radius.chooses_by().or(pattern) {
        Some(key) => Err(Error::Narrowed {
            experiment: experiment.name().to_owned(),
            key,
        }),
        None => Ok(()),
    }
}

fn crash_loop(experiment: &Experiment, origin: Origin) -> Result<(), Error> {
    let crashes = experiment
        .faults()
        .iter()
        .any(|fault| fault.kind() == FaultKind::Crash);
    if crashes && origin == Origin::File && experiment.ends_at().is_none() {
        return Err(Error::CrashLoop {
            experiment: experiment.name().to_owned(),
        });
    }
    Ok(())
}

/// Refuses an experiment that matches sites, none of which can apply it.
fn support(table: &Table, experiment: &Experiment, radius: &BlastRadius) -> Result<(), Error> {
    let phase = experiment.strikes_in();
    let mut unsupported = None;
    for site in table.sites.selected_by(radius) {
        let mut faults = experiment.faults().iter();
        let operation = radius.operation_glob();
        let refused =
            faults.find_map(|fault| Some((site, fault, site.refuses(fault, phase, operation)?)));
        if refused.is_none() {
            return Ok(());
        }
        unsupported = refused;
    }
    let Some((site, fault, why)) = unsupported else {
        return Ok(());
    };
    let (experiment, service) = (experiment.name().to_owned(), site.service().to_string());
    Err(match why {
        Unsupported::Refusal => Error::CannotRefuse {
            experiment,
            service,
            kind: site.kind(),
        },
        Unsupported::InPhase { possible_in } => Error::NotSupported {
            experiment,
            service,
            kind: site.kind(),
            fault: fault.kind(),
            operation: radius.operation_glob().map(ToString::to_string),
            phase,
            possible_in,
        },
    })
}

fn policy(
    table: &Table,
    settings: &Settings,
    experiment: &Experiment,
    environment: Environment,
    request: &StartRequest,
) -> Result<(), Error> {
    let broken = |rule| Error::Policy {
        experiment: experiment.name().to_owned(),
        rule,
    };
    let policy = settings.policy.as_ref();
    if let Some(policy) = policy {
        let running = table.starts_besides(request, |_| true);
        policy
            .check(experiment, environment, SystemTime::now(), running)
            .map_err(broken)?;
    }
    let is_limited = policy.is_some_and(|policy| policy.most_at_once().is_some());
    if request.origin == Origin::Remote && !is_limited {
        let is_remote = |running: &Running| matches!(running.attribution.by, Actor::Remote { .. });
        let running = table.starts_besides(request, is_remote);
        if running >= MOST_REMOTE_STARTS {
            return Err(broken(BrokenRule::AtOnce {
                running,
                at_most: MOST_REMOTE_STARTS,
            }));
        }
    }
    Ok(())
}

/// Refuses probes that hang: each start would leave another thread behind.
///
/// It waits a moment for each, so it must not be called under the lock.
pub(super) fn hanging_probes(settings: &Settings, experiment: &Experiment) -> Result<(), Error> {
    for condition in experiment.abort_conditions() {
        if let Criterion::Probe(name) = condition.criterion()
            && settings.probes.get(name).is_some_and(Probe::hangs)
        {
            return Err(Error::ProbeHangs {
                experiment: experiment.name().to_owned(),
                probe: name.clone(),
            });
        }
    }
    Ok(())
}

fn known_probe(settings: &Settings, experiment: &Experiment, name: &str) -> Result<(), Error> {
    if settings.probes.contains_key(name) {
        return Ok(());
    }
    Err(Error::NoSuchProbe {
        experiment: experiment.name().to_owned(),
        probe: name.to_owned(),
    })
}

fn judge(
    table: &Table,
    settings: &Settings,
    experiment: &Experiment,
    condition: &Condition,
) -> Result<(), Error> {
    let missing = match (condition.criterion(), condition.site()) {
        (Criterion::Probe(name), _) => return known_probe(settings, experiment, name),
        _ if table.sites.judged_by(condition).next().is_some() => return Ok(()),
        (_, Some(service)) => match table.nearest_service(service) {
            Some(nearest) => {
                format!("no site of `{service}` is registered; did you mean `{nearest}`?")
            }
            None => format!("no site of `{service}` is registered"),
        },
        (_, None) => "no server site is registered; name one with `at`".to_owned(),
    };
    Err(Error::NothingToJudge {
        experiment: experiment.name().to_owned(),
        condition: condition.to_string(),
        missing,
    })
}
