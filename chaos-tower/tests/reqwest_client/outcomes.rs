//! Outcomes of requests, as conditions count them.

use std::time::Duration;

use chaos_tower::{ChaosManager, Condition, Disconnect, Experiment, Failure, Fault, Phase, Rate};

use crate::service::{FAILING, Service};
use crate::{FOREVER, builder, calls, inject, payments, soon, status, until};
use chaos_core::EndReason;

#[tokio::test]
async fn every_request_has_one_outcome() {
    let chaos = ChaosManager::builder()
        .check_conditions_every(Duration::from_millis(1))
        .build();
    let service = Service::start().await;
    let client = payments(&chaos, builder());
    // 39 of 159 are less, 40 of 160 are more.
    let most = Rate::percent(24.9).unwrap();
    let condition = Condition::error_rate_above(most).at("payments");
    let watched = Experiment::new("watched")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(calls().rate(Rate::NEVER))
        .abort_when(condition.over(FOREVER));
    let watched = chaos.start(watched).unwrap();
    let send = async |path: &str, times: u32| {
        for _ in 0..times {
            // Some of them fail.
            let _ = soon(status(client.get(service.url(path)))).await;
        }
    };
    send("/", 100).await;
    send(FAILING, 10).await;
    for (fault, phase) in [
        (Fault::error(Failure::Unavailable), Phase::Before),
        (Fault::reset(), Phase::After),
        (Fault::disconnect(Disconnect::CutAfter(0)), Phase::During),
    ] {
        let _broken = inject(&chaos, fault, phase);
        assert_eq!(watched.ended(), None, "{phase}");
        send("/", 10).await;
    }
    until(|| watched.ended().is_some()).await;
    let Some(EndReason::Aborted(why)) = watched.ended() else {
        panic!("not aborted: {:?}", watched.ended());
    };
    // Twenty of them are connects: a broken request takes its connection along.
    assert!(why.contains("25% of 160"), "{why}");
}
