use std::sync::{Arc, Barrier, mpsc};

use super::*;
use crate::contain::panic_with_hostile_payload;

/// Registers undos that send their number when they run.
fn numbered(undos: &Undos, numbers: impl IntoIterator<Item = u32>) -> mpsc::Receiver<u32> {
    let (sender, ran) = mpsc::channel();
    for number in numbers {
        let sender = sender.clone();
        undos.add(Box::new(move || sender.send(number).unwrap()));
    }
    ran
}

/// Runs undos and returns the number of panics, unless another thread runs them.
fn failures(undos: &Undos) -> Option<usize> {
    let mut reported = None;
    undos.run(|failed| reported = Some(failed));
    reported
}

#[test]
fn undos_run_in_reverse_order_of_registration() {
    let undos = Undos::default();
    let ran = numbered(&undos, 1..=3);
    assert!(ran.try_recv().is_err());
    assert!(!undos.are_done());
    undos.run(|failed| {
        assert_eq!(failed, 0);
        assert!(!undos.are_done(), "not before the report");
    });
    assert!(undos.are_done());
    assert_eq!(ran.into_iter().collect::<Vec<_>>(), [3, 2, 1]);
}

#[test]
fn every_undo_runs_once() {
    let undos = Undos::default();
    let ran = numbered(&undos, [1]);
    failures(&undos);
    failures(&undos);
    assert!(undos.are_done());
    assert_eq!(ran.into_iter().count(), 1);
}

#[test]
fn a_panic_is_counted_and_the_other_undos_run() {
    let undos = Undos::default();
    let (sender, ran) = mpsc::channel();
    for number in 0..4 {
        let sender = sender.clone();
        undos.add(Box::new(move || {
            assert!(number % 2 == 0, "an undo that fails");
            sender.send(number).unwrap();
        }));
    }
    drop(sender);
    assert_eq!(failures(&undos), Some(2));
    assert!(undos.are_done());
    assert_eq!(ran.into_iter().collect::<Vec<_>>(), [2, 0]);
}

#[test]
fn a_panic_whose_payload_panics_when_dropped_does_not_stop_the_others() {
    let undos = Undos::default();
    let ran = numbered(&undos, [1]);
    undos.add(Box::new(panic_with_hostile_payload));
    undos.run(|failed| assert_eq!(failed, 1));
    assert!(undos.are_done());
    assert_eq!(ran.into_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn an_undo_registered_after_the_end_runs_at_once() {
    let undos = Undos::default();
    failures(&undos);
    assert_eq!(numbered(&undos, [7]).try_recv(), Ok(7));
}

#[test]
fn undos_are_not_done_while_another_thread_runs_them() {
    let undos = Arc::new(Undos::default());
    let (inside, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (enter, leave) = (Arc::clone(&inside), Arc::clone(&go_on));
    undos.add(Box::new(move || {
        enter.wait();
        leave.wait();
    }));
    let other = Arc::clone(&undos);
    let runner = thread::spawn(move || failures(&other));
    inside.wait();
    assert_eq!(failures(&undos), None);
    assert!(!undos.are_done());
    go_on.wait();
    assert_eq!(runner.join().unwrap(), Some(0));
    assert!(undos.are_done());
}

#[test]
fn an_undo_may_register_another() {
    let undos = Arc::new(Undos::default());
    let (sender, ran) = mpsc::channel();
    let inner = Arc::clone(&undos);
    undos.add(Box::new(move || {
        inner.add(Box::new(move || sender.send(1).unwrap()));
    }));
    assert_eq!(failures(&undos), Some(0));
    assert_eq!(ran.try_recv(), Ok(1));
}
