use std::time::Duration;

use tokio::time::Instant;

use crate::{
    BlastRadius, ChaosManager, EndReason, Experiment, ExperimentGuard, Failure, Fault,
    InjectedFault, Latency, Operation, Pattern, Phase, Rate, RateLimit, Scope, Site,
};

const SECOND: Duration = Duration::from_secs(1);

fn experiment(name: &str, fault: Fault) -> Experiment {
    Experiment::new(name)
        .fault(fault)
        .blast_radius(BlastRadius::points_at("pms"))
}

fn start(chaos: &ChaosManager, experiment: Experiment) -> ExperimentGuard {
    chaos.start(experiment).unwrap()
}

async fn reserve(site: &Site) -> Result<(), InjectedFault> {
    site.decide(&Operation::new("reserve"))
        .apply(Phase::Before)
        .await
}

/// How long it takes, on paused time.
async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let start = Instant::now();
    let result = work.await;
    (start.elapsed(), result)
}

#[tokio::test(start_paused = true)]
async fn delays_add_up() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let one = start(
        &chaos,
        experiment("a", Fault::latency(SECOND)).fault(Fault::latency(2 * SECOND)),
    );
    let other = start(&chaos, experiment("b", Fault::latency(4 * SECOND)));
    let (took, result) = timed(reserve(&site)).await;
    assert!(result.is_ok());
    assert_eq!(took, 7 * SECOND);
    assert_eq!((one.injected(), other.injected()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_in_name_order_wins_after_all_delays() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    // Started in another order than that of their names.
    let last = start(&chaos, experiment("d", Fault::latency(9 * SECOND)));
    let second = start(&chaos, experiment("c", Fault::error(Failure::Reset)));
    let first = start(&chaos, experiment("b", Fault::error(Failure::Refused)));
    let slow = start(&chaos, experiment("a", Fault::latency(SECOND)));
    let (took, result) = timed(reserve(&site)).await;
    let fault = result.unwrap_err();
    assert_eq!(fault.failure(), &Failure::Refused);
    assert_eq!(fault.experiment(), "b");
    assert_eq!((fault.service(), fault.operation()), ("pms", "reserve"));
    assert_eq!(took, 10 * SECOND);
    assert_eq!((slow.injected(), first.injected()), (1, 1));
    assert_eq!((second.injected(), last.injected()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn within_an_experiment_the_first_failure_wins_after_all_latencies() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = start(
        &chaos,
        experiment("a", Fault::timeout(SECOND))
            .fault(Fault::error(Failure::Reset))
            .fault(Fault::latency(SECOND)),
    );
    let (took, result) = timed(reserve(&site)).await;
    assert_eq!(result.unwrap_err().failure(), &Failure::TimedOut);
    assert_eq!(took, 2 * SECOND);
}

#[tokio::test]
async fn a_question_about_readiness_takes_no_number_of_the_sequence() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let half = BlastRadius::points_at("pms").rate(Rate::percent(50.0).unwrap());
    let guard = chaos.inject(half, Fault::error(Failure::Reset)).unwrap();
    for number in 0..100 {
        let would_hit = chaos.explain("pms", "reserve").answers[0].why_not.is_none();
        let ready = Operation::new("ready").only(Phase::NotReady);
        assert!(site.decide(&ready).is_none());
        assert_eq!(would_hit, reserve(&site).await.is_err(), "{number}");
    }
    assert!((20..80).contains(&guard.injected()), "{}", guard.injected());
}

#[tokio::test(start_paused = true)]
async fn each_phase_applies_its_own_and_no_failure_leaves_a_later_one() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let before = start(&chaos, experiment("b", Fault::latency(SECOND)));
    let after = start(
        &chaos,
        experiment("a", Fault::error(Failure::Reset)).phase(Phase::After),
    );
    let mut decision = site.decide(&Operation::new("reserve"));
    assert!(!decision.is_none());
    assert!(decision.apply(Phase::Before).await.is_ok());
    assert_eq!((before.injected(), after.injected()), (1, 0));
    assert!(decision.apply(Phase::Before).await.is_ok());
    assert_eq!(before.injected(), 1, "a phase was applied twice");
    assert!(decision.apply(Phase::After).await.is_err());
    assert_eq!(after.injected(), 1);

    let fails = start(&chaos, experiment("c", Fault::error(Failure::Refused)));
    let mut decision = site.decide(&Operation::new("reserve"));
    assert!(decision.apply(Phase::Before).await.is_err());
    assert!(decision.apply(Phase::After).await.is_ok());
    assert_eq!((fails.injected(), after.injected()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_pattern_counts_eligible_operations_only() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let third = Experiment::new("third")
        .fault(Fault::error(Failure::Reset))
        .blast_radius(BlastRadius::points_at("pms").operation("reserve"))
        .pattern(Pattern::every(3).unwrap());
    let guard = start(&chaos, third);
    let mut failed = Vec::new();
    for number in 1..=6 {
        assert!(site.decide(&Operation::new("cancel")).is_none());
        if reserve(&site).await.is_err() {
            failed.push(number);
        }
    }
    assert_eq!(failed, [3, 6]);
    assert_eq!(guard.injected(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_pattern_per_request_counts_in_each_request() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = start(
        &chaos,
        experiment("first", Fault::error(Failure::Reset)).pattern(Pattern::first(1).per_request()),
    );
    for key in ["one", "other"] {
        let scope = Scope::new(key);
        assert!(scope.enter(reserve(&site)).await.is_err());
        assert!(scope.enter(reserve(&site)).await.is_ok());
        assert!(scope.retry().enter(reserve(&site)).await.is_ok());
    }
    assert!(reserve(&site).await.is_err());
    assert!(
        reserve(&site).await.is_err(),
        "each is a request of its own"
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_asked_only_when_it_is_the_operations_turn() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = start(
        &chaos,
        experiment(
            "limited",
            Fault::rate_limit(RateLimit::per_minute(1).unwrap()),
        )
        .pattern(Pattern::every(2).unwrap()),
    );
    let mut failed = Vec::new();
    for number in 1..=6 {
        if let Err(fault) = reserve(&site).await {
            assert_eq!(fault.failure(), &Failure::Overloaded);
            assert_eq!(fault.retry_after(), Some(60 * SECOND));
            failed.push(number);
        }
    }
    assert_eq!(failed, [4, 6]);
    assert_eq!(guard.injected(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_has_nothing_to_do_uses_up_no_cap() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = start(
        &chaos,
        experiment("nothing", Fault::latency(Duration::ZERO))
            .blast_radius(BlastRadius::points_at("pms").at_most(1)),
    );
    assert!(site.decide(&Operation::new("reserve")).is_none());
    assert_eq!(guard.injected(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cap_is_counted_when_it_is_applied() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = start(
        &chaos,
        experiment("once", Fault::error(Failure::Reset))
            .blast_radius(BlastRadius::points_at("pms").at_most(1)),
    );
    let mut dropped = site.decide(&Operation::new("reserve"));
    let mut late = site.decide(&Operation::new("reserve"));
    assert!(!dropped.is_none() && !late.is_none());
    assert_eq!(guard.injected(), 0);
    assert!(dropped.apply(Phase::Before).await.is_err());
    assert!(late.apply(Phase::Before).await.is_ok());
    assert_eq!(guard.injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_expired_experiment_ends_at_the_next_decision() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = start(
        &chaos,
        experiment("short", Fault::error(Failure::Reset)).time_limit(10 * SECOND),
    );
    let mut decided_before = site.decide(&Operation::new("reserve"));
    tokio::time::advance(10 * SECOND - Duration::from_millis(1)).await;
    assert!(reserve(&site).await.is_err());
    assert_eq!(guard.ended(), None);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(decided_before.apply(Phase::Before).await.is_ok());
    assert!(site.decide(&Operation::new("reserve")).is_none());
    assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
    assert_eq!(guard.injected(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_delay_ends_with_its_time_limit_and_fails_no_more() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = start(
        &chaos,
        experiment("held", Fault::timeout(60 * SECOND)).time_limit(10 * SECOND),
    );
    let (took, result) = timed(reserve(&site)).await;
    assert!(result.is_ok(), "a fault outlived its experiment");
    assert_eq!(took, 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_released_delay_goes_on_to_the_real_call() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = start(&chaos, experiment("held", Fault::timeout(60 * SECOND)));
    let (took, result) = timed(async {
        let (result, ()) = tokio::join!(reserve(&site), async {
            guard.wait_for(1).await.unwrap();
            assert_eq!(guard.in_flight(), 1);
            chaos.halt();
        });
        result
    })
    .await;
    assert!(result.is_ok());
    assert_eq!(took, Duration::ZERO);
    assert_eq!((guard.injected(), guard.in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_ramp_follows_the_age_of_the_experiment() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let ramp = Latency::fixed(4 * SECOND).ramp(40 * SECOND);
    let _guard = start(&chaos, experiment("ramp", Fault::latency(ramp)));
    tokio::time::advance(20 * SECOND).await;
    let (took, _) = timed(reserve(&site)).await;
    assert_eq!(took, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_counts_and_does_nothing() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let dry = start(&chaos, experiment("a", Fault::timeout(SECOND)).dry_run());
    let (took, result) = timed(reserve(&site)).await;
    assert!(result.is_ok());
    assert_eq!(took, Duration::ZERO);
    assert_eq!((dry.injected(), dry.in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_takes_no_failure_away_from_a_live_one() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _dry = start(
        &chaos,
        experiment("a", Fault::error(Failure::Reset)).dry_run(),
    );
    let live = start(&chaos, experiment("b", Fault::error(Failure::Refused)));
    let fault = reserve(&site).await.unwrap_err();
    assert_eq!(fault.experiment(), "b");
    assert_eq!(live.injected(), 1);
}

#[tokio::test]
async fn a_decision_is_applied_only_once_a_fault_is() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let dry = start(
        &chaos,
        experiment("dry", Fault::error(Failure::Reset)).dry_run(),
    );
    let mut decision = site.decide(&Operation::new("reserve"));
    assert!(decision.apply(Phase::Before).await.is_ok());
    assert_eq!(dry.injected(), 1);
    assert!(!decision.is_applied(), "a dry run does nothing");

    let _real = start(&chaos, experiment("real", Fault::error(Failure::Reset)));
    let mut decision = site.decide(&Operation::new("reserve"));
    assert!(!decision.is_applied());
    assert!(decision.apply(Phase::Before).await.is_err());
    assert!(decision.is_applied());
}

#[test]
fn an_experiment_started_again_counts_a_request_anew() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let scope = Scope::new("request");
    let hits = || {
        let pattern = Pattern::first(2).per_request();
        let again = experiment("again", Fault::error(Failure::Reset)).pattern(pattern);
        let _guard = start(&chaos, again);
        [(); 3].map(|()| {
            !site
                .decide(&Operation::new("reserve").within(&scope))
                .is_none()
        })
    };
    assert_eq!(hits(), [true, true, false]);
    assert_eq!(hits(), [true, true, false]);
}

#[test]
fn a_hundred_sites_in_turn_each_follow_their_own_plan() {
    let chaos = ChaosManager::new();
    let sites: Vec<_> = (0..100)
        .map(|number| chaos.site(&format!("site {number}")))
        .collect();
    let even = (0..100).step_by(2).map(|number| format!("site {number}"));
    let experiment = Experiment::new("even")
        .fault(Fault::error(Failure::Reset))
        .blast_radius(BlastRadius::services(even));
    let _guard = start(&chaos, experiment);
    for _ in 0..3 {
        for (number, site) in sites.iter().enumerate() {
            let hit = !site.decide(&Operation::new("reserve")).is_none();
            assert_eq!(hit, number % 2 == 0, "site {number}");
        }
    }
}

#[test]
fn an_injected_fault_says_what_by_whom_and_where() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _guard = start(&chaos, experiment("down", Fault::error(Failure::Refused)));
    let fault = site.point_blocking("reserve").unwrap_err();
    assert_eq!(
        fault.to_string(),
        "connection refused (injected by `down` at pms, reserve)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_circuit_trips_fails_fast_and_closes_again() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let circuit = crate::CircuitBreak::after(2)
        .unwrap()
        .open_for(SECOND)
        .unwrap();
    let _guard = start(&chaos, experiment("circuit", Fault::circuit_break(circuit)));
    assert!(reserve(&site).await.is_ok() && reserve(&site).await.is_ok());
    let fault = reserve(&site).await.unwrap_err();
    assert_eq!(fault.failure(), &Failure::CircuitOpen);
    assert_eq!(fault.retry_after(), Some(SECOND));
    tokio::time::advance(SECOND).await;
    assert!(reserve(&site).await.is_ok());
}
