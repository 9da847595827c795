//! Memory.

use std::fs::File;
use std::time::{Duration, Instant};

use chaos_core::Pressure;
use chaos_core::error::PressureError;
use chaos_core::pressure::PressureEnd;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::child;
use crate::wait::wait_until;

const MIB: u64 = 1 << 20;

/// Returns the resident memory of this process in mebibytes.
pub(crate) fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kibibytes = line.unwrap().split_ascii_whitespace().nth(1).unwrap();
    kibibytes.parse::<u64>().unwrap() / 1024
}

#[test]
fn memory_is_resident_until_it_leaves_the_process() {
    child::isolated(|| {
        let before = resident_mib();
        let pressure = Pressure::memory(200 * MIB).start().unwrap();
        wait_until("everything is taken", || pressure.was_reached());
        assert!(
            resident_mib() >= before + 195,
            "{before}, then {}",
            resident_mib()
        );
        drop(pressure);
        wait_until("everything is given back", || resident_mib() <= before + 8);
    });
}

#[test]
fn a_leak_grows_gradually_up_to_its_limit() {
    child::isolated(|| {
        let start = Instant::now();
        let pressure = Pressure::leak(8 * MIB, 12 * MIB).start().unwrap();
        let mut seen = Vec::new();
        wait_until("it is reached", || {
            // Never faster than its rate, except for the backlog of a late sample.
            let level = pressure.level().achieved;
            let due = 8.0 * (start.elapsed().as_secs_f64() + 0.3) * MIB as f64;
            assert!(level <= due, "{level} of {due}");
            if seen.last() != Some(&level) {
                seen.push(level);
            }
            pressure.was_reached()
        });
        assert!(start.elapsed() >= Duration::from_millis(1_500));
        assert!(seen.len() > 20, "in small steps: {seen:?}");
        assert!((pressure.level().achieved - (12 * MIB) as f64).abs() < 1.0);
    });
}

#[test]
fn an_amount_above_the_memory_of_the_machine_is_refused_with_the_figures() {
    let refused = Pressure::memory(1 << 60).start().unwrap_err();
    let PressureError::NoRoom { shortage, .. } = &refused else {
        panic!("{refused}");
    };
    assert!(shortage.requested >= 1 << 60);
    assert!(shortage.reserve >= 128 * MIB);
    assert!(refused.to_string().contains("stay in reserve"), "{refused}");
}

/// Limits the address space of this process to its current size and `more` bytes.
fn limit_address_space(more: u64) -> u64 {
    let limit = mapped_bytes() + more;
    setrlimit(
        Resource::As,
        Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        },
    )
    .unwrap();
    limit
}

/// Returns the size of the address space of this process.
pub(crate) fn mapped_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
    pages * rustix::param::page_size() as u64
}

#[test]
fn an_amount_above_a_process_limit_is_refused() {
    child::isolated(|| {
        limit_address_space(400 * MIB);
        let refused = Pressure::memory(1024 * MIB).start().unwrap_err();
        assert!(refused.to_string().contains("RLIMIT_AS"), "{refused}");
        let fits = Pressure::memory(32 * MIB).start().unwrap();
        wait_until("the amount that fits is taken", || fits.was_reached());
    });
}

#[test]
fn memory_is_given_back_near_a_process_limit() {
    child::isolated(|| {
        let limit = limit_address_space(1024 * MIB);
        let pressure = Pressure::memory(400 * MIB).start().unwrap();
        wait_until("everything is taken", || pressure.was_reached());
        // The program grows, and the pressure gives memory back.
        let mut own = Vec::new();
        for _ in 0..40 {
            own.push(vec![1_u8; 16 << 20]);
            wait_until("memory is given back", || {
                mapped_bytes() + 100 * MIB < limit
            });
        }
        wait_until("the level shows it", || {
            pressure.level().achieved < (300 * MIB) as f64
        });
        assert_eq!(pressure.ended(), None);
        drop(own);
    });
}

#[test]
fn a_leak_without_room_fails_and_reports_its_level() {
    child::isolated(|| {
        limit_address_space(1024 * MIB);
        let pressure = Pressure::leak(200 * MIB, 600 * MIB).start().unwrap();
        wait_until("it grows", || pressure.level().achieved > 0.0);
        let own = vec![1_u8; 600 << 20];
        wait_until("it has failed", || pressure.is_gone());
        let Some(PressureEnd::Failed(why)) = pressure.ended() else {
            panic!("{:?}", pressure.ended());
        };
        assert!(why.contains("of 600 MiB"), "{why}");
        drop(own);
    });
}

/// Opens files until no descriptor is left.
pub(crate) fn exhaust_descriptors() -> Vec<File> {
    let limit = Rlimit {
        current: Some(64),
        maximum: Some(64),
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

#[test]
fn nothing_starts_while_limits_are_unreadable() {
    child::isolated(|| {
        let mut open = exhaust_descriptors();
        for free in 0..=2 {
            for pressure in [Pressure::memory(MIB), Pressure::threads(1)] {
                let refused = pressure.start().unwrap_err();
                assert!(
                    matches!(refused, PressureError::System { .. }),
                    "with {free} descriptors: {refused}"
                );
                assert!(refused.to_string().contains("can't read"), "{refused}");
            }
            drop(open.pop());
        }
        drop(open);
        drop(Pressure::memory(MIB).start().unwrap());
    });
}
