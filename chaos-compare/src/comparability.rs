//! Whether two records answer the same question, and why not.

use std::collections::BTreeSet;

use chaos_lab::Verdict;
use chaos_lab::record::Opened;
use chaos_lab::report::Report;
use chaos_lab::scenario::Stages;

use crate::change::LEAST_PAIRS;
use crate::comparison::GroupComparison;
use crate::subject::Subject;

/// The share of the requests of the shorter record that must be in the longer one.
const LEAST_JOINED: f64 = 0.9;

/// The share of the requests struck in one record that must be struck in the other, if more are struck there.
///
/// A build that makes more calls has more requests struck, and those of the other among them. Where the faults were drawn
/// anew, only the share that is struck anyway is common.
const LEAST_COMMON: f64 = 0.5;

/// The requests that were struck during the fault, in one record or in both.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Strikes {
    a: u64,
    b: u64,
    both: u64,
    /// Struck requests that are not compared, as the fault began or ended within them in one record.
    across: u64,
}

impl Strikes {
    /// Counts a request within which the fault began or ended in one record.
    pub(crate) fn add_across(&mut self, is_struck: bool) {
        self.across += u64::from(is_struck);
    }

    /// Counts a request by what struck it in either record.
    pub(crate) fn add(&mut self, by_a: &BTreeSet<&Subject>, by_b: &BTreeSet<&Subject>) {
        self.a += u64::from(!by_a.is_empty());
        self.b += u64::from(!by_b.is_empty());
        self.both += u64::from(!by_a.is_empty() && !by_b.is_empty());
    }
}

/// Checks that both runs were asked the same.
pub(crate) fn of_questions(a: &Opened, b: &Opened) -> Result<(), String> {
    let (of_a, of_b) = (&a.scenario, &b.scenario);
    let mut experiments = of_a.experiments.iter().zip(&of_b.experiments);
    let (in_a, in_b) = (of_a.experiments.len(), of_b.experiments.len());
    let (seed, other) = (a.target.seed, b.target.seed);
    let lengths = |stages: &Stages| (stages.baseline, stages.inject);
    Err(if of_a.name != of_b.name {
        let (name, other) = (&of_a.name, &of_b.name);
        format!("A is a record of the scenario `{name}`, and B of `{other}`")
    } else if let Some((one, _)) = experiments.find(|(a, b)| a != b) {
        format!("the experiment `{}` is not the same in both", one.name())
    } else if in_a != in_b {
        format!("the number of experiments is {in_a} in A and {in_b} in B")
    } else if seed != other {
        format!(
            "the seed of the target is {seed} in A and {other} in B, so the faults struck other requests; \
             `CHAOS_SEED` gives both the same"
        )
    } else if a.target.dry_run != b.target.dry_run {
        "only one of them was a dry run".to_owned()
    } else if of_a.load.is_none() && of_b.load.is_none() {
        "it has no load, so there are no requests to pair".to_owned()
    } else if of_a.load != of_b.load {
        "the load is not the same in both".to_owned()
    } else if lengths(&of_a.stages) != lengths(&of_b.stages) {
        "the lengths of the stages are not the same in both".to_owned()
    } else {
        return Ok(());
    })
}

/// Checks that a run was whole, and that its faults struck.
pub(crate) fn of_run(side: &str, report: &Report) -> Result<(), String> {
    match &report.verdict {
        Verdict::Aborted { why } => Err(format!("{side} was aborted: {why}")),
        Verdict::NotRun { why } => Err(format!("{side} was not run: {why}")),
        _ => Ok(()),
    }
}

/// Checks that the requests of both records have the same ids.
pub(crate) fn of_ids(joined: usize, in_a: usize, in_b: usize) -> Result<(), String> {
    if joined > 0 && joined as f64 >= LEAST_JOINED * in_a.min(in_b) as f64 {
        return Ok(());
    }
    Err(format!(
        "the ids of the requests do not match: of {in_a} in A and {in_b} in B, {joined} are the same request"
    ))
}

/// Checks that the same requests were struck.
pub(crate) fn of_strikes(strikes: Strikes, reports: &[(&str, Report)]) -> Result<(), String> {
    let Strikes { a, b, both, across } = strikes;
    let has_injected = reports.iter().any(|(_, report)| !report.fates.is_empty());
    Err(if a.max(b) == 0 && across > 0 {
        format!(
            "the fault began or ended within each struck request of one of them, {across} in all; a longer stage `inject` lets \
             them end within it"
        )
    } else if a.max(b) == 0 && has_injected {
        "no struck request is one of the load, as it is where the target does not pass their ids on"
            .to_owned()
    } else if a.min(b) >= LEAST_PAIRS && (both as f64) < LEAST_COMMON * a.min(b) as f64 {
        format!(
            "the faults struck other requests: {a} in A and {b} in B, of which {both} are the same; the names of operations \
             must not differ by run"
        )
    } else {
        return Ok(());
    })
}

/// Checks that there are enough pairs to find anything.
pub(crate) fn of_groups(groups: &[GroupComparison], strikes: Strikes) -> Result<(), String> {
    let struck = strikes.a.max(strikes.b);
    let counts = |group: &&GroupComparison| struck == 0 || group.subject.is_struck();
    let mut groups = groups.iter().filter(counts);
    if groups.clone().any(|group| !group.changes.is_empty()) {
        return Ok(());
    }
    let most = groups.by_ref().map(|group| group.pairs).max().unwrap_or(0);
    Err(format!(
        "there are too few requests to pair: at most {most} at one operation and fault, and fewer than {LEAST_PAIRS} can't \
         show a difference"
    ))
}
