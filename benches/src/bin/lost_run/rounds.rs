//! Runs that lose their command, and what is left of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use chaos_core::{EndReason, ExperimentState};
use rustix::process::{Pid, Signal, kill_process};

use crate::dice::Dice;
use crate::shop::Shop;

/// A shop that is clean later than this fails the run.
const BAR: Duration = Duration::from_millis(100);

/// The time that the fault is in force, at most; the lease of 6 s is renewed twice in it.
const LONGEST: u64 = 5_000;

/// Within this time, what the command has sent before is answered.
const SETTLED: Duration = Duration::from_millis(100);

/// How many shops there are at a time.
const AT_ONCE: usize = 5;

/// The exit code of an aborted run.
const ABORTED: i32 = 3;

/// Prints a row for each signal, and returns the number of rounds that failed.
pub(crate) fn print(rounds: usize, seed: Option<u64>) -> usize {
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    let dice = Dice::seeded(seed);
    println!("Runs that lose their command while the fault is in force (seed {seed}):\n");
    println!("| the command gets | times | target clean, median | worst | reports |");
    println!("|---|---|---|---|---|");
    let kills = row(Signal::KILL, "SIGKILL", "its lease", rounds, &dice);
    let interrupts = row(
        Signal::INT,
        "SIGINT",
        "the signal",
        rounds.div_ceil(4),
        &dice,
    );
    kills + interrupts
}

fn row(signal: Signal, name: &str, after: &str, times: usize, dice: &Dice) -> usize {
    let moments: Vec<_> = (0..times).map(|_| dice.millis(0, LONGEST)).collect();
    let mut late = Vec::new();
    let mut problems = Vec::new();
    for moments in moments.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let running: Vec<_> = moments
                .iter()
                .map(|moment| scope.spawn(|| lose(signal, *moment)))
                .collect();
            for one in running {
                match one
                    .join()
                    .unwrap_or_else(|_| Err("a round panicked".to_owned()))
                {
                    Ok(took) => late.push(took),
                    Err(problem) => problems.push(problem),
                }
            }
        });
    }
    late.sort();
    let is_late = late.last().is_some_and(|worst| *worst > BAR);
    let of = |time: Option<&Duration>| {
        time.map_or_else(
            || "–".to_owned(),
            |time| format!("{:.1} ms after {after}", time.as_secs_f64() * 1e3),
        )
    };
    println!(
        "| {name} | {times} | {} | {}{} | {} |",
        of(late.get(late.len() / 2)),
        of(late.last()),
        if is_late { " !" } else { "" },
        late.len()
    );
    for problem in &problems {
        println!("\n{name}: {problem} !");
    }
    problems.len() + usize::from(is_late)
}

/// Sends a command a signal after its fault was in force for a time, and returns how late its target is clean.
fn lose(signal: Signal, after: Duration) -> Result<Duration, String> {
    let shop = Shop::open();
    let child = lab(["run".as_ref(), shop.suite().as_path()], &shop)
        .spawn()
        .map_err(|error| format!("{}: {error}", command().display()))?;
    let begun = Instant::now();
    while !shop.service.injects() {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err(format!("no fault was injected: {}", said(&output(child)?)));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(after);
    if !shop.service.injects() {
        return Err("it ended although its lease was renewed".to_owned());
    }
    kill_process(Pid::from_child(&child), signal).map_err(|error| error.to_string())?;
    let mut due = Instant::now();
    let late = if signal == Signal::KILL {
        let ended = output(child)?;
        std::thread::sleep(SETTLED);
        let status = shop.service.chaos.status();
        let lease = status.first().and_then(|experiment| experiment.lease);
        due = Instant::now() + lease.ok_or("it has no lease any more")?.time_left;
        shop.service.clean()();
        if ended.status.code().is_some() {
            return Err(format!("it was not killed: {}", said(&ended)));
        }
        if Instant::now() + Duration::from_millis(1) < due {
            return Err("it ended before its lease".to_owned());
        }
        due.elapsed()
    } else {
        shop.service.clean()();
        let late = due.elapsed();
        let ended = output(child)?;
        if ended.status.code() != Some(ABORTED) {
            return Err(format!("it exited otherwise: {}", said(&ended)));
        }
        if !record(&shop)?.with_file_name("report.md").exists() {
            return Err("it wrote no report".to_owned());
        }
        late
    };
    for experiment in shop.service.chaos.status() {
        match (experiment.state, signal) {
            (ExperimentState::Ended(EndReason::LeaseRanOut), Signal::KILL)
            | (ExperimentState::Ended(EndReason::Stopped(_)), Signal::INT) => {}
            (state, _) => return Err(format!("left behind: {state:?}")),
        }
    }
    judge(&shop)?;
    Ok(late)
}

/// Judges the record that the command left behind.
fn judge(shop: &Shop) -> Result<(), String> {
    let record = record(shop)?;
    let judging = lab(["judge".as_ref(), record.as_path()], shop).spawn();
    let judged = output(judging.map_err(|error| error.to_string())?)?;
    let report = String::from_utf8_lossy(&judged.stdout);
    let is_report =
        report.starts_with("# refused payments: aborted") && report.contains("| inject |");
    if judged.status.code() == Some(ABORTED) && is_report {
        Ok(())
    } else {
        Err(format!("no report: {}", said(&judged)))
    }
}

/// The record of the only scenario of the only run.
fn record(shop: &Shop) -> Result<PathBuf, String> {
    let runs = std::fs::read_dir(shop.directory().join("chaos-reports"));
    let run = runs.ok().and_then(|mut runs| runs.next()?.ok());
    let run = run.ok_or("there is no record")?.path();
    Ok(run.join("refused-payments").join("record.jsonl"))
}

fn lab<const N: usize>(arguments: [&Path; N], shop: &Shop) -> Command {
    let mut lab = Command::new(command());
    lab.args(arguments)
        .current_dir(shop.directory())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    lab
}

/// The command, which cargo builds beside this program.
fn command() -> PathBuf {
    let this = std::env::current_exe().expect("a path");
    this.with_file_name("chaos-lab")
}

fn output(child: std::process::Child) -> Result<Output, String> {
    child.wait_with_output().map_err(|error| error.to_string())
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{}, {out}{err}", output.status)
}
