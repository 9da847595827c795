//! What speaks against starting an experiment.

use jiff::Timestamp;

use super::control::{Control, Order};
use super::explain::nearest;
use super::inner::Origin;
use crate::error::ConsentNeeded;
use crate::judge::Judge;
use crate::services::Services;
use crate::{
    BlastRadius, Condition, Criterion, Environment, Error, Experiment, Fault, FaultKind, Level,
};

/// Refuses an experiment that must not start, naming what speaks against it; else gives its radius.
pub(super) fn refuse(
    control: &Control,
    services: &Services,
    experiment: &Experiment,
    origin: Origin,
    environment: Environment,
) -> Result<BlastRadius, Error> {
    order(control, experiment)?;
    experiment.check()?;
    let radius = experiment
        .radius()
        .expect("a checked experiment has a radius");
    over(experiment)?;
    if control.running.contains_key(experiment.name()) {
        return Err(Error::AlreadyRunning {
            experiment: experiment.name().to_owned(),
        });
    }
    protected(services, experiment, radius)?;
    consent(services, experiment, radius, environment)?;
    collateral(experiment, radius)?;
    narrowed(experiment, radius)?;
    crash_loop(experiment, origin)?;
    support(control, experiment, radius)?;
    for condition in experiment.abort_conditions() {
        judge(control, services, experiment, condition)?;
    }
    Ok(radius.clone())
}

fn order(control: &Control, experiment: &Experiment) -> Result<(), Error> {
    let experiment = experiment.name().to_owned();
    match control.order {
        Order::Go => Ok(()),
        Order::Halt => Err(Error::Halted { experiment }),
        Order::SwitchedOff => Err(Error::SwitchedOff { experiment }),
    }
}

fn over(experiment: &Experiment) -> Result<(), Error> {
    match experiment.ends_at() {
        Some(until) if until <= Timestamp::now() => Err(Error::Over {
            experiment: experiment.name().to_owned(),
            until,
        }),
        _ => Ok(()),
    }
}

fn protected(
    services: &Services,
    experiment: &Experiment,
    radius: &BlastRadius,
) -> Result<(), Error> {
    match services
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
    services: &Services,
    experiment: &Experiment,
    radius: &BlastRadius,
    environment: Environment,
) -> Result<(), Error> {
    if experiment.given_consent().is_some() {
        return Ok(());
    }
    let because = if experiment.faults().iter().any(Fault::is_destructive) {
        ConsentNeeded::Destructive
    } else if radius.level() == Level::System {
        ConsentNeeded::System
    } else if environment == Environment::Production {
        if services.environment.is_some() {
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

/// Refuses a choice among operations where there are none.
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

/// Refuses when there are sites that it matches, but none of them can apply it.
fn support(control: &Control, experiment: &Experiment, radius: &BlastRadius) -> Result<(), Error> {
    let phase = experiment.strikes_in();
    let mut unsupported = None;
    for site in control
        .sites
        .values()
        .filter(|site| radius.selects(site.service(), site.kind()))
    {
        match experiment
            .faults()
            .iter()
            .filter(|fault| fault.pressure().is_none())
            .find(|fault| !site.support().includes(fault.kind(), phase))
        {
            None => return Ok(()),
            Some(fault) => unsupported = Some((site, fault.kind())),
        }
    }
    match unsupported {
        None => Ok(()),
        Some((site, fault)) => Err(Error::NotSupported {
            experiment: experiment.name().to_owned(),
            service: site.service().to_string(),
            kind: site.kind(),
            fault,
            phase,
        }),
    }
}

fn judge(
    control: &Control,
    services: &Services,
    experiment: &Experiment,
    condition: &Condition,
) -> Result<(), Error> {
    let missing = match (condition.criterion(), condition.site()) {
        (Criterion::Probe(name), _) if services.probes.contains_key(name) => return Ok(()),
        (Criterion::Probe(name), _) => {
            return Err(Error::NoSuchProbe {
                experiment: experiment.name().to_owned(),
                probe: name.clone(),
            });
        }
        _ if control
            .sites
            .values()
            .any(|site| Judge::would_judge(condition, site)) =>
        {
            return Ok(());
        }
        (_, Some(service)) => match nearest(service, control) {
            Some(nearest) if nearest != service => {
                format!("no site of `{service}` is registered; did you mean `{nearest}`?")
            }
            _ => format!("no site of `{service}` is registered"),
        },
        (_, None) => "no server site is registered; name one with `at`".to_owned(),
    };
    Err(Error::NothingToJudge {
        experiment: experiment.name().to_owned(),
        condition: condition.to_string(),
        missing,
    })
}
