use super::*;

fn after(start: Instant, millis: u64) -> Instant {
    start + Duration::from_millis(millis)
}

fn busy(crew: &mut Crew, now: Instant) -> u64 {
    let worker = crew.hire();
    crew.push(Box::new(|| ()));
    assert!(crew.take(worker, now).is_some());
    worker
}

#[test]
fn the_first_job_needs_a_thread() {
    let mut crew = Crew::new();
    let now = Instant::now();
    assert_eq!(crew.shortage(now), Shortage::None);
    crew.push(Box::new(|| ()));
    assert_eq!(crew.shortage(now), Shortage::Thread);
    crew.hire();
    assert_eq!(
        crew.shortage(now),
        Shortage::None,
        "an idle thread takes it"
    );
}

#[test]
fn a_slow_job_gets_a_stand_in_only_while_others_wait() {
    let mut crew = Crew::new();
    let start = Instant::now();
    busy(&mut crew, start);
    assert_eq!(crew.shortage(after(start, 1_000)), Shortage::None);
    crew.push(Box::new(|| ()));
    assert_eq!(crew.shortage(after(start, 19)), Shortage::None);
    assert_eq!(crew.shortage(after(start, 20)), Shortage::Thread);
}

#[test]
fn it_is_hopeless_once_all_threads_hang() {
    let mut crew = Crew::new();
    let start = Instant::now();
    let workers: Vec<u64> = (0..Crew::MOST).map(|_| busy(&mut crew, start)).collect();
    crew.push(Box::new(|| ()));
    assert_eq!(crew.shortage(after(start, 4_999)), Shortage::None);
    assert_eq!(crew.shortage(after(start, 5_000)), Shortage::Hopeless);
    assert!(crew.mark_given_up());
    assert!(!crew.mark_given_up(), "reported once");
    crew.mark_idle(workers[2]);
    assert_eq!(crew.shortage(after(start, 5_000)), Shortage::None);
    assert!(crew.mark_given_up(), "reported again after one returned");
}

#[test]
fn one_idle_thread_stays() {
    let mut crew = Crew::new();
    let first = crew.hire();
    assert!(!crew.is_surplus());
    crew.hire();
    assert!(crew.is_surplus());
    crew.dismiss(first);
    assert!(!crew.is_surplus());
}

#[test]
fn supervision_lasts_while_a_thread_is_busy_or_a_job_waits() {
    let mut crew = Crew::new();
    assert!(crew.begin_supervision());
    assert!(!crew.begin_supervision());
    let worker = busy(&mut crew, Instant::now());
    assert!(!crew.end_supervision());
    crew.mark_idle(worker);
    crew.push(Box::new(|| ()));
    assert!(!crew.end_supervision());
    assert!(crew.take(worker, Instant::now()).is_some());
    crew.mark_idle(worker);
    assert!(crew.end_supervision());
    assert!(crew.begin_supervision());
}
