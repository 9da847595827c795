use super::*;
use crate::pressure::PressureEnd;
use crate::pressure::engine::limits::fake_files::FakeFiles;

const MIB: u64 = 1 << 20;

/// A machine with a gibibyte, of which this many mebibytes are used.
fn machine(name: &str, used: u64) -> FakeFiles {
    let files = FakeFiles::new(name, &[]);
    set_used(&files, used);
    files
}

fn set_used(machine: &FakeFiles, used: u64) {
    let available = 1024 * (1024 - used);
    let text = format!("MemTotal: 1048576 kB\nMemAvailable: {available} kB\n");
    machine.write("proc/meminfo", &text);
}

fn prepare(machine: &FakeFiles, mebibytes: u64) -> Result<MemoryLoad, PressureError> {
    prepare_with(machine, Amount::Bytes(mebibytes * MIB), &Arc::default())
}

fn prepare_with(
    machine: &FakeFiles,
    amount: Amount,
    ledger: &Arc<Ledger>,
) -> Result<MemoryLoad, PressureError> {
    MemoryLoad::prepare(
        PressureKind::Memory,
        amount,
        Reserve::of_bytes(None),
        machine.root(),
        ledger,
    )
}

fn share(percent: f64) -> Amount {
    Amount::Share(Rate::percent(percent).unwrap())
}

/// Adjusts the load many times, and returns the mebibytes it holds.
fn adjust(load: &mut MemoryLoad, target_share: f64) -> u64 {
    let state = PressureState::for_test();
    // Each adjustment is bounded in time, so a slow machine needs more of them.
    for _ in 0..100 {
        load.adjust_to(target_share, &state).unwrap();
    }
    load.bytes / MIB
}

fn adjust_once(load: &mut MemoryLoad) {
    load.adjust_to(1.0, &PressureState::for_test()).unwrap();
}

#[test]
fn a_far_too_large_amount_is_refused_with_the_amount_that_fits() {
    let machine = machine("memory-far-too-much", 24);
    let refused = prepare_with(&machine, Amount::Bytes(1 << 60), &Arc::default());
    let refused = refused.err().unwrap().to_string();
    assert!(refused.ends_with("so at most 806 MiB fit"), "{refused}");
    assert!(prepare(&machine, 806).is_ok());
}

#[test]
fn an_amount_that_touches_the_reserve_is_refused_with_the_figures() {
    let machine = machine("memory-refused", 824);
    let refused = prepare(&machine, 100).err().unwrap().to_string();
    assert_eq!(
        refused,
        "memory pressure: 100 MiB requested, but the memory of the machine leaves 200 MiB, of which 192 MiB stay in \
         reserve, so at most 8176 KiB fit",
    );
    assert!(prepare(&machine, 8).is_err(), "its pages need tables");
    assert!(prepare(&machine, 7).is_ok());
}

#[test]
fn a_share_is_taken_of_the_memory_outside_the_reserve() {
    let machine = machine("memory-share", 24);
    let load = prepare_with(&machine, share(50.0), &Arc::default()).unwrap();
    assert_eq!(load.target() / MIB, (1000 - 128 - 64 - 2) / 2);
    // A share tolerates other processes that take and free memory; a number of bytes does not.
    assert!(load.reached_threshold() < 1.0);
    assert!((prepare(&machine, 5).unwrap().reached_threshold() - 1.0).abs() < 1e-9);
}

#[test]
fn the_full_share_can_really_be_taken() {
    for gibibytes in [1, 24, 1024] {
        let total = gibibytes << 30;
        let kibibytes = total / 1024;
        let text = format!("MemTotal: {kibibytes} kB\nMemAvailable: {kibibytes} kB\n");
        let machine = FakeFiles::new("memory-all", &[("proc/meminfo", &text)]);
        let all = prepare_with(&machine, share(100.0), &Arc::default()).unwrap();
        // Each page needs eight bytes in a table.
        let taken = all.target() + all.target() / 4096 * 8;
        let left = total - taken - Reserve::of_bytes(None).under(total);
        assert!((CUSHION..CUSHION + MIB).contains(&left), "{left}");
        let exactly = Amount::Bytes(all.target());
        assert!(prepare_with(&machine, exactly, &Arc::default()).is_ok());
        let more = Amount::Bytes(all.target() + MIB);
        assert!(prepare_with(&machine, more, &Arc::default()).is_err());
    }
}

#[test]
fn a_share_that_rounds_to_nothing_is_refused() {
    let machine = machine("memory-nothing", 24);
    let refused = prepare_with(&machine, share(1e-9), &Arc::default())
        .err()
        .unwrap();
    assert!(
        matches!(refused, PressureError::NothingToTake { .. }),
        "{refused}"
    );
}

#[test]
fn committed_memory_is_refused_to_others_until_it_is_visible() {
    let machine = machine("memory-committed", 24);
    let ledger = Arc::default();
    let mut first = prepare_with(&machine, Amount::Bytes(500 * MIB), &ledger).unwrap();
    let second = Amount::Bytes(400 * MIB);
    let refused = prepare_with(&machine, second, &ledger).err().unwrap();
    assert!(
        refused.to_string().contains("500 MiB are committed"),
        "{refused}"
    );
    let rest = prepare_with(&machine, share(100.0), &ledger).unwrap();
    assert!(
        (290..308).contains(&(rest.target() / MIB)),
        "{}",
        rest.target()
    );
    drop(rest);
    assert_eq!(adjust(&mut first, 0.8), 400);
    // The machine shows that from now on.
    set_used(&machine, 424);
    let refused = prepare_with(&machine, second, &ledger).err().unwrap();
    assert!(
        refused.to_string().contains("100 MiB are committed"),
        "{refused}"
    );
    drop(first);
    set_used(&machine, 24);
    assert!(prepare_with(&machine, second, &ledger).is_ok());
}

#[test]
fn memory_grows_to_the_target_share_and_no_further() {
    let machine = machine("memory-grows", 100);
    let mut load = prepare(&machine, 100).unwrap();
    assert_eq!(adjust(&mut load, 0.01), 1, "in small steps");
    assert_eq!(adjust(&mut load, 0.5), 50);
    assert_eq!(adjust(&mut load, 1.0), 100);
    assert_eq!(load.chunks.len(), 7, "in few mappings");
}

#[test]
fn memory_grows_no_further_than_fits_next_to_the_cushion() {
    let machine = machine("memory-fits", 100);
    let mut load = prepare(&machine, 100).unwrap();
    let set_room = |bytes: u64| {
        let available = (128 + 64) * 1024 + bytes.div_ceil(1024);
        let text = format!("MemTotal: 1048576 kB\nMemAvailable: {available} kB\n");
        machine.write("proc/meminfo", &text);
    };
    set_room(1);
    adjust_once(&mut load);
    assert_eq!(load.bytes, 0);
    set_room(9 * 1024);
    adjust_once(&mut load);
    assert!(load.bytes > 0);
    assert_eq!(load.bytes % (8 * 1024), 0, "whole pages");
}

#[test]
fn nothing_is_touched_after_a_stop() {
    let machine = machine("memory-stop", 100);
    let mut load = prepare(&machine, 100).unwrap();
    let state = PressureState::for_test();
    state.stop(PressureEnd::Dropped);
    load.take(100 * MIB, &state).unwrap();
    assert_eq!(load.bytes, 0);
}

#[test]
fn slow_readings_lengthen_the_sampling_interval() {
    let machine = machine("memory-slow-reading", 100);
    let mut load = prepare(&machine, 100).unwrap();
    assert_eq!(load.sampling_interval(), SAMPLING_INTERVAL);
    load.last_reading_took = Duration::from_secs(1_000);
    assert_eq!(load.sampling_interval(), Duration::from_secs(20_000));
    adjust_once(&mut load);
    assert!(load.last_reading_took > Duration::ZERO);
    assert!(load.last_reading_took < Duration::from_secs(1_000));
}

#[test]
fn a_late_leak_grows_at_its_rate() {
    let machine = machine("memory-leaks", 100);
    let mut load = prepare(&machine, 100).unwrap().leaking(MIB);
    let before = Instant::now();
    // The whole amount is due by the ramp, and nothing of it was taken in time.
    adjust_once(&mut load);
    adjust_once(&mut load);
    let most = MIB as f64 * (0.4 + before.elapsed().as_secs_f64());
    assert!(load.bytes > 0);
    assert!(load.level() <= most, "{} of {most}", load.level());
}

#[test]
fn memory_is_given_back_before_the_reserve_is_touched_and_not_retaken_at_once() {
    let machine = machine("memory-backs-off", 100);
    let mut load = prepare(&machine, 100).unwrap();
    assert_eq!(adjust(&mut load, 1.0), 100);
    // Half of the cushion may be used before anything is given back.
    set_used(&machine, 1024 - 128 - 33);
    adjust_once(&mut load);
    assert_eq!(load.bytes / MIB, 100);
    // 31 MiB above the reserve: 33 short of the cushion.
    set_used(&machine, 1024 - 128 - 31);
    adjust_once(&mut load);
    let left = load.bytes / MIB;
    assert!((48..=67).contains(&left), "{left}");
    set_used(&machine, 100);
    adjust_once(&mut load);
    assert_eq!(load.bytes / MIB, left);
}

#[test]
fn all_memory_is_given_back_when_a_limit_is_unreadable() {
    let machine = machine("memory-unreadable-limit", 100);
    let mut load = prepare(&machine, 50).unwrap();
    assert_eq!(adjust(&mut load, 1.0), 50);
    machine.write("proc/meminfo", "");
    adjust_once(&mut load);
    assert_eq!(load.bytes, 0);
}
