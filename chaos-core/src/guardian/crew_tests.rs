use super::*;

const SLOW: Duration = Crew::SLOW_AFTER;
const HANGS: Duration = Crew::HANGS_AFTER;
const TICK: Duration = Duration::from_nanos(1);

fn crew(members: usize) -> (Crew, Vec<MemberId>) {
    let mut crew = Crew::new();
    let members = (0..members).map(|_| crew.recruit()).collect();
    (crew, members)
}

#[test]
fn two_threads_are_kept_free() {
    let now = Instant::now();
    let (mut crew, members) = crew(1);
    assert!(crew.needs_recruit(now), "one is not enough");
    crew.recruit();
    assert!(!crew.needs_recruit(now));
    crew.mark_busy(members[0], now);
    assert!(!crew.needs_recruit(now), "a duty takes microseconds");
    assert!(!crew.needs_recruit(now + SLOW - TICK));
    assert!(crew.needs_recruit(now + SLOW));
}

#[test]
fn a_crew_is_absent_while_all_its_threads_are_slow() {
    let now = Instant::now();
    let (mut crew, members) = crew(0);
    assert!(crew.is_absent(now) && members.is_empty());
    let one = crew.recruit();
    let other = crew.recruit();
    crew.mark_busy(one, now);
    assert!(!crew.is_absent(now + SLOW));
    crew.mark_busy(other, now + TICK);
    assert!(!crew.is_absent(now + SLOW));
    assert!(crew.is_absent(now + SLOW + TICK));
}

#[test]
fn no_more_than_four_threads_stand_in_for_others() {
    let now = Instant::now();
    let (mut crew, _) = crew(5);
    let later = now + HANGS;
    for member in crew.members() {
        crew.mark_busy(member, now);
    }
    assert!(!crew.is_full() && crew.needs_recruit(later));
    let last = crew.recruit();
    crew.mark_busy(last, now);
    assert!(crew.is_full() && !crew.needs_recruit(later));
}

#[test]
fn a_crew_is_lost_once_more_threads_hang_than_are_replaced() {
    let now = Instant::now();
    let (mut crew, members) = crew(6);
    for (hung, member) in members.into_iter().enumerate() {
        assert_eq!(crew.is_lost(now + HANGS), hung > 4, "{hung} hang");
        crew.mark_busy(member, now);
        assert!(!crew.is_lost(now + HANGS - TICK), "none hangs yet");
    }
    assert!(crew.is_lost(now + HANGS));
}

#[test]
fn an_idle_thread_beyond_two_is_surplus() {
    let now = Instant::now();
    let (mut crew, members) = crew(3);
    let surplus = |crew: &Crew| -> Vec<bool> {
        let members = members.iter();
        members.map(|one| crew.is_surplus(*one)).collect()
    };
    assert_eq!(surplus(&crew), [false, false, true]);
    crew.mark_busy(members[0], now);
    let of_idle = surplus(&crew);
    assert_eq!(of_idle[1..], [false, false]);
    crew.mark_idle(members[0]);
    crew.leave(members[1]);
    assert_eq!(surplus(&crew), [false, true, false]);
}

#[test]
fn the_first_thread_that_is_not_slow_leads() {
    let now = Instant::now();
    let (mut crew, members) = crew(2);
    let leads = |crew: &Crew, now| -> Vec<bool> {
        let members = members.iter();
        members.map(|one| crew.leads(*one, now)).collect()
    };
    assert_eq!(leads(&crew, now), [true, false]);
    crew.mark_busy(members[0], now);
    assert_eq!(leads(&crew, now + SLOW - TICK), [true, false]);
    assert_eq!(leads(&crew, now + SLOW), [false, true]);
}

#[test]
fn the_last_thread_is_the_one_beside_which_all_are_busy() {
    let now = Instant::now();
    let (mut crew, members) = crew(3);
    crew.mark_busy(members[0], now);
    assert!(!crew.is_last(members[1]));
    crew.mark_busy(members[2], now);
    assert!(crew.is_last(members[1]));
    assert!(!crew.is_last(members[0]), "another is idle");
}

#[test]
fn the_next_check_is_when_a_busy_thread_becomes_slow_or_hangs() {
    let now = Instant::now();
    let (mut crew, members) = crew(2);
    assert_eq!(crew.next_check(now), None);
    crew.mark_busy(members[0], now);
    crew.mark_busy(members[1], now + TICK);
    assert_eq!(crew.next_check(now), Some(now + SLOW));
    assert_eq!(crew.next_check(now + SLOW), Some(now + SLOW + TICK));
    assert_eq!(crew.next_check(now + SLOW + TICK), Some(now + HANGS));
    assert_eq!(crew.next_check(now + HANGS + TICK), None);
}

#[test]
fn a_thread_that_was_taken_off_does_not_return() {
    let (mut crew, members) = crew(1);
    crew.leave(members[0]);
    crew.mark_idle(members[0]);
    assert!(crew.members().is_empty());
    assert_ne!(crew.recruit(), members[0]);
}
