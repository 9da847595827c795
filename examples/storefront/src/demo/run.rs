//! Runs the demonstration: a baseline, one step after another, and a summary.

use std::time::Duration;

use chaos_core::{ChaosManager, Error, Event, Experiment};
use storefront::BoxError;
use tokio::time::{Instant, sleep_until};

use super::load::{Load, PER_SECOND};
use super::report::{print_header, print_row, print_summary};
use super::stats::{Outcome, Stats};
use super::steps::{Ending, Expected, FAULT_TIME, steps};
use super::verdict::{StepResult, Tally};

const WARM_UP: Duration = Duration::from_secs(1);
const BASELINE: Duration = Duration::from_secs(3);
/// How long the service is observed after each fault.
const RECOVERY: Duration = Duration::from_secs(3);
/// The interval that has to be as fast as the baseline.
const WINDOW: Duration = Duration::from_secs(1);

struct Demo<'a> {
    chaos: &'a ChaosManager,
    load: &'a Load,
}

/// Runs the demonstration against the service at `url`.
pub(crate) async fn run(chaos: &ChaosManager, url: &str) -> Result<(), BoxError> {
    let load = Load::new();
    let demo = Demo { chaos, load: &load };
    tokio::select! {
        sent = load.send(url) => sent.and(Err("the load has ended too early".into())),
        finished = demo.run() => finished,
    }
}

impl Demo<'_> {
    async fn run(self) -> Result<(), BoxError> {
        println!(
            "{PER_SECOND} requests per second to the storefront, every third a checkout, for a minute; seed {}\n",
            self.chaos.seed()
        );
        print_header();
        let from = self.load.start + WARM_UP;
        sleep_until(from + BASELINE).await;
        let baseline = self.load.stats(from, from + BASELINE);
        let without_fault = StepResult {
            name: "no fault".to_owned(),
            before: baseline.clone(),
            during: baseline.clone(),
            after: baseline.clone(),
            ..StepResult::default()
        };
        print_row(&without_fault, "");
        if !cfg!(feature = "chaos") {
            println!("\nThis build contains no fault injection.");
            return Ok(());
        }
        let mut results = Vec::new();
        for (experiment, expected) in steps()? {
            match self.step(experiment, expected, &baseline).await {
                Ok(result) => {
                    print_row(&result, &result.remark());
                    results.push(result);
                }
                // The machine is too small, or its system does not support this pressure.
                Err(error @ Error::Pressure { .. }) => println!("skipped: {error}"),
                Err(error) => return Err(error.into()),
            }
        }
        print_summary(&results);
        Ok(())
    }

    async fn step(
        &self,
        experiment: Experiment,
        expected: Expected,
        baseline: &Stats,
    ) -> Result<StepResult, Error> {
        let begin = Instant::now();
        let end = begin + FAULT_TIME;
        let before = self.load.stats(begin - RECOVERY, begin);
        let in_progress = self.load.count_in_progress();
        let name = experiment.name().to_owned();
        let guard = self.chaos.start(experiment)?;
        sleep_until(end).await;
        let pressure = guard.pressure();
        if expected.ending == Ending::Halted {
            self.chaos.halt();
            self.chaos.resume();
        }
        drop(guard);
        sleep_until(end + RECOVERY).await;

        let usual = before.p99().max(baseline.p99());
        let (after, recovered_in) = self.recovery(end, baseline);
        let mut result = StepResult {
            before,
            during: self.load.stats(begin, end),
            after,
            tally: self.tally(&name),
            in_progress,
            pressure,
            recovered_in,
            deviations: Vec::new(),
            name,
        };
        result.judge(expected, usual);
        Ok(result)
    }

    /// Finds the first window after a fault that is as good as the baseline, and when it began.
    fn recovery(&self, end: Instant, baseline: &Stats) -> (Stats, Option<Duration>) {
        let mut since = Duration::ZERO;
        loop {
            let window = self.load.stats(end + since, end + since + WINDOW);
            let is_fast = window.p99() <= baseline.p99().mul_f64(1.1);
            if is_fast && window.failed == 0 && window.is_complete() {
                return (window, Some(since));
            }
            since += WINDOW / 4;
            if since + WINDOW > RECOVERY {
                return (window, None);
            }
        }
    }

    /// Counts the results of the requests into which an experiment injected a fault.
    fn tally(&self, experiment: &str) -> Tally {
        let mut tally = Tally::default();
        for entry in self.chaos.journal() {
            let Event::Injected(injected) = entry.event else {
                continue;
            };
            if injected.experiment != experiment {
                continue;
            }
            tally.injected += 1;
            let request = injected.key.and_then(|key| self.load.find(&key));
            match request.and_then(|request| request.outcome()) {
                Some(Outcome::Success) => tally.absorbed += 1,
                Some(Outcome::Failure) => tally.surfaced += 1,
                None => tally.unknown += 1,
            }
        }
        tally
    }
}
