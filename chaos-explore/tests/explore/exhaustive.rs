//! Compares explorations of small programs with a brute-force search for the failing sets of faults.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use chaos_core::{Failure, Fault, Phase, SiteKind};
use chaos_explore::{FaultCase, Faults, explore};
use proptest::prelude::*;

const SERVICES: [&str; 4] = ["a", "b", "c", "d"];
const FAILURES: [(Failure, Phase); 2] = [
    (Failure::Unavailable, Phase::Before),
    (Failure::Reset, Phase::After),
];

/// A service, and the number of the call to it.
type Call = (usize, u32);
/// A call that failed, and the index of its failure.
type FailedCall = (Call, usize);
type Set = BTreeSet<FailedCall>;

#[derive(Debug, Clone)]
struct Program {
    steps: Vec<(usize, Handling)>,
    /// The program breaks once all calls of one of these sets have failed.
    bugs: Vec<Set>,
}

/// The reaction of a program to a failed call.
#[derive(Debug, Clone, Copy)]
enum Handling {
    Ignore,
    GiveUp,
    Retry,
    Fallback(usize),
}

impl Program {
    async fn run(&self, mut call: impl AsyncFnMut(usize) -> Result<(), ()>) {
        for (service, handling) in &self.steps {
            if call(*service).await.is_ok() {
                continue;
            }
            let handled = match handling {
                Handling::Ignore => Ok(()),
                Handling::GiveUp => Err(()),
                Handling::Retry => call(*service).await,
                Handling::Fallback(other) => call(*other).await,
            };
            if handled.is_err() {
                return;
            }
        }
    }

    /// Returns whether the program breaks under these failures.
    fn is_broken_by(&self, seen: &Set) -> bool {
        self.bugs.iter().any(|bug| bug.is_subset(seen))
    }

    /// Runs the program under a set, and returns the failures that occurred.
    fn failures_under(&self, set: &Set) -> Set {
        let mut calls = [0_u32; SERVICES.len()];
        let mut seen = Set::new();
        let run = self.run(async |service| {
            calls[service] += 1;
            let failure = set
                .iter()
                .find(|(call, _)| *call == (service, calls[service]));
            seen.extend(failure);
            failure.map_or(Ok(()), |_| Err(()))
        });
        let done = std::pin::pin!(run).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(done, Poll::Ready(()));
        seen
    }

    /// Returns the minimal sets that break the program, and the number of sets to try before that is certain.
    fn by_brute_force(&self, depth: usize) -> (BTreeSet<Set>, usize) {
        let most_calls = 2 * u32::try_from(self.steps.len()).unwrap();
        let universe: Vec<FailedCall> = (0..SERVICES.len())
            .flat_map(|service| (1..=most_calls).map(move |nth| (service, nth)))
            .flat_map(|call| (0..FAILURES.len()).map(move |mode| (call, mode)))
            .collect();
        let mut minimal = BTreeSet::new();
        let mut required_tries = 0;
        let mut sets = vec![Set::new()];
        for _ in 0..depth {
            let larger: BTreeSet<Set> = sets
                .iter()
                .flat_map(|set| universe.iter().map(move |failed| (set, *failed)))
                .filter(|(set, (call, _))| set.iter().all(|(other, _)| other != call))
                .map(|(set, failed)| set.iter().copied().chain([failed]).collect())
                .collect();
            // Some calls occur only because others fail.
            let complete: Vec<Set> = larger
                .iter()
                .filter(|set| self.failures_under(set) == **set)
                .cloned()
                .collect();
            let contains_any =
                |set: &Set, others: &BTreeSet<Set>| others.iter().any(|other| other.is_subset(set));
            let new: Vec<Set> = complete
                .into_iter()
                .filter(|set| !contains_any(set, &minimal))
                .collect();
            required_tries += new.len();
            minimal.extend(new.into_iter().filter(|set| self.is_broken_by(set)));
            sets = larger.into_iter().collect();
        }
        (minimal, required_tries)
    }
}

fn program() -> impl Strategy<Value = Program> {
    let service = 0..SERVICES.len();
    let handling = prop_oneof![
        Just(Handling::Ignore),
        Just(Handling::GiveUp),
        Just(Handling::Retry),
        service.clone().prop_map(Handling::Fallback),
    ];
    let steps = prop::collection::vec((service.clone(), handling), 1..5);
    let failed_call = ((service, 1..3_u32), 0..FAILURES.len());
    let bug = prop::collection::btree_set(failed_call, 1..3);
    (steps, prop::collection::vec(bug, 0..3)).prop_map(|(steps, bugs)| Program { steps, bugs })
}

/// Explores a program, and returns the findings and the number of sets tried.
fn explore_program(program: &Program, depth: usize) -> (BTreeSet<Set>, usize) {
    let mut faults = Faults::none();
    for (failure, phase) in FAILURES {
        faults = faults.and(
            SiteKind::Point,
            FaultCase::once(Fault::error(failure), phase),
        );
    }
    let (acting, verifying) = (program.clone(), program.clone());
    let report = explore(async |chaos| SERVICES.map(|service| chaos.site(service)))
        .act(async move |sites| {
            let calls = Mutex::new([0_u32; SERVICES.len()]);
            let seen = Mutex::new(Set::new());
            let call = async |service: usize| {
                calls.lock().unwrap()[service] += 1;
                let nth = calls.lock().unwrap()[service];
                let called =
                    sites[service].around_with("call", async { Ok(()) }, |fault| *fault.failure());
                called.await.map_err(|failure| {
                    let mode = FAILURES
                        .iter()
                        .position(|(known, _)| *known == failure)
                        .unwrap();
                    seen.lock().unwrap().insert(((service, nth), mode));
                })
            };
            acting.run(call).await;
            seen.into_inner().unwrap()
        })
        .verify(async move |_, seen| assert!(!verifying.is_broken_by(&seen)))
        .faults(faults)
        .depth(depth)
        .report();
    let by_line: BTreeMap<String, FailedCall> = (0..SERVICES.len())
        .flat_map(|service| (1..20).map(move |nth| (service, nth)))
        .flat_map(|call| (0..FAILURES.len()).map(move |mode| (call, mode)))
        .map(|((service, nth), mode)| {
            let (failure, phase) = FAILURES[mode];
            let case = FaultCase::once(Fault::error(failure), phase);
            (
                format!("{}/point call #{nth} {case}", SERVICES[service]),
                ((service, nth), mode),
            )
        })
        .collect();
    let found = report.findings().iter().map(|finding| {
        assert!(finding.is_reproducible());
        finding
            .placements()
            .iter()
            .map(|placement| by_line[&placement.to_string()])
            .collect()
    });
    assert!(report.unreached_sets().is_empty() && report.unexplored().is_none());
    (found.collect(), report.sets_tried())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exploring_finds_the_same_sets_as_brute_force_with_few_more_tries(program in program(), depth in 1..=3_usize) {
        let (by_brute_force, required_tries) = program.by_brute_force(depth);
        let (found, tried) = explore_program(&program, depth);
        prop_assert_eq!(found, by_brute_force);
        prop_assert!(tried as f64 <= 1.2 * required_tries as f64, "{} tried, {} required", tried, required_tries);
    }
}
