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
use crate::wait::wait_until;

fn share(percent: f64) -> Pressure {
    Pressure::descriptors(Rate::percent(percent).unwrap())
}

/// Returns how many more files can be opened, up to `at_most`, and the error of the next one.
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
fn nothing_can_be_opened_until_the_pressure_ends() {
    child::isolated(|| {
        let before = getrlimit(Resource::Nofile);
        let gap = File::open("/dev/null").unwrap();
        let _above = File::open("/dev/null").unwrap();
        drop(gap); // leaves a free number below open ones
        let pressure = share(100.0).start().unwrap();
        wait_until("everything is taken", || pressure.was_reached());
        let (opened, error) = can_open(1);
        assert_eq!(opened, 0);
        assert_eq!(
            error.unwrap().raw_os_error(),
            Some(rustix::io::Errno::MFILE.raw_os_error())
        );
        let second = share(50.0).start().unwrap_err();
        assert!(
            matches!(second, PressureError::AlreadyActive(_)),
            "{second}"
        );
        pressure.stop();
        wait_until("everything is given back", || pressure.is_gone());
        assert_eq!(getrlimit(Resource::Nofile), before);
        assert_eq!(can_open(100).0, 100);
        // A pressure that was just stopped does not prevent the next one.
        for _ in 0..20 {
            drop(share(50.0).start().unwrap());
        }
    });
}

#[test]
fn a_share_leaves_the_rest_usable() {
    child::isolated(|| {
        let limit = getrlimit(Resource::Nofile).current.unwrap() as usize;
        let pressure = share(90.0).start().unwrap();
        wait_until("it is reached", || pressure.was_reached());
        let (opened, error) = can_open(limit);
        assert!(error.is_some());
        let taken = (limit as f64 * 0.9).round() as usize;
        assert_eq!(opened, limit - taken, "of {limit}");
    });
}

/// Returns the number of open descriptors of this process.
fn open_here() -> u64 {
    std::fs::read_dir("/proc/self/fd").unwrap().count() as u64 - 1 // the directory itself
}

/// Returns the number of open descriptors of a child process.
fn open_in_child() -> usize {
    let output = Command::new("ls").arg("/proc/self/fd").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout.iter().filter(|byte| **byte == b'\n').count()
}

#[test]
fn descriptors_that_fill_gaps_are_not_inherited() {
    child::isolated(|| {
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
        wait_until("it is reached", || pressure.was_reached());
        // Two descriptors of the pressure and the 30 that are left; those that fill the gap add none.
        assert_eq!(getrlimit(Resource::Nofile).current, Some(others + 2 + 30));
        assert!(open_here() >= others + 50, "the gap is filled");
        assert_eq!(open_in_child(), in_child);
    });
}

#[test]
fn a_limit_changed_by_other_code_is_not_restored() {
    child::isolated(|| {
        let maximum = getrlimit(Resource::Nofile).maximum;
        let set = |number| {
            let current = Some(number);
            let limit = Rlimit { current, maximum };
            setrlimit(Resource::Nofile, limit).unwrap();
            limit
        };
        // Changed under full pressure, and before any descriptor was taken.
        for (ramp, number) in [(Duration::ZERO, 300), (Duration::MAX, 200)] {
            let pressure = share(50.0).ramp(ramp).start().unwrap();
            wait_until("it is reached", || {
                pressure.was_reached() || !ramp.is_zero()
            });
            let changed = set(number);
            wait_until("it has failed", || pressure.is_gone());
            let Some(PressureEnd::Failed(why)) = pressure.ended() else {
                panic!("{:?}", pressure.ended());
            };
            assert!(why.contains("other code has changed"), "{why}");
            assert_eq!(getrlimit(Resource::Nofile), changed);
        }
        // Changed right before the end, after the last sample.
        let pressure = share(50.0).start().unwrap();
        wait_until("it is reached", || pressure.was_reached());
        let changed = set(150);
        pressure.stop();
        wait_until("it is gone", || pressure.is_gone());
        assert_eq!(getrlimit(Resource::Nofile), changed);
    });
}

#[test]
fn the_limit_is_restored_up_to_a_lowered_hard_limit() {
    child::isolated(|| {
        let before = getrlimit(Resource::Nofile).current.unwrap();
        let pressure = share(90.0).start().unwrap();
        wait_until("it is reached", || pressure.was_reached());
        let maximum = Some(before - 1);
        let current = getrlimit(Resource::Nofile).current;
        setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
        drop(pressure);
        let restored = Rlimit {
            current: maximum,
            maximum,
        };
        wait_until("it is restored", || getrlimit(Resource::Nofile) == restored);
    });
}

#[test]
fn a_share_of_less_than_one_descriptor_is_refused() {
    let refused = share(1e-9).start().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "descriptors pressure: expected at least 1 descriptor, found 0"
    );
}
