//! Runs the scenarios of a suite.

use std::fs::File;
use std::future::pending;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use anyhow::Result;
use chaos_core::{Environment, Risk};
use chaos_lab::control::{Control, RemoteControl};
use chaos_lab::scenario::{Scenario, Suite, Target};
use chaos_lab::terminal::{Progress, interrupted};
use chaos_lab::{Process, SuiteRun, SuiteStep};

use crate::arguments::Run;
use crate::connection::{open, target};
use crate::exit::{Exit, Usage};

/// How long a target that the lab starts or ends may take for it.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn run(arguments: Run) -> Result<Exit> {
    let suite = Suite::read(&arguments.file.suite)?;
    let scenarios = chosen(&arguments, &suite)?;
    let (target, admin) = target(&arguments, &suite)?;
    let control = open(&admin, &arguments.token)?.approved_by(&suite.approvals);
    let name = arguments.file.suite.file_stem().unwrap_or_default();
    let name = name.to_string_lossy();
    let is_text = !arguments.judging.json;
    let mut progress = Progress::default();
    let run = SuiteRun::create(
        &arguments.reports,
        &name,
        scenarios.iter().copied(),
        &control,
        &target,
    )?;
    let directory = run.directory().to_owned();
    let mut stop = pin!(interrupted());
    let mut child = start(&target, &directory)?;
    let ready = async {
        if let Some(child) = &mut child {
            child.ready(&control, PATIENCE).await?;
        }
        confirm(&arguments, &scenarios, &control).await
    };
    tokio::select! {
        ready = ready => ready?,
        why = &mut stop => return Err(Usage(why).into()),
    }
    let run = run.watched_by(move |step| {
        progress.show(&step);
        if let SuiteStep::Judged { report, .. } = step
            && is_text
        {
            // The files have it, too.
            let _ = print(&report.to_markdown()).and_then(|()| print(""));
        }
    });
    let supervised = async {
        match &mut child {
            Some(child) => child.supervise().await,
            None => pending().await,
        }
    };
    let report = tokio::select! {
        report = run.run(stop) => report,
        // Its experiments end with their lease.
        Err(error) = supervised => return Err(error.into()),
    };
    if let Some(child) = &mut child {
        child.stop(PATIENCE).await;
    }
    let report = report?;
    if is_text {
        print(&report.to_markdown())?;
        print(&format!("\nThe reports are in {}.", directory.display()))?;
    } else {
        print(&serde_json::to_string_pretty(&report)?)?;
    }
    Ok(Exit::of_verdict(
        &report.verdict,
        arguments.judging.fail_on(),
    ))
}

/// Starts the target, if the suite says how; its output goes to a file beside the reports.
fn start(target: &Target, directory: &Path) -> Result<Option<Process>> {
    if target.command.is_empty() {
        return Ok(None);
    }
    let log = File::create(directory.join("target.log"))?;
    Ok(Some(Process::start(&target.command, log)?))
}

fn chosen<'a>(arguments: &Run, suite: &'a Suite) -> Result<Vec<&'a Scenario>, Usage> {
    if arguments.scenarios.is_empty() {
        return Ok(suite.scenarios.iter().collect());
    }
    let named = arguments.scenarios.iter().map(|name| {
        let mut scenarios = suite.scenarios.iter();
        let known = suite.scenarios.iter().map(|one| one.name.as_str());
        let named = scenarios.find(|scenario| scenario.name == *name);
        named.ok_or_else(|| Usage::unknown("scenario", name, known))
    });
    named.collect()
}

/// Asks before a scenario of high risk runs in production.
async fn confirm(arguments: &Run, scenarios: &[&Scenario], control: &RemoteControl) -> Result<()> {
    let environment = control.describe().await?.environment;
    let is_production = matches!(environment, None | Some(Environment::Production));
    let mut experiments = scenarios.iter().flat_map(|scenario| &scenario.experiments);
    let risky =
        experiments.find(|experiment| experiment.risk(Environment::Production) >= Risk::High);
    let Some(risky) = risky.filter(|_| is_production && !arguments.yes) else {
        return Ok(());
    };
    let what = format!(
        "`{}` has a high risk, and the target is in production",
        risky.name()
    );
    if !io::stdin().is_terminal() {
        return Err(Usage(format!("{what}; `--yes` confirms it")).into());
    }
    print(&format!("{what}. Run it? [y/N] "))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "yes" => Ok(()),
        _ => Err(Usage("not confirmed".to_owned()).into()),
    }
}

/// Prints a result; a reader that is gone is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
