//! A process that is killed leaves nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chaos_core::{Consent, Pressure, Rate};

use crate::child;

const PLACE: &str = "CHAOS_PRESSURE_PLACE";

#[test]
fn a_kill_at_any_moment_leaves_no_file() {
    let place =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-killed", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    for round in 0..6 {
        let mut child = child::start("killed::is_killed", &[(PLACE, &place)]);
        // At different moments: while it starts, while it grows, while it holds.
        std::thread::sleep(Duration::from_millis(40 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
    }
    std::fs::remove_dir(place).unwrap();
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn is_killed() {
    assert!(child::plays("killed::is_killed"));
    let place = std::env::var_os(PLACE).unwrap();
    let place = Path::new(&place);
    let _all = [
        Pressure::disk_fill(64 << 20)
            .directory(place)
            .reserve(Rate::NEVER)
            .consent(Consent::because("a test")),
        Pressure::disk_io(2, 1 << 20)
            .directory(place)
            .reserve(Rate::NEVER),
        Pressure::memory(64 << 20),
        Pressure::descriptors(Rate::percent(90.0).unwrap()),
    ]
    .map(|pressure| pressure.start().unwrap());
    std::thread::sleep(Duration::from_secs(60));
}
