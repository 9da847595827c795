//! What schedules promise, one by one.

use std::io::Write;
use std::time::Duration;

use jiff::SignedDuration;

use super::world::World;
use super::{ScheduleEntry, at, cron, every};

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

fn daily(name: &str) -> ScheduleEntry {
    ScheduleEntry::new(name, "smoke", cron("0 10 * * *", "UTC"))
}

#[tokio::test(start_paused = true)]
async fn an_entry_runs_at_each_due_time() {
    let world = World::at(at("2026-03-02T09:00Z"));
    world.add(daily("a"));
    world.run_and_stop(minutes(50 * 60)).await;
    let runs: Vec<_> = world
        .runs
        .borrow()
        .iter()
        .map(|(_, at)| at.to_string())
        .collect();
    assert_eq!(
        runs,
        [
            "2026-03-02T10:00:00Z",
            "2026-03-03T10:00:00Z",
            "2026-03-04T10:00:00Z"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_goes_back_runs_nothing_twice() {
    let world = World::at(at("2026-03-02T09:50Z"));
    world.add(daily("a"));
    world.run_and_stop(minutes(20)).await;
    world.jump(hours(-2));
    world.run_and_stop(minutes(180)).await;
    assert_eq!(world.runs.borrow().len(), 1);
    world.run_and_stop(minutes(24 * 60)).await;
    assert_eq!(world.runs.borrow().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_added_again_runs_no_due_time_twice() {
    let world = World::at(at("2026-03-02T09:50Z"));
    world.add(daily("a"));
    world.run_and_stop(minutes(20)).await;
    world.jump(hours(-2));
    world.schedule().remove("a", world.now()).unwrap();
    world.add(daily("a"));
    world.run_and_stop(minutes(180)).await;
    assert_eq!(world.runs.borrow().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_over_due_times_states_each_and_runs_the_latest() {
    let world = World::at(at("2026-03-02T09:00Z"));
    world.add(ScheduleEntry::new("a", "smoke", every("10m")));
    world.run_and_stop(minutes(5)).await;
    world.jump(hours(3));
    world.run_and_stop(minutes(5)).await;
    let expected = [
        "2026-03-02T12:05:00Z a: missed 17 times, due from 2026-03-02T09:10:00Z to 2026-03-02T11:50:00Z: no scheduler ran",
        "2026-03-02T12:05:00Z a: started, due at 2026-03-02T12:00:00Z",
    ];
    assert_eq!(world.seen.borrow()[..2], expected);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_while_the_scheduler_runs_is_named() {
    let world = World::at(at("2026-03-02T09:00Z"));
    world.add(daily("a"));
    let jump = async {
        tokio::time::sleep(minutes(10)).await;
        world.jump(hours(2));
    };
    tokio::join!(world.run_and_stop(minutes(20)), jump);
    let seen = world.seen.borrow();
    let [missed] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert!(
        missed.ends_with(
            "a: missed, due at 2026-03-02T10:00:00Z: the clock jumped, or the machine slept"
        ),
        "{missed}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_killed_is_aborted_and_not_repeated() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    world.takes.set(minutes(30));
    world.run_and_kill(minutes(8)).await;
    world.run_and_stop(minutes(60)).await;
    assert_eq!(world.runs.borrow().len(), 1);
    let expected = [
        "2026-03-02T10:00:00Z a: started, due at 2026-03-02T10:00:00Z",
        "2026-03-02T10:03:00Z a: ended: aborted (the scheduler was killed while it ran)",
    ];
    assert_eq!(world.seen.borrow()[..], expected);
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_run_and_records_it() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    world.takes.set(minutes(30));
    world.run_and_stop(minutes(8)).await;
    let last = world.seen.borrow().last().unwrap().clone();
    assert_eq!(last, "2026-03-02T10:03:00Z a: ended: aborted (interrupted)");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_is_an_outcome_and_the_schedule_goes_on() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    world.panics.set(true);
    world.run_and_stop(minutes(25 * 60)).await;
    let seen = world.seen.borrow();
    let panicked = seen
        .iter()
        .filter(|one| one.ends_with("ended: aborted (it panicked)"));
    assert_eq!(panicked.count(), 2, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn an_entry_waits_while_its_target_is_unwell() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    world.unwell.set(Some("/health: status 503"));
    let heal = async {
        tokio::time::sleep(minutes(35) - Duration::from_secs(15)).await;
        world.unwell.set(None);
    };
    tokio::join!(world.run_and_stop(minutes(60)), heal);
    let expected = [
        "2026-03-02T10:00:00Z a: waiting, due at 2026-03-02T10:00:00Z: the target was not well: /health: status 503",
        "2026-03-02T10:30:00Z a: started, due at 2026-03-02T10:00:00Z",
        "2026-03-02T10:31:00Z a: ended: met",
    ];
    assert_eq!(world.seen.borrow()[..], expected);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_a_missed_run_with_its_reason() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    world.unwell.set(Some("the alert `Errors` is firing"));
    world.run_and_stop(minutes(120)).await;
    assert!(world.runs.borrow().is_empty());
    assert_eq!(
        world.seen.borrow()[1],
        "2026-03-02T11:00:30Z a: missed, due at 2026-03-02T10:00:00Z: the target was not well: the alert `Errors` is firing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_on_after_a_restart() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    world.unwell.set(Some("/health: status 503"));
    world.run_and_kill(minutes(40)).await;
    world.unwell.set(None);
    world.run_and_stop(minutes(10)).await;
    assert_eq!(world.runs.borrow().len(), 1, "{:?}", world.seen);
}

#[tokio::test(start_paused = true)]
async fn an_unwell_target_does_not_hold_up_another() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    world.add(daily("b"));
    world.takes.set(minutes(90));
    world.run_and_stop(minutes(120)).await;
    let seen = world.seen.borrow();
    // The second waits for the first, and gives up.
    assert!(
        seen[1].ends_with("b: waiting, due at 2026-03-02T10:00:00Z: the run of `a` went on"),
        "{seen:?}"
    );
    assert!(
        seen[2].ends_with("b: missed, due at 2026-03-02T10:00:00Z: the run of `a` went on"),
        "{seen:?}"
    );
    assert!(seen[3].ends_with("a: ended: met"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_takes_longer_than_its_interval_states_what_it_ran_over() {
    let world = World::at(at("2026-03-02T09:00Z"));
    world.add(ScheduleEntry::new("a", "smoke", every("10m")));
    world.takes.set(minutes(25));
    world.run_and_stop(minutes(40)).await;
    let expected = [
        "2026-03-02T09:10:00Z a: started, due at 2026-03-02T09:10:00Z",
        "2026-03-02T09:20:00Z a: waiting, due at 2026-03-02T09:20:00Z: the run of `a` went on",
        "2026-03-02T09:30:00Z a: missed, due at 2026-03-02T09:20:00Z: the run of `a` went on",
        "2026-03-02T09:30:00Z a: waiting, due at 2026-03-02T09:30:00Z: the run of `a` went on",
        "2026-03-02T09:35:00Z a: ended: met",
        "2026-03-02T09:35:00Z a: started, due at 2026-03-02T09:30:00Z",
    ];
    assert_eq!(world.seen.borrow()[..6], expected);
}

#[tokio::test(start_paused = true)]
async fn a_due_time_is_announced_once_before_it() {
    let world = World::at(at("2026-03-02T09:00Z"));
    let mut entry = daily("a");
    entry.notice = Some(serde_json::from_value("15m".into()).unwrap());
    world.add(entry);
    world.run_and_kill(minutes(50)).await;
    world.run_and_stop(minutes(12)).await;
    let expected = [
        "2026-03-02T09:45:00Z a: upcoming, due at 2026-03-02T10:00:00Z",
        "2026-03-02T10:00:00Z a: started, due at 2026-03-02T10:00:00Z",
        "2026-03-02T10:01:00Z a: ended: met",
    ];
    assert_eq!(world.seen.borrow()[..], expected);
}

#[tokio::test(start_paused = true)]
async fn what_others_add_and_remove_takes_effect_at_once() {
    let world = World::at(at("2026-03-02T09:50Z"));
    world.add(daily("a"));
    let change = async {
        tokio::time::sleep(minutes(5)).await;
        world.add(daily("b"));
        world.schedule().remove("a", world.now()).unwrap();
    };
    tokio::join!(world.run_and_stop(minutes(30)), change);
    let names: Vec<_> = world
        .runs
        .borrow()
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    assert_eq!(names, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn due_times_of_an_entry_that_is_removed_are_stated() {
    let world = World::at(at("2026-03-02T09:00Z"));
    world.add(daily("a"));
    world.jump(hours(48));
    world.schedule().remove("a", world.now()).unwrap();
    world.run_and_stop(minutes(1)).await;
    let missed: Vec<_> = world.events().iter().map(ToString::to_string).collect();
    assert_eq!(
        missed[1],
        "2026-03-04T09:00:00Z a: missed 2 times, due from 2026-03-02T10:00:00Z to 2026-03-03T10:00:00Z: the entry was removed or replaced"
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_scheduler_on_the_file_is_refused() {
    let world = World::at(at("2026-03-02T09:00Z"));
    world.add(daily("a"));
    let second = async {
        tokio::task::yield_now().await;
        let stop = std::future::pending();
        let run = world.schedule().run(&world, || world.now(), |_| {}, stop);
        run.await.unwrap_err().to_string()
    };
    let ((), refused) = tokio::join!(world.run_and_stop(minutes(1)), second);
    assert!(refused.ends_with("another scheduler runs it"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_years_ahead_for_a_while_holds_up_nothing() {
    let world = World::at(at("2026-03-02T09:00Z"));
    world.add(ScheduleEntry::new("a", "smoke", cron("* * * * *", "UTC")));
    world.jump(hours(24 * 365 * 50));
    world.run_and_stop(minutes(2)).await;
    assert!(
        world.seen.borrow()[0].contains("a: missed more than 10000 times"),
        "{:?}",
        world.seen
    );
    assert!(!world.runs.borrow().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_torn_line_is_closed_by_the_scheduler() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    let mut file = std::fs::File::options()
        .append(true)
        .open(world.path())
        .unwrap();
    file.write_all(b"{\"at\":\"2026").unwrap();
    world.run_and_stop(minutes(10)).await;
    assert_eq!(world.events().len(), 3);
    assert!(world.schedule().state().running.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_line_lost_its_end_is_not_repeated() {
    let world = World::at(at("2026-03-02T09:55Z"));
    world.add(daily("a"));
    world.takes.set(minutes(30));
    world.run_and_kill(minutes(8)).await;
    let file = std::fs::File::options()
        .write(true)
        .open(world.path())
        .unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    world.run_and_stop(minutes(60)).await;
    assert_eq!(world.runs.borrow().len(), 1, "{:?}", world.seen);
}
