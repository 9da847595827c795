//! Counts instructions with valgrind.

use std::error::Error;
use std::process::Command;

/// Runs this program under valgrind with the name of a scenario and a number of operations, and returns the
/// instructions per operation: the count for `2 * times` minus that for `times`, divided by `times`.
///
/// # Errors
///
/// When valgrind is not installed, or reports no count.
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
