//! Properties of all blast radii and patterns.

use chaos_core::adapter::{Decision, Support};
use chaos_core::{
    BlastRadius, ChaosManager, Experiment, Failure, Fault, Operation, Pattern, Phase, Rate, Scope,
    Site, SiteKind, Step, Tag, Then,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const KINDS: [SiteKind; 5] = [
    SiteKind::Server,
    SiteKind::Client,
    SiteKind::Database,
    SiteKind::Stream,
    SiteKind::Point,
];

/// Words of few letters, which are often equal.
fn word() -> impl Strategy<Value = String> {
    "[ab]{1,3}"
}

fn glob() -> impl Strategy<Value = String> {
    "[ab*]{1,4}"
}

/// The simplest definition of a matching glob.
fn matches(glob: &[u8], name: &[u8]) -> bool {
    match glob.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|at| matches(rest, &name[at..])),
        Some((letter, rest)) => name.first() == Some(letter) && matches(rest, &name[1..]),
    }
}

/// An operation with everything that a radius selects by.
#[derive(Debug, Clone)]
struct TestOperation {
    kind: SiteKind,
    service: String,
    name: String,
    table: Option<String>,
    tag: Option<String>,
}

fn test_operation() -> impl Strategy<Value = TestOperation> {
    let kind = select(&KINDS[..]);
    (kind, word(), word(), option::of(word()), option::of(word())).prop_map(
        |(kind, service, name, table, tag)| TestOperation {
            kind,
            service,
            name,
            table,
            tag,
        },
    )
}

impl TestOperation {
    fn decide(&self, chaos: &ChaosManager, key: usize) -> Decision {
        let site = chaos.register(self.kind, &self.service, Support::CALLS);
        let mut scope = Scope::new(format!("request {key}"));
        if let Some(tag) = &self.tag {
            scope = scope.tagged(Tag::new(tag).unwrap());
        }
        let table = self.table.as_deref().map(|table| ("table", table));
        let operation = Operation::new(&self.name)
            .within(&scope)
            .attributes(table.as_slice());
        site.decide(&operation)
    }
}

/// The selection of a radius, independent of its implementation.
#[derive(Debug, Clone)]
struct Selection {
    kind: Option<SiteKind>,
    services: Vec<String>,
    operation: Option<String>,
    table: Option<String>,
    tag: Option<String>,
}

fn selection() -> impl Strategy<Value = Selection> {
    let narrowed = (option::of(glob()), option::of(glob()), option::of(word()));
    let sites = prop_oneof![
        (select(&KINDS[..]), word()).prop_map(|(kind, service)| (Some(kind), vec![service])),
        vec(word(), 1..3).prop_map(|services| (None, services)),
    ];
    (sites, narrowed).prop_map(|((kind, services), (operation, table, tag))| Selection {
        kind,
        services,
        operation,
        table,
        tag,
    })
}

impl Selection {
    fn radius(&self) -> BlastRadius {
        let service = self.services[0].clone();
        let mut radius = match self.kind {
            None => BlastRadius::services(self.services.clone()),
            Some(SiteKind::Server) => BlastRadius::requests_to(service),
            Some(SiteKind::Client) => BlastRadius::calls_to(service),
            Some(SiteKind::Database) => BlastRadius::queries_on(service),
            Some(SiteKind::Stream) => BlastRadius::streams_to(service),
            Some(_) => BlastRadius::points_at(service),
        };
        radius = self.operation.iter().fold(radius, BlastRadius::operation);
        radius = self.tag.iter().fold(radius, BlastRadius::tagged);
        let tables = self.table.iter();
        tables.fold(radius, |radius, glob| radius.attribute("table", glob))
    }

    fn covers(&self, operation: &TestOperation) -> bool {
        let matches_glob = |glob: &Option<String>, value: Option<&String>| {
            glob.as_ref().is_none_or(|glob| {
                value.is_some_and(|value| matches(glob.as_bytes(), value.as_bytes()))
            })
        };
        self.kind.is_none_or(|kind| kind == operation.kind)
            && self.services.contains(&operation.service)
            && matches_glob(&self.operation, Some(&operation.name))
            && matches_glob(&self.table, operation.table.as_ref())
            && self
                .tag
                .as_ref()
                .is_none_or(|tag| operation.tag.as_ref() == Some(tag))
    }
}

/// A pattern, and the positions that it admits by definition.
#[derive(Debug, Clone)]
struct Defined {
    pattern: Pattern,
    admitted: Vec<bool>,
}

/// The number of positions that are checked.
const POSITIONS: usize = 40;

fn defined(pattern: Pattern, skip: usize, admits: impl Fn(usize) -> bool) -> Defined {
    let after = (0..POSITIONS - skip).map(admits);
    Defined {
        pattern: pattern.skip(skip as u64),
        admitted: std::iter::repeat_n(false, skip).chain(after).collect(),
    }
}

fn pattern() -> impl Strategy<Value = Defined> {
    let step = select(vec![Step::Fail, Step::Pass]);
    let then = select(vec![Then::Pass, Then::Fail, Then::Repeat]);
    let skip = 0..10_usize;
    prop_oneof![
        skip.clone()
            .prop_map(|skip| defined(Pattern::all(), skip, |_| true)),
        (1..30_usize, skip.clone()).prop_map(|(n, skip)| defined(
            Pattern::first(n as u64),
            skip,
            move |at| at < n
        )),
        (1..9_usize, skip.clone()).prop_map(|(nth, skip)| {
            let every = Pattern::every(nth as u64).unwrap();
            defined(every, skip, move |at| (at + 1).is_multiple_of(nth))
        }),
        (1..7_u32, 1..7_u32, skip.clone()).prop_map(|(hit, pass, skip)| {
            let round = [[true].repeat(hit as usize), [false].repeat(pass as usize)].concat();
            let burst = Pattern::burst(hit, pass).unwrap();
            defined(burst, skip, move |at| round[at % round.len()])
        }),
        (vec(step, 0..6), then, skip).prop_map(|(mut steps, then, skip)| {
            steps.push(Step::Fail);
            let sequence = Pattern::sequence(steps.clone(), then).unwrap();
            defined(sequence, skip, move |at| match (steps.get(at), then) {
                (Some(step), _) => *step == Step::Fail,
                (None, Then::Repeat) => steps[at % steps.len()] == Step::Fail,
                (None, then) => then == Then::Fail,
            })
        }),
    ]
}

fn failing(radius: BlastRadius) -> Experiment {
    Experiment::new("fails")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(radius)
}

fn hits(site: &Site, scopes: &[Scope]) -> Vec<bool> {
    let hit = |scope| {
        !site
            .decide(&Operation::new("reserve").within(scope))
            .is_none()
    };
    scopes.iter().map(hit).collect()
}

proptest! {
    #[test]
    fn exactly_the_covered_operations_are_hit(selection in selection(), operations in vec(test_operation(), 1..60)) {
        let chaos = ChaosManager::new();
        let _guard = chaos.start(failing(selection.radius())).unwrap();
        for (key, operation) in operations.iter().enumerate() {
            let hit = !operation.decide(&chaos, key).is_none();
            prop_assert_eq!(hit, selection.covers(operation), "{:?}", operation);
        }
    }

    #[test]
    fn a_rate_only_reduces_the_covered_operations(
        selection in selection(), operations in vec(test_operation(), 1..60), percent in 0.0..=100.0_f64,
    ) {
        let chaos = ChaosManager::new();
        let radius = selection.radius().rate(Rate::percent(percent).unwrap());
        let _guard = chaos.start(failing(radius)).unwrap();
        for (key, operation) in operations.iter().enumerate() {
            prop_assert!(operation.decide(&chaos, key).is_none() || selection.covers(operation));
        }
    }

    #[test]
    fn a_total_is_reached_and_never_exceeded(total in 1..40_u64, operations in 1..80_u64) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let chaos = ChaosManager::new();
            let site = chaos.site("pms");
            let guard = chaos.start(failing(BlastRadius::points_at("pms").at_most(total))).unwrap();
            // All are decided on before any is applied, so that decisions alone can't keep the cap.
            let decisions: Vec<_> =
                (0..operations).map(|_| site.decide(&Operation::new("reserve"))).collect();
            let mut failed = 0;
            for mut decision in decisions {
                failed += u64::from(decision.apply(Phase::Before).await.is_err());
            }
            prop_assert_eq!(failed, total.min(operations));
            prop_assert_eq!(guard.injected(), failed);
            Ok(())
        })?;
    }

    #[test]
    fn a_pattern_admits_exactly_its_positions(defined in pattern()) {
        let chaos = ChaosManager::new();
        let site = chaos.site("pms");
        let radius = BlastRadius::points_at("pms");
        let _guard = chaos.start(failing(radius).pattern(defined.pattern)).unwrap();
        let scopes: Vec<_> = (0..POSITIONS).map(|key| Scope::new(key.to_string())).collect();
        prop_assert_eq!(hits(&site, &scopes), defined.admitted);
    }

    #[test]
    fn a_pattern_per_request_counts_each_request_separately(defined in pattern()) {
        let chaos = ChaosManager::new();
        let site = chaos.site("pms");
        let radius = BlastRadius::points_at("pms");
        let _guard = chaos.start(failing(radius).pattern(defined.pattern.per_request())).unwrap();
        let requests = [Scope::new("first"), Scope::new("second")];
        let mut seen = [Vec::new(), Vec::new()];
        // The requests alternate, which reveals a count over all operations.
        for _ in 0..POSITIONS {
            for (hit, seen) in hits(&site, &requests).into_iter().zip(&mut seen) {
                seen.push(hit);
            }
        }
        for seen in seen {
            prop_assert_eq!(&seen, &defined.admitted);
        }
    }

    #[test]
    fn a_ramp_starts_at_its_first_rate_and_ends_at_its_last(n in 1..200_u64) {
        let chaos = ChaosManager::new();
        let site = chaos.site("pms");
        let ramp = Pattern::ramp(Rate::NEVER, Rate::ALWAYS, n).unwrap();
        let _guard = chaos.start(failing(BlastRadius::points_at("pms")).pattern(ramp)).unwrap();
        let length = usize::try_from(n).unwrap() + 5;
        let scopes: Vec<_> = (0..length).map(|key| Scope::new(key.to_string())).collect();
        let hits = hits(&site, &scopes);
        prop_assert!(!hits[0], "the first has the rate 0 %");
        prop_assert!(hits[length - 5..].iter().all(|hit| *hit), "after the ramp, all are hit");
    }
}
