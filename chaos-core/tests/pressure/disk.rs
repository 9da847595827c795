//! Disks.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chaos_core::error::PressureError;
use chaos_core::{Consent, Pressure, PressureGuard, Rate};
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
fn more_left_than_there_is_takes_nothing_and_is_refused() {
    let directory = directory("nothing");
    let nothing = Pressure::disk_fill_leaving(u64::MAX).directory(&directory);
    let refused = nothing.consent(agreed()).start().unwrap_err();
    assert!(
        matches!(refused, PressureError::Nothing { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("nothing leaves"), "{refused}");
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
    let refused = Pressure::disk_io(u32::MAX, MIB).start().unwrap_err();
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
    let refused = Pressure::disk_io(90, MIB).start().unwrap_err();
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

#[test]
fn a_rate_is_kept_evenly_however_low_it_is_and_after_a_ramp() {
    let directory = directory("slowly");
    let second = Duration::from_secs(1);
    for (rate, ramp) in [
        (4_096, Duration::ZERO),
        (10_000, Duration::ZERO),
        (65_536, second),
    ] {
        let pressure = Pressure::disk_io(1, rate)
            .ramp(ramp)
            .directory(&directory)
            .reserve(Rate::NEVER)
            .start()
            .unwrap();
        wait_until("it is at its rate", || pressure.was_reached());
        let start = Instant::now();
        while start.elapsed() < second {
            std::thread::sleep(Duration::from_millis(10));
            // A disk that others keep busy may be late, and the worker catches up then, but it never bursts.
            let level = pressure.level();
            assert!(level.achieved < level.requested * 1.4, "{level}");
        }
        gone(&pressure);
    }
    std::fs::remove_dir(directory).unwrap();
}

/// What this process has had of disks so far, by its name in `/proc/self/io`.
fn counted(name: &str) -> u64 {
    let told = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = told.lines().find(|line| line.starts_with(name)).unwrap();
    line[name.len() + 2..].parse().unwrap()
}

#[test]
fn what_is_written_is_really_on_the_disk_and_read_back_from_there() {
    crate::child::passes("disk::reads_back");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn reads_back() {
    assert!(crate::child::plays("disk::reads_back"));
    let directory = directory("reads-back");
    let (written, read) = (counted("write_bytes"), counted("read_bytes"));
    let pressure = Pressure::disk_io(1, MIB)
        .directory(&directory)
        .reserve(Rate::NEVER)
        .start()
        .unwrap();
    wait_until("much is written", || {
        counted("write_bytes") - written >= MIB
    });
    let level = pressure.level();
    wait_until("as much is read, and from no cache", || {
        counted("read_bytes") - read >= MIB * 9 / 10
    });
    assert_eq!(pressure.ended(), None, "{level}");
    gone(&pressure);
    let (written, read) = (
        counted("write_bytes") - written,
        counted("read_bytes") - read,
    );
    assert!(read >= written * 9 / 10, "{read} of {written} bytes");
    std::fs::remove_dir(directory).unwrap();
}

#[test]
fn a_file_that_may_not_get_so_long_is_refused_rather_than_killed_for() {
    crate::child::passes("disk::may_write_short_files");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn may_write_short_files() {
    assert!(crate::child::plays("disk::may_write_short_files"));
    let short = Rlimit {
        current: Some(MIB),
        maximum: Some(MIB),
    };
    setrlimit(Resource::Fsize, short).unwrap();
    let directory = directory("short-files");
    for too_long in [
        Pressure::disk_fill(2 * MIB).consent(agreed()),
        Pressure::disk_io(1, MIB),
    ] {
        let too_long = too_long.directory(&directory).reserve(Rate::NEVER);
        let refused = too_long.start().unwrap_err();
        assert!(refused.to_string().contains("RLIMIT_FSIZE"), "{refused}");
    }
    let fits = Pressure::disk_fill(MIB).consent(agreed());
    let fits = fits.directory(&directory).reserve(Rate::NEVER);
    let fits = fits.start().unwrap();
    wait_until("what may be is filled", || fits.was_reached());
    gone(&fits);
    std::fs::remove_dir(directory).unwrap();
}
