//! The release of memory, and the reserve while the program itself grows.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use chaos_core::{Pressure, PressureGuard};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::child;
use crate::proc::memory;

const MIB: u64 = 1 << 20;

fn start_and_reach(bytes: u64) -> PressureGuard {
    let pressure = Pressure::memory(bytes).start().expect("the pressure fits");
    while !pressure.was_reached() {
        assert!(pressure.ended().is_none(), "{:?}", pressure.ended());
        std::thread::sleep(Duration::from_millis(1));
    }
    pressure
}

/// Takes and releases a gibibyte ten times.
pub(crate) fn run_release() {
    println!("| 1 GiB | RSS before | held | after | given back in |\n|---|---|---|---|---|");
    for round in 1..=10 {
        let before = memory().1;
        let pressure = start_and_reach(1024 * MIB);
        let held = memory().1;
        let start = Instant::now();
        pressure.stop();
        while !pressure.is_gone() {
            std::thread::sleep(Duration::from_micros(100));
        }
        let took = start.elapsed();
        let after = memory().1;
        assert!(
            after <= before + 8 * MIB,
            "{} MiB are still resident",
            (after - before) / MIB
        );
        let [before, held, after] = [before, held, after].map(|bytes| bytes as f64 / MIB as f64);
        println!("| {round} | {before:.1} MiB | {held:.1} MiB | {after:.1} MiB | {took:.1?} |");
    }
}

/// Measures how fast a program may grow while the reserve is kept, each rate in its own process.
pub(crate) fn run_growth() {
    println!(
        "| requested growth | actual growth | reserve | least free memory |\n|---|---|---|---|"
    );
    for rate in ["100", "250", "500", "1000", "2000", "4000", "100000"] {
        let child = child::command(&["--grow", rate])
            .stdout(Stdio::piped())
            .spawn();
        let mut row = String::new();
        let mut child = child.expect("the child starts");
        let mut output = child.stdout.take().expect("the output is piped");
        let _ = output.read_to_string(&mut row);
        let status = child.wait().expect("the child ends");
        if row.is_empty() {
            println!("| {rate} MiB/s | ended: {status} | | |");
        } else {
            print!("{row}");
        }
    }
}

/// Grows by `rate` mebibytes per second under a limit, while a pressure holds the rest.
pub(crate) fn grow_in_child(rate: &str) -> ! {
    const STEP: usize = 4 << 20;
    let rate: f64 = rate.parse().expect("the rate is a number");
    let limit = memory().0 + 4096 * MIB;
    let limits = Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    };
    setrlimit(Resource::As, limits).expect("a limit can be lowered");
    let reserve = limit / 10;
    let pressure = start_and_reach(3400 * MIB);
    let (start, mut own, mut least) = (Instant::now(), Vec::new(), u64::MAX);
    while own.len() < 500 {
        own.push(vec![1_u8; STEP]);
        least = least.min(limit.saturating_sub(memory().0));
        let grown = (own.len() * STEP) as f64 / MIB as f64;
        let due = Duration::from_secs_f64(grown / rate);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
    }
    let grown = (own.len() * STEP) as f64 / MIB as f64;
    println!(
        "| {} | {:.0} MiB/s | {} MiB | {} MiB{} |",
        if rate > 10_000.0 {
            "as fast as possible".to_owned()
        } else {
            format!("{rate} MiB/s")
        },
        grown / start.elapsed().as_secs_f64(),
        reserve / MIB,
        least / MIB,
        if least >= reserve { "" } else { ", in use" },
    );
    drop((own, pressure));
    std::process::exit(0)
}
