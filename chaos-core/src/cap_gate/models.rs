//! Models of the gate, checked under every interleaving of a few threads.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use super::{Caps, Gate, NotAdmitted, Occupancy};

fn open(total: Option<u64>, concurrent: Option<u32>) -> Arc<Gate> {
    Arc::new(Gate::open(Caps::new(total, concurrent)))
}

/// Runs the same work on `threads` threads, including this one.
fn together<R: 'static>(
    threads: usize,
    gate: &Arc<Gate>,
    work: impl Fn(&Gate) -> R + Copy + 'static,
) -> Vec<R> {
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let gate = Arc::clone(gate);
            thread::spawn(move || work(&gate))
        })
        .collect();
    let here = work(gate);
    others
        .into_iter()
        .map(|other| other.join().unwrap())
        .chain([here])
        .collect()
}

fn visit(gate: &Gate) -> bool {
    let entered = gate.enter().is_ok();
    if entered {
        assert_eq!(gate.leave(), Occupancy::OpenOrOccupied);
    }
    entered
}

#[test]
fn the_total_cap_is_used_up_and_never_exceeded() {
    loom::model(|| {
        let gate = open(Some(2), None);
        let entered = together(3, &gate, visit);
        assert_eq!(entered.into_iter().filter(|entered| *entered).count(), 2);
        assert_eq!(gate.injected(), 2);
        assert_eq!(gate.inside(), 0);
    });
}

/// Lets two threads enter a gate with room for one operation, and returns it.
fn enter_alone(gate: Arc<Gate>, enter: fn(&Gate) -> Result<(), NotAdmitted>) -> Arc<Gate> {
    // With room for one, an operation inside has exclusive access to the cell, which the model checker verifies.
    let alone = Arc::new(UnsafeCell::new(()));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let (gate, alone) = (Arc::clone(&gate), Arc::clone(&alone));
            thread::spawn(move || {
                if enter(&gate).is_ok() {
                    alone.with_mut(|_| ());
                    gate.leave();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(gate.inside(), 0);
    gate
}

#[test]
fn the_concurrent_cap_is_never_exceeded() {
    loom::model(|| {
        let gate = enter_alone(open(None, Some(1)), Gate::enter);
        assert!((1..=2).contains(&gate.injected()));
    });
}

#[test]
fn the_concurrent_cap_is_never_exceeded_by_operations_that_enter_again() {
    loom::model(|| {
        let gate = open(Some(1), Some(1));
        gate.enter().unwrap();
        gate.leave();
        let gate = enter_alone(gate, Gate::enter_again);
        assert_eq!(gate.injected(), 1, "they count in total already");
    });
}

#[test]
fn both_caps_hold_at_once() {
    loom::model(|| {
        let gate = open(Some(1), Some(1));
        let entered = together(2, &gate, |gate| gate.enter().is_ok());
        assert_eq!(entered.into_iter().filter(|entered| *entered).count(), 1);
        assert_eq!((gate.injected(), gate.inside()), (1, 1));
    });
}

#[test]
fn no_operation_enters_after_the_close() {
    loom::model(|| {
        let gate = open(None, None);
        let others: Vec<_> = (0..2)
            .map(|_| {
                let gate = Arc::clone(&gate);
                thread::spawn(move || gate.enter().is_ok())
            })
            .collect();
        assert!(gate.close());
        let at_the_close = gate.injected();
        let entered: u64 = others
            .into_iter()
            .map(|other| u64::from(other.join().unwrap()))
            .sum();
        assert_eq!(gate.injected(), at_the_close);
        assert_eq!(entered, at_the_close);
    });
}

#[test]
fn only_the_last_to_leave_a_closed_gate_finds_it_empty() {
    loom::model(|| {
        let gate = open(None, None);
        gate.enter().unwrap();
        gate.enter().unwrap();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let gate = Arc::clone(&gate);
                thread::spawn(move || gate.leave() == Occupancy::ClosedAndEmpty)
            })
            .collect();
        gate.close();
        let were_inside = gate.inside() > 0;
        let found_empty = others
            .into_iter()
            .map(|other| other.join().unwrap())
            .filter(|found_empty| *found_empty)
            .count();
        assert_eq!(gate.inside(), 0);
        assert!(found_empty <= 1);
        // A caller that finds operations inside after closing waits for the last one to find the gate empty.
        assert!(found_empty == 1 || !were_inside);
    });
}

#[test]
fn an_entry_that_races_with_the_close_finds_the_gate_empty_when_it_leaves() {
    loom::model(|| {
        let gate = open(None, None);
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.enter().ok().map(|()| gate.leave()))
        };
        gate.close();
        let was_inside = gate.inside() > 0;
        let left = other.join().unwrap();
        assert!(!was_inside || left == Some(Occupancy::ClosedAndEmpty));
        assert_eq!(gate.inside(), 0);
    });
}

#[test]
fn only_one_caller_closes_the_gate() {
    loom::model(|| {
        let gate = open(None, None);
        let closed = together(3, &gate, Gate::close);
        assert_eq!(closed.into_iter().filter(|closed| *closed).count(), 1);
        assert!(!gate.is_open());
    });
}

#[test]
fn an_idle_operation_that_races_with_the_close_is_counted_or_notifies() {
    loom::model(|| {
        let gate = open(None, None);
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.enter().is_ok().then(|| gate.begin_idling()))
        };
        gate.close();
        let was_settled = gate.has_only_idle();
        let began = other.join().unwrap();
        assert!(was_settled || began == Some(Occupancy::ClosedAndEmpty));
        assert!(gate.has_only_idle());
    });
}

#[test]
fn an_operation_that_leaves_beside_an_idle_one_finds_only_that() {
    loom::model(|| {
        let gate = open(None, None);
        gate.enter().unwrap();
        gate.enter().unwrap();
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.begin_idling())
        };
        gate.close();
        gate.leave();
        let was_settled = gate.has_only_idle();
        let began = other.join().unwrap();
        assert!(was_settled || began == Occupancy::ClosedAndEmpty);
    });
}
