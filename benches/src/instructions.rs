//! Counts instructions with valgrind.

use std::error::Error;
use std::process::Command;

/// Runs this program under valgrind with the name of a scenario and a number of operations, and returns the
/// instructions per operation: the count for `2 * times` minus that for `times`, divided by `times`.
///
/// # Errors
///
/// When valgrind is not installed, or reports no count.
pub(crate) fn instructions_of_this(
    scenario: &str,
    times: u64,
    counted: Counted,
) -> Result<f64, Box<dyn Error>> {
    let more = count(scenario, 2 * times, counted)? - count(scenario, times, counted)?;
    Ok(more / times as f64)
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "each benchmark counts in one of these ways")]
pub(crate) enum Counted {
    /// All threads.
    Process,
    /// A function that is not inlined, on the thread that calls it: the setup and other threads vary more than an
    /// operation. Nothing else may have its name.
    Function(&'static str),
}

fn count(scenario: &str, times: u64, counted: Counted) -> Result<f64, Box<dyn Error>> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    if let Counted::Function(name) = counted {
        command.arg(format!("--toggle-collect=*{name}*"));
    }
    let output = command
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
