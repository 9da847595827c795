use std::collections::HashMap;
use std::future::pending;
use std::sync::Mutex;

use chaos_core::{Actor, BlastRadius, ChaosManager, Fault};
use chaos_lab::control::LocalControl;
use jiff::civil::Weekday;
use jiff::{Timestamp, Zoned};
use std::time::SystemTime;
use tokio::time::{Instant, sleep, timeout};

use super::*;

const MONKEY: &str = r#"
version: 1
seed: 7
every: 30m
probability: 20%
at_most_a_day: 3
policy:
  time_zone: Europe/Berlin
  windows: { low: { days: mon-fri, hours: "09:00-17:00" } }
  holidays: ["2026-03-18"]
experiments:
  - { name: slow, fault: { latency: 1s }, blast_radius: { points_at: pms }, time_limit: 50m }
  - { name: broken, fault: { error: unavailable }, blast_radius: { points_at: pms }, time_limit: 5m }
"#;

fn monkey() -> Monkey {
    parse(MONKEY).unwrap()
}

fn parse(text: &str) -> Result<Monkey, String> {
    Monkey::parse(text, Format::Yaml, "monkey.yaml").map_err(|error| error.to_string())
}

fn chaos() -> ChaosManager {
    ChaosManager::builder()
        .environment(Environment::Test)
        .build()
}

fn time(text: &str) -> SystemTime {
    text.parse::<Timestamp>().unwrap().into()
}

fn berlin(time: SystemTime) -> Zoned {
    let time = Timestamp::try_from(time).unwrap();
    time.in_tz("Europe/Berlin").unwrap()
}

/// A clock that goes with the paused time of a test, and that a test may put forward or back.
struct TestClock(Mutex<(SystemTime, Instant)>);

impl TestClock {
    fn at(text: &str) -> Self {
        Self(Mutex::new((time(text), Instant::now())))
    }

    fn now(&self) -> SystemTime {
        let (start, since) = *self.0.lock().unwrap();
        start + since.elapsed()
    }

    fn put_to(&self, time: SystemTime) {
        *self.0.lock().unwrap() = (time, Instant::now());
    }
}

/// What happened to each strike, by its beginning.
type Seen = Vec<(SystemTime, &'static str, String)>;

fn note(seen: &mut Seen, event: &MonkeyEvent<'_>) {
    let (kind, detail) = match event {
        MonkeyEvent::Next(strike) => ("next", strike.experiment.name().to_owned()),
        MonkeyEvent::Began(strike) => ("began", strike.experiment.name().to_owned()),
        MonkeyEvent::Skipped { why, .. } => ("skipped", why.clone()),
        MonkeyEvent::Ended { why, .. } => ("ended", why.clone()),
    };
    seen.push((event.strike().at, kind, detail));
}

fn only(seen: &Seen, kind: &str) -> Vec<(SystemTime, String)> {
    let of_kind = seen.iter().filter(|(_, other, _)| *other == kind);
    of_kind
        .map(|(at, _, detail)| (*at, detail.clone()))
        .collect()
}

/// Runs a monkey for some days of paused time.
async fn run_for(days: u64, monkey: &Monkey, chaos: &ChaosManager, clock: &TestClock) -> Seen {
    let control = LocalControl::new(chaos);
    let mut seen = Seen::new();
    let stop = async {
        sleep(Duration::from_secs(days * 86_400)).await;
        "the test is over".to_owned()
    };
    monkey
        .run(
            &control,
            || clock.now(),
            |event| note(&mut seen, &event),
            stop,
        )
        .await;
    seen
}

#[tokio::test(start_paused = true)]
async fn over_a_month_no_strike_is_outside_the_hours_or_the_budget() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-01T00:00:00Z");
    let seen = run_for(31, &monkey, &chaos, &clock).await;
    let began = only(&seen, "began");
    assert!(began.len() > 20, "{seen:?}");
    assert_eq!(only(&seen, "skipped"), []);
    let ended = only(&seen, "ended");
    assert!(
        ended.iter().all(|(_, why)| why == "its time is over"),
        "{ended:?}"
    );

    let mut by_day = HashMap::new();
    for (at, name) in &began {
        let (start, limit) = (berlin(*at), if name == "slow" { 50 } else { 5 });
        let end = berlin(*at + Duration::from_secs(limit * 60));
        assert!(
            !matches!(start.weekday(), Weekday::Saturday | Weekday::Sunday),
            "{start}"
        );
        assert!(
            start.hour() >= 9 && (end.hour() < 17 || (end.hour() == 17 && end.minute() == 0)),
            "{start} to {end}"
        );
        assert_ne!(start.date(), "2026-03-18".parse().unwrap());
        *by_day.entry(start.date()).or_insert(0) += 1;
    }
    assert_eq!(
        by_day.values().max(),
        Some(&3),
        "the budget is used, and not exceeded"
    );
}

#[tokio::test(start_paused = true)]
async fn what_really_runs_begins_and_ends_as_planned() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let control = LocalControl::new(&chaos);
    let mut planned = monkey.strikes(clock.now());
    let mut open = None;
    let run = monkey.run(
        &control,
        || clock.now(),
        |event| match event {
            MonkeyEvent::Began(strike) => {
                assert_eq!(Some(strike), planned.next());
                assert_eq!(chaos.overview().running, [strike.experiment.name()]);
                open = Some(strike.end());
            }
            MonkeyEvent::Ended { .. } => {
                assert!(chaos.overview().running.is_empty());
                let late = clock.now().duration_since(open.take().unwrap()).unwrap();
                assert!(late < Duration::from_millis(2), "{late:?}");
            }
            _ => {}
        },
        pending(),
    );
    assert!(timeout(Duration::from_secs(5 * 86_400), run).await.is_err());
}

#[test]
fn the_same_seed_gives_the_same_month_and_another_seed_another_one() {
    let start = time("2026-03-01T00:00:00Z");
    let month = |monkey: &Monkey| {
        let strikes = monkey.strikes(start).take(30);
        strikes
            .map(|strike| (strike.at, strike.experiment.name().to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(month(&monkey()), month(&monkey()));
    let other = parse(&MONKEY.replace("seed: 7", "seed: 8")).unwrap();
    assert_ne!(month(&monkey()), month(&other));
}

/// A change of this test is a change of every month that was planned.
#[test]
fn the_draws_of_a_seed_never_change() {
    let (monkey, start) = (monkey(), time("2026-03-01T00:00:00Z"));
    let first: Vec<_> = monkey.strikes(start).take(3).collect();
    let shown = first.iter().map(|strike| {
        format!(
            "{} {}",
            berlin(strike.at).strftime("%d. %H:%M"),
            strike.experiment.name()
        )
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        ["02. 11:30 broken", "02. 12:00 broken", "02. 13:00 slow"]
    );
}

#[test]
fn the_plan_does_not_depend_on_where_it_is_begun() {
    let monkey = monkey();
    let all: Vec<_> = monkey
        .strikes(time("2026-03-01T00:00:00Z"))
        .take(40)
        .collect();
    for strike in &all {
        assert_eq!(monkey.strikes(strike.at).next().as_ref(), Some(strike));
    }
}

#[test]
fn the_share_of_intervals_is_the_probability() {
    let always = MONKEY
        .replace(
            r#"{ low: { days: mon-fri, hours: "09:00-17:00" } }"#,
            r#"{ low: { hours: "00:00-23:30" } }"#,
        )
        .replace("at_most_a_day: 3", "at_most_a_day: 1000")
        .replace("time_limit: 50m", "time_limit: 30m");
    let monkey = parse(&always).unwrap();
    let (start, end) = (time("2026-04-01T00:00:00Z"), time("2026-12-07T00:00:00Z"));
    let strikes: Vec<_> = monkey
        .strikes(start)
        .take_while(|strike| strike.at < end)
        .collect();
    // 250 days of 47 intervals, of which 20 % are 2,350, with a standard deviation of 43.
    assert!((2_180..2_520).contains(&strikes.len()), "{}", strikes.len());
    let slow = strikes
        .iter()
        .filter(|strike| strike.experiment.name() == "slow")
        .count();
    assert!((1_000..1_400).contains(&slow), "{slow}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_put_back_brings_no_strike_again() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let first = run_for(5, &monkey, &chaos, &clock).await;
    let again = {
        let control = LocalControl::new(&chaos);
        let mut seen = Seen::new();
        let put_back = async {
            for _ in 0..20 {
                sleep(Duration::from_secs(6 * 3_600)).await;
                clock.put_to(clock.now() - Duration::from_secs(2 * 3_600));
            }
            "the test is over".to_owned()
        };
        clock.put_to(time("2026-03-02T00:00:00Z"));
        monkey
            .run(
                &control,
                || clock.now(),
                |event| note(&mut seen, &event),
                put_back,
            )
            .await;
        only(&seen, "began")
    };
    let mut once: Vec<_> = again.clone();
    once.dedup();
    assert_eq!(once, again, "no strike began twice");
    let planned = only(&first, "began");
    assert!(
        again.iter().all(|strike| planned.contains(strike)),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_strike_that_was_slept_through_is_skipped() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let strike = monkey.strikes(clock.now()).next().unwrap();
    clock.put_to(strike.at - Duration::from_secs(5));
    let control = LocalControl::new(&chaos);
    let mut seen = Seen::new();
    let stop = async {
        sleep(Duration::from_secs(1)).await;
        clock.put_to(strike.at + Duration::from_secs(300));
        sleep(Duration::from_secs(60)).await;
        "the test is over".to_owned()
    };
    monkey
        .run(
            &control,
            || clock.now(),
            |event| note(&mut seen, &event),
            stop,
        )
        .await;
    let [(at, why)] = &only(&seen, "skipped")[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (*at, why.starts_with("it was due 3")),
        (strike.at, true),
        "{why}"
    );
    assert_eq!(only(&seen, "began"), []);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_halted_or_busy_is_left_alone() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let busy = chaos
        .inject(BlastRadius::points_at("pms"), Fault::panic())
        .unwrap();
    let seen = run_for(1, &monkey, &chaos, &clock).await;
    assert_eq!(only(&seen, "began"), []);
    assert!(
        only(&seen, "skipped")
            .iter()
            .all(|(_, why)| why.ends_with("is running")),
        "{seen:?}"
    );
    assert!(!only(&seen, "skipped").is_empty());
    drop(busy);
    chaos.halt();
    let seen = run_for(1, &monkey, &chaos, &clock).await;
    assert_eq!(only(&seen, "began"), []);
    assert!(
        only(&seen, "skipped")
            .iter()
            .all(|(_, why)| why.starts_with("halted")),
        "{seen:?}"
    );
    assert!(!only(&seen, "skipped").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_monkey_that_is_stopped_ends_its_strike() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let strike = monkey.strikes(clock.now()).next().unwrap();
    clock.put_to(strike.at - Duration::from_secs(5));
    let control = LocalControl::new(&chaos);
    let mut seen = Seen::new();
    let stop = async {
        sleep(Duration::from_secs(10)).await;
        assert_eq!(chaos.overview().running.len(), 1);
        "the operator left".to_owned()
    };
    monkey
        .run(
            &control,
            || clock.now(),
            |event| note(&mut seen, &event),
            stop,
        )
        .await;
    assert_eq!(
        only(&seen, "ended"),
        [(strike.at, "the operator left".to_owned())]
    );
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_ends_on_the_target_is_not_started_again() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let strike = monkey.strikes(clock.now()).next().unwrap();
    clock.put_to(strike.at - Duration::from_secs(5));
    let control = LocalControl::new(&chaos);
    let mut seen = Seen::new();
    let stop = async {
        sleep(Duration::from_secs(10)).await;
        chaos
            .on_behalf_of(Actor::Code)
            .stop(strike.experiment.name())
            .unwrap();
        sleep(Duration::from_secs(200)).await;
        "the test is over".to_owned()
    };
    monkey
        .run(
            &control,
            || clock.now(),
            |event| note(&mut seen, &event),
            stop,
        )
        .await;
    assert_eq!(
        only(&seen, "ended"),
        [(strike.at, "it was stopped by code".to_owned())]
    );
    assert_eq!(only(&seen, "began").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_strike_runs_under_a_lease() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let strike = monkey.strikes(clock.now()).next().unwrap();
    clock.put_to(strike.at - Duration::from_secs(5));
    let control = LocalControl::new(&chaos);
    let run = monkey.run(&control, || clock.now(), |_| {}, pending());
    assert!(timeout(Duration::from_secs(60), run).await.is_err());
    let status = chaos.status().pop().unwrap();
    assert_eq!(status.name, strike.experiment.name());
    assert_eq!(status.lease.unwrap().length, Duration::from_secs(6));
}

#[test]
fn a_dry_run_strikes_at_the_same_times_and_injects_nothing() {
    let (real, dry) = (monkey(), monkey().dry_run());
    let start = time("2026-03-01T00:00:00Z");
    let times = |monkey: &Monkey| {
        monkey
            .strikes(start)
            .take(20)
            .map(|strike| strike.at)
            .collect::<Vec<_>>()
    };
    assert_eq!(times(&real), times(&dry));
    assert!(dry.experiments().iter().all(Experiment::is_dry_run));
}

#[test]
fn a_mistake_is_reported_with_position_key_and_expectation() {
    for (good, bad, expected) in [
        (
            "every: 30m",
            "every: 30ms",
            "monkey.yaml:4:8: every: expected at least 1s",
        ),
        (
            "every: 30m",
            "evry: 30m",
            "monkey.yaml:4:1: evry: unknown key `evry`: did you mean `every`?",
        ),
        (
            "probability: 20%",
            "probability: 120%",
            "monkey.yaml:5:14: probability: ",
        ),
        (
            "at_most_a_day: 3",
            "at_most_a_day: 0",
            "monkey.yaml:6:16: at_most_a_day: ",
        ),
        (
            r#"windows: { low: { days: mon-fri, hours: "09:00-17:00" } }"#,
            "at_most_at_once: 1",
            "monkey.yaml:8:3: policy: expected `windows` that hold for every risk",
        ),
        (
            "windows: { low:",
            "windows: { high:",
            "monkey.yaml:8:3: policy: expected `windows` that hold",
        ),
        (
            "time_limit: 50m",
            "time_limit: 24h",
            "monkey.yaml:12:89: experiments[0].time_limit: expected less than a day",
        ),
        (
            "name: broken",
            "name: slow",
            "monkey.yaml:13:13: experiments[1].name: expected a unique name",
        ),
        (
            "time_zone: Europe/Berlin",
            "highest_risk: low",
            "monkey.yaml:12:5: experiments[0]: `highest_risk`: expected at most `low`",
        ),
    ] {
        assert!(MONKEY.contains(good), "{good}");
        let refused = parse(&MONKEY.replace(good, bad)).unwrap_err();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let none = MONKEY.split("experiments:").next().unwrap().to_owned() + "experiments: []";
    assert_eq!(
        parse(&none).unwrap_err(),
        "monkey.yaml:11:14: experiments: expected at least one experiment"
    );
}

#[test]
fn a_freeze_of_decades_and_a_large_budget_are_planned_at_once() {
    let frozen = MONKEY
        .replace("every: 30m", "every: 1s")
        .replace("at_most_a_day: 3", "at_most_a_day: 100000")
        .replace(
            "holidays: [",
            "freezes: [{ from: 2020-01-01, until: 2099-01-01 }]\n  holidays: [",
        );
    let monkey = parse(&frozen).unwrap();
    assert_eq!(monkey.strikes(time("2026-03-01T00:00:00Z")).next(), None);
}

#[test]
fn the_reference_is_valid() {
    let monkey = Monkey::read("../docs/monkey.yaml").unwrap();
    assert_eq!(monkey.experiments().len(), 2);
}
