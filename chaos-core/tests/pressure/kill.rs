//! A process that is killed leaves nothing.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chaos_core::{Consent, Pressure, Rate};

use crate::child;

const PLACE: &str = "CHAOS_PRESSURE_PLACE";

/// What the child tells when it is about to start its pressures, and once it has.
const BEGINS: &str = "it begins";
const STARTED: &str = "all are started";

#[test]
fn a_kill_at_any_moment_leaves_no_file() {
    let place =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-killed", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    // At different moments: while it starts, while it grows, while it holds.
    for word in [BEGINS, STARTED] {
        for round in 0..4 {
            let mut child = child::start("killed::is_killed", &[(PLACE, &place)]);
            child::wait_for_word(&mut child, word);
            std::thread::sleep(Duration::from_millis(3 * round * round));
            child.kill().unwrap();
            let ended = child.wait().unwrap();
            assert_eq!(ended.signal(), Some(9), "it was still there");
            assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
        }
    }
    std::fs::remove_dir(place).unwrap();
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn is_killed() {
    assert!(child::plays("killed::is_killed"));
    let place = std::env::var_os(PLACE).unwrap();
    let place = Path::new(&place);
    child::tell(BEGINS);
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
    child::tell(STARTED);
    std::thread::sleep(Duration::from_secs(60));
}
