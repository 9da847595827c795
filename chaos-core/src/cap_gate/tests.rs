use super::*;

fn open(total: Option<u64>, concurrent: Option<u32>) -> Gate {
    Gate::open(Caps::new(total, concurrent))
}

#[test]
fn operations_are_counted_while_inside_and_in_total() {
    let gate = open(None, None);
    gate.enter().unwrap();
    gate.enter().unwrap();
    assert_eq!((gate.inside(), gate.injected()), (2, 2));
    assert_eq!(gate.leave(), Occupancy::OpenOrOccupied);
    assert_eq!(gate.leave(), Occupancy::OpenOrOccupied);
    assert_eq!((gate.inside(), gate.injected()), (0, 2));
    assert!(gate.is_open());
}

#[test]
fn leaving_does_not_restore_the_total_cap() {
    let gate = open(Some(1), None);
    assert_eq!(gate.enter(), Ok(()));
    gate.leave();
    assert_eq!(gate.would_admit(), Err(NotAdmitted::Total));
    assert_eq!(gate.enter(), Err(NotAdmitted::Total));
    assert_eq!(gate.injected(), 1);
}

#[test]
fn leaving_restores_the_concurrent_cap() {
    let gate = open(None, Some(2));
    gate.enter().unwrap();
    gate.enter().unwrap();
    assert_eq!(gate.enter(), Err(NotAdmitted::Concurrent));
    gate.leave();
    assert_eq!(gate.enter(), Ok(()));
}

#[test]
fn would_admit_counts_no_operation() {
    let gate = open(Some(1), Some(1));
    for _ in 0..3 {
        assert_eq!(gate.would_admit(), Ok(()));
    }
    assert_eq!((gate.inside(), gate.injected()), (0, 0));
}

#[test]
fn a_closed_gate_admits_no_operation_and_keeps_its_counts() {
    let gate = open(Some(9), None);
    gate.enter().unwrap();
    gate.enter().unwrap();
    assert!(gate.close());
    assert!(!gate.close());
    assert!(!gate.is_open());
    assert_eq!(gate.enter(), Err(NotAdmitted::Ended));
    assert_eq!((gate.inside(), gate.injected()), (2, 2));
    assert_eq!(gate.leave(), Occupancy::OpenOrOccupied);
    assert_eq!(gate.leave(), Occupancy::ClosedAndEmpty);
    assert_eq!((gate.inside(), gate.injected()), (0, 2));
}

#[test]
fn the_end_takes_precedence_over_the_caps() {
    let gate = open(Some(1), Some(1));
    gate.enter().unwrap();
    assert_eq!(gate.enter(), Err(NotAdmitted::Total));
    gate.close();
    assert_eq!(gate.enter(), Err(NotAdmitted::Ended));
}

#[test]
fn caps_beyond_the_range_of_the_word_saturate() {
    for caps in [
        Caps::new(None, None),
        Caps::new(Some(u64::MAX), Some(u32::MAX)),
    ] {
        assert_eq!(caps.total, MOST_INJECTED);
        assert_eq!(caps.concurrent, MOST_INSIDE);
    }
}

#[test]
fn a_full_count_does_not_overflow_into_its_neighbour() {
    let gate = open(None, None);
    gate.word
        .store(ON + MOST_INSIDE * ONE_INSIDE, Ordering::Relaxed);
    assert_eq!(gate.inside(), MOST_INSIDE);
    assert_eq!(gate.enter(), Err(NotAdmitted::Concurrent));
    gate.word
        .store(ON + MOST_INJECTED * ONE_INJECTED, Ordering::Relaxed);
    assert_eq!(gate.injected(), MOST_INJECTED);
    assert_eq!(gate.enter(), Err(NotAdmitted::Total));
    assert_eq!((gate.inside(), gate.is_open()), (0, true));
}

#[test]
fn the_word_counts_eight_million_at_once_and_a_trillion_in_total() {
    assert_eq!(MOST_INSIDE, (1 << 23) - 1);
    assert_eq!(MOST_INJECTED, (1 << 40) - 1);
}

#[test]
fn an_operation_that_enters_again_counts_only_as_inside() {
    let gate = open(Some(1), Some(2));
    gate.enter().unwrap();
    assert_eq!(gate.enter_again(), Ok(()), "the total cap is used up");
    assert_eq!((gate.inside(), gate.injected()), (2, 1));
    assert_eq!(gate.enter_again(), Err(NotAdmitted::Concurrent));
    gate.leave();
    assert_eq!(gate.enter_again(), Ok(()));
    gate.close();
    assert_eq!(gate.enter_again(), Err(NotAdmitted::Ended));
}

#[test]
fn the_concurrent_cap_holds_for_an_operation_that_enters_again_below_the_total_cap() {
    let gate = open(Some(9), Some(1));
    gate.enter().unwrap();
    assert_eq!(gate.enter_again(), Err(NotAdmitted::Concurrent));
    assert_eq!((gate.inside(), gate.injected()), (1, 1));
}

#[test]
fn idling_empties_the_gate_only_once_it_is_closed() {
    let gate = open(None, None);
    gate.enter().unwrap();
    assert_eq!(gate.begin_idling(), Occupancy::OpenOrOccupied);
    gate.end_idling();
    gate.close();
    assert_eq!(gate.begin_idling(), Occupancy::ClosedAndEmpty);
}

#[test]
fn idling_beside_a_busy_operation_does_not_empty_a_closed_gate() {
    let gate = open(None, None);
    gate.enter().unwrap();
    gate.enter().unwrap();
    gate.close();
    assert_eq!(gate.begin_idling(), Occupancy::OpenOrOccupied);
    assert_eq!(gate.begin_idling(), Occupancy::ClosedAndEmpty);
}
