//! The table of what is held up, and what has to happen all the same.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use crate::cell;
use crate::held_up::HeldUp;
use crate::stop::Stop;
use crate::surroundings::Surroundings;

/// Prints all rows, or those with one of these names; fails if a cell is above its bar.
pub(crate) fn print(rounds: usize, names: &[String]) -> ExitCode {
    let titles = Stop::ALL.map(Stop::name);
    println!("| held up | {} |", titles.join(" | "));
    println!("|---{}|", "|---".repeat(titles.len()));
    let is_asked =
        |row: &HeldUp| names.is_empty() || names.iter().any(|name| row.name().contains(name));
    let mut too_late = 0;
    let mut worst = Duration::ZERO;
    for held_up in HeldUp::ALL.into_iter().filter(is_asked) {
        let surroundings = match Surroundings::of(held_up) {
            Ok(surroundings) => surroundings,
            Err(reason) => {
                println!("| {} | skipped: {reason} |", held_up.name());
                continue;
            }
        };
        print!("| {}{} |", held_up.name(), surroundings.note());
        for stop in Stop::ALL {
            let lateness = cell::worst(held_up, stop, rounds, &surroundings);
            worst = worst.max(lateness.clone().unwrap_or_default());
            let is_in_time = lateness.as_ref().is_ok_and(|late| *late <= held_up.bar());
            let mark = if is_in_time { "" } else { " !" };
            too_late += usize::from(!is_in_time);
            let cell = lateness.map(|late| format!("{:.1} ms", late.as_secs_f64() * 1e3));
            print!(" {}{mark} |", cell.unwrap_or_else(|reason| reason));
            let _ = std::io::stdout().flush();
        }
        println!();
    }
    println!(
        "\nworst: {:.1} ms; above the bar: {too_late}",
        worst.as_secs_f64() * 1e3
    );
    if too_late == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
