//! What this machine has for a run.

use std::path::Path;

use chaos_core::pressure::{ProcessLimits, process_limits};

use super::Check;
use crate::load::MOST_OPEN;
use crate::record::{ROOM, room_at};

/// The memory that a run of the lab may need.
const MEMORY: u64 = 256 << 20;

/// Checks what this process may use, and the disk of the reports.
#[must_use]
pub fn examine_machine(reports: &Path) -> Vec<Check> {
    let mut checks = vec![disk(reports)];
    match process_limits() {
        Ok(limits) => checks.extend(limited(&limits)),
        Err(error) => checks.push(Check::warning(
            "limits",
            error.to_string(),
            "whether this machine is too small for a load is not known",
        )),
    }
    checks
}

fn limited(limits: &ProcessLimits) -> [Check; 3] {
    let cores = format!("{} cores, by {}", limits.cores, limits.cores_set_by);
    let memory = format!(
        "{} MB left, by {}",
        limits.memory_left >> 20,
        limits.memory_set_by
    );
    let descriptors = limits.descriptors_left.unwrap_or(u64::MAX);
    let left = format!("{descriptors} file descriptors left");
    [
        if limits.cores >= 1.0 {
            Check::ok("processor", cores)
        } else {
            let advice = "the lab would measure its own lateness: raise the quota of its group";
            Check::warning("processor", cores, advice)
        },
        if limits.memory_left >= MEMORY {
            Check::ok("memory", memory)
        } else {
            let advice = "the lab may be killed in a run: give it 256 MB";
            Check::warning("memory", memory, advice)
        },
        if descriptors >= 3 * MOST_OPEN as u64 {
            Check::ok("descriptors", left)
        } else {
            let advice = "a load whose target stalls opens up to 4096 connections, with a relay three descriptors each: `ulimit -n 16384`";
            Check::warning("descriptors", left, advice)
        },
    ]
}

fn disk(reports: &Path) -> Check {
    let advice = "name another directory with `--output`";
    let place = reports.display();
    match room_at(reports) {
        Ok(None) => Check::ok("disk", "the room is not known on this system"),
        Ok(Some(room)) if room < ROOM => Check::problem(
            "disk",
            format!("{} MB left for {place}, too little for a run", room >> 20),
            advice,
        ),
        Ok(Some(room)) => Check::ok("disk", format!("{} MB left for {place}", room >> 20)),
        Err(error) => Check::problem("disk", format!("{place}: {error}"), advice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn reports_that_can_not_be_written_are_a_problem() {
        let levels = |path: &str| disk(Path::new(path)).level;
        assert_eq!(levels("/dev/null/reports"), Level::Problem);
        let new = std::env::temp_dir().join("not/there/yet");
        assert!(disk(&new).finding.contains("MB left for "), "{new:?}");
    }
}
