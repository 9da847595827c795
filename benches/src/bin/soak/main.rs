//! Whether chaos keeps its promises for minutes, while user code is slow, panics or hangs.
//!
//! `cargo run --release -p chaos-benches --bin soak [SECONDS [SEED]]`
//!
//! 8 threads start, stop, halt and resume experiments at random; 8 run operations, and count for themselves what
//! strikes them. Every few seconds, the last handle of the manager is dropped and another manager takes its place. What
//! hangs is released every third round and at the end. The program fails when a verdict does not hold.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

mod count;
mod dice;
mod drive;
mod experiment;
mod hostile;
mod ledger;
mod operation;
mod process;
mod recorder;
mod round;
mod starter;
mod user_code;
mod verdict;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use count::{REGISTERED, UNDONE};
use dice::Dice;
use drive::FOREVER;
use hostile::DAM;
use process::Holdings;
use recorder::HostileRecorder;
use round::{Ending, run_round};

/// The number of rounds after which all that hangs is released.
const ROUNDS_HUNG: u32 = 3;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u64>());
    let mut next = || arguments.next().map(|it| it.expect("a number"));
    let length = Duration::from_secs(next().unwrap_or(300));
    let seed = next().unwrap_or_else(|| std::process::id().into());
    println!("seed {seed}");
    let dice = Dice::seeded(seed);
    hostile::silence_expected_panics();
    let recorder = HostileRecorder(dice.another());
    metrics::set_global_recorder(recorder).expect("the only recorder");
    end_if_stuck(length);

    run_round(&dice, Ending::Released);
    let at_start = Holdings::least();
    let (start, mut resident) = (Instant::now(), Vec::new());
    for round in 1.. {
        let ending = match round % ROUNDS_HUNG {
            0 => Ending::Released,
            _ => Ending::HeldUp,
        };
        run_round(&dice, ending);
        resident.push(process::resident());
        if start.elapsed() >= length {
            break;
        }
    }
    DAM.open();
    wait_for_undos();
    let at_end = Holdings::back_to(at_start);

    count::print_table();
    println!();
    if verdict::all_hold(at_start, at_end, &resident) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn wait_for_undos() {
    let start = Instant::now();
    while UNDONE.get() < REGISTERED.get() && start.elapsed() < FOREVER {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Fails when the rounds do not end, which would be a deadlock.
fn end_if_stuck(length: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(length + 5 * FOREVER);
        count::print_table();
        println!("FAILED the end: {}", process::threads().join(", "));
        std::process::exit(2);
    });
}
