use std::sync::atomic::{AtomicU64, Ordering};

use super::super::unnamed_file::unnamed_file;
use super::*;
use crate::pressure::engine::state::fake::state;

const MIB: u64 = 1 << 20;

/// A disk with a gibibyte, of which others use so many mebibytes.
#[derive(Clone)]
struct Disk {
    others: Arc<AtomicU64>,
    ledger: Arc<Ledger>,
}

impl Disk {
    fn with(others: u64) -> Self {
        let (others, ledger) = (Arc::new(AtomicU64::new(others)), Arc::default());
        Self { others, ledger }
    }

    fn others_use(&self, mebibytes: u64) {
        self.others.store(mebibytes, Ordering::Relaxed);
    }

    fn prepared(&self, fill: Fill) -> Result<DiskFillLoad, PressureError> {
        let directory = std::env::temp_dir();
        let others = Arc::clone(&self.others);
        let space = move |file: &File| {
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
            Box::new(space),
            &self.ledger,
        )
    }
}

/// What it holds after some more time, in mebibytes.
fn brought(filling: &mut DiskFillLoad, share: f64) -> u64 {
    let state = state();
    // Each turn is bounded by time, and a slow disk gets less done in it.
    for _ in 0..100 {
        filling.adjust_to(share, &state).unwrap();
    }
    assert_eq!(filling.file.metadata().unwrap().len(), filling.bytes);
    filling.bytes / MIB
}

#[test]
fn it_fills_with_its_share_and_leaves_the_reserve_and_a_step() {
    let disk = Disk::with(800);
    let fits = 1024 - 800 - 128 - 32;
    let refused = disk.prepared(Fill::Bytes((fits + 1) * MIB)).err().unwrap();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    let mut filling = disk.prepared(Fill::Bytes(fits * MIB)).unwrap();
    assert_eq!(brought(&mut filling, 0.25), fits / 4);
    assert_eq!(brought(&mut filling, 1.0), fits);
    assert!((filling.reached_threshold() - 1.0).abs() < 1e-9);
}

#[test]
fn it_backs_off_by_a_step_and_waits_before_it_grows_again() {
    let disk = Disk::with(700);
    let mut filling = disk.prepared(Fill::Bytes(100 * MIB)).unwrap();
    assert_eq!(brought(&mut filling, 1.0), 100);
    disk.others_use(1024 - 128 - 100);
    assert_eq!(brought(&mut filling, 1.0), 100, "up to the reserve");
    disk.others_use(1024 - 128 - 100 + 10);
    filling.adjust_to(1.0, &state()).unwrap();
    assert_eq!(filling.bytes / MIB, 100 - 10 - 32);
    disk.others_use(700);
    filling.adjust_to(1.0, &state()).unwrap();
    assert_eq!(filling.bytes / MIB, 100 - 10 - 32);
}

#[test]
fn no_more_is_taken_than_there_is_room_for() {
    let disk = Disk::with(700);
    let mut filling = disk.prepared(Fill::Bytes(100 * MIB)).unwrap();
    disk.others_use(1024 - 128 - 31);
    assert_eq!(brought(&mut filling, 1.0), 0, "less than a step");
    disk.others_use(1024 - 128 - 32);
    assert_eq!(brought(&mut filling, 1.0), 32);
}

#[test]
fn all_is_given_back_when_the_disk_does_not_tell() {
    let disk = Disk::with(700);
    let mut filling = disk.prepared(Fill::Bytes(50 * MIB)).unwrap();
    assert_eq!(brought(&mut filling, 1.0), 50);
    filling.space = Box::new(|_| None);
    filling.adjust_to(1.0, &state()).unwrap();
    assert_eq!(filling.bytes, 0);
}

#[test]
fn what_is_to_be_left_is_left_whatever_others_write() {
    let disk = Disk::with(700);
    let mut filling = disk.prepared(Fill::Leave(265 * MIB)).unwrap();
    assert_eq!(brought(&mut filling, 1.0), 1024 - 700 - 265);
    disk.others_use(720);
    filling.adjust_to(1.0, &state()).unwrap();
    assert_eq!(filling.bytes / MIB, 1024 - 720 - 265);
    // Others come and go: it is no failure that some of it had to be given back.
    assert!(filling.reached_threshold() < 1.0);
}

#[test]
fn a_floor_above_what_is_free_leaves_nothing_to_take() {
    for rest in [u64::MAX, 324 * MIB] {
        let refused = Disk::with(700).prepared(Fill::Leave(rest)).err().unwrap();
        assert!(
            matches!(refused, PressureError::Nothing { .. }),
            "{refused}"
        );
    }
    let reserve = Disk::with(700).prepared(Fill::Leave(150 * MIB));
    let refused = reserve.err().unwrap();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
}

#[test]
fn what_is_promised_to_one_is_refused_to_another_until_it_shows() {
    let disk = Disk::with(700);
    let mut first = disk.prepared(Fill::Bytes(100 * MIB)).unwrap();
    let second = Fill::Bytes(65 * MIB);
    let refused = disk.prepared(second).err().unwrap().to_string();
    assert!(refused.contains("and 100 MiB are promised"), "{refused}");
    let rest = disk.prepared(Fill::Leave(200 * MIB)).unwrap();
    assert_eq!(rest.most() / MIB, 1024 - 700 - 100 - 200);
    drop(rest);
    // Each of these disks sees only one file: the other one's is that of others.
    assert_eq!(brought(&mut first, 1.0), 100);
    assert!(disk.prepared(second).is_ok());
    disk.others_use(800);
    assert!(disk.prepared(second).is_err());
}
