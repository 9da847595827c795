//! What the status reports as asked for and as reached.

use super::*;
use crate::RateLimit;
use crate::status::{ExperimentStatus, RateBound, RateReached, SiteStatus};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn the_share_is_that_of_the_operations_that_the_radius_covers() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let radius = points()
        .operation("reserve")
        .rate(Rate::percent(50.0).unwrap());
    let _guard = chaos.start(broken("a", radius)).unwrap();
    let failed = (0..200)
        .filter(|_| pms.point_blocking("reserve").is_err())
        .count();
    (0..100).for_each(|_| pms.point_blocking("cancel").unwrap());
    let rate = &chaos.status()[0].rate;
    assert_eq!(rate.asked, Rate::percent(50.0).unwrap());
    assert_eq!((rate.struck, rate.covered), (failed as u64, Some(200)));
    assert_eq!(
        (rate.drawn, &rate.bounded_by[..]),
        (Some(failed as u64), &[][..])
    );
    assert_eq!(rate.share(), Some(failed as f64 / 200.0));
}

/// The rate of an experiment after ten operations.
fn after_ten(change: impl FnOnce(Experiment) -> Experiment) -> RateReached {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let _guard = chaos.start(change(broken("a", points()))).unwrap();
    (0..10).for_each(|_| drop(pms.point_blocking("reserve")));
    chaos.status()[0].rate.clone()
}

#[test]
fn a_share_is_bounded_by_what_let_drawn_operations_pass() {
    let never = Fault::rate_limit(RateLimit::per_second(1_000).unwrap());
    let unbounded = after_ten(|all| all);
    assert_eq!((unbounded.struck, unbounded.drawn), (10, Some(10)));
    assert_eq!(unbounded.bounded_by, []);
    let cases = [
        (
            after_ten(|all| all.blast_radius(points().at_most(3))),
            3,
            vec![RateBound::TotalCap],
        ),
        (
            after_ten(|all| all.blast_radius(points().at_most(10))),
            10,
            vec![],
        ),
        (
            after_ten(|all| all.pattern(Pattern::first(2))),
            2,
            vec![RateBound::Pattern],
        ),
        (
            after_ten(|_| Experiment::new("a").fault(never).blast_radius(points())),
            0,
            vec![RateBound::NoEffect],
        ),
        (
            after_ten(|all| all.phase(Phase::After)),
            10,
            vec![RateBound::Phase],
        ),
    ];
    for (rate, struck, bounds) in cases {
        assert_eq!((rate.struck, rate.drawn), (struck, Some(10)), "{rate:?}");
        assert_eq!(rate.bounded_by, bounds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_concurrent_cap_bounds_a_share_once_it_is_reached() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let slow = Experiment::new("slow")
        .fault(Fault::latency(ms(100)))
        .blast_radius(points().concurrent(1));
    let _guard = chaos.start(slow).unwrap();
    pms.point("reserve").await.unwrap();
    assert_eq!(chaos.status()[0].rate.bounded_by, []);
    let (first, second) = tokio::join!(pms.point("reserve"), pms.point("reserve"));
    first.and(second).unwrap();
    let rate = &chaos.status()[0].rate;
    assert_eq!((rate.struck, rate.drawn), (2, Some(3)));
    assert_eq!(rate.bounded_by, [RateBound::ConcurrentCap]);
}

#[tokio::test(start_paused = true)]
async fn operations_that_end_before_a_fault_bound_its_share() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let slow = Experiment::new("slow")
        .fault(Fault::latency(ms(2_000)))
        .blast_radius(points().operation("reserve"));
    let _guards = [
        chaos.start(slow).unwrap(),
        chaos.start(broken("a", points())).unwrap(),
        chaos.start(broken("b", points())).unwrap(),
    ];
    let of = |name: &str| {
        let status = chaos.status();
        let status = status.into_iter().find(|status| status.name == name);
        status.unwrap().rate
    };
    pms.point("cancel").await.unwrap_err();
    assert_eq!((of("a").struck, of("a").bounded_by), (1, vec![]));
    let second = of("b");
    assert_eq!((second.struck, second.drawn), (0, Some(1)));
    assert_eq!(second.bounded_by, [RateBound::EndedFirst]);
    let impatient = tokio::time::timeout(ms(500), pms.point("reserve"));
    assert!(impatient.await.is_err());
    assert_eq!(of("a").bounded_by, [RateBound::EndedFirst]);
    assert_eq!(of("slow").bounded_by, []);
}

#[test]
fn an_instance_outside_the_share_of_instances_says_so() {
    let instances = Rate::share(1e-9).unwrap();
    let rate = after_ten(|all| all.blast_radius(points().share_of_instances(instances)));
    assert_eq!((rate.struck, rate.covered), (0, None));
    assert_eq!(rate.bounded_by, [RateBound::Instances]);
}

#[tokio::test(start_paused = true)]
async fn delays_count_as_felt_even_by_callers_that_give_up() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let slow = Experiment::new("slow")
        .fault(Fault::latency(ms(2_000)))
        .blast_radius(points());
    let _guard = chaos.start(slow).unwrap();
    assert_eq!(chaos.status()[0].delay, None);
    pms.point("reserve").await.unwrap();
    let impatient = tokio::time::timeout(ms(500), pms.point("reserve"));
    assert!(impatient.await.is_err());
    let delay = chaos.status()[0].delay.unwrap();
    assert_eq!((delay.operations, delay.cut_short), (2, 1));
    // Two digits are kept.
    let near = |felt: Duration, asked| felt.as_millis().abs_diff(asked) <= asked / 50;
    assert!(near(delay.longest, 2_000), "{delay:?}");
    assert!(near(delay.median, 500), "{delay:?}");
}

#[test]
fn a_status_survives_json() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let steering = chaos.on_behalf_of(Actor::Code).lease(ms(60_000));
    let _guards = steering.start(vec![broken("a", points())]).unwrap();
    assert!(pms.point_blocking("reserve").is_err());
    chaos.stop("a").unwrap();
    let _waiting = chaos.start(broken("b", points())).unwrap();
    let status = chaos.status();
    let json = serde_json::to_string(&status).unwrap();
    let read: Vec<ExperimentStatus> = serde_json::from_str(&json).unwrap();
    assert_eq!(read, status);
    // A status of an earlier version has neither.
    let of_earlier = json.replace(r#","drawn":1"#, "");
    assert_ne!(of_earlier, json);
    let read: Vec<ExperimentStatus> = serde_json::from_str(&of_earlier).unwrap();
    assert_eq!((read[0].rate.drawn, read[0].rate.covered), (None, Some(1)));

    let sites = chaos.sites();
    let json = serde_json::to_string(&sites).unwrap();
    assert_eq!(
        serde_json::from_str::<Vec<SiteStatus>>(&json).unwrap(),
        sites
    );
    let explanation = chaos.explain("pms", "reserve");
    let json = serde_json::to_string(&explanation).unwrap();
    let read: Explanation = serde_json::from_str(&json).unwrap();
    assert_eq!(read, explanation);
}

#[test]
fn a_site_lists_what_it_can_apply() {
    let chaos = ChaosManager::new();
    chaos.register(
        SiteKind::Client,
        "bank",
        Support::NONE.with(FaultKind::Latency, Phase::Before),
    );
    let supports = &chaos.sites()[0].supports;
    assert_eq!(supports.len(), 1);
    assert_eq!(supports[0].fault, FaultKind::Latency);
    assert_eq!(supports[0].phases, [Phase::Before]);
}
