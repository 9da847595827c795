//! Memory.

use std::fs::File;
use std::time::{Duration, Instant};

use chaos_core::Pressure;
use chaos_core::error::PressureError;
use chaos_core::pressure::PressureEnd;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::child;
use crate::patience::wait_until;

const MIB: u64 = 1 << 20;

/// What of this process is in memory, in mebibytes.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kibibytes = line.unwrap().split_ascii_whitespace().nth(1).unwrap();
    kibibytes.parse::<u64>().unwrap() / 1024
}

#[test]
fn memory_is_really_taken_and_really_leaves_the_process() {
    child::passes("memory::comes_and_goes");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn comes_and_goes() {
    assert!(child::plays("memory::comes_and_goes"));
    let before = resident();
    let pressure = Pressure::memory(200 * MIB).start().unwrap();
    wait_until("all is taken", || pressure.was_reached());
    assert!(resident() >= before + 195, "{before}, then {}", resident());
    drop(pressure);
    wait_until("all has left", || resident() <= before + 8);
}

#[test]
fn a_leak_grows_little_by_little_until_its_limit() {
    child::passes("memory::leaks");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn leaks() {
    assert!(child::plays("memory::leaks"));
    let start = Instant::now();
    let pressure = Pressure::leak(8 * MIB, 12 * MIB).start().unwrap();
    let mut seen = Vec::new();
    wait_until("it is at its limit", || {
        // Never faster than its rate, but for what a slow look catches up with.
        let level = pressure.level().achieved;
        let due = 8.0 * (start.elapsed().as_secs_f64() + 0.3) * MIB as f64;
        assert!(level <= due, "{level} of {due}");
        if seen.last() != Some(&level) {
            seen.push(level);
        }
        pressure.was_reached()
    });
    assert!(start.elapsed() >= Duration::from_millis(1_500));
    assert!(seen.len() > 20, "little by little: {seen:?}");
    assert!((pressure.level().achieved - (12 * MIB) as f64).abs() < 1.0);
}

#[test]
fn more_than_the_machine_has_is_refused_with_the_figures() {
    let refused = Pressure::memory(1 << 60).start().unwrap_err();
    let PressureError::NoRoom { shortage, .. } = &refused else {
        panic!("{refused}");
    };
    assert!(shortage.requested >= 1 << 60);
    assert!(shortage.reserve >= 128 * MIB);
    assert!(refused.to_string().contains("stay in reserve"), "{refused}");
}

/// Lets this process have so much more address space than it has now.
fn allow_only(more: u64) -> u64 {
    let limit = mapped() + more;
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

/// How much address space this process has.
pub(crate) fn mapped() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
    pages * rustix::param::page_size() as u64
}

#[test]
fn a_child_under_a_limit_is_refused_and_lives() {
    child::passes("memory::refused_under_a_limit");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn refused_under_a_limit() {
    assert!(child::plays("memory::refused_under_a_limit"));
    allow_only(400 * MIB);
    let refused = Pressure::memory(1024 * MIB).start().unwrap_err();
    assert!(refused.to_string().contains("RLIMIT_AS"), "{refused}");
    let fits = Pressure::memory(32 * MIB).start().unwrap();
    wait_until("what fits is taken", || fits.was_reached());
}

#[test]
fn a_child_whose_limit_comes_near_backs_off_and_lives() {
    child::passes("memory::backs_off_under_a_limit");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn backs_off_under_a_limit() {
    assert!(child::plays("memory::backs_off_under_a_limit"));
    let limit = allow_only(1024 * MIB);
    let pressure = Pressure::memory(400 * MIB).start().unwrap();
    wait_until("all is taken", || pressure.was_reached());
    // The program itself grows, and the pressure makes room for it.
    let mut own = Vec::new();
    for _ in 0..40 {
        own.push(vec![1_u8; 16 << 20]);
        wait_until("it makes room", || mapped() + 100 * MIB < limit);
    }
    wait_until("it says so", || {
        pressure.level().achieved < (300 * MIB) as f64
    });
    assert_eq!(pressure.ended(), None);
    drop(own);
}

#[test]
fn a_leak_that_finds_no_more_room_fails_and_says_how_far_it_came() {
    child::passes("memory::fails_half_way");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn fails_half_way() {
    assert!(child::plays("memory::fails_half_way"));
    allow_only(1024 * MIB);
    let pressure = Pressure::leak(200 * MIB, 600 * MIB).start().unwrap();
    wait_until("it has begun", || pressure.level().achieved > 0.0);
    let own = vec![1_u8; 600 << 20];
    wait_until("it gives up", || pressure.is_gone());
    let Some(PressureEnd::Failed(why)) = pressure.ended() else {
        panic!("{:?}", pressure.ended());
    };
    assert!(why.contains("of 600 MiB"), "{why}");
    drop(own);
}

/// Opens files until no more can be.
pub(crate) fn exhaust_descriptors() -> Vec<File> {
    let few = Rlimit {
        current: Some(64),
        maximum: Some(64),
    };
    setrlimit(Resource::Nofile, few).unwrap();
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

#[test]
fn nothing_is_started_while_limits_can_not_be_read() {
    child::passes("memory::is_blind");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn is_blind() {
    assert!(child::plays("memory::is_blind"));
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
}
