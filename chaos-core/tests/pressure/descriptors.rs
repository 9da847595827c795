//! File descriptors.

use std::fs::File;
use std::io;

use chaos_core::{Pressure, PressureError, Rate};
use rustix::process::{Resource, getrlimit};

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
    drop(share(50.0).start().unwrap());
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
    // It is brought back to its level meanwhile, so a few more or less can be had.
    let left = limit / 10;
    assert!(
        (left / 2..=left * 2).contains(&opened),
        "{opened} of {limit}"
    );
}
