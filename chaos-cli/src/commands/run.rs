//! Runs the scenarios of a suite.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chaos_core::{Environment, Risk};
use chaos_lab::control::{Control, RemoteControl};
use chaos_lab::judge;
use chaos_lab::record::{RecordWriter, read_record};
use chaos_lab::report::Report;
use chaos_lab::scenario::{Scenario, Suite, Target};
use jiff::Zoned;

use crate::arguments::Run;
use crate::connection::{open, target};
use crate::exit::{Exit, Usage};
use crate::interrupt::interrupted;
use crate::progress::Progress;

pub(crate) async fn run(arguments: Run) -> Result<Exit> {
    let suite = Suite::read(&arguments.file.suite)?;
    let scenarios = chosen(&arguments, &suite)?;
    let (target, admin) = target(&arguments, &suite)?;
    let control = open(&admin, &arguments.token)?;
    confirm(&arguments, &scenarios, &control).await?;
    let mut exit = Exit::Passed;
    let mut reports = Vec::new();
    for scenario in scenarios {
        let (report, directory) = run_one(&arguments, scenario, &target, &control).await?;
        exit = exit.and(Exit::of_verdict(
            &report.verdict,
            arguments.judging.fail_on(),
        ));
        if !arguments.judging.json {
            print(&format!(
                "{}\nThe report is in {}.\n",
                report.to_markdown(),
                directory.display()
            ))?;
        }
        reports.push(report);
        if exit == Exit::Aborted {
            break;
        }
    }
    if arguments.judging.json {
        print(&serde_json::to_string_pretty(&reports)?)?;
    }
    Ok(exit)
}

fn chosen<'a>(arguments: &Run, suite: &'a Suite) -> Result<Vec<&'a Scenario>, Usage> {
    if arguments.scenarios.is_empty() {
        return Ok(suite.scenarios.iter().collect());
    }
    let named = arguments.scenarios.iter().map(|name| {
        let mut scenarios = suite.scenarios.iter();
        scenarios
            .find(|scenario| scenario.name == *name)
            .ok_or_else(|| {
                let known: Vec<_> = suite
                    .scenarios
                    .iter()
                    .map(|one| one.name.as_str())
                    .collect();
                Usage(format!(
                    "no scenario is named `{name}`; the suite has: {}",
                    known.join(", ")
                ))
            })
    });
    named.collect()
}

async fn run_one(
    arguments: &Run,
    scenario: &Scenario,
    target: &Target,
    control: &RemoteControl,
) -> Result<(Report, PathBuf)> {
    let directory = directory(&arguments.reports, &scenario.name)?;
    let path = directory.join("record.jsonl");
    let mut record = RecordWriter::create(&path).with_context(|| path.display().to_string())?;
    let mut progress = Progress::of(scenario);
    let run =
        chaos_lab::Run::new(scenario, control, target).watched_by(move |line| progress.show(line));
    let stop = async {
        match interrupted().await {
            Ok(why) => why,
            // Without a handler, a signal ends the process, and the lease ends the experiments.
            Err(_) => std::future::pending().await,
        }
    };
    run.record(&mut record, stop).await?;
    let (opened, lines) = read_record(&fs::read_to_string(&path)?)?;
    let report = judge(&opened, &lines, &scenario.objectives.limits());
    fs::write(directory.join("report.md"), report.to_markdown())?;
    fs::write(
        directory.join("report.json"),
        serde_json::to_string_pretty(&report)?,
    )?;
    Ok((report, directory))
}

/// A new directory, named by the time and the scenario.
fn directory(reports: &Path, scenario: &str) -> Result<PathBuf> {
    let safe = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let name: String = scenario.chars().take(60).map(safe).collect();
    let time = Zoned::now().strftime("%Y-%m-%dT%H-%M-%S%.3f").to_string();
    let directory = reports.join(format!("{time}-{name}"));
    fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
    Ok(directory)
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
