//! Faults of the payment service: timeouts, retries under one key, and the circuit breaker.

use std::time::Duration;

use chaos_tower::{BlastRadius, ChaosManager, Experiment, ExperimentGuard, Failure, Fault, Phase};
use storefront::{Bug, CircuitState, Settings, Storefront};
use tokio::time::Instant;

async fn start(settings: Settings) -> (ChaosManager, Storefront) {
    let chaos = ChaosManager::new();
    let shop = Storefront::start(&chaos, settings).await.unwrap();
    (chaos, shop)
}

fn inject(chaos: &ChaosManager, fault: Fault) -> ExperimentGuard {
    let calls = BlastRadius::calls_to("payments");
    chaos.inject(calls, fault).unwrap()
}

fn down(chaos: &ChaosManager) -> ExperimentGuard {
    inject(chaos, Fault::error(Failure::Unavailable))
}

/// Delays calls beyond every timeout; the delay ends with the guard.
fn slow(chaos: &ChaosManager) -> ExperimentGuard {
    inject(chaos, Fault::latency(Duration::from_secs(200)))
}

/// Loses the reply of one charge that has happened.
fn lose_one_reply(chaos: &ChaosManager) -> ExperimentGuard {
    let experiment = Experiment::new("lost reply")
        .fault(Fault::reset())
        .blast_radius(BlastRadius::calls_to("payments").at_most(1))
        .phase(Phase::After);
    chaos.start(experiment).unwrap()
}

/// Advances the clock while no request is in progress; paused for longer, it would jump to timeouts of real I/O.
async fn advance(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

const TIMEOUT: Duration = Duration::from_millis(500);

fn short_timeout(bug: Option<Bug>) -> Settings {
    Settings {
        payment_timeout: TIMEOUT,
        bug,
        ..Settings::default()
    }
}

#[tokio::test]
async fn each_attempt_times_out_and_the_order_is_kept() {
    let (chaos, shop) = start(short_timeout(None)).await;
    let slow = slow(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(slow.injected(), 3);
    assert!(shop.get("/orders/key-1").await.body.contains("pending"));

    drop(slow);
    assert_eq!(shop.reconcile().await, Ok(1));
    assert!(shop.get("/orders/key-1").await.body.contains("paid"));
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn without_a_timeout_the_first_attempt_never_ends() {
    let (chaos, shop) = start(short_timeout(Some(Bug::NoTimeout))).await;
    let slow = slow(&chaos);
    tokio::select! {
        reply = shop.checkout("key-1") => panic!("it ended: {reply:?}"),
        () = tokio::time::sleep(4 * TIMEOUT) => {}
    }
    assert!(slow.injected() <= 1);
}

#[tokio::test]
async fn a_cancelled_call_releases_its_permit() {
    let (chaos, shop) = start(short_timeout(None)).await;
    let before = shop.available_permits();
    let _slow = slow(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.available_permits(), before);
}

#[tokio::test]
async fn a_permit_that_is_released_by_hand_is_leaked() {
    let (chaos, shop) = start(short_timeout(Some(Bug::LeakedPermit))).await;
    let before = shop.available_permits();
    let _slow = slow(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.available_permits(), before - 3);
}

#[tokio::test]
async fn a_charge_whose_reply_is_lost_is_retried_and_made_once() {
    let (chaos, shop) = start(Settings::default()).await;
    let lost = lose_one_reply(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert_eq!(lost.injected(), 1);
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn without_a_key_a_retried_charge_is_made_twice() {
    let (chaos, shop) = start(Settings::with_bug(Bug::ChargeWithoutKey)).await;
    let _lost = lose_one_reply(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert_eq!(shop.payments().charges_for("key-1"), 2);
}

#[tokio::test]
async fn a_failing_charge_is_attempted_three_times() {
    let (chaos, shop) = start(Settings::default()).await;
    let down = down(&chaos);
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(down.injected(), 3);
}

#[tokio::test]
async fn an_unbounded_retry_never_gives_up() {
    let (chaos, shop) = start(Settings::with_bug(Bug::UnboundedRetry)).await;
    let down = down(&chaos);
    tokio::select! {
        reply = shop.checkout("key-1") => panic!("it gave up: {reply:?}"),
        injected = down.wait_for(5) => injected.unwrap(),
    }
}

#[tokio::test]
async fn an_outage_is_reported_and_the_order_is_kept() {
    let (chaos, shop) = start(Settings::default()).await;
    let refused = inject(&chaos, Fault::error(Failure::Refused));
    let reply = shop.checkout("key-1").await;
    assert_eq!(reply.status, 503);
    assert!(reply.body.contains("try again with the same key"));
    assert!(!shop.get("/products").await.is_stale());

    drop(refused);
    assert_eq!(shop.checkout("key-1").await.status, 201);
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}

#[tokio::test]
async fn a_wrong_status_reports_an_unpaid_order_as_a_success() {
    let (chaos, shop) = start(Settings::with_bug(Bug::WrongStatus)).await;
    let _refused = inject(&chaos, Fault::error(Failure::Refused));
    assert!(shop.checkout("key-1").await.is_success());
    assert_eq!(shop.payments().charges_for("key-1"), 0);
}

const OPEN_FOR: Duration = Duration::from_secs(60);

fn one_attempt(failures_to_open: u32) -> Settings {
    Settings {
        failures_to_open,
        open_for: OPEN_FOR,
        payment_attempts: 1,
        ..Settings::default()
    }
}

#[tokio::test]
async fn the_circuit_opens_half_opens_and_closes() {
    let (chaos, shop) = start(one_attempt(2)).await;
    let down = down(&chaos);
    for key in ["key-1", "key-2"] {
        assert_eq!(shop.circuit(), CircuitState::Closed);
        assert_eq!(shop.checkout(key).await.status, 503);
    }
    assert_eq!(shop.circuit(), CircuitState::Open);
    assert_eq!(shop.checkout("key-3").await.status, 503);
    assert_eq!(down.injected(), 2, "no call is made while it is open");

    advance(OPEN_FOR).await;
    assert_eq!(shop.circuit(), CircuitState::HalfOpen);
    assert_eq!(shop.checkout("key-3").await.status, 503);
    assert_eq!(down.injected(), 3, "one call is made to check");
    assert_eq!(shop.circuit(), CircuitState::Open);

    drop(down);
    advance(OPEN_FOR).await;
    assert_eq!(shop.checkout("key-3").await.status, 201);
    assert_eq!(shop.circuit(), CircuitState::Closed);
}

#[tokio::test]
async fn a_circuit_that_never_opens_makes_every_call() {
    let (chaos, shop) = start(one_attempt(u32::MAX)).await;
    let down = down(&chaos);
    for number in 1..=10 {
        assert_eq!(shop.checkout("key-1").await.status, 503);
        assert_eq!(down.injected(), number);
    }
}

#[tokio::test]
async fn the_service_recovers_from_an_outage_when_the_circuit_closes() {
    let settings = Settings {
        failures_to_open: 3,
        open_for: Duration::from_secs(30),
        ..Settings::default()
    };
    let (chaos, shop) = start(settings).await;
    let refused = inject(&chaos, Fault::error(Failure::Refused));
    assert_eq!(shop.checkout("key-1").await.status, 503);
    assert_eq!(shop.circuit(), CircuitState::Open);
    drop(refused);

    // A customer retries once per second.
    let end = Instant::now();
    while !shop.checkout("key-1").await.is_success() {
        advance(Duration::from_secs(1)).await;
        assert!(end.elapsed() < Duration::from_secs(60), "no recovery");
    }
    assert!(end.elapsed() >= Duration::from_secs(20));
    assert_eq!(shop.payments().charges_for("key-1"), 1);
}
