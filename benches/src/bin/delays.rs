//! Measures how late delays are, next to Tokio's in the same run, and how fast a halt releases held tasks.
//!
//! `cargo run --release -p chaos-benches --bin delays`

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::future::Future;
use std::time::{Duration, Instant};

use chaos_core::{BlastRadius, ChaosManager, Fault};

const ASKED: [u64; 8] = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
const ROUNDS: usize = 15;
const EACH: usize = 40;

#[tokio::main]
async fn main() {
    println!(
        "| asked | ours p50 | ours p99 | tokio p50 | tokio p99 | earliest of ours |\n|---|---|---|---|---|---|"
    );
    for asked in ASKED.map(Duration::from_micros) {
        let (mut ours, mut tokios) = (Rounds::default(), Rounds::default());
        for _ in 0..ROUNDS {
            ours.add(one_by_one(asked, chaos_core::delay).await);
            tokios.add(one_by_one(asked, tokio::time::sleep).await);
        }
        row(&format!("{asked:?}"), &ours, &tokios);
    }
    let (mut ours, mut tokios) = (Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        ours.add(thousand_at_once(chaos_core::delay).await);
        tokios.add(thousand_at_once(tokio::time::sleep).await);
    }
    row("1,000 at once, 5–15 ms", &ours, &tokios);

    println!(
        "\n| held | released by `halt` within, median | slowest of {ROUNDS} | `halt` itself, median |\n|---|---|---|---|"
    );
    for held in [10_000, 100_000] {
        let (mut released, mut returned) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (all, call) = halt(held).await;
            released.push(all);
            returned.push(call);
        }
        released.sort();
        returned.sort();
        println!(
            "| {held} | {:.1?} | {:.1?} | {:.1?} |",
            released[ROUNDS / 2],
            released[ROUNDS - 1],
            returned[ROUNDS / 2]
        );
    }
}

/// The lateness of delays in nanoseconds, as a sorted list for each round; negative if a delay was early.
#[derive(Default)]
struct Rounds(Vec<Vec<i64>>);

impl Rounds {
    fn add(&mut self, mut late: Vec<i64>) {
        late.sort_unstable();
        self.0.push(late);
    }

    /// Returns the median over the rounds of each round's quantile, in microseconds.
    fn quantile(&self, quantile: f64) -> f64 {
        let mut each: Vec<i64> = self
            .0
            .iter()
            .map(|late| late[((late.len() - 1) as f64 * quantile).round() as usize])
            .collect();
        each.sort_unstable();
        each[each.len() / 2] as f64 / 1e3
    }

    fn earliest(&self) -> f64 {
        self.0.iter().map(|late| late[0]).min().unwrap_or(0) as f64 / 1e3
    }
}

fn row(asked: &str, ours: &Rounds, tokios: &Rounds) {
    println!(
        "| {asked} | {:.0} µs | {:.0} µs | {:.0} µs | {:.0} µs | {:.0} µs |",
        ours.quantile(0.5),
        ours.quantile(0.99),
        tokios.quantile(0.5),
        tokios.quantile(0.99),
        ours.earliest()
    );
}

async fn one_by_one<F: Future>(asked: Duration, delay: fn(Duration) -> F) -> Vec<i64> {
    let mut late = Vec::with_capacity(EACH);
    for _ in 0..EACH {
        late.push(lateness(asked, delay).await);
    }
    late
}

async fn thousand_at_once<F: Future + Send + 'static>(delay: fn(Duration) -> F) -> Vec<i64> {
    let tasks: Vec<_> = (0..1_000)
        .map(|number| tokio::spawn(lateness(Duration::from_micros(5_000 + number * 10), delay)))
        .collect();
    let mut late = Vec::with_capacity(tasks.len());
    for task in tasks {
        late.push(task.await.expect("no task panics"));
    }
    late
}

async fn lateness<F: Future>(asked: Duration, delay: fn(Duration) -> F) -> i64 {
    let start = Instant::now();
    delay(asked).await;
    start.elapsed().as_nanos() as i64 - asked.as_nanos() as i64
}

/// Returns the time from the call of `halt` until the last held task continued, and the duration of the call.
async fn halt(held: usize) -> (Duration, Duration) {
    let chaos = ChaosManager::builder().keep_entries(0).build();
    let site = chaos.site("pms");
    let guard = chaos
        .inject(
            BlastRadius::points_at("pms"),
            Fault::latency(Duration::from_secs(120)),
        )
        .expect("the experiment makes sense");
    let tasks: Vec<_> = (0..held)
        .map(|_| {
            let point = site.point("reserve");
            tokio::spawn(async move {
                point.await.expect("a delay does not fail");
                Instant::now()
            })
        })
        .collect();
    guard.wait_for(held as u64).await.expect("all get held");
    // The last delay is counted just before its task starts to wait.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    chaos.halt();
    let returned = start.elapsed();
    let mut last = start;
    for task in tasks {
        last = last.max(task.await.expect("no task panics"));
    }
    (last - start, returned)
}
