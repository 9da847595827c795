//! Faults on connections: of reqwest's client, of hyper-util's, and of a relay.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chaos_net::ChaosRelay;
use chaos_tower::{
    Bandwidth, BlastRadius, ChaosConnector, ChaosManager, Corrupt, Disconnect, ExperimentGuard,
    Failure, Fault, Rate,
};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::Injected;
use super::upstream::{Upstream, first_half};
use crate::PATIENCE;
use crate::observation::{Observed, Observer};
use crate::table::Row;

pub(super) async fn of_reqwest(row: Row) -> Option<Injected> {
    let fault = match row {
        // The timeout of the client fires.
        Row::ConnectTimeout => ("connect", Fault::latency(Duration::from_secs(60))),
        _ => fault(row)?,
    };
    let setup = Setup::set(row, fault).await;
    let client = chaos_tower::reqwest::client(&setup.chaos, "payments", row.reqwest());
    let client = client.expect("a client");
    let observed = setup.observer.reqwest(client, &setup.upstream.url()).await;
    Some(setup.close(observed))
}

pub(super) async fn of_hyper(row: Row) -> Option<Injected> {
    let fault = match row {
        // The timeout of the inner connector fires.
        Row::ConnectTimeout => ("connect", Fault::timeout(PATIENCE)),
        _ => fault(row)?,
    };
    let setup = Setup::set(row, fault).await;
    let connector = ChaosConnector::new(Row::connector(), &setup.chaos, "payments");
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let observed = setup.observer.hyper(client, &setup.upstream.url()).await;
    Some(setup.close(observed))
}

pub(super) async fn of_relay(row: Row) -> Option<Injected> {
    let setup = Setup::set(row, fault(row)?).await;
    let upstream = setup.upstream.url();
    let upstream = upstream.trim_start_matches("http://").trim_end_matches('/');
    let relay = ChaosRelay::to(upstream).listen(&setup.chaos, "payments");
    let relay = relay.await.expect("a relay");
    let url = format!("http://{}/", relay.addr());
    let client = row.reqwest().build().expect("a client");
    let observed = setup.observer.reqwest(client, &url).await;
    Some(setup.close(observed))
}

/// Returns `None` where connections have no such failure.
fn fault(row: Row) -> Option<(&'static str, Fault)> {
    let half = first_half(row.framing()).len() as u64;
    Some(match row {
        Row::Latency => ("read", Fault::latency(Duration::from_secs(60))),
        Row::Timeout => ("read", Fault::timeout(Duration::from_millis(20))),
        Row::Refused => ("connect", Fault::error(Failure::Refused)),
        Row::Reset | Row::ResetAfterWork => ("read", Fault::reset()),
        Row::Closed => ("read", Fault::disconnect(Disconnect::CutAfter(0))),
        Row::CutWithLength | Row::CutInChunks => {
            ("read", Fault::disconnect(Disconnect::CutAfter(half)))
        }
        Row::ResetMidway => ("read", Fault::disconnect(Disconnect::ResetAfter(half))),
        Row::StallMidway => ("read", Fault::disconnect(Disconnect::Stall)),
        Row::Bandwidth => {
            let narrow = Bandwidth::bytes_per_second(100).expect("a rate");
            ("read", Fault::bandwidth(narrow))
        }
        Row::Corrupt => {
            let all = Corrupt::bytes(Rate::ALWAYS).expect("a rate");
            ("read", Fault::corrupt(all))
        }
        Row::Unavailable
        | Row::Overloaded
        | Row::GatewayTimeout
        | Row::RateLimit
        | Row::CircuitOpen
        | Row::ConnectTimeout => return None,
    })
}

/// A call on a connection with one fault.
struct Setup {
    chaos: ChaosManager,
    upstream: Upstream,
    observer: Observer,
    guard: Arc<Mutex<Option<ExperimentGuard>>>,
}

impl Setup {
    async fn set(row: Row, (operation, fault): (&'static str, Fault)) -> Self {
        let chaos = ChaosManager::new();
        let upstream = Upstream::serve(row.framing()).await;
        let guard = Arc::new(Mutex::new(None));
        let start = {
            let (chaos, guard) = (chaos.clone(), Arc::clone(&guard));
            move || {
                let radius = BlastRadius::streams_to("payments").operation(operation);
                let started = chaos.inject(radius, fault.clone()).expect("an experiment");
                *guard.lock().expect("no panic") = Some(started);
            }
        };
        let go_on = Arc::clone(&upstream.go_on);
        // A connection does not distinguish head and body: faults on the body start once the head has arrived.
        let on_response: Arc<dyn Fn() + Send + Sync> =
            if matches!(row, Row::StallMidway | Row::Corrupt) {
                Arc::new(move || {
                    start();
                    go_on.notify_one();
                })
            } else {
                start();
                Arc::new(move || go_on.notify_one())
            };
        Self {
            chaos,
            upstream,
            observer: Observer { row, on_response },
            guard,
        }
    }

    fn close(self, observed: Observed) -> Injected {
        let guard = self.guard.lock().expect("no panic");
        Injected {
            observed,
            times: guard.as_ref().map_or(0, ExperimentGuard::injected),
            worked: self.upstream.worked(),
        }
    }
}
