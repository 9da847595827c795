//! What the status reports as asked for and as reached.

use super::*;
use crate::status::{ExperimentStatus, SiteStatus};

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
    let rate = chaos.status()[0].rate;
    assert_eq!(rate.asked, Rate::percent(50.0).unwrap());
    assert_eq!((rate.struck, rate.covered), (failed as u64, Some(200)));
    assert_eq!(rate.share(), Some(failed as f64 / 200.0));
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
    assert_eq!(delay.operations, 2);
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
