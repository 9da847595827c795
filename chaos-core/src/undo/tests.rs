use std::sync::{Arc, Barrier, mpsc};

use super::*;

/// Undos that say their number when they run.
fn telling(undos: &Undos, numbers: impl IntoIterator<Item = u32>) -> mpsc::Receiver<u32> {
    let (tell, told) = mpsc::channel();
    for number in numbers {
        let tell = tell.clone();
        undos.add(Box::new(move || tell.send(number).unwrap()));
    }
    told
}

#[test]
fn the_last_registered_is_undone_first() {
    let undos = Undos::default();
    let told = telling(&undos, 1..=3);
    assert!(told.try_recv().is_err());
    assert!(!undos.are_done());
    assert_eq!(undos.run(), 0);
    assert!(undos.are_done());
    assert_eq!(told.into_iter().collect::<Vec<_>>(), [3, 2, 1]);
}

#[test]
fn each_runs_once() {
    let undos = Undos::default();
    let told = telling(&undos, [1]);
    undos.run();
    undos.run();
    assert!(undos.are_done());
    assert_eq!(told.into_iter().count(), 1);
}

#[test]
fn a_panic_is_counted_and_stops_no_other() {
    let undos = Undos::default();
    let (tell, told) = mpsc::channel();
    for number in 0..4 {
        let tell = tell.clone();
        undos.add(Box::new(move || {
            assert!(number % 2 == 0, "an undo that fails");
            tell.send(number).unwrap();
        }));
    }
    drop(tell);
    assert_eq!(undos.run(), 2);
    assert!(undos.are_done());
    assert_eq!(told.into_iter().collect::<Vec<_>>(), [2, 0]);
}

#[test]
fn what_comes_too_late_runs_at_once() {
    let undos = Undos::default();
    undos.run();
    assert_eq!(telling(&undos, [7]).try_recv(), Ok(7));
}

#[test]
fn while_another_thread_undoes_they_are_not_done() {
    let undos = Arc::new(Undos::default());
    let (inside, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (enter, leave) = (Arc::clone(&inside), Arc::clone(&go_on));
    undos.add(Box::new(move || {
        enter.wait();
        leave.wait();
    }));
    let other = Arc::clone(&undos);
    let runner = std::thread::spawn(move || other.run());
    inside.wait();
    assert_eq!(undos.run(), 0);
    assert!(!undos.are_done());
    go_on.wait();
    assert_eq!(runner.join().unwrap(), 0);
    assert!(undos.are_done());
}

#[test]
fn an_undo_may_register_another() {
    let undos = Arc::new(Undos::default());
    let (tell, told) = mpsc::channel();
    let inner = Arc::clone(&undos);
    undos.add(Box::new(move || {
        inner.add(Box::new(move || tell.send(1).unwrap()));
    }));
    assert_eq!(undos.run(), 0);
    assert_eq!(told.try_recv(), Ok(1));
}
