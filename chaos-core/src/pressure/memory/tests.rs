use super::*;
use crate::pressure::held::fake::held;
use crate::pressure::limits::fake::Files;

const MIB: u64 = 1 << 20;

/// A machine with a gibibyte, of which this much is used.
fn machine(name: &str, used: u64) -> Files {
    let files = Files::new(name, &[]);
    uses(&files, used);
    files
}

fn uses(machine: &Files, used: u64) {
    let available = 1024 * (1024 - used);
    let text = format!("MemTotal: 1048576 kB\nMemAvailable: {available} kB\n");
    machine.write("proc/meminfo", &text);
}

fn prepared(machine: &Files, mebibytes: u64) -> Result<Memory, PressureError> {
    Memory::prepare(
        PressureKind::Memory,
        Amount::Bytes(mebibytes * MIB),
        Reserve::of_bytes(None),
        machine.root(),
    )
}

/// What it holds after some more time, in mebibytes.
fn brought(memory: &mut Memory, share: f64) -> u64 {
    let held = held();
    // Each turn is bounded by time, and a slow machine gets less done in it.
    for _ in 0..100 {
        memory.bring_to(share, &held).unwrap();
    }
    memory.bytes / MIB
}

#[test]
fn what_touches_the_reserve_is_refused_with_the_figures() {
    let machine = machine("memory-refused", 824);
    let refused = prepared(&machine, 100).err().unwrap().to_string();
    assert_eq!(
        refused,
        "memory pressure: 100 MiB requested, but the memory of the machine leaves 200 MiB, of which 192 MiB stay in \
         reserve, so at most 8192 KiB fit",
    );
    assert!(prepared(&machine, 8).is_ok());
}

#[test]
fn a_share_is_taken_of_what_is_not_reserved() {
    let machine = machine("memory-share", 24);
    let half = Amount::Share(crate::Rate::percent(50.0).unwrap());
    let memory = Memory::prepare(
        PressureKind::Memory,
        half,
        Reserve::of_bytes(None),
        machine.root(),
    );
    let memory = memory.unwrap();
    assert_eq!(memory.most() / MIB, (1000 - 128 - 64) / 2);
    // Others take and give meanwhile, and nobody asked for so many bytes.
    assert!(memory.enough() < 1.0);
    assert!((prepared(&machine, 5).unwrap().enough() - 1.0).abs() < 1e-9);
}

#[test]
fn it_grows_with_its_share_and_not_beyond() {
    let machine = machine("memory-grows", 100);
    let mut memory = prepared(&machine, 100).unwrap();
    assert_eq!(brought(&mut memory, 0.5), 48, "in whole chunks");
    assert_eq!(brought(&mut memory, 1.0), 100);
}

#[test]
fn it_backs_off_before_the_reserve_is_touched_and_waits_before_it_grows_again() {
    let machine = machine("memory-backs-off", 100);
    let mut memory = prepared(&machine, 100).unwrap();
    assert_eq!(brought(&mut memory, 1.0), 100);
    // Half of the cushion may be gone before anything is given back.
    uses(&machine, 1024 - 128 - 33);
    memory.bring_to(1.0, &held()).unwrap();
    assert_eq!(memory.bytes / MIB, 100);
    // 31 MiB above the reserve: 33 short of the cushion.
    uses(&machine, 1024 - 128 - 31);
    memory.bring_to(1.0, &held()).unwrap();
    let left = memory.bytes / MIB;
    assert!((48..=67).contains(&left), "{left}");
    uses(&machine, 100);
    memory.bring_to(1.0, &held()).unwrap();
    assert_eq!(memory.bytes / MIB, left);
}

#[test]
fn all_is_given_back_when_nobody_can_tell_the_room() {
    let machine = machine("memory-unknown", 100);
    let mut memory = prepared(&machine, 50).unwrap();
    assert_eq!(brought(&mut memory, 1.0), 50);
    machine.write("proc/meminfo", "");
    memory.bring_to(1.0, &held()).unwrap();
    assert_eq!(memory.bytes, 0);
}
