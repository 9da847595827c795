//! Months with random jumps of the clock, kills and unwell targets: each due time is run once, missed, or still to come.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::world::World;
use super::{Change, ScheduleEntry, at, cron, every};

/// Four weeks around the changes of the clocks in Berlin.
const MONTHS: [&str; 2] = ["2026-03-12T09:00Z", "2026-10-10T09:00Z"];

fn entries() -> Vec<ScheduleEntry> {
    let entry = |name, when| ScheduleEntry::new(name, "smoke", when);
    vec![
        entry("nightly", cron("30 2 * * *", "Europe/Berlin")),
        entry("often", cron("*/20 * * * mon-fri", "Europe/Berlin")),
        entry("weekly", cron("0 10 * * tue", "Australia/Lord_Howe")),
        entry("interval", every("6h")),
    ]
}

/// Lives for four weeks, in which anything may happen.
async fn live(world: &World, random: &mut Rng) {
    for entry in entries() {
        world.add(entry);
    }
    let end = tokio::time::Instant::now() + Duration::from_secs(28 * 86_400);
    while tokio::time::Instant::now() < end {
        let lasts = Duration::from_secs(random.u64(60..172_800));
        let mut weather = random.fork();
        let weather = async {
            loop {
                sleep(Duration::from_secs(weather.u64(60..40_000))).await;
                world.takes.set(Duration::from_secs(weather.u64(1..7_200)));
                match weather.u8(0..6) {
                    0 => world.jump(SignedDuration::from_secs(weather.i64(-90_000..90_000))),
                    1 => world.jump(SignedDuration::from_secs(weather.i64(-600..600))),
                    2 | 3 => world.unwell.set(Some("unwell")),
                    _ => world.unwell.set(None),
                }
            }
        };
        let scheduled = async {
            match random.bool() {
                true => world.run_and_stop(lasts).await,
                false => world.run_and_kill(lasts).await,
            }
        };
        tokio::select! { () = scheduled => {}, () = weather => {} }
        if random.bool() && std::fs::read(world.path()).unwrap().ends_with(b"\n") {
            let mut file = std::fs::File::options()
                .append(true)
                .open(world.path())
                .unwrap();
            let torn = br#"{"at":"2026-03-12T09:00:00Z","name":"nightly","sta"#;
            file.write_all(&torn[..random.usize(1..torn.len())])
                .unwrap();
        }
        if random.bool() {
            sleep(Duration::from_secs(random.u64(1..100_000))).await;
        }
    }
}

/// What became of the due times of an entry.
#[derive(Default)]
struct Fate {
    started: Vec<Timestamp>,
    ended: Vec<Timestamp>,
    missed: Vec<(Timestamp, Timestamp, u64)>,
}

fn check(world: &World, began: Timestamp) {
    let mut fates: HashMap<String, Fate> = HashMap::new();
    for event in world.events() {
        let fate = fates.entry(event.name).or_default();
        match event.change {
            Change::Started { due } => fate.started.push(due),
            Change::Ended { due, .. } => fate.ended.push(due),
            Change::Missed {
                from, to, count, ..
            } => fate.missed.push((from, to, count)),
            _ => {}
        }
    }
    let state = world.schedule();
    for entry in entries() {
        let known = &state.state().entries[&entry.name];
        let fate = fates.remove(&entry.name).unwrap_or_default();
        let name = &entry.name;
        assert_eq!(
            fate.started, fate.ended,
            "{name}: each run ends once, before another starts"
        );
        let next = known.next().unwrap();
        let mut counted = vec![0; fate.missed.len()];
        let mut last = began;
        while let Some(due) = entry.when.next_after(last, began).filter(|due| *due < next) {
            let started = fate.started.iter().filter(|one| **one == due).count();
            let mut missed = 0;
            for (range, counted) in fate.missed.iter().zip(&mut counted) {
                if range.0 <= due && due <= range.1 {
                    missed += 1;
                    *counted += 1;
                }
            }
            let waiting = known.waiting.iter().filter(|one| one.due == due).count();
            assert_eq!(
                started + missed + waiting,
                1,
                "{name}: {due}: {started} {missed} {waiting}"
            );
            last = due;
        }
        let stated: Vec<_> = fate.missed.iter().map(|one| one.2).collect();
        assert_eq!(counted, stated, "{name}: each range has as many as it says");
        assert!(next > world.now(), "{name}: nothing is left behind: {next}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_due_time_is_run_once_or_missed_or_still_waits() {
    let (mut runs, mut missed) = (0, 0);
    for seed in 0..4 {
        let began = at(MONTHS[seed as usize % 2]);
        let world = World::at(began);
        world.look.set(Duration::from_secs(120));
        live(&world, &mut Rng::with_seed(seed)).await;
        world.unwell.set(None);
        world.takes.set(Duration::from_secs(1));
        // The schedule comes to rest, so that all is stated.
        world.run_and_stop(Duration::from_secs(7_200)).await;
        check(&world, began);
        let events = world.events();
        let is_started = |change: &Change| matches!(change, Change::Started { .. });
        let is_missed = |change: &Change| matches!(change, Change::Missed { .. });
        runs += events.iter().filter(|one| is_started(&one.change)).count();
        missed += events.iter().filter(|one| is_missed(&one.change)).count();
    }
    // The months had something of everything.
    assert!(runs > 200 && missed > 200, "{runs} {missed}");
}
