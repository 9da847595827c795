//! Threads.

use chaos_core::Pressure;
use chaos_core::error::PressureError;

use crate::child;
use crate::patience::wait_until;

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// How much address space this process has, in kibibytes.
fn address_space() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmSize:"));
    let kibibytes = line.unwrap().split_ascii_whitespace().nth(1).unwrap();
    kibibytes.parse().unwrap()
}

#[test]
fn threads_are_there_until_it_ends() {
    child::passes("threads::come_and_go");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn come_and_go() {
    assert!(child::plays("threads::come_and_go"));
    let before = threads();
    let mapped = address_space();
    let pressure = Pressure::threads(250).start().unwrap();
    wait_until("all are there", || pressure.was_reached());
    assert!(threads() >= before + 250);
    let each = (address_space() - mapped) / 250;
    assert!(each < 128, "their stacks are small: {each} KiB");
    drop(pressure);
    wait_until("all are gone", || threads() <= before);
}

#[test]
fn more_than_the_machine_has_room_for_are_refused_with_the_figures() {
    let refused = Pressure::threads(u32::MAX).start().unwrap_err();
    let PressureError::NoRoom { shortage, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(shortage.requested, u64::from(u32::MAX));
    assert!(shortage.reserve > 0);
}
