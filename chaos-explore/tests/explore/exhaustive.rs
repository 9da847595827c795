//! Small programs whose failing sets of faults are known by brute force: exploring finds them all, and tries little more
//! than it must.

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

/// Which service is called, for the how manieth time.
type Call = (usize, u32);
/// A call that fails, and in which way.
type Fails = (Call, usize);
type Set = BTreeSet<Fails>;

#[derive(Debug, Clone)]
struct Program {
    steps: Vec<(usize, Handling)>,
    /// It breaks when it has seen all of one of these.
    bugs: Vec<Set>,
}

/// What a program does when a call has failed.
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

    /// Whether this is all of one of the sets that break it.
    fn breaks(&self, seen: &Set) -> bool {
        self.bugs.iter().any(|bug| bug.is_subset(seen))
    }

    /// What strikes of a set, without any exploring.
    fn strikes(&self, set: &Set) -> Set {
        let mut calls = [0_u32; SERVICES.len()];
        let mut seen = Set::new();
        let run = self.run(async |service| {
            calls[service] += 1;
            let fails = set
                .iter()
                .find(|(call, _)| *call == (service, calls[service]));
            seen.extend(fails);
            fails.map_or(Ok(()), |_| Err(()))
        });
        let done = std::pin::pin!(run).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(done, Poll::Ready(()));
        seen
    }

    /// The smallest sets that break it, and how many sets have to be tried to know that there are no others.
    fn by_brute_force(&self, depth: usize) -> (BTreeSet<Set>, usize) {
        let most_calls = 2 * u32::try_from(self.steps.len()).unwrap();
        let universe: Vec<Fails> = (0..SERVICES.len())
            .flat_map(|service| (1..=most_calls).map(move |nth| (service, nth)))
            .flat_map(|call| (0..FAILURES.len()).map(move |way| (call, way)))
            .collect();
        let mut smallest = BTreeSet::new();
        let mut to_try = 0;
        let mut sets = vec![Set::new()];
        for _ in 0..depth {
            let larger: BTreeSet<Set> = sets
                .iter()
                .flat_map(|set| universe.iter().map(move |fails| (set, *fails)))
                .filter(|(set, (call, _))| set.iter().all(|(other, _)| other != call))
                .map(|(set, fails)| set.iter().copied().chain([fails]).collect())
                // Some strike only because others do.
                .collect();
            let strike: Vec<Set> = larger
                .iter()
                .filter(|set| self.strikes(set) == **set)
                .cloned()
                .collect();
            let holds_one =
                |set: &Set, all: &BTreeSet<Set>| all.iter().any(|one| one.is_subset(set));
            let new: Vec<Set> = strike
                .into_iter()
                .filter(|set| !holds_one(set, &smallest))
                .collect();
            to_try += new.len();
            smallest.extend(new.into_iter().filter(|set| self.breaks(set)));
            sets = larger.into_iter().collect();
        }
        (smallest, to_try)
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
    let fails = ((service, 1..3_u32), 0..FAILURES.len());
    let bug = prop::collection::btree_set(fails, 1..3);
    (steps, prop::collection::vec(bug, 0..3)).prop_map(|(steps, bugs)| Program { steps, bugs })
}

/// What exploring finds, and how many sets it tried.
fn explored(program: &Program, depth: usize) -> (BTreeSet<Set>, usize) {
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
                    let way = FAILURES
                        .iter()
                        .position(|(known, _)| *known == failure)
                        .unwrap();
                    seen.lock().unwrap().insert(((service, nth), way));
                })
            };
            acting.run(call).await;
            seen.into_inner().unwrap()
        })
        .verify(async move |_, seen| assert!(!verifying.breaks(&seen)))
        .faults(faults)
        .depth(depth)
        .report();
    let by_line: BTreeMap<String, Fails> = (0..SERVICES.len())
        .flat_map(|service| (1..20).map(move |nth| (service, nth)))
        .flat_map(|call| (0..FAILURES.len()).map(move |way| (call, way)))
        .map(|((service, nth), way)| {
            let (failure, phase) = FAILURES[way];
            let case = FaultCase::once(Fault::error(failure), phase);
            (
                format!("{}/point call #{nth} {case}", SERVICES[service]),
                ((service, nth), way),
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
    fn exploring_finds_all_that_brute_force_does_and_tries_little_more(program in program(), depth in 1..=3_usize) {
        let (by_force, must_be_tried) = program.by_brute_force(depth);
        let (found, tried) = explored(&program, depth);
        prop_assert_eq!(found, by_force);
        prop_assert!(tried as f64 <= 1.2 * must_be_tried as f64, "{} tried, {} must be", tried, must_be_tried);
    }
}
