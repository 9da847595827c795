//! Disks.

use std::path::PathBuf;

use chaos_core::{Consent, Pressure, PressureError, PressureGuard, Rate};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::patience::wait_until;

const MIB: u64 = 1 << 20;

/// A directory that nothing else uses.
fn directory(name: &str) -> PathBuf {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn agreed() -> Consent {
    Consent::because("a test")
}

/// What this process has taken of the disk by files that have no name, in bytes.
fn taken() -> u64 {
    use std::os::unix::fs::MetadataExt;
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    open.filter_map(|entry| std::fs::metadata(entry.ok()?.path()).ok())
        .filter(|file| file.is_file() && file.nlink() == 0)
        .map(|file| file.blocks() * 512)
        .sum()
}

fn gone(pressure: &PressureGuard) {
    pressure.stop();
    wait_until("all is given back", || pressure.is_gone());
}

#[test]
fn a_disk_is_filled_by_a_file_that_nobody_sees() {
    crate::child::passes("disk::fills");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn fills() {
    assert!(crate::child::plays("disk::fills"));
    let directory = directory("fills");
    let before = taken();
    let pressure = Pressure::disk_fill(80 * MIB)
        .directory(&directory)
        .reserve(Rate::NEVER) // 128 MiB: the disks of developers are full
        .consent(agreed())
        .start()
        .unwrap();
    wait_until("it is filled", || pressure.was_reached());
    assert!(taken() >= before + 80 * MIB);
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
    gone(&pressure);
    assert_eq!(taken(), before);
    std::fs::remove_dir(directory).unwrap();
}

#[test]
fn more_than_there_is_is_refused_with_the_figures() {
    let directory = directory("too-much");
    for too_much in [
        Pressure::disk_fill(1 << 60),
        // Down to nothing would take the reserve.
        Pressure::disk_fill_leaving(0),
    ] {
        let too_much = too_much.directory(&directory).consent(agreed());
        let refused = too_much.start().unwrap_err();
        let PressureError::NoRoom { shortage, .. } = &refused else {
            panic!("{refused}");
        };
        assert!(shortage.reserve >= 128 * MIB);
        assert!(refused.to_string().contains("too-much leaves"), "{refused}");
    }
    std::fs::remove_dir(directory).unwrap();
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let refused = Pressure::disk_io(1, MIB)
        .directory("/no/such/directory")
        .start()
        .unwrap_err();
    assert!(
        refused.to_string().contains("/no/such/directory"),
        "{refused}"
    );
}

#[test]
fn a_directory_in_memory_is_no_disk() {
    let in_memory = PathBuf::from("/dev/shm");
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    if !mounts.contains(" /dev/shm tmpfs ") {
        crate::child::left_out("/dev/shm is not in memory here");
        return;
    }
    for pressure in [
        Pressure::disk_io(1, MIB),
        Pressure::disk_fill(MIB).consent(agreed()),
    ] {
        let refused = pressure.directory(&in_memory).start().unwrap_err();
        let told = refused.to_string();
        assert!(told.contains("/dev/shm is in memory"), "{told}");
    }
}

#[test]
fn more_writers_than_there_is_room_for_are_refused_before_any_file_is_made() {
    let refused = Pressure::disk_io(u32::MAX, 1).start().unwrap_err();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    crate::child::passes("disk::has_few_descriptors");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn has_few_descriptors() {
    assert!(crate::child::plays("disk::has_few_descriptors"));
    let few = Rlimit {
        current: Some(100),
        maximum: Some(100),
    };
    setrlimit(Resource::Nofile, few).unwrap();
    let refused = Pressure::disk_io(90, 1).start().unwrap_err();
    assert!(refused.to_string().contains("RLIMIT_NOFILE"), "{refused}");
}

#[test]
fn workers_write_and_leave_nothing() {
    let directory = directory("writes");
    let pressure = Pressure::disk_io(2, MIB / 4)
        .directory(&directory)
        .reserve(Rate::NEVER)
        .start()
        .unwrap();
    wait_until("they write", || pressure.was_reached());
    // Paced: no more than asked for, but for what was late.
    let level = pressure.level();
    assert!(level.achieved < level.requested * 2.0, "{level}");
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
    gone(&pressure);
    std::fs::remove_dir(directory).unwrap();
}
