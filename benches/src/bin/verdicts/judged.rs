//! Verdicts on made-up runs whose truth is known.

use chaos_lab::report::Indicator;
use chaos_lab::scenario::{Objectives, Profile};
use chaos_lab::statistics::requests_to_plan;
use chaos_lab::{Verdict, judge};

use crate::dice::Dice;
use crate::made_up::{MadeUp, Size, Truth};

/// The share of verdicts on one truth that may be wrong.
const WRONG: f64 = 0.05;

/// The share of verdicts on a far truth that must be right.
const RIGHT: f64 = 0.9;

/// The true values, as shares of the limit.
const TRUTHS: [(&str, f64); 5] = [
    ("far within", 0.5),
    ("just within", 0.9),
    ("at the limit", 1.0),
    ("just beyond", 1.1),
    ("far beyond", 2.0),
];

const HEALTHY: Truth = Truth {
    errors: 0.0,
    unavailable: 0.0,
    slower: 0.0,
};

/// Prints a row for each indicator and true value, and returns the number of broken promises.
pub(crate) fn print(runs: u64, dice: &Dice) -> usize {
    let limits = Profile::Default.limits();
    let errors = limits.error_rate.as_share();
    let unavailable = 1.0 - limits.availability.as_share();
    let slower = limits.latency_degradation.0.as_secs_f64();
    let planned = |limit| requests_to_plan(limit).expect("the limit is a share");
    let size = Size {
        requests: planned(errors),
        probes: planned(unavailable),
    };
    println!(
        "Runs with {} requests and {} health probes, which nine of ten runs decide with, says `explain`:\n",
        size.requests, size.probes
    );
    println!("| indicator | true value | met | violated | inconclusive | wrong |");
    println!("|---|---|---|---|---|---|");
    let mut made_up = MadeUp::of(size);
    let mut row = |indicator, of: &dyn Fn(f64) -> Truth| -> usize {
        let rows = TRUTHS.map(|(name, share)| {
            let tally = Tally::of(&mut made_up, of(share), indicator, &limits, runs / 5, dice);
            tally.print(indicator, name, share)
        });
        rows.into_iter().sum()
    };
    let of_errors = row(Indicator::ErrorRate, &|share| Truth {
        errors: share * errors,
        ..HEALTHY
    });
    let of_probes = row(Indicator::Availability, &|share| Truth {
        unavailable: share * unavailable,
        ..HEALTHY
    });
    let of_latency = row(Indicator::LatencyDegradation, &|share| Truth {
        slower: share * slower,
        ..HEALTHY
    });
    of_errors + of_probes + of_latency + without_requests(runs / 5, &limits, dice)
}

/// Prints the verdicts on runs without requests.
fn without_requests(runs: u64, limits: &Objectives, dice: &Dice) -> usize {
    let mut made_up = MadeUp::of(Size {
        requests: 0,
        probes: 200,
    });
    let undecided = (0..runs).filter(|_| {
        made_up.make_up(HEALTHY, dice);
        let verdict = made_up.judge(limits).verdict;
        matches!(verdict, Verdict::Inconclusive { .. })
    });
    let undecided = undecided.count() as u64;
    println!("\nOf {runs} runs without requests, {undecided} are inconclusive.");
    usize::from(undecided < runs)
}

#[derive(Default)]
struct Tally {
    met: u64,
    violated: u64,
    inconclusive: u64,
}

impl Tally {
    fn of(
        made_up: &mut MadeUp,
        truth: Truth,
        indicator: Indicator,
        limits: &Objectives,
        runs: u64,
        dice: &Dice,
    ) -> Self {
        let mut tally = Self::default();
        for _ in 0..runs {
            made_up.make_up(truth, dice);
            let report = made_up.judge(limits);
            let mut findings = report.findings.iter();
            let finding = findings.find(|finding| finding.indicator == indicator);
            match finding.expect("it is always judged").verdict {
                Verdict::Met => tally.met += 1,
                Verdict::Violated => tally.violated += 1,
                _ => tally.inconclusive += 1,
            }
        }
        tally
    }

    fn print(&self, indicator: Indicator, name: &str, share: f64) -> usize {
        let runs = (self.met + self.violated + self.inconclusive) as f64;
        let [met, violated, inconclusive] =
            [self.met, self.violated, self.inconclusive].map(|count| count as f64 / runs);
        let (right, wrong) = if share <= 1.0 {
            (met, violated)
        } else {
            (violated, met)
        };
        let is_far = !(0.6..=1.5).contains(&share);
        let is_broken = wrong > WRONG || (is_far && right < RIGHT);
        let mark = if is_broken { " !" } else { "" };
        let [met, violated, inconclusive, wrong] =
            [met, violated, inconclusive, wrong].map(|share| share * 100.0);
        println!(
            "| {indicator} | {name} | {met:.1} % | {violated:.1} % | {inconclusive:.1} % | {wrong:.1} %{mark} |"
        );
        usize::from(is_broken)
    }
}

impl MadeUp {
    fn judge(&self, limits: &Objectives) -> chaos_lab::report::Report {
        judge(&self.opened, self.lines(), limits)
    }
}
