//! Compares requested and achieved processor time, next to stress-ng.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chaos_core::{Pressure, Rate};

use crate::child::Children;
use crate::proc::{used_by_children, used_by_threads};

/// The time of each measurement.
const TIME: Duration = Duration::from_secs(5);

/// The requested shares of a core in percent.
const REQUESTED: [u32; 4] = [25, 50, 75, 100];

pub(crate) fn run() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("| requested, % of a core | ours | stress-ng |\n|---|---|---|");
    for percent in REQUESTED {
        row(percent, "");
    }
    let _competing = Children::spinning(cores);
    for percent in REQUESTED {
        row(
            percent,
            &format!(", against {cores} spinners on {cores} cores"),
        );
    }
}

fn row(percent: u32, competition: &str) {
    let ours = ours(percent);
    let theirs = stress_ng(percent)
        .map_or_else(|| "not installed".to_owned(), |share| format!("{share:.1}"));
    println!("| {percent}{competition} | {ours:.1} | {theirs} |");
}

fn ours(percent: u32) -> f64 {
    let duty = Rate::percent(f64::from(percent)).expect("the percentage is valid");
    let pressure = Pressure::cpu(1, duty).start().expect("the pressure fits");
    std::thread::sleep(Duration::from_millis(200));
    let (before, start) = (used_by_threads("chaos-cpu"), Instant::now());
    std::thread::sleep(TIME);
    let share = (used_by_threads("chaos-cpu") - before) / start.elapsed().as_secs_f64() * 100.0;
    pressure.stop();
    while !pressure.is_gone() {
        std::thread::sleep(Duration::from_millis(1));
    }
    share
}

/// Returns the share that stress-ng uses, or `None` if it is not installed.
fn stress_ng(percent: u32) -> Option<f64> {
    let before = used_by_children();
    Command::new("stress-ng")
        .args([
            "--cpu",
            "1",
            "--cpu-load",
            &percent.to_string(),
            "--timeout",
            "5",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    Some((used_by_children() - before) / TIME.as_secs_f64() * 100.0)
}
