use std::time::Duration;

use super::*;

struct Idle;

impl Duty for Idle {
    fn perform(&self, _now: Instant) -> Next {
        Next::Never
    }
}

fn duty() -> Arc<dyn Duty> {
    Arc::new(Idle)
}

fn taken(roster: &mut Roster, now: Instant) -> Vec<DutyId> {
    std::iter::from_fn(|| roster.take_due(now))
        .map(|(id, _)| id)
        .collect()
}

#[test]
fn duties_are_taken_in_the_order_in_which_they_are_due() {
    let mut roster = Roster::new();
    let now = Instant::now();
    let at = |millis| now + Duration::from_millis(millis);
    let third = roster.add(at(30), duty());
    let first = roster.add(at(10), duty());
    let second = roster.add(at(20), duty());
    let with_the_first = roster.add(at(10), duty());
    assert_eq!(roster.earliest(), Some(at(10)));
    assert_eq!(taken(&mut roster, at(9)), []);
    assert_eq!(taken(&mut roster, at(20)), [first, with_the_first, second]);
    assert_eq!(roster.earliest(), Some(at(30)));
    assert_eq!(taken(&mut roster, at(30)), [third]);
    assert_eq!(roster.earliest(), None);
}

#[test]
fn a_performed_duty_returns_at_its_next_time() {
    let mut roster = Roster::new();
    let now = Instant::now();
    let again = now + Duration::from_secs(1);
    let (often, once) = (roster.add(now, duty()), roster.add(now, duty()));
    assert_eq!(taken(&mut roster, now), [often, once]);
    roster.put_back(often, Next::At(again));
    roster.put_back(once, Next::Never);
    assert_eq!(roster.earliest(), Some(again));
    assert_eq!(taken(&mut roster, again), [often]);
    assert!(roster.remove(once).is_none());
}

#[test]
fn a_removed_duty_is_never_due() {
    let mut roster = Roster::new();
    let now = Instant::now();
    let (gone, kept) = (roster.add(now, duty()), roster.add(now, duty()));
    assert!(roster.remove(gone).is_some());
    assert!(roster.remove(gone).is_none());
    assert_eq!(taken(&mut roster, now), [kept]);
}

#[test]
fn a_duty_removed_while_it_is_performed_does_not_return() {
    let mut roster = Roster::new();
    let now = Instant::now();
    let id = roster.add(now, duty());
    assert_eq!(taken(&mut roster, now), [id]);
    assert!(roster.remove(id).is_some());
    roster.put_back(id, Next::At(now));
    assert_eq!(roster.earliest(), None);
    assert_eq!(taken(&mut roster, now), []);
}

#[test]
fn removed_and_finished_duties_are_dropped() {
    let mut roster = Roster::new();
    let now = Instant::now();
    let (removed, done) = (duty(), duty());
    let id = roster.add(now, Arc::clone(&removed));
    roster.add(now, Arc::clone(&done));
    drop(roster.remove(id));
    let (id, taken) = roster.take_due(now).unwrap();
    drop(taken);
    roster.put_back(id, Next::Never);
    assert_eq!(Arc::strong_count(&removed), 1);
    assert_eq!(Arc::strong_count(&done), 2, "it is to be tidied up");
    assert!(matches!(roster.take_work(now), Some(Work::Tidy(_))));
    assert!(roster.take_work(now).is_none());
    assert_eq!(Arc::strong_count(&done), 1);
}

#[test]
fn due_duties_come_before_tidying() {
    let mut roster = Roster::new();
    let now = Instant::now();
    let done = roster.add(now, duty());
    assert_eq!(taken(&mut roster, now), [done]);
    roster.put_back(done, Next::Never);
    let due = roster.add(now, duty());
    let first = roster.take_work(now);
    assert!(matches!(first, Some(Work::Perform(id, _)) if id == due));
    assert!(matches!(roster.take_work(now), Some(Work::Tidy(_))));
}

#[test]
fn a_roster_has_work_once_a_duty_is_due_or_to_be_tidied_up_after() {
    let mut roster = Roster::new();
    let now = Instant::now();
    assert!(!roster.has_work(now));
    let at = now + Duration::from_secs(1);
    let id = roster.add(at, duty());
    assert!(!roster.has_work(at - Duration::from_nanos(1)));
    assert!(roster.has_work(at));
    assert_eq!(taken(&mut roster, at), [id]);
    assert!(!roster.has_work(at), "a thread performs it");
    roster.put_back(id, Next::Never);
    assert!(roster.has_work(at));
}
