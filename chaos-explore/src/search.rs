//! Which faults are placed, and in which order.
//!
//! Breadth first: single faults at each operation met without any, then a second fault at each operation that comes
//! after the first has struck, and so on. As a run is the same up to where its last fault strikes, each set is met
//! in exactly one order, the one in which its faults strike, so none is tried twice.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use crate::finding::Again;
use crate::placement::line;
use crate::problem::Problem;
use crate::recorder::Meeting;
use crate::run::Ran;
use crate::runner::Runner;
use crate::{
    Absorption, Difference, Faults, Finding, History, OperationId, Placement, Pruned, Report,
    Unexplored,
};

/// A search and what it has found so far.
pub(crate) struct Search<'a> {
    runner: &'a Runner,
    faults: &'a Faults,
    depth: usize,
    most_runs: usize,
    started: Instant,
    told: Instant,
    /// How many tasks a run leaves behind without any fault.
    tasks_usual: Option<usize>,
    /// What the act answers without any fault, if that is always the same.
    reply_usual: Option<String>,
    report: Report,
}

/// A set of faults that a test survived, and what it met.
struct Survived {
    placements: Vec<Placement>,
    trace: Arc<[Meeting]>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        runner: &'a Runner,
        faults: &'a Faults,
        depth: usize,
        most_runs: usize,
        started: Instant,
    ) -> Self {
        Self {
            runner,
            faults,
            depth,
            most_runs,
            started,
            told: started,
            tasks_usual: None,
            reply_usual: None,
            report: Report {
                seed: runner.manner.seed,
                depth,
                runs: 0,
                tried: 0,
                operations: Vec::new(),
                operations_beyond: 0,
                findings: Vec::new(),
                absorption: Vec::new(),
                pruned: Pruned::default(),
                unreached: Vec::new(),
                unexplored: None,
                differs: None,
                took: Default::default(),
                in_tests: Default::default(),
                around_tests: Default::default(),
            },
        }
    }

    /// Tries everything, up to the depth.
    pub(crate) fn everything(mut self) -> Report {
        if let Some(usual) = self.without_faults() {
            let mut survived = vec![usual];
            for depth in 1..=self.depth {
                survived = self.one_deeper(depth, &survived);
                if survived.is_empty() || self.report.unexplored.is_some() {
                    break;
                }
            }
        }
        self.done()
    }

    /// Tries one set.
    pub(crate) fn only(mut self, placements: Vec<Placement>) -> Report {
        self.depth = placements.len();
        if let Some(ran) = self.replayed(&placements)
            && !ran.problems.is_empty()
        {
            let finding = Finding::new(placements, ran.problems);
            self.report.findings.push(finding);
        }
        self.done()
    }

    /// Tries what struck a request once, and finds the fewest of it that matter.
    pub(crate) fn history(mut self, history: &History) -> Report {
        let placements = history.placements();
        self.depth = placements.len();
        if let Some(ran) = self.replayed(placements)
            && !ran.problems.is_empty()
        {
            let (placements, problems) = self.fewest(placements.to_vec(), ran.problems);
            let finding = Finding::new(placements, problems);
            self.report.findings.push(finding);
        }
        self.done()
    }

    /// Runs one set, once the test has shown that it survives without any fault.
    fn replayed(&mut self, placements: &[Placement]) -> Option<Ran> {
        self.without_faults()?;
        let ran = self.run_all(&[placements.to_vec()]).pop().flatten();
        match &ran {
            Some(ran) => {
                let reached = self.note_unreached(placements, ran);
                self.report.tried += usize::from(reached);
            }
            None => self.leave(self.depth, 1, "time"),
        }
        ran
    }

    /// Runs the test twice without any fault; none, if that says that there is no point in going on.
    fn without_faults(&mut self) -> Option<Survived> {
        let runs = self.run_all(&[Vec::new(), Vec::new()]);
        let [Some(first), Some(second)] = &runs[..] else {
            self.leave(0, 2, "time");
            return None;
        };
        let ids = |ran: &Ran| {
            ran.trace
                .iter()
                .map(|met| met.id.clone())
                .collect::<Vec<_>>()
        };
        self.report.operations = ids(first);
        if let Some(ran) = runs.iter().flatten().find(|ran| !ran.problems.is_empty()) {
            let finding = Finding::new(Vec::new(), ran.problems.clone());
            self.report.findings.push(finding);
            return None;
        }
        let (first_ids, second_ids) = (ids(first), ids(second));
        let missing = |of: &[OperationId], from: &[OperationId]| {
            let from: HashSet<_> = from.iter().collect();
            let missing = of.iter().filter(|id| !from.contains(id));
            missing.cloned().collect::<Vec<_>>()
        };
        let differs = Difference {
            only_first: missing(&first_ids, &second_ids),
            only_second: missing(&second_ids, &first_ids),
        };
        if !differs.only_first.is_empty() || !differs.only_second.is_empty() {
            self.report.differs = Some(differs);
            return None;
        }
        self.tasks_usual = Some(first.tasks_left.max(second.tasks_left));
        self.reply_usual = first.reply.clone().filter(|_| first.reply == second.reply);
        Some(Survived {
            placements: Vec::new(),
            trace: Arc::clone(&first.trace),
        })
    }

    /// Adds one fault to each set that was survived, wherever one can strike after the others.
    fn one_deeper(&mut self, depth: usize, survived: &[Survived]) -> Vec<Survived> {
        let mut jobs = Vec::new();
        for before in survived {
            self.add_one(before, &mut jobs);
        }
        let room = self.most_runs.saturating_sub(self.report.runs);
        let beyond = jobs.split_off(room.min(jobs.len()));
        let results = self.run_all(&jobs);
        let mut next = Vec::new();
        let mut undone = 0;
        for (placements, ran) in jobs.into_iter().zip(results) {
            let Some(ran) = ran else {
                undone += 1;
                continue;
            };
            self.report.tried += 1;
            if let [single] = &placements[..] {
                let absorption = Absorption::of(single, &ran, self.reply_usual.as_deref());
                self.report.absorption.push(absorption);
            }
            if !ran.problems.is_empty() {
                self.find(placements, ran.problems);
            } else if self.note_unreached(&placements, &ran) {
                next.push(Survived {
                    placements,
                    trace: ran.trace,
                });
            }
        }
        if undone > 0 {
            self.leave(depth, undone + beyond.len(), "time");
        } else if !beyond.is_empty() {
            self.leave(depth, beyond.len(), "runs");
        }
        next
    }

    fn add_one(&mut self, before: &Survived, jobs: &mut Vec<Vec<Placement>>) {
        let last = before.placements.len().checked_sub(1);
        let after = last.map_or(0, |last| {
            let struck = |met: &Meeting| met.struck.contains(&last);
            before
                .trace
                .iter()
                .position(struck)
                .map_or(usize::MAX, |at| at + 1)
        });
        for meeting in before.trace.iter().skip(after) {
            for mishap in self.faults.at(meeting) {
                let is_out = |at: &usize| before.placements[*at].mishap.comes_instead();
                if meeting.struck.iter().any(is_out) {
                    self.report.pruned.within_an_outage += 1;
                    continue;
                }
                let mut placements = before.placements.clone();
                placements.push(Placement {
                    operation: meeting.id.clone(),
                    mishap: mishap.clone(),
                });
                let holds_a_finding = self.report.findings.iter().any(|finding| {
                    let mut each = finding.placements.iter();
                    each.all(|placement| placements.contains(placement))
                });
                if holds_a_finding {
                    self.report.pruned.hold_a_finding += 1;
                } else {
                    jobs.push(placements);
                }
            }
        }
    }

    /// Makes a finding of a set that was not survived, and replays it.
    ///
    /// There is nothing to leave out of it: every smaller set was tried before it, unless no run met its operations.
    fn find(&mut self, placements: Vec<Placement>, problems: Vec<Problem>) {
        let mut finding = Finding::new(placements.clone(), problems);
        let stuck = |problem: &Problem| matches!(problem, Problem::Stuck { .. });
        let may_run = self.report.runs < self.most_runs && !finding.problems.iter().any(stuck);
        let again = may_run.then(|| self.run_all(&[placements]).pop().flatten());
        finding.again = match again.flatten() {
            Some(again) if again.problems.is_empty() => Again::Gone,
            Some(_) => Again::Replayed,
            None => Again::Untried,
        };
        self.report.findings.push(finding);
    }

    /// Leaves out one fault after the other for as long as what is left is not survived either.
    fn fewest(
        &mut self,
        mut placements: Vec<Placement>,
        mut problems: Vec<Problem>,
    ) -> (Vec<Placement>, Vec<Problem>) {
        let mut at = 0;
        while placements.len() > 1 && at < placements.len() {
            let mut fewer = placements.clone();
            fewer.remove(at);
            match &self.run_all(std::slice::from_ref(&fewer))[..] {
                [Some(ran)] if !ran.problems.is_empty() => {
                    (placements, problems) = (fewer, ran.problems.clone());
                }
                _ => at += 1,
            }
        }
        (placements, problems)
    }

    /// Whether all of a set struck; if the operation of one did not come, says so.
    fn note_unreached(&mut self, placements: &[Placement], ran: &Ran) -> bool {
        let struck = |at| ran.trace.iter().any(|met| met.struck.contains(&at));
        let reached = (0..placements.len()).all(struck);
        // A run that was given up tells nothing of what it met, nor does one whose faults could not be placed.
        let is_told = ran.problems.is_empty() || !ran.trace.is_empty();
        if !reached && is_told {
            self.report.unreached.push(line(placements));
        }
        // What came but was given up before its fault was due is no other run than the one without that fault.
        reached && ran.injected.iter().all(|injected| *injected > 0)
    }

    fn run_all(&mut self, jobs: &[Vec<Placement>]) -> Vec<Option<Ran>> {
        let (started, runs) = (self.started, self.report.runs);
        let told = &mut self.told;
        let findings = self.report.findings.len();
        let results = self.runner.run_all(jobs, self.tasks_usual, |done| {
            tell_now_and_then(told, started, runs + done, findings);
        });
        for ran in results.iter().flatten() {
            self.report.runs += 1;
            if ran.problems.is_empty() {
                self.report.operations_beyond = self.report.operations_beyond.max(ran.beyond);
            }
            self.report.in_tests += ran.body_time;
            self.report.around_tests += ran.own_time;
        }
        results
    }

    fn leave(&mut self, depth: usize, placements: usize, limit: &str) {
        self.report.unexplored = Some(Unexplored {
            depth,
            placements,
            limit: format!("the limit of {limit} was reached"),
        });
    }

    fn done(mut self) -> Report {
        self.report.depth = self.depth;
        self.report.took = self.started.elapsed();
        self.report
    }
}

/// Tells whoever waits how far it has come.
#[allow(
    clippy::print_stderr,
    reason = "progress is for whoever sits in front of it"
)]
fn tell_now_and_then(told: &mut Instant, started: Instant, runs: usize, findings: usize) {
    const EVERY: std::time::Duration = std::time::Duration::from_secs(5);
    if told.elapsed() >= EVERY {
        *told = Instant::now();
        let elapsed = started.elapsed().as_secs();
        eprintln!("exploring: {runs} runs, {findings} findings, {elapsed} s");
    }
}
