//! Instructions, as valgrind counts them.

use std::error::Error;
use std::process::Command;

/// What one more operation takes of this very program, run with the name of a scenario and how often: the instructions
/// of `2 * times` less those of `times`, by `times`.
///
/// # Errors
///
/// When there is no valgrind, or it did not count.
pub(crate) fn instructions_of_this(scenario: &str, times: u64) -> Result<f64, Box<dyn Error>> {
    let more = count(scenario, 2 * times)? as f64 - count(scenario, times)? as f64;
    Ok(more / times as f64)
}

fn count(scenario: &str, times: u64) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([scenario, &times.to_string()])
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .ok_or_else(|| format!("valgrind did not count: {report}"))?;
    Ok(collected.1.trim().parse()?)
}
