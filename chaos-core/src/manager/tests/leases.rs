//! Leases end experiments that are not renewed.

use super::*;
use crate::Role;
use crate::explain::WhyNot;

const NO_TIME: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(3600);

fn started(chaos: &ChaosManager, lease: Duration) -> ExperimentGuards {
    let steering = chaos.on_behalf_of(Actor::Code).lease(lease);
    steering.start(vec![broken("a", points())]).unwrap()
}

#[tokio::test]
async fn a_lease_that_is_not_renewed_ends_its_experiment_by_itself() {
    let chaos = ChaosManager::new();
    let guards = started(&chaos, Duration::from_millis(20));
    let ended = guards[0].wait_for(1).await.unwrap_err();
    assert!(
        matches!(
            ended,
            Error::Ended {
                reason: EndReason::LeaseRanOut,
                ..
            }
        ),
        "{ended}"
    );
}

#[test]
fn no_operation_is_struck_after_the_lease_even_if_the_guardian_is_late() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let guards = started(&chaos, NO_TIME);
    assert!(pms.point_blocking("reserve").is_ok());
    assert_eq!(guards[0].injected(), 0);
    assert_eq!(guards[0].ended(), Some(&EndReason::LeaseRanOut));
    let answers = chaos.explain("pms", "reserve").answers;
    assert_eq!(
        answers[0].why_not,
        Some(WhyNot::Ended(EndReason::LeaseRanOut))
    );
}

#[test]
fn a_renewed_lease_lasts_for_its_whole_length() {
    let chaos = ChaosManager::new();
    let _guards = started(&chaos, LONG);
    assert_eq!(chaos.renew("a").unwrap(), LONG);
    let lease = chaos.status()[0].lease.unwrap();
    assert_eq!(lease.length, LONG);
    assert!(lease.time_left <= LONG && lease.time_left > NO_TIME);
}

#[test]
fn only_a_running_experiment_with_a_lease_can_be_renewed() {
    let chaos = ChaosManager::new();
    let refused = chaos.renew("a").unwrap_err();
    assert!(matches!(refused, Error::NotRunning { .. }), "{refused}");
    let ended = started(&chaos, NO_TIME);
    let refused = chaos.renew("a").unwrap_err();
    assert!(matches!(refused, Error::NotRunning { .. }), "{refused}");
    drop(ended);
    let _guard = chaos.start(broken("a", points())).unwrap();
    let refused = chaos.renew("a").unwrap_err();
    assert!(matches!(refused, Error::NoLease { .. }), "{refused}");
}

#[test]
fn a_remote_start_always_has_a_lease() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let anna = Actor::Remote {
        name: "anna".to_owned(),
        role: Role::Operator,
    };
    let started = chaos
        .on_behalf_of(anna)
        .start(vec![broken("a", points())])
        .unwrap();
    let lease = chaos.status()[0].lease.unwrap();
    assert_eq!(lease.length, Duration::from_secs(10));
    drop(started);
}

#[tokio::test(start_paused = true)]
async fn a_lease_knows_no_paused_clock() {
    let chaos = ChaosManager::new();
    let guards = started(&chaos, LONG);
    tokio::time::advance(Duration::from_secs(60)).await;
    let lease = chaos.status()[0].lease.unwrap();
    assert!(
        lease.time_left > LONG - Duration::from_secs(30),
        "{lease:?}"
    );
    assert_eq!(guards[0].ended(), None);
}
