//! Memory that comes back, and memory that the program itself takes meanwhile.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use chaos_core::{Pressure, PressureGuard};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::proc::{memory, own};

const MIB: u64 = 1 << 20;

fn taken(bytes: u64) -> PressureGuard {
    let pressure = Pressure::memory(bytes).start().expect("there is room");
    while !pressure.was_reached() {
        assert!(pressure.ended().is_none(), "{:?}", pressure.ended());
        std::thread::sleep(Duration::from_millis(1));
    }
    pressure
}

/// One gibibyte, ten times.
pub(crate) fn back() {
    println!("| 1 GiB | RSS before | held | after | given back in |\n|---|---|---|---|---|");
    for round in 1..=10 {
        let before = memory().1;
        let pressure = taken(1024 * MIB);
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
            "{} MiB have not come back",
            (after - before) / MIB
        );
        let [before, held, after] = [before, held, after].map(|bytes| bytes as f64 / MIB as f64);
        println!("| {round} | {before:.1} MiB | {held:.1} MiB | {after:.1} MiB | {took:.1?} |");
    }
}

/// How fast a program may grow for the reserve to be kept, each rate in a process of its own.
pub(crate) fn growth() {
    println!(
        "| the program grows by | it really did | the reserve | least that was free |\n|---|---|---|---|"
    );
    for rate in ["100", "250", "500", "1000", "2000", "4000", "100000"] {
        let child = own(&["--grow", rate]).stdout(Stdio::piped()).spawn();
        let mut told = String::new();
        let mut child = child.expect("it starts");
        let mut output = child.stdout.take().expect("it is piped");
        let _ = output.read_to_string(&mut told);
        let ended = child.wait().expect("it ends");
        if told.is_empty() {
            println!("| {rate} MiB/s | ended: {ended} | | |");
        } else {
            print!("{told}");
        }
    }
}

/// Grows by so many mebibytes a second under a limit, while pressure holds all that is left.
pub(crate) fn grow_in_child(rate: &str) -> ! {
    const STEP: usize = 4 << 20;
    let rate: f64 = rate.parse().expect("it is a number");
    let limit = memory().0 + 4096 * MIB;
    let bound = Some(limit);
    setrlimit(
        Resource::As,
        Rlimit {
            current: bound,
            maximum: bound,
        },
    )
    .expect("limits can be lowered");
    let reserve = limit / 10;
    let pressure = taken(3400 * MIB);
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
            "as fast as it can".to_owned()
        } else {
            format!("{rate} MiB/s")
        },
        grown / start.elapsed().as_secs_f64(),
        reserve / MIB,
        least / MIB,
        if least >= reserve { "" } else { ", touched" },
    );
    drop((own, pressure));
    std::process::exit(0)
}
