//! File descriptors.

use std::fs::File;
use std::io;
use std::process::Command;
use std::time::Duration;

use chaos_core::error::PressureError;
use chaos_core::pressure::PressureEnd;
use chaos_core::{Pressure, Rate};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child;
use crate::patience::wait_until;

fn share(percent: f64) -> Pressure {
    Pressure::descriptors(Rate::percent(percent).unwrap())
}

/// How many more files can be opened, at most as many as asked for.
fn can_open(at_most: usize) -> (usize, Option<io::Error>) {
    let mut open = Vec::new();
    while open.len() < at_most {
        match File::open("/dev/null") {
            Ok(file) => open.push(file),
            Err(error) => return (open.len(), Some(error)),
        }
    }
    (open.len(), None)
}

#[test]
fn nothing_can_be_opened_until_it_ends() {
    child::passes("descriptors::run_out");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn run_out() {
    assert!(child::plays("descriptors::run_out"));
    let before = getrlimit(Resource::Nofile);
    let gap = File::open("/dev/null").unwrap();
    let _above = File::open("/dev/null").unwrap();
    drop(gap); // a number that is free below others
    let pressure = share(100.0).start().unwrap();
    wait_until("all is taken", || pressure.was_reached());
    let (opened, error) = can_open(1);
    assert_eq!(opened, 0);
    assert_eq!(
        error.unwrap().raw_os_error(),
        Some(rustix::io::Errno::MFILE.raw_os_error())
    );
    let second = share(50.0).start().unwrap_err();
    assert!(matches!(second, PressureError::AlreadyOn(_)), "{second}");
    pressure.stop();
    wait_until("all is given back", || pressure.is_gone());
    assert_eq!(getrlimit(Resource::Nofile), before);
    assert_eq!(can_open(100).0, 100);
    // What was just stopped is on its way out, and stands in nobody's way.
    for _ in 0..20 {
        drop(share(50.0).start().unwrap());
    }
}

#[test]
fn a_share_leaves_the_rest() {
    child::passes("descriptors::run_short");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn run_short() {
    assert!(child::plays("descriptors::run_short"));
    let limit = getrlimit(Resource::Nofile).current.unwrap() as usize;
    let pressure = share(90.0).start().unwrap();
    wait_until("they are taken", || pressure.was_reached());
    let (opened, error) = can_open(limit);
    assert!(error.is_some());
    let taken = (limit as f64 * 0.9).round() as usize;
    assert_eq!(opened, limit - taken, "of {limit}");
}

#[test]
fn gaps_are_filled_by_what_no_child_inherits() {
    child::passes("descriptors::fill_gaps");
}

/// How many descriptors this process has.
fn open_here() -> u64 {
    std::fs::read_dir("/proc/self/fd").unwrap().count() as u64 - 1 // that of the directory
}

/// How many descriptors a child has.
fn open_in_child() -> usize {
    let output = Command::new("ls").arg("/proc/self/fd").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout.iter().filter(|byte| **byte == b'\n').count()
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn fill_gaps() {
    assert!(child::plays("descriptors::fill_gaps"));
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = Some(1_000);
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    let in_child = open_in_child();
    let open = || File::open("/dev/null").unwrap();
    let gap: Vec<_> = (0..100).map(|_| open()).collect();
    let _above: Vec<_> = (0..100).map(|_| open()).collect();
    drop(gap);
    let others = open_here();
    let pressure = share(97.0)
        .ramp(Duration::from_millis(200))
        .start()
        .unwrap();
    wait_until("they are taken", || pressure.was_reached());
    // Two of its own, and the 30 that are left: whatever fills the gap is no reason for more.
    assert_eq!(getrlimit(Resource::Nofile).current, Some(others + 2 + 30));
    assert!(open_here() >= others + 50, "the gap is filled");
    assert_eq!(open_in_child(), in_child);
}

#[test]
fn a_limit_that_others_set_meanwhile_is_theirs() {
    child::passes("descriptors::change_the_limit");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn change_the_limit() {
    assert!(child::plays("descriptors::change_the_limit"));
    let maximum = getrlimit(Resource::Nofile).maximum;
    let set = |number| {
        let current = Some(number);
        let theirs = Rlimit { current, maximum };
        setrlimit(Resource::Nofile, theirs).unwrap();
        theirs
    };
    // Under pressure, and before any of it came about.
    for (ramp, number) in [(Duration::ZERO, 300), (Duration::MAX, 200)] {
        let pressure = share(50.0).ramp(ramp).start().unwrap();
        wait_until("it is on", || pressure.was_reached() || !ramp.is_zero());
        let theirs = set(number);
        wait_until("it gives up", || pressure.is_gone());
        let Some(PressureEnd::Failed(why)) = pressure.ended() else {
            panic!("{:?}", pressure.ended());
        };
        assert!(why.contains("somebody else has changed"), "{why}");
        assert_eq!(getrlimit(Resource::Nofile), theirs);
    }
    // So shortly before the end that it has not looked again.
    let pressure = share(50.0).start().unwrap();
    wait_until("it is on", || pressure.was_reached());
    let theirs = set(150);
    pressure.stop();
    wait_until("it is gone", || pressure.is_gone());
    assert_eq!(getrlimit(Resource::Nofile), theirs);
}

#[test]
fn what_was_lowered_is_put_back_below_a_lower_hard_limit() {
    child::passes("descriptors::lower_the_hard_limit");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn lower_the_hard_limit() {
    assert!(child::plays("descriptors::lower_the_hard_limit"));
    let before = getrlimit(Resource::Nofile).current.unwrap();
    let pressure = share(90.0).start().unwrap();
    wait_until("they are taken", || pressure.was_reached());
    let maximum = Some(before - 1);
    let current = getrlimit(Resource::Nofile).current;
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    drop(pressure);
    let rest = Rlimit {
        current: maximum,
        maximum,
    };
    wait_until("it is put back", || getrlimit(Resource::Nofile) == rest);
}

#[test]
fn a_share_of_less_than_one_is_refused() {
    let refused = share(1e-9).start().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "descriptors pressure: expected at least 1 descriptor, found 0"
    );
}
