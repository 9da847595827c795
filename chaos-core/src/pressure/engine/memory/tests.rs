use super::*;
use crate::pressure::PressureEnd;
use crate::pressure::engine::limits::fake_files::FakeFiles;
use crate::pressure::engine::state::fake::state;

const MIB: u64 = 1 << 20;

/// A machine with a gibibyte, of which this much is used.
fn machine(name: &str, used: u64) -> FakeFiles {
    let files = FakeFiles::new(name, &[]);
    uses(&files, used);
    files
}

fn uses(machine: &FakeFiles, used: u64) {
    let available = 1024 * (1024 - used);
    let text = format!("MemTotal: 1048576 kB\nMemAvailable: {available} kB\n");
    machine.write("proc/meminfo", &text);
}

fn prepared(machine: &FakeFiles, mebibytes: u64) -> Result<MemoryLoad, PressureError> {
    beside(machine, Amount::Bytes(mebibytes * MIB), &Arc::default())
}

/// The same beside what is promised already.
fn beside(
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

/// What it holds after some more time, in mebibytes.
fn brought(memory: &mut MemoryLoad, share: f64) -> u64 {
    let state = state();
    // Each turn is bounded by time, and a slow machine gets less done in it.
    for _ in 0..100 {
        memory.adjust_to(share, &state).unwrap();
    }
    memory.bytes / MIB
}

#[test]
fn far_too_much_is_refused_with_what_would_fit() {
    let machine = machine("memory-far-too-much", 24);
    let refused = beside(&machine, Amount::Bytes(1 << 60), &Arc::default());
    let refused = refused.err().unwrap().to_string();
    assert!(refused.ends_with("so at most 806 MiB fit"), "{refused}");
    assert!(prepared(&machine, 806).is_ok());
}

#[test]
fn what_touches_the_reserve_is_refused_with_the_figures() {
    let machine = machine("memory-refused", 824);
    let refused = prepared(&machine, 100).err().unwrap().to_string();
    assert_eq!(
        refused,
        "memory pressure: 100 MiB requested, but the memory of the machine leaves 200 MiB, of which 192 MiB stay in \
         reserve, so at most 8176 KiB fit",
    );
    assert!(prepared(&machine, 8).is_err(), "its pages want tables");
    assert!(prepared(&machine, 7).is_ok());
}

#[test]
fn a_share_is_taken_of_what_is_not_reserved() {
    let machine = machine("memory-share", 24);
    let memory = beside(&machine, share(50.0), &Arc::default()).unwrap();
    assert_eq!(memory.most() / MIB, (1000 - 128 - 64 - 2) / 2);
    // Others take and give meanwhile, and nobody asked for so many bytes.
    assert!(memory.reached_threshold() < 1.0);
    assert!((prepared(&machine, 5).unwrap().reached_threshold() - 1.0).abs() < 1e-9);
}

#[test]
fn all_that_there_is_can_really_be_taken() {
    for gibibytes in [1, 24, 1024] {
        let total = gibibytes << 30;
        let kibibytes = total / 1024;
        let text = format!("MemTotal: {kibibytes} kB\nMemAvailable: {kibibytes} kB\n");
        let machine = FakeFiles::new("memory-all", &[("proc/meminfo", &text)]);
        let all = beside(&machine, share(100.0), &Arc::default()).unwrap();
        // Eight bytes in a table for each page.
        let taken = all.most() + all.most() / 4096 * 8;
        let left = total - taken - Reserve::of_bytes(None).under(total);
        assert!((CUSHION..CUSHION + MIB).contains(&left), "{left}");
        let exactly = Amount::Bytes(all.most());
        assert!(beside(&machine, exactly, &Arc::default()).is_ok());
        let more = Amount::Bytes(all.most() + MIB);
        assert!(beside(&machine, more, &Arc::default()).is_err());
    }
}

#[test]
fn a_share_that_is_nothing_is_refused() {
    let machine = machine("memory-nothing", 24);
    let refused = beside(&machine, share(1e-9), &Arc::default())
        .err()
        .unwrap();
    assert!(
        matches!(refused, PressureError::Nothing { .. }),
        "{refused}"
    );
}

#[test]
fn what_is_promised_to_one_is_refused_to_another_until_it_shows() {
    let machine = machine("memory-promised", 24);
    let ledger = Arc::default();
    let mut first = beside(&machine, Amount::Bytes(500 * MIB), &ledger).unwrap();
    let second = Amount::Bytes(400 * MIB);
    let refused = beside(&machine, second, &ledger).err().unwrap();
    assert!(
        refused.to_string().contains("500 MiB are promised"),
        "{refused}"
    );
    let rest = beside(&machine, share(100.0), &ledger).unwrap();
    assert!((290..308).contains(&(rest.most() / MIB)), "{}", rest.most());
    drop(rest);
    assert_eq!(brought(&mut first, 0.8), 400);
    // The machine shows that from now on.
    uses(&machine, 424);
    let refused = beside(&machine, second, &ledger).err().unwrap();
    assert!(
        refused.to_string().contains("100 MiB are promised"),
        "{refused}"
    );
    drop(first);
    uses(&machine, 24);
    assert!(beside(&machine, second, &ledger).is_ok());
}

#[test]
fn it_grows_with_its_share_and_not_beyond() {
    let machine = machine("memory-grows", 100);
    let mut memory = prepared(&machine, 100).unwrap();
    assert_eq!(brought(&mut memory, 0.01), 1, "little by little");
    assert_eq!(brought(&mut memory, 0.5), 50);
    assert_eq!(brought(&mut memory, 1.0), 100);
    assert_eq!(memory.chunks.len(), 7, "in few mappings");
}

#[test]
fn it_grows_no_further_than_there_is_room_for_beside_the_cushion() {
    let machine = machine("memory-fits", 100);
    let mut memory = prepared(&machine, 100).unwrap();
    let room = |bytes: u64| {
        let available = (128 + 64) * 1024 + bytes.div_ceil(1024);
        let text = format!("MemTotal: 1048576 kB\nMemAvailable: {available} kB\n");
        machine.write("proc/meminfo", &text);
    };
    room(1);
    memory.adjust_to(1.0, &state()).unwrap();
    assert_eq!(memory.bytes, 0);
    room(9 * 1024);
    memory.adjust_to(1.0, &state()).unwrap();
    assert!(memory.bytes > 0);
    assert_eq!(memory.bytes % (8 * 1024), 0, "whole pages");
}

#[test]
fn nothing_is_touched_after_a_stop() {
    let machine = machine("memory-stop", 100);
    let mut memory = prepared(&machine, 100).unwrap();
    let state = state();
    state.stop(PressureEnd::Dropped);
    memory.take(100 * MIB, &state).unwrap();
    assert_eq!(memory.bytes, 0);
}

#[test]
fn looking_that_takes_long_is_done_seldom() {
    let machine = machine("memory-looks", 100);
    let mut memory = prepared(&machine, 100).unwrap();
    assert_eq!(memory.sampling_interval(), SAMPLING_INTERVAL);
    memory.looking_took = Duration::from_secs(1_000);
    assert_eq!(memory.sampling_interval(), Duration::from_secs(20_000));
    memory.adjust_to(1.0, &state()).unwrap();
    assert!(memory.looking_took > Duration::ZERO);
    assert!(memory.looking_took < Duration::from_secs(1_000));
}

#[test]
fn a_leak_comes_back_at_its_rate_after_it_backed_off() {
    let machine = machine("memory-leaks", 100);
    let mut memory = prepared(&machine, 100).unwrap().leaking(MIB);
    let before = Instant::now();
    // All is due by the ramp, and nothing of it was taken in time.
    memory.adjust_to(1.0, &state()).unwrap();
    memory.adjust_to(1.0, &state()).unwrap();
    let most = MIB as f64 * (0.4 + before.elapsed().as_secs_f64());
    assert!(memory.bytes > 0);
    assert!(memory.level() <= most, "{} of {most}", memory.level());
}

#[test]
fn it_backs_off_before_the_reserve_is_touched_and_waits_before_it_grows_again() {
    let machine = machine("memory-backs-off", 100);
    let mut memory = prepared(&machine, 100).unwrap();
    assert_eq!(brought(&mut memory, 1.0), 100);
    // Half of the cushion may be gone before anything is given back.
    uses(&machine, 1024 - 128 - 33);
    memory.adjust_to(1.0, &state()).unwrap();
    assert_eq!(memory.bytes / MIB, 100);
    // 31 MiB above the reserve: 33 short of the cushion.
    uses(&machine, 1024 - 128 - 31);
    memory.adjust_to(1.0, &state()).unwrap();
    let left = memory.bytes / MIB;
    assert!((48..=67).contains(&left), "{left}");
    uses(&machine, 100);
    memory.adjust_to(1.0, &state()).unwrap();
    assert_eq!(memory.bytes / MIB, left);
}

#[test]
fn all_is_given_back_when_nobody_can_tell_the_room() {
    let machine = machine("memory-unknown", 100);
    let mut memory = prepared(&machine, 50).unwrap();
    assert_eq!(brought(&mut memory, 1.0), 50);
    machine.write("proc/meminfo", "");
    memory.adjust_to(1.0, &state()).unwrap();
    assert_eq!(memory.bytes, 0);
}
