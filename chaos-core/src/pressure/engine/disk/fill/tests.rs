use std::sync::atomic::{AtomicU64, Ordering};

use super::super::unnamed_file::unnamed_file;
use super::*;

const MIB: u64 = 1 << 20;

/// A disk with a gibibyte, of which others use some mebibytes.
#[derive(Clone)]
struct Disk {
    used_by_others: Arc<AtomicU64>,
    ledger: Arc<Ledger>,
}

impl Disk {
    fn with_used(mebibytes: u64) -> Self {
        Self {
            used_by_others: Arc::new(AtomicU64::new(mebibytes)),
            ledger: Arc::default(),
        }
    }

    fn set_used(&self, mebibytes: u64) {
        self.used_by_others.store(mebibytes, Ordering::Relaxed);
    }

    fn prepare(&self, fill: Fill) -> Result<DiskFillLoad, PressureError> {
        let directory = std::env::temp_dir();
        let others = Arc::clone(&self.used_by_others);
        let read_space = move |file: &File| {
            Some(Bound {
                name: "the disk".to_owned(),
                limit: 1024 * MIB,
                used: others.load(Ordering::Relaxed) * MIB + file.metadata().ok()?.len(),
            })
        };
        DiskFillLoad::with(
            fill,
            unnamed_file(&directory).unwrap(),
            &directory,
            Reserve::of_bytes(None),
            Box::new(read_space),
            &self.ledger,
        )
    }
}

/// Adjusts the load many times, and returns the mebibytes it holds.
fn adjust(load: &mut DiskFillLoad, target_share: f64) -> u64 {
    let state = PressureState::for_test();
    // Each adjustment is bounded in time, so a slow disk needs more of them.
    for _ in 0..100 {
        load.adjust_to(target_share, &state).unwrap();
    }
    assert_eq!(load.file.metadata().unwrap().len(), load.bytes);
    load.bytes / MIB
}

fn adjust_once(load: &mut DiskFillLoad) {
    load.adjust_to(1.0, &PressureState::for_test()).unwrap();
}

#[test]
fn a_fill_follows_its_target_share_and_leaves_the_reserve_and_a_step() {
    let disk = Disk::with_used(800);
    let fits = 1024 - 800 - 128 - 32;
    let refused = disk.prepare(Fill::Bytes((fits + 1) * MIB)).err().unwrap();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    let mut load = disk.prepare(Fill::Bytes(fits * MIB)).unwrap();
    assert_eq!(adjust(&mut load, 0.25), fits / 4);
    assert_eq!(adjust(&mut load, 1.0), fits);
    assert!((load.reached_threshold() - 1.0).abs() < 1e-9);
}

#[test]
fn a_fill_backs_off_by_a_step_and_waits_before_it_grows_again() {
    let disk = Disk::with_used(700);
    let mut load = disk.prepare(Fill::Bytes(100 * MIB)).unwrap();
    assert_eq!(adjust(&mut load, 1.0), 100);
    disk.set_used(1024 - 128 - 100);
    assert_eq!(adjust(&mut load, 1.0), 100, "up to the reserve");
    disk.set_used(1024 - 128 - 100 + 10);
    adjust_once(&mut load);
    assert_eq!(load.bytes / MIB, 100 - 10 - 32);
    disk.set_used(700);
    adjust_once(&mut load);
    assert_eq!(load.bytes / MIB, 100 - 10 - 32);
}

#[test]
fn a_step_that_does_not_fit_is_not_taken() {
    let disk = Disk::with_used(700);
    let mut load = disk.prepare(Fill::Bytes(100 * MIB)).unwrap();
    disk.set_used(1024 - 128 - 31);
    assert_eq!(adjust(&mut load, 1.0), 0, "less than a step fits");
    disk.set_used(1024 - 128 - 32);
    assert_eq!(adjust(&mut load, 1.0), 32);
}

#[test]
fn all_space_is_given_back_when_the_disk_is_unreadable() {
    let disk = Disk::with_used(700);
    let mut load = disk.prepare(Fill::Bytes(50 * MIB)).unwrap();
    assert_eq!(adjust(&mut load, 1.0), 50);
    load.read_space = Box::new(|_| None);
    adjust_once(&mut load);
    assert_eq!(load.bytes, 0);
}

#[test]
fn the_floor_stays_free_whatever_others_write() {
    let disk = Disk::with_used(700);
    let mut load = disk.prepare(Fill::Leave(265 * MIB)).unwrap();
    assert_eq!(adjust(&mut load, 1.0), 1024 - 700 - 265);
    disk.set_used(720);
    adjust_once(&mut load);
    assert_eq!(load.bytes / MIB, 1024 - 720 - 265);
    // Space given back for others is no failure.
    assert!(load.reached_threshold() < 1.0);
}

#[test]
fn a_floor_above_the_free_space_is_refused() {
    for floor in [u64::MAX, 324 * MIB] {
        let refused = Disk::with_used(700)
            .prepare(Fill::Leave(floor))
            .err()
            .unwrap();
        assert!(
            matches!(refused, PressureError::NothingToTake { .. }),
            "{refused}"
        );
    }
    let in_reserve = Disk::with_used(700).prepare(Fill::Leave(150 * MIB));
    let refused = in_reserve.err().unwrap();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
}

#[test]
fn committed_space_is_refused_to_others_until_it_is_visible() {
    let disk = Disk::with_used(700);
    let mut first = disk.prepare(Fill::Bytes(100 * MIB)).unwrap();
    let second = Fill::Bytes(65 * MIB);
    let refused = disk.prepare(second).err().unwrap().to_string();
    assert!(refused.contains("and 100 MiB are committed"), "{refused}");
    let rest = disk.prepare(Fill::Leave(200 * MIB)).unwrap();
    assert_eq!(rest.target() / MIB, 1024 - 700 - 100 - 200);
    drop(rest);
    // Each fake disk shows only its own file; that of the first load counts as used by others.
    assert_eq!(adjust(&mut first, 1.0), 100);
    assert!(disk.prepare(second).is_ok());
    disk.set_used(800);
    assert!(disk.prepare(second).is_err());
}
