//! Runs the scenarios of a suite.

use std::fs::{self, File};
use std::future::pending;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use chaos_core::{Environment, Risk};
use chaos_lab::announce::Announcements;
use chaos_lab::control::Control;
use chaos_lab::discovery::{State, look_at};
use chaos_lab::scenario::{Planned, ProbePlan, SuiteEntry, Target};
use chaos_lab::terminal::{Progress, interrupted};
use chaos_lab::{Process, SuiteRun, SuiteStep, Verdict};
use serde_json::json;
use tokio::sync::oneshot;

use super::notify::Notices;
use crate::arguments::Run;
use crate::connection::Reached;
use crate::exit::{Exit, Usage};
use crate::output::{note, print};
use crate::search::PATIENCE;
use crate::source;

/// The file with the output of a target that the lab starts.
const LOG: &str = "target.log";

/// A run that came to its end.
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) verdict: Verdict,
    /// The directory of its reports.
    pub(crate) directory: PathBuf,
}

pub(crate) async fn run(arguments: Run) -> Result<Exit> {
    let ended = run_until(&arguments, interrupted()).await?;
    Ok(ended.exit)
}

/// Runs the scenarios until `stop` ends them, with its reason.
pub(crate) async fn run_until(
    arguments: &Run,
    stop: impl Future<Output = String>,
) -> Result<Ended> {
    let suite = source::suite(arguments)?;
    let entries = source::entries(arguments, &suite)?;
    let announced = arguments
        .announce
        .announced()
        .map_err(|error| Usage(error.to_string()))?;
    let notices = Notices::begin(arguments.notified.notify.as_deref())?;
    let mut target = arguments.target.of(&suite)?;
    let mut stop = pin!(stop);
    let search = arguments.target.search(&target).await?;
    if !target.command.is_empty() && !target.url.is_empty() {
        is_free(&target.url).await?;
    }
    let (mut child, log) = start(&target, &arguments.output)?.unzip();
    let reach = arguments.target.reach(
        &mut target,
        search.as_ref(),
        child.as_mut(),
        &suite.approvals,
    );
    let reached = tokio::select! {
        reached = reach => reached,
        why = &mut stop => bail!(Usage(why)),
    };
    let reached = reached.inspect_err(|_| {
        if let Some(log) = &log {
            note(&format!("the output of the target is in {}", log.display()));
        }
    })?;
    let announcements = Announcements::begin(announced);
    let watchers = Watchers {
        announcements: &announcements,
        notices: &notices,
    };
    let log = log.as_deref();
    let run = async {
        match &reached {
            Reached::Api(control) => {
                drive(arguments, &entries, control, &target, watchers, log, stop).await
            }
            Reached::Relay(relay) => {
                let (control, target) = (relay.control(), relay.target(&target));
                drive(arguments, &entries, control, &target, watchers, log, stop).await
            }
        }
    };
    let supervised = async {
        match (&mut child, &reached) {
            (Some(child), Reached::Api(_)) => child.supervise().await,
            // Through a relay no crash is injected, so an end is the target's own, and no restart may hide it.
            _ => pending().await,
        }
    };
    let ended = tokio::select! {
        ended = run => ended,
        // Its experiments end with their lease.
        Err(error) = supervised => Err(error.into()),
    };
    if let Err(error) = &ended {
        let suite = arguments.file.suite.display().to_string();
        notices.abort(&suite, &error.to_string());
    }
    for problem in announcements.end().await {
        note(&problem);
    }
    notices.end().await;
    if let Some(child) = &mut child {
        child.stop(PATIENCE).await;
    }
    ended
}

/// What others learn of a run while it goes on.
#[derive(Clone, Copy)]
struct Watchers<'a> {
    announcements: &'a Announcements,
    notices: &'a Notices,
}

/// Plans the entries for a target, runs them, and prints the reports.
async fn drive(
    arguments: &Run,
    entries: &[SuiteEntry],
    control: &impl Control,
    target: &Target,
    watchers: Watchers<'_>,
    log: Option<&Path>,
    mut stop: Pin<&mut impl Future<Output = String>>,
) -> Result<Ended> {
    let planned = tokio::select! {
        planned = plan(arguments, entries, control, target) => planned?,
        why = &mut stop => bail!(Usage(why)),
    };
    let name = arguments.file.suite.file_stem().unwrap_or_default();
    let name = name.to_string_lossy();
    let is_text = !arguments.judging.json;
    let mut progress = Progress::default();
    watchers
        .announcements
        .plan(planned.iter().filter_map(Planned::scenario));
    let run = SuiteRun::create(&arguments.output, &name, planned, control, target)?;
    let directory = run.directory().to_owned();
    if let Some(log) = log {
        fs::rename(log, directory.join(LOG))?;
    }
    let run = run.watched_by(move |step| {
        progress.show(&step);
        watchers.announcements.see(&step);
        watchers.notices.see(&step, target);
        if let SuiteStep::Judged { report, .. } = step
            && is_text
        {
            // The files have it, too.
            let _ = print(&report.to_markdown()).and_then(|()| print(""));
        }
    });
    let report = run.run(stop).await?;
    watchers.notices.finish(&report, &directory);
    if let Some(gateway) = &arguments.push.push
        && let Err(error) = gateway.push_suite(&report).await
    {
        note(&error.to_string());
    }
    let markdown = report.to_markdown();
    let exit = arguments
        .judging
        .conclude(&report, &markdown, &report.verdict)?;
    if is_text {
        print(&format!("\nThe reports are in {}.", directory.display()))?;
    }
    Ok(Ended {
        exit,
        verdict: report.verdict,
        directory,
    })
}

/// Refuses a scenario without a load, as a load of the target's own does not pass a relay.
fn check_load(planned: &Planned) -> Result<(), Usage> {
    match planned {
        Planned::Run(scenario) if scenario.load.is_none() => Err(Usage(format!(
            "`{}` has no load, and a load of the target's own does not pass a relay",
            scenario.name
        ))),
        _ => Ok(()),
    }
}

/// Refuses to start a target where another answers, which would be judged in its place.
async fn is_free(url: &str) -> Result<()> {
    let problem = "something answers there before the target is started";
    let is_taken = look_at(url).await?.state.answers();
    ensure!(!is_taken, Usage(format!("{url}: {problem}")));
    Ok(())
}

/// Starts the target, if there is a command for it; its output goes beside the reports until there are some.
fn start(target: &Target, reports: &Path) -> Result<Option<(Process, PathBuf)>> {
    if target.command.is_empty() {
        return Ok(None);
    }
    fs::create_dir_all(reports).with_context(|| reports.display().to_string())?;
    let path = reports.join(format!("{}-{LOG}", std::process::id()));
    let log = File::create(&path).with_context(|| path.display().to_string())?;
    Ok(Some((Process::start(&target.command, log)?, path)))
}

/// The scenarios for the sites that the target has.
async fn plan(
    arguments: &Run,
    entries: &[SuiteEntry],
    control: &impl Control,
    target: &Target,
) -> Result<Vec<Planned>> {
    let environment = control.describe().await?.environment;
    let sites = control.sites().await?;
    let mut planned = arguments
        .adjustments
        .binding(environment)
        .plan(entries, &sites)?;
    if target.relay.is_some() {
        planned.iter().try_for_each(check_load)?;
    }
    confirm(arguments, &planned, environment).await?;
    if !source::is_file(&arguments.file.suite) {
        probe_health(&mut planned, &target.url).await?;
    }
    Ok(planned)
}

/// Adds a probe of the path at which the target says that it is well, as no file names one.
async fn probe_health(planned: &mut [Planned], url: &str) -> Result<()> {
    let State::Healthy { path, status, .. } = look_at(url).await?.state else {
        return Ok(());
    };
    let probe = json!({ "http": path, "expect": { "status": status } });
    let probe: ProbePlan = serde_json::from_value(probe)?;
    for one in planned {
        if let Planned::Run(scenario) = one
            && scenario.steady_state.is_empty()
        {
            scenario.steady_state.push(probe.clone());
        }
    }
    Ok(())
}

/// Asks before a scenario of high risk runs in production.
async fn confirm(
    arguments: &Run,
    planned: &[Planned],
    environment: Option<Environment>,
) -> Result<()> {
    let is_production = matches!(environment, None | Some(Environment::Production));
    let mut experiments = planned
        .iter()
        .filter_map(Planned::scenario)
        .flat_map(|scenario| &scenario.experiments);
    let risky =
        experiments.find(|experiment| experiment.risk(Environment::Production) >= Risk::High);
    let Some(risky) = risky.filter(|_| is_production && !arguments.yes) else {
        return Ok(());
    };
    let what = format!(
        "`{}` has a high risk, and the target is in production",
        risky.name()
    );
    if arguments.is_unattended {
        bail!(unconfirmed(&what));
    }
    ask(&what, "Run it?").await
}

fn unconfirmed(what: &str) -> Usage {
    Usage(format!("{what}; `--yes` confirms it"))
}

/// Asks a question about something, which has to be answered with yes.
pub(crate) async fn ask(what: &str, question: &str) -> Result<()> {
    ensure!(io::stdin().is_terminal(), unconfirmed(what));
    print(&format!("{what}. {question} [y/N] "))?;
    let (sender, answer) = oneshot::channel();
    // A thread of its own, as waiting for input must hold up neither a signal nor the exit.
    thread::spawn(move || sender.send(io::stdin().lines().next()));
    match answer.await {
        Ok(Some(Ok(answer))) if ["y", "yes"].contains(&answer.trim()) => Ok(()),
        _ => bail!(Usage("not confirmed".to_owned())),
    }
}
