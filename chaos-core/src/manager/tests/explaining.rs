use super::*;
use crate::explain::{Caveat, Misuse, WhyNot};

fn explain(chaos: &ChaosManager, operation: Operation<'_>) -> Option<WhyNot> {
    let mut answers = chaos.explain("pms", operation).answers;
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0).why_not
}

/// Why an experiment does not hit an operation at the point `pms`.
fn why_not(experiment: Experiment, operation: Operation<'_>) -> Option<WhyNot> {
    let chaos = ChaosManager::new();
    let _site = chaos.site("pms");
    let _guard = chaos.start(experiment).unwrap();
    explain(&chaos, operation)
}

const RESERVE: Operation<'static> = Operation::new("reserve");

#[test]
fn an_experiment_that_would_hit_needs_no_explanation() {
    assert_eq!(why_not(broken("a", points()), RESERVE), None);
}

#[test]
fn an_unknown_site_is_explained_with_the_nearest_name() {
    let chaos = ChaosManager::new();
    let _guard = chaos.start(broken("a", points())).unwrap();
    assert_eq!(
        explain(&chaos, RESERVE),
        Some(WhyNot::NoSuchSite { nearest: None })
    );
    chaos.site("pmss");
    let nearest = Some("pmss".to_owned());
    let why = explain(&chaos, RESERVE).unwrap();
    assert_eq!(why, WhyNot::NoSuchSite { nearest });
    assert!(why.to_string().contains("did you mean `pmss`"));
}

#[test]
fn operations_outside_the_radius_are_explained() {
    let tag = Tag::new("canary").unwrap();
    let reserve = || points().operation("cancel*");
    let with = |radius| why_not(broken("a", radius), RESERVE);
    assert_eq!(
        with(BlastRadius::calls_to("pms")),
        Some(WhyNot::OtherSite("calls to pms".to_owned()))
    );
    assert!(
        matches!(with(reserve()), Some(WhyNot::Operation(glob)) if glob.to_string() == "cancel*")
    );
    assert_eq!(
        with(points().attribute("room", "1*")),
        Some(WhyNot::Attribute("room".to_owned()))
    );
    let attributes = [("room", "101")];
    assert_eq!(
        why_not(
            broken("a", points().attribute("room", "1*")),
            RESERVE.attributes(&attributes)
        ),
        None
    );
    assert_eq!(
        with(points().tagged("canary")),
        Some(WhyNot::Tag(tag.clone()))
    );
    let tagged = Scope::new("order-7").tagged(tag);
    assert_eq!(
        why_not(
            broken("a", points().tagged("canary")),
            RESERVE.within(&tagged)
        ),
        None
    );
    let rare = Rate::percent(0.000_001).unwrap();
    assert_eq!(with(points().rate(rare)), Some(WhyNot::Rate(rare)));
    assert_eq!(
        with(points().share_of_instances(rare)),
        Some(WhyNot::OtherInstances)
    );
}

#[test]
fn protected_and_exempt_operations_are_explained() {
    let everything = || {
        broken(
            "a",
            BlastRadius::everything(Consent::by("a game day").unwrap()),
        )
    };
    let chaos = ChaosManager::builder().protect("pms").build();
    chaos.site("pms");
    let _guard = chaos.start(everything()).unwrap();
    assert_eq!(explain(&chaos, RESERVE), Some(WhyNot::Protected));

    let chaos = ChaosManager::new();
    chaos.register(SiteKind::Server, "pms", Support::CALLS);
    let _guard = chaos.start(everything()).unwrap();
    let health = Operation::new("GET /healthz");
    assert_eq!(explain(&chaos, health), Some(WhyNot::Exempt));
    assert_eq!(explain(&chaos, Operation::new("GET /orders")), None);
}

#[test]
fn an_unsupported_fault_is_explained() {
    let chaos = ChaosManager::new();
    let _guard = chaos.start(broken("a", points())).unwrap();
    chaos.register(SiteKind::Point, "pms", Support::NONE);
    assert_eq!(
        explain(&chaos, RESERVE),
        Some(WhyNot::NotSupported(FaultKind::Error, Phase::Before))
    );
}

#[test]
fn a_waiting_experiment_is_explained() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(ExperimentFile::new(vec![judged("a")]))
        .build();
    chaos.site("pms");
    assert_eq!(explain(&chaos, RESERVE), Some(WhyNot::Waiting));
}

#[tokio::test(start_paused = true)]
async fn an_ended_experiment_is_explained() {
    let chaos = ChaosManager::new();
    chaos.site("pms");
    let guard = chaos
        .start(broken("a", points()).time_limit(Duration::from_secs(5)))
        .unwrap();
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(
        explain(&chaos, RESERVE),
        Some(WhyNot::Ended(EndReason::TimeLimit))
    );
    drop(guard);
    assert_eq!(
        explain(&chaos, RESERVE),
        Some(WhyNot::Ended(EndReason::Dropped))
    );
}

#[test]
fn patterns_and_dry_runs_are_explained() {
    let pattern = broken("a", points()).pattern(Pattern::after(1));
    assert_eq!(why_not(pattern, RESERVE), Some(WhyNot::Pattern));
    let dry = broken("a", points()).dry_run();
    assert_eq!(why_not(dry, RESERVE), Some(WhyNot::DryRun));
}

#[tokio::test(start_paused = true)]
async fn reached_caps_are_explained() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let held = Experiment::new("a")
        .fault(Fault::latency(Duration::from_secs(1)))
        .blast_radius(points().concurrent(1).at_most(2));
    let guard = chaos.start(held).unwrap();
    let (result, ()) = tokio::join!(site.point("reserve"), async {
        guard.wait_for(1).await.unwrap();
        assert_eq!(explain(&chaos, RESERVE), Some(WhyNot::ConcurrentCap));
    });
    result.unwrap();
    assert_eq!(explain(&chaos, RESERVE), None);
    site.point("reserve").await.unwrap();
    assert_eq!(explain(&chaos, RESERVE), Some(WhyNot::TotalCap));
}

#[test]
fn explaining_changes_no_state() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let scope = Scope::new("order-7");
    let first = broken("a", points().at_most(1)).pattern(Pattern::first(1).per_request());
    let _guard = chaos.start(first).unwrap();
    for _ in 0..3 {
        assert_eq!(explain(&chaos, RESERVE.within(&scope)), None);
    }
    assert!(!site.decide(&RESERVE.within(&scope)).is_none());
}

#[test]
fn an_explanation_prints_one_line_for_each_experiment() {
    let chaos = ChaosManager::new();
    chaos.site("pms");
    let nothing = chaos.explain("pms", "reserve").to_string();
    assert!(nothing.contains("no experiment is running"), "{nothing}");
    let _one = chaos.start(broken("one", points())).unwrap();
    let _two = chaos.start(broken("two", points()).dry_run()).unwrap();
    let printed = chaos.explain("pms", "reserve").to_string();
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], "`one` would hit reserve at pms (point)");
    assert!(lines[1].starts_with("`two` does not hit reserve at pms (point): it is a dry run"));
}

fn clock_pressure() -> Experiment {
    Experiment::new("a")
        .fault(Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(
            60,
        ))))
        .blast_radius(BlastRadius::everything(Consent::by("a test").unwrap()))
}

#[test]
fn a_pressure_is_explained_once_with_its_level() {
    let chaos = ChaosManager::new();
    let _guard = chaos.start(clock_pressure()).unwrap();
    let why = explain(&chaos, RESERVE).unwrap();
    assert_eq!(
        why.to_string(),
        "it strikes no operation, but puts pressure on the whole process: clock: 60.000 of 60.000 s"
    );
    chaos.site("pms");
    chaos.register(SiteKind::Client, "pms", Support::CALLS);
    assert_eq!(explain(&chaos, RESERVE), Some(why));
}

#[test]
fn a_pressure_that_is_not_applied_is_explained() {
    let chaos = ChaosManager::new();
    let _guard = chaos.start(clock_pressure().dry_run()).unwrap();
    assert_eq!(explain(&chaos, RESERVE), Some(WhyNot::DryRun));
    let rare = Rate::percent(0.000_001).unwrap();
    let radius = BlastRadius::everything(Consent::by("a test").unwrap()).share_of_instances(rare);
    let chaos = ChaosManager::new();
    let _guard = chaos.start(clock_pressure().blast_radius(radius)).unwrap();
    assert_eq!(explain(&chaos, RESERVE), Some(WhyNot::OtherInstances));
}

#[test]
fn of_experiments_with_one_name_the_running_or_latest_is_explained() {
    let chaos = ChaosManager::new();
    chaos.site("pms");
    drop(chaos.start(broken("a", points())).unwrap());
    let guard = chaos.start(broken("a", points())).unwrap();
    assert_eq!(explain(&chaos, RESERVE), None);
    chaos.stop("a").unwrap();
    assert_eq!(
        explain(&chaos, RESERVE),
        Some(WhyNot::Ended(EndReason::Stopped(Actor::Code.into())))
    );
    drop(guard);
}

#[test]
fn status_and_guard_report_levels_of_pressures() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(clock_pressure()).unwrap();
    let none = chaos.start(broken("b", points())).unwrap();
    let status = chaos.status();
    assert_eq!(status[0].pressure, guard.pressure());
    assert_eq!(status[0].pressure.len(), 1);
    assert_eq!(status[1].pressure, []);
    assert!(guard.was_reached() && guard.took_effect());
    assert!(!none.was_reached() && !none.took_effect());
    let slow = Pressure::clock_ahead(Duration::from_secs(60)).ramp(Duration::from_secs(600));
    drop(guard);
    let growing = chaos
        .start(clock_pressure().fault(Fault::exhaust(slow)))
        .unwrap();
    assert!(!growing.was_reached() && !growing.took_effect());
}

/// A connection is one thing that happens: `explain` gives the same answer for each of its operations.
#[test]
fn the_operations_of_a_connection_share_a_draw() {
    use crate::adapter::{ConnectionRecord, Support};
    let chaos = ChaosManager::new();
    let site = chaos.register(SiteKind::Stream, "pms", Support::STREAMS);
    let half = BlastRadius::streams_to("pms").rate(Rate::percent(50.0).unwrap());
    let _guard = chaos.inject(half, Fault::reset()).unwrap();
    let mut struck = 0;
    for _ in 0..100 {
        let next = explain(&chaos, Operation::new("connect"));
        let connection = ConnectionRecord::new(site.number_next());
        for operation in ["connect", "read", "write"] {
            let operation = Operation::new(operation).on(&connection);
            assert_eq!(explain(&chaos, operation), next, "{connection:?}");
        }
        struck += u32::from(next.is_none());
    }
    assert!((30..=70).contains(&struck), "{struck}");
}

#[test]
fn the_places_of_a_connection_are_explained() {
    use crate::adapter::Support;
    let chaos = ChaosManager::new();
    let _site = chaos.register(SiteKind::Stream, "pms", Support::STREAMS);
    let slow = Fault::latency(Duration::from_secs(1));
    let _guard = chaos.inject(BlastRadius::streams_to("pms"), slow).unwrap();
    let why = |operation| explain(&chaos, Operation::new(operation));
    assert_eq!(why("connect"), Some(WhyNot::OtherPlace));
    assert_eq!(why("write"), Some(WhyNot::OtherPlace));
    assert_eq!(why("read"), None);
}

fn caveats(chaos: &ChaosManager, operation: &str) -> Vec<Caveat> {
    chaos.explain("pms", operation).caveats
}

#[test]
fn an_operation_that_never_comes_is_a_caveat_once_others_came() {
    let chaos = ChaosManager::new();
    let site = chaos.register(SiteKind::Server, "pms", Support::CALLS);
    let all = BlastRadius::requests_to("pms");
    let guard = chaos.start(broken("a", all.clone())).unwrap();
    assert_eq!(caveats(&chaos, "GET /late"), []);
    // Readiness is asked for before a call, under a name of its own.
    let ready = Operation::new("ready").only(Phase::NotReady);
    assert!(site.decide(&ready).is_none());
    assert_eq!(caveats(&chaos, "GET /late"), []);
    assert!(!site.decide(&Operation::new("GET /orders")).is_none());
    let late = Caveat::NotMet {
        kind: SiteKind::Server,
        operation: "GET /late".to_owned(),
    };
    assert_eq!(caveats(&chaos, "GET /late"), [late]);
    assert_eq!(caveats(&chaos, "GET /orders"), []);
    let printed = chaos.explain("pms", "GET /late").to_string();
    assert!(
        printed.contains("a route that is added after the layer"),
        "{printed}"
    );

    // Where nothing would hit it, that is the answer.
    drop(guard);
    assert_eq!(caveats(&chaos, "GET /late"), []);
    let _other = chaos
        .start(broken("b", all.operation("GET /orders")))
        .unwrap();
    assert_eq!(caveats(&chaos, "GET /late"), []);
}

#[test]
fn explaining_an_operation_does_not_count_as_meeting_it() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a", points())).unwrap();
    let _ = site.decide(&Operation::new("cancel"));
    for _ in 0..2 {
        assert_eq!(caveats(&chaos, "reserve").len(), 1);
    }
}

#[test]
fn a_misuse_is_reported_once_and_explained() {
    let chaos = ChaosManager::new();
    let site = chaos.register(SiteKind::Server, "pms", Support::CALLS);
    site.report(Misuse::UnwrappedConnection);
    let _guard = chaos
        .start(broken("a", BlastRadius::requests_to("pms")))
        .unwrap();
    assert_eq!(
        caveats(&chaos, "reserve"),
        [],
        "no experiment concerned the site"
    );
    site.report(Misuse::SecondLayer);
    site.report(Misuse::SecondLayer);
    assert_eq!(
        caveats(&chaos, "reserve"),
        [Caveat::Misuse(SiteKind::Server, Misuse::SecondLayer)]
    );
    let is_report = |entry: &JournalEntry| matches!(entry.event, Event::Misuse { .. });
    let journal = chaos.journal();
    assert_eq!(journal.iter().filter(|entry| is_report(entry)).count(), 1);
}

#[test]
fn other_sites_of_a_service_are_explained_only_where_none_is_selected() {
    let chaos = ChaosManager::new();
    let kinds = [SiteKind::Client, SiteKind::Stream];
    let _sites = kinds.map(|kind| chaos.register(kind, "pms", Support::CALLS));
    let _calls = chaos
        .start(broken("a", BlastRadius::calls_to("pms")))
        .unwrap();
    assert_eq!(
        explain(&chaos, RESERVE),
        None,
        "one answer, about the client"
    );
    let _other = chaos
        .start(broken("b", BlastRadius::calls_to("payments")))
        .unwrap();
    let answers = chaos.explain("pms", RESERVE).answers;
    let kinds: Vec<_> = answers.iter().map(|answer| answer.kind).collect();
    let [client, stream] = [SiteKind::Client, SiteKind::Stream].map(Some);
    assert_eq!(kinds, [client, client, stream]);
}
