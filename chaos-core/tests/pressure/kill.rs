//! Processes that are killed under pressure.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use chaos_core::{Consent, Pressure, Rate};

use crate::child;

const DIRECTORY: &str = "CHAOS_PRESSURE_DIRECTORY";

/// Messages of the child before and after it starts its pressures.
const STARTING: &str = "starting pressures";
const STARTED: &str = "started all pressures";

#[test]
fn a_process_killed_at_any_moment_leaves_no_file() {
    let victim = || {
        let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
        child::print_message(STARTING);
        let _all = [
            Pressure::disk_fill(64 << 20)
                .directory(&directory)
                .reserve(Rate::NEVER)
                .consent(Consent::by("a test").unwrap()),
            Pressure::disk_io(2, 1 << 20)
                .directory(&directory)
                .reserve(Rate::NEVER),
            Pressure::memory(64 << 20),
            Pressure::descriptors(Rate::percent(90.0).unwrap()),
        ]
        .map(|pressure| pressure.start().unwrap());
        child::print_message(STARTED);
        std::thread::sleep(Duration::from_secs(60));
    };
    let test = child::test_of(&victim);
    if child::is_child_of(test) {
        return victim();
    }
    let directory =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-killed", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    // At different moments: while it starts, while it grows, while it holds.
    for message in [STARTING, STARTED] {
        for round in 0..4 {
            let mut child = child::start(test, &[(DIRECTORY, &directory)]);
            child::wait_for_message(&mut child, message);
            std::thread::sleep(Duration::from_millis(3 * round * round));
            child.kill().unwrap();
            let status = child.wait().unwrap();
            assert_eq!(status.signal(), Some(9), "it was still running");
            assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
        }
    }
    std::fs::remove_dir(directory).unwrap();
}
