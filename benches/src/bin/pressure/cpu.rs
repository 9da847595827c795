//! Requested against achieved processor time, beside stress-ng.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chaos_core::{Pressure, Rate};

use crate::proc::{Children, used_by_children, used_by_threads};

const TIME: Duration = Duration::from_secs(5);

const REQUESTED: [u32; 4] = [25, 50, 75, 100];

pub(crate) fn all() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let peer = Command::new("stress-ng").arg("--version").output().is_ok();
    println!("| requested, % of a core | ours | stress-ng |\n|---|---|---|");
    for percent in REQUESTED {
        row(percent, peer, "");
    }
    let _competing = Children::spinning(cores);
    for percent in REQUESTED {
        row(
            percent,
            peer,
            &format!(", against {cores} spinners on {cores} cores"),
        );
    }
}

fn row(percent: u32, peer: bool, beside: &str) {
    let ours = ours(percent);
    let theirs = if peer {
        format!("{:.1}", stress_ng(percent))
    } else {
        "not installed".to_owned()
    };
    println!("| {percent}{beside} | {ours:.1} | {theirs} |");
}

fn ours(percent: u32) -> f64 {
    let duty = Rate::percent(f64::from(percent)).expect("it is a percentage");
    let pressure = Pressure::cpu(1, duty).start().expect("there is room");
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

fn stress_ng(percent: u32) -> f64 {
    let before = used_by_children();
    let status = Command::new("stress-ng")
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
        .status();
    status.expect("it is installed");
    (used_by_children() - before) / TIME.as_secs_f64() * 100.0
}
