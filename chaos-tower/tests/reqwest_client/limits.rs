//! The client's own time limits, under faults that last longer.

use std::time::Duration;

use chaos_tower::{ChaosManager, Disconnect, Failure, Fault, Phase};
use reqwest::{Client, Error};

use crate::service::Service;
use crate::{
    FOREVER, PATIENCE, builder, inject, payments, soon, status, tasks, until_tasks_are_at_most,
};

const LIMIT: Duration = Duration::from_millis(300);

async fn post(client: &Client, url: &str) -> Result<String, Error> {
    let response = client.post(url).body("100").send().await?;
    response.text().await
}

#[tokio::test]
async fn every_limit_of_the_client_is_felt() {
    let service = Service::start().await;
    for fault in [
        Fault::latency(FOREVER),
        Fault::timeout(Duration::from_millis(20)),
        Fault::error(Failure::TimedOut),
        Fault::disconnect(Disconnect::Stall),
    ] {
        for phase in [Phase::Before, Phase::After] {
            // On a busy machine a limit may pass before the fault strikes.
            let limits = [LIMIT, 4 * LIMIT, 16 * LIMIT];
            let mut all_struck = false;
            for limit in limits {
                all_struck = feel_all_limits(&service, limit, &fault, phase).await;
                if all_struck {
                    break;
                }
            }
            assert!(all_struck, "{fault:?} {phase}");
        }
    }
}

/// Calls under each limit, and returns whether the fault struck all the calls in time.
async fn feel_all_limits(service: &Service, limit: Duration, fault: &Fault, phase: Phase) -> bool {
    let chaos = ChaosManager::new();
    // A call of another round may arrive in this one.
    let path = format!("/{}/{phase}/{}", fault.kind(), limit.as_millis());
    let url = service.url(&path);
    let (of_request, of_client, of_read) = (
        payments(&chaos, builder()),
        payments(&chaos, builder().timeout(limit)),
        payments(&chaos, builder().read_timeout(limit)),
    );
    let held = inject(&chaos, fault.clone(), phase);
    let request = of_request.post(&url).body("100").timeout(limit);
    let (by_request, by_client, by_read) =
        soon(async { tokio::join!(request.send(), post(&of_client, &url), post(&of_read, &url)) })
            .await;
    let errors = [
        by_request.unwrap_err(),
        by_client.unwrap_err(),
        by_read.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_timeout() && error.is_request(), "{error:?}");
        assert!(!error.is_connect(), "{error:?}");
        assert_eq!(error.url().map(reqwest::Url::as_str), Some(&*url));
    }
    let requests = service.requests();
    let worked = requests
        .iter()
        .filter(|request| request.uri().path() == path);
    let worked = worked.count();
    // Nothing was sent, or all of it.
    let struck = held.injected();
    match phase {
        Phase::Before => assert_eq!(worked, 0, "{fault:?}"),
        _ => assert!(worked as u64 >= struck, "{fault:?}: {worked} of {struck}"),
    }
    struck == 3
}

#[tokio::test]
async fn a_limit_counts_from_the_start_of_the_call_to_the_end_of_the_body() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder().timeout(Duration::from_millis(600)));
    let _late = inject(
        &chaos,
        Fault::latency(Duration::from_millis(400)),
        Phase::Before,
    );
    let slow = chaos_tower::Experiment::new("slow body")
        .fault(Fault::latency(Duration::from_secs(1)))
        .blast_radius(crate::calls())
        .phase(Phase::During);
    let _slow = chaos.start(slow).unwrap();
    let error = soon(post(&client, &service.url("/"))).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn a_read_timeout_is_felt_in_the_body() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    for fault in [
        Fault::latency(FOREVER),
        Fault::disconnect(Disconnect::Stall),
    ] {
        let _held = inject(&chaos, fault.clone(), Phase::During);
        let mut of_body = false;
        // On a busy machine a limit may pass before the body.
        for limit in [LIMIT, 4 * LIMIT, 16 * LIMIT] {
            let client = payments(&chaos, builder().read_timeout(limit));
            let error = soon(post(&client, &service.url("/"))).await.unwrap_err();
            assert!(error.is_timeout(), "{error:?}");
            of_body = error.is_decode();
            if of_body {
                break;
            }
        }
        assert!(of_body, "{fault:?}");
    }
}

#[tokio::test]
async fn a_request_whose_caller_gave_up_is_never_sent() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder().timeout(LIMIT));
    let before = tasks();
    let held = inject(&chaos, Fault::latency(FOREVER), Phase::Before);
    for body in [0, 1, 100_000] {
        let request = client.post(service.url("/")).body(vec![b'x'; body]);
        assert!(soon(request.send()).await.unwrap_err().is_timeout());
    }
    // The hops notice it while the fault lasts.
    until_tasks_are_at_most(before).await;
    drop(held);
    let after = client.post(service.url("/after")).timeout(PATIENCE);
    assert_eq!(status(after).await.unwrap(), 200);
    let requests = service.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
}

#[tokio::test]
async fn a_timeout_without_a_limit_ends_with_its_experiment() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder());
    let held = inject(
        &chaos,
        Fault::timeout(Duration::from_millis(1)),
        Phase::Before,
    );
    let url = service.url("/");
    let call = tokio::spawn(async move { post(&client, &url).await });
    soon(held.wait_for(1)).await.unwrap();
    drop(held);
    assert_eq!(soon(call).await.unwrap().unwrap(), "3");
}
