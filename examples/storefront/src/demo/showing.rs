//! The demonstration: a baseline, one fault after another, and a summary.

use std::time::Duration;

use chaos_core::{ChaosManager, Error};
use storefront::BoxError;
use tokio::time::{Instant, sleep_until};

use super::judged::{self, Judged, Seen};
use super::requests::{Outcome, Requests, Stretch};
use super::step::{self, Ends, LASTS, Step};
use super::table::{Row, Table, Tally, reached};
use super::{Injections, load};

/// How long the service runs before it is measured, and how long that takes.
const WARMS_UP: Duration = Duration::from_secs(1);
const BASELINE: Duration = Duration::from_secs(3);
/// How long it is looked at after each fault.
const RECOVERY: Duration = Duration::from_secs(3);
/// What is looked at to tell whether it is as fast as ever.
const WINDOW: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(200);

/// Shows everything.
pub(crate) async fn show(
    chaos: &ChaosManager,
    injections: &Injections,
    url: &str,
) -> Result<(), BoxError> {
    let requests = Requests::new();
    let steps = step::all()?;
    let show = Show {
        chaos,
        injections,
        requests: requests.clone(),
        lasts: WARMS_UP + BASELINE + (LASTS + RECOVERY) * steps.len() as u32,
    };
    tokio::select! {
        sent = load::send(url, requests) => match sent {
            Ok(()) => Err("the load has ended before its time".into()),
            Err(error) => Err(error),
        },
        shown = show.run(steps) => shown,
    }
}

struct Show<'a> {
    chaos: &'a ChaosManager,
    injections: &'a Injections,
    requests: Requests,
    lasts: Duration,
}

impl Show<'_> {
    async fn run(self, steps: Vec<Step>) -> Result<(), BoxError> {
        println!(
            "{} requests a second to the storefront, a third of them checkouts, for {:?}; seed {}\n",
            load::PER_SECOND,
            self.lasts,
            self.chaos.seed()
        );
        let table = Table::begin();
        let baseline = self.baseline(&table).await;
        let mut judged = Vec::new();
        for step in steps {
            match self.step(step, &baseline, &table).await {
                Ok(step) => judged.push(step),
                Err(Error::CompiledOut { .. }) => {
                    table.line(
                        "\nThis build contains no fault injection: the service is all there is.",
                    );
                    return Ok(());
                }
                // There is no room for it, or no such pressure on this system.
                Err(error @ Error::Pressure { .. }) => table.line(&format!("left out: {error}")),
                Err(error) => return Err(error.into()),
            }
        }
        summary(&judged, &table);
        Ok(())
    }

    async fn baseline(&self, table: &Table) -> Stretch {
        let from = self.requests.start + WARMS_UP;
        let to = from + BASELINE;
        self.wait(to, table, || "no fault".to_owned()).await;
        let baseline = self.requests.between(from, to);
        let row = Row {
            name: "no fault",
            before: &baseline,
            during: &baseline,
            after: &baseline,
            tally: Tally::default(),
            pressure: &[],
            remark: "",
        };
        table.line(&row.text());
        baseline
    }

    async fn step(&self, step: Step, baseline: &Stretch, table: &Table) -> Result<Judged, Error> {
        let begin = Instant::now();
        let end = begin + LASTS;
        let before = self.requests.between(begin - RECOVERY, begin);
        let under_way = self.requests.under_way();
        self.injections.take();
        let guard = self.chaos.start(step.experiment.clone())?;
        self.wait(end, table, || {
            let during = self.requests.between(begin, Instant::now());
            let (failed, p99) = (during.failed, during.p99().as_millis());
            let done = match guard.pressure().as_slice() {
                [] => format!("{} injected", guard.injected()),
                pressure => reached(pressure),
            };
            format!("{}: {done}, {failed} errors, p99 {p99} ms", step.name)
        })
        .await;
        let pressure = guard.pressure();
        if step.ends == Ends::Halted {
            self.chaos.halt();
            self.chaos.resume();
        }
        drop(guard);
        self.wait(end + RECOVERY, table, || {
            format!("{}: it is over", step.name)
        })
        .await;

        let (after, back_in) = self.recovery(end, baseline);
        let seen = Seen {
            during: self.requests.between(begin, end),
            tally: self.tally(),
            under_way,
            pressure,
            back_in,
        };
        let judged = Judged::of(&step, &seen, before.p99().max(baseline.p99()));
        let row = Row {
            name: step.name,
            before: &before,
            during: &seen.during,
            after: &after,
            tally: seen.tally,
            pressure: &seen.pressure,
            remark: &judged.remark(),
        };
        table.line(&row.text());
        Ok(judged)
    }

    /// The first window after the fault in which all is as it was before any, and how long it took to get there.
    fn recovery(&self, end: Instant, baseline: &Stretch) -> (Stretch, Option<Duration>) {
        let mut back_in = Duration::ZERO;
        loop {
            let window = self.requests.between(end + back_in, end + back_in + WINDOW);
            let is_back = window.failed == 0
                && window.is_over()
                && window.p99() <= baseline.p99().mul_f64(1.1);
            if is_back {
                return (window, Some(back_in));
            }
            back_in += WINDOW / 4;
            if back_in + WINDOW > RECOVERY {
                return (window, None);
            }
        }
    }

    /// Asks of each request that was hit how it turned out.
    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for key in self.injections.take() {
            tally.injected += 1;
            let number = key.as_deref().and_then(load::number);
            match number.and_then(|number| self.requests.outcome(number)) {
                Some(Outcome::Served) => tally.absorbed += 1,
                Some(Outcome::Failed) => tally.surfaced += 1,
                None => tally.unknown += 1,
            }
        }
        tally
    }

    async fn wait(&self, until: Instant, table: &Table, text: impl Fn() -> String) {
        while Instant::now() < until {
            let done = self.requests.start.elapsed().as_secs_f64() / self.lasts.as_secs_f64();
            let bar = "=".repeat((done * 16.0) as usize);
            table.progress(&format!("[{bar:<16}] {}", text()));
            sleep_until(until.min(Instant::now() + REFRESH)).await;
        }
    }
}

fn summary(judged: &[Judged], table: &Table) {
    let sum = |of: fn(&Tally) -> u64| judged.iter().map(|step| of(&step.tally)).sum::<u64>();
    let as_asked = judged
        .iter()
        .filter(|step| step.complaints.is_empty())
        .count();
    table.line("");
    for step in judged {
        for complaint in &step.complaints {
            table.line(&format!("{}: {complaint}", step.name));
        }
    }
    table.line(&format!(
        "{as_asked} of {} steps went as asked, and were followed by the p99 of before within {:?}.",
        judged.len(),
        judged::BACK_WITHIN
    ));
    table.line(&format!(
        "Of the faults, {} were absorbed: the requests that they hit were served. {} reached customers. {} hit requests \
         that were under way when the fault began, of which nobody knows.",
        sum(|tally| tally.absorbed),
        sum(|tally| tally.surfaced),
        sum(|tally| tally.unknown),
    ));
}
