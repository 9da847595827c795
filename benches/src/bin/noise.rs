//! How often the lab takes a baseline without a fault for noise, on a quiet machine and on a busy one.
//!
//! `cargo run --release -p chaos-benches --bin noise [RUNS]`, or without `--release`
//!
//! Each run is a whole one of 50 requests a second against a shop in another runtime of this process, with a baseline of
//! 20 s and a fault that only adds 1 ms. First nothing is started beside the runs, then two processes use the cores all the
//! time, then two others come and go. Printed is how much the 95th percentiles of the halves of the baseline differ for
//! certain, that is the bound of the difference that is nearer to zero. A run is inconclusive if that could have changed its
//! verdict on latency degradation.

#![allow(clippy::print_stdout, reason = "tables are what this prints")]

use std::process::{Child, Command};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use chaos_core::{ChaosManager, Environment};
use chaos_lab::control::LocalControl;
use chaos_lab::record::{Line, RecordEntry, RecordWriter, read_record};
use chaos_lab::report::Report;
use chaos_lab::scenario::{Scenario, Stage, Target};
use chaos_lab::statistics::{Estimate, difference_of_values, quantile_ranks};
use chaos_lab::{Run, Verdict, judge};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// How many runs there are at a time, each of which leaves the processor nearly idle.
const AT_ONCE: usize = 4;

/// What else the machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    BusyLoops,
    ChangingLoops,
}

impl Beside {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::BusyLoops => "2 busy loops",
            Self::ChangingLoops => "2 busy loops for 15 s of 20 s",
        }
    }

    /// Starts it, until it is dropped.
    fn start(self) -> Vec<Busy> {
        let script = match self {
            Self::Nothing => return Vec::new(),
            Self::BusyLoops => "while :; do :; done",
            Self::ChangingLoops => {
                "while :; do timeout 15 sh -c 'while :; do :; done'; sleep 5; done"
            }
        };
        (0..2).map(|_| Busy::running(script)).collect()
    }
}

/// A process group that is killed when this is dropped.
struct Busy(Child);

impl Busy {
    fn running(script: &str) -> Self {
        let mut command = Command::new("setsid");
        Self(command.args(["sh", "-c", script]).spawn().expect("a shell"))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}

fn main() {
    let runs = std::env::args().nth(1);
    let runs = runs.map_or(12, |runs| runs.parse().expect("a number of runs"));
    println!("| beside | runs | taken for noise | certain difference, median | largest |");
    println!("|---|---|---|---|---|");
    for beside in [Beside::Nothing, Beside::BusyLoops, Beside::ChangingLoops] {
        let _busy = beside.start();
        let mut noisy = 0;
        let mut differences = Vec::new();
        for numbers in (0..runs).collect::<Vec<usize>>().chunks(AT_ONCE) {
            let measured: Vec<_> = std::thread::scope(|scope| {
                let running = numbers.iter().map(|number| scope.spawn(|| run(*number)));
                let running: Vec<_> = running.collect();
                let joined = running.into_iter().map(|run| run.join().expect("a run"));
                joined.collect()
            });
            for (report, lines) in measured {
                let why = match &report.verdict {
                    Verdict::Inconclusive { why, .. } => why.as_str(),
                    Verdict::Met => "",
                    other => panic!("{other:?}"),
                };
                noisy += usize::from(why.contains("halves of the baseline"));
                differences.push(certain_difference(&lines) * 1e3);
            }
        }
        differences.sort_by(f64::total_cmp);
        println!(
            "| {} | {runs} | {noisy} | {:.2} ms | {:.2} ms |",
            beside.name(),
            differences[differences.len() / 2],
            differences[differences.len() - 1]
        );
    }
}

fn run(number: usize) -> (Report, Vec<Line>) {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let shop = Runtime::new().expect("a runtime");
    let listener = shop
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let payments = chaos.site("payments");
    let orders = async move || {
        let charged = payments.point("charge").await;
        charged.map_or("refused", |()| "charged")
    };
    let app = Router::new().route("/orders", get(orders));
    shop.spawn(async move { axum::serve(listener, app).await });
    let scenario: Scenario = serde_json::from_value(serde_json::json!({
        "name": "a quiet target",
        "experiments": [{
            "name": "slow", "fault": { "latency": "1ms" }, "blast_radius": { "points_at": "payments" }
        }],
        "load": { "per_second": 50, "requests": [{ "path": "/orders" }] },
        "stages": { "baseline": "20s", "inject": "4s", "recover": "0s", "cooldown": "0s" },
    }))
    .expect("a scenario");
    let path = std::env::temp_dir().join(format!("chaos-noise-{}-{number}", std::process::id()));
    let mut record = RecordWriter::create(&path).expect("a new file");
    let target = Target::at(&url);
    let control = LocalControl::new(&chaos);
    let run = Run::new(&scenario, &control, &target);
    let recorded = Runtime::new()
        .expect("a runtime")
        .block_on(run.record(&mut record, std::future::pending()));
    recorded.expect("the target is free");
    let text = std::fs::read_to_string(&path).expect("just written");
    let _ = std::fs::remove_file(&path);
    let (opened, lines) = read_record(&text).expect("a record");
    let report = judge(&opened, &lines, &scenario.objectives.limits());
    (report, lines)
}

/// By how many seconds the 95th percentiles of the halves of the baseline differ at least.
fn certain_difference(lines: &[Line]) -> f64 {
    let stages = lines.iter().filter_map(|line| match line.entry {
        RecordEntry::Stage(stage) => Some((stage, line.at.0)),
        _ => None,
    });
    let at = |wanted| stages.clone().find(|(stage, _)| *stage == wanted);
    let (start, end) = (
        at(Stage::Baseline).expect("it began").1,
        at(Stage::Inject).expect("it went on").1,
    );
    let middle = start + (end - start) / 2;
    let p95 = |from: Duration, until: Duration| {
        let took = lines.iter().filter_map(|line| match &line.entry {
            RecordEntry::Sample(sample) if (from..until).contains(&sample.due.0) => {
                Some(sample.took.0)
            }
            _ => None,
        });
        let mut took: Vec<Duration> = took.collect();
        took.sort_unstable();
        let ranks = quantile_ranks(0.95, took.len() as u64).expect("there are requests");
        let at = |rank: u64| took[rank as usize - 1].as_secs_f64();
        let mut estimate = zero();
        estimate.value = at(ranks.value);
        estimate.lower = ranks.lower.map_or(0.0, at);
        estimate.upper = ranks.upper.map_or(f64::INFINITY, at);
        estimate
    };
    let difference = difference_of_values(p95(middle, end), p95(start, middle));
    difference.lower.max(-difference.upper).max(0.0)
}

fn zero() -> Estimate {
    let zero = serde_json::json!({ "value": 0.0, "lower": 0.0, "upper": 0.0 });
    serde_json::from_value(zero).expect("an estimate")
}
