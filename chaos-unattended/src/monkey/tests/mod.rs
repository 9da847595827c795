//! What monkeys are tested with.

mod plan;
mod run;

use std::collections::HashMap;
use std::future::pending;
use std::sync::Mutex;
use std::time::SystemTime;

use chaos_core::{Actor, BlastRadius, ChaosManager, Fault};
use chaos_lab::control::LocalControl;
use jiff::civil::Weekday;
use jiff::{Timestamp, Zoned};
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

/// A clock a few seconds before the first strike of a monkey, and that strike.
fn before_first_strike(monkey: &Monkey) -> (TestClock, Strike<'_>) {
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let strike = monkey.strikes(clock.now()).next().unwrap();
    clock.put_to(strike.at - Duration::from_secs(5));
    (clock, strike)
}

/// Runs a monkey until something stops it.
async fn run_until(
    stop: impl Future<Output = String>,
    monkey: &Monkey,
    chaos: &ChaosManager,
    clock: &TestClock,
) -> Seen {
    let (control, mut seen) = (LocalControl::new(chaos), Seen::new());
    let watch = |event: MonkeyEvent<'_>| note(&mut seen, &event);
    monkey.run(&control, || clock.now(), watch, stop).await;
    seen
}

/// Runs a monkey for some days of paused time.
async fn run_for(days: u64, monkey: &Monkey, chaos: &ChaosManager, clock: &TestClock) -> Seen {
    let stop = async {
        sleep(Duration::from_secs(days * 86_400)).await;
        "the test is over".to_owned()
    };
    run_until(stop, monkey, chaos, clock).await
}
