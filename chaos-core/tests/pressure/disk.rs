//! Disk space and disk bandwidth.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chaos_core::error::PressureError;
use chaos_core::{Consent, Pressure, Rate};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::child;
use crate::wait::{stop_and_wait, wait_until};

const MIB: u64 = 1 << 20;

/// Creates a directory for one test.
fn directory(name: &str) -> PathBuf {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn consent() -> Consent {
    Consent::by("a test").unwrap()
}

/// Returns the bytes of disk space that unnamed files of this process take.
fn unnamed_bytes() -> u64 {
    use std::os::unix::fs::MetadataExt;
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    open.filter_map(|entry| std::fs::metadata(entry.ok()?.path()).ok())
        .filter(|file| file.is_file() && file.nlink() == 0)
        .map(|file| file.blocks() * 512)
        .sum()
}

#[test]
fn a_disk_is_filled_by_an_unnamed_file() {
    child::isolated(|| {
        let directory = directory("fills");
        let before = unnamed_bytes();
        let pressure = Pressure::disk_fill(80 * MIB)
            .directory(&directory)
            .reserve(Rate::NEVER) // 128 MiB: developer disks are often nearly full
            .consent(consent())
            .start()
            .unwrap();
        wait_until("it is reached", || pressure.was_reached());
        assert!(unnamed_bytes() >= before + 80 * MIB);
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
        stop_and_wait(&pressure);
        assert_eq!(unnamed_bytes(), before);
        std::fs::remove_dir(directory).unwrap();
    });
}

#[test]
fn a_fill_larger_than_the_disk_is_refused_with_the_figures() {
    let directory = directory("too-much");
    for too_much in [
        Pressure::disk_fill(1 << 60),
        // Leaving nothing would take the reserve.
        Pressure::disk_fill_leaving(0),
    ] {
        let too_much = too_much.directory(&directory).consent(consent());
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
fn a_floor_above_the_free_space_is_refused() {
    let directory = directory("nothing");
    let nothing = Pressure::disk_fill_leaving(u64::MAX).directory(&directory);
    let refused = nothing.consent(consent()).start().unwrap_err();
    assert!(
        matches!(refused, PressureError::NothingToTake { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("nothing leaves"), "{refused}");
    std::fs::remove_dir(directory).unwrap();
}

#[test]
fn a_missing_directory_is_reported() {
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
fn a_directory_in_memory_is_refused() {
    let in_memory = PathBuf::from("/dev/shm");
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    if !mounts.contains(" /dev/shm tmpfs ") {
        child::report_skipped("/dev/shm is not in memory here");
        return;
    }
    for pressure in [
        Pressure::disk_io(1, MIB),
        Pressure::disk_fill(MIB).consent(consent()),
    ] {
        let refused = pressure.directory(&in_memory).start().unwrap_err();
        let message = refused.to_string();
        assert!(message.contains("/dev/shm is in memory"), "{message}");
    }
}

#[test]
fn workers_that_do_not_fit_are_refused_before_files_are_created() {
    let refused = Pressure::disk_io(u32::MAX, MIB).start().unwrap_err();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    child::isolated(|| {
        let few = Rlimit {
            current: Some(100),
            maximum: Some(100),
        };
        setrlimit(Resource::Nofile, few).unwrap();
        let refused = Pressure::disk_io(90, MIB).start().unwrap_err();
        assert!(refused.to_string().contains("RLIMIT_NOFILE"), "{refused}");
    });
}

#[test]
fn disk_io_leaves_no_file() {
    let directory = directory("writes");
    let pressure = Pressure::disk_io(2, MIB / 4)
        .directory(&directory)
        .reserve(Rate::NEVER)
        .start()
        .unwrap();
    wait_until("it is reached", || pressure.was_reached());
    // Paced: no more than requested, except for a backlog.
    let level = pressure.level();
    assert!(level.achieved < level.requested * 2.0, "{level}");
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
    stop_and_wait(&pressure);
    std::fs::remove_dir(directory).unwrap();
}

#[test]
fn low_rates_and_ramps_are_kept_evenly() {
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
        wait_until("it is reached", || pressure.was_reached());
        let start = Instant::now();
        while start.elapsed() < second {
            std::thread::sleep(Duration::from_millis(10));
            // On a busy disk the worker may catch up on a backlog, but it never bursts.
            let level = pressure.level();
            assert!(level.achieved < level.requested * 1.4, "{level}");
        }
        stop_and_wait(&pressure);
    }
    std::fs::remove_dir(directory).unwrap();
}

/// Returns a counter of this process from `/proc/self/io`.
fn io_counter(name: &str) -> u64 {
    let counters = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = counters
        .lines()
        .find(|line| line.starts_with(name))
        .unwrap();
    line[name.len() + 2..].parse().unwrap()
}

#[test]
fn data_is_written_to_the_disk_and_read_back_from_it() {
    child::isolated(|| {
        let directory = directory("reads-back");
        let (written, read) = (io_counter("write_bytes"), io_counter("read_bytes"));
        let pressure = Pressure::disk_io(1, MIB)
            .directory(&directory)
            .reserve(Rate::NEVER)
            .start()
            .unwrap();
        wait_until("a mebibyte is written", || {
            io_counter("write_bytes") - written >= MIB
        });
        let level = pressure.level();
        wait_until("as much is read, and not from the cache", || {
            io_counter("read_bytes") - read >= MIB * 9 / 10
        });
        assert_eq!(pressure.ended(), None, "{level}");
        stop_and_wait(&pressure);
        let (written, read) = (
            io_counter("write_bytes") - written,
            io_counter("read_bytes") - read,
        );
        assert!(read >= written * 9 / 10, "{read} of {written} bytes");
        std::fs::remove_dir(directory).unwrap();
    });
}

#[test]
fn files_above_the_file_size_limit_are_refused() {
    child::isolated(|| {
        let limit = Rlimit {
            current: Some(MIB),
            maximum: Some(MIB),
        };
        setrlimit(Resource::Fsize, limit).unwrap();
        let directory = directory("short-files");
        for too_long in [
            Pressure::disk_fill(2 * MIB).consent(consent()),
            Pressure::disk_io(1, MIB),
        ] {
            let too_long = too_long.directory(&directory).reserve(Rate::NEVER);
            let refused = too_long.start().unwrap_err();
            assert!(refused.to_string().contains("RLIMIT_FSIZE"), "{refused}");
        }
        let fits = Pressure::disk_fill(MIB).consent(consent());
        let fits = fits.directory(&directory).reserve(Rate::NEVER);
        let fits = fits.start().unwrap();
        wait_until("it is reached", || fits.was_reached());
        stop_and_wait(&fits);
        std::fs::remove_dir(directory).unwrap();
    });
}
