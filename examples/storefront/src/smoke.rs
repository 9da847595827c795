//! Runs the smoke suite against a storefront in a process of its own.

use std::fs::{self, File};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use chaos_core::Format;
use chaos_lab::control::RemoteControl;
use chaos_lab::scenario::{Suite, Target};
use chaos_lab::terminal::{Progress, interrupted};
use chaos_lab::{Process, SuiteRun, SuiteStep, Verdict};
use storefront::{BoxError, Bug};

use crate::serve::{SOCKET, URL};

/// The time limit for a start, on a machine that is busy.
const START: Duration = Duration::from_secs(30);

/// The time limit for a stop, in which open requests end.
const STOP: Duration = Duration::from_secs(5);

/// Runs the suite, and prints its report.
pub(crate) async fn run(bug: Option<Bug>, reports: &Path) -> Result<ExitCode, BoxError> {
    if !cfg!(feature = "chaos") {
        println!("There is no fault injection in this build: it lacks the feature `chaos`.");
        return Ok(ExitCode::SUCCESS);
    }
    let suite = Suite::parse(include_str!("../smoke.yaml"), Format::Yaml, "smoke.yaml")?;
    let directory = tempfile::tempdir()?;
    let control = RemoteControl::new(&format!("unix:{}", directory.path().join(SOCKET).display()))?;
    fs::create_dir_all(reports)?;
    let log = File::create(reports.join("storefront.log"))?;
    let mut shop = Process::start(&command(directory.path(), bug)?, log)?;
    let exit = against(&mut shop, &suite, &control, directory.path(), reports).await;
    shop.stop(STOP).await;
    exit
}

/// The command that serves a storefront as a child of this process.
fn command(directory: &Path, bug: Option<Bug>) -> Result<Vec<String>, BoxError> {
    let program = std::env::current_exe()?;
    let mut command = vec![program.display().to_string()];
    command.extend(["--serve", "--child-in"].map(str::to_owned));
    command.push(directory.display().to_string());
    if let Some(bug) = bug {
        command.extend(["--bug".to_owned(), bug.name().to_owned()]);
    }
    Ok(command)
}

async fn against(
    shop: &mut Process,
    suite: &Suite,
    control: &RemoteControl,
    directory: &Path,
    reports: &Path,
) -> Result<ExitCode, BoxError> {
    shop.ready(control, START).await?;
    let target = Target::at(fs::read_to_string(directory.join(URL))?);
    let mut progress = Progress::default();
    let run = SuiteRun::create(reports, "smoke", suite.scenarios(), control, &target)?;
    let written = run.directory().to_owned();
    let run = run.watched_by(move |step| {
        progress.show(&step);
        if let SuiteStep::Judged { report, .. } = step {
            println!("{}: {}", report.scenario, report.verdict.name());
        }
    });
    let report = run.run(interrupted()).await?;
    println!("\n{}", report.to_markdown());
    println!("The reports are in {}.", written.display());
    Ok(exit_code(&report.verdict))
}

/// The exit codes of the command `chaos-lab`.
fn exit_code(verdict: &Verdict) -> ExitCode {
    ExitCode::from(match verdict {
        Verdict::Met => 0,
        Verdict::Violated => 1,
        Verdict::Aborted { .. } => 3,
        _ => 5,
    })
}
