//! Measures how many runs an exploration makes in a second, by the size of the test.
//!
//! `cargo run --release -p chaos-benches --bin explorations`
#![allow(clippy::print_stdout, reason = "this prints a table")]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use chaos_core::{ChaosManager, Failure, Fault, Phase, Site, SiteKind};
use chaos_explore::{Exploration, FaultCase, Faults, Gap, Report, explore};
use reqwest::Client;
use tokio::net::TcpListener;

const ROUNDS: usize = 3;

/// The calls of a test over HTTP, and the client it makes them with.
struct Peer {
    client: Client,
    url: String,
}

impl Peer {
    /// Starts a service in the run's own runtime, and a client for it.
    async fn start(client: impl FnOnce() -> Client) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let app = Router::new().route("/charge", post(async || "charged"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            client: client(),
            url: format!("http://{address}/charge"),
        }
    }

    async fn charge(&self, times: usize) -> usize {
        let mut charged = 0;
        for _ in 0..times {
            if let Ok(response) = self.client.post(&self.url).send().await {
                charged += usize::from(response.bytes().await.is_ok());
            }
        }
        charged
    }
}

fn client(chaos: &ChaosManager) -> Client {
    let builder = Client::builder().no_proxy().timeout(Duration::from_secs(5));
    chaos_tower::reqwest::client(chaos, "payments", builder).expect("a client")
}

fn over_http(calls: usize) -> Exploration {
    explore(async move |chaos| Peer::start(|| client(&chaos)).await)
        .act(async move |peer| peer.charge(calls).await)
        .verify(async |_, _| {})
        .at_most_runs(300)
        // A hundred calls in a row, each up to its timeout.
        .act_within(Duration::from_secs(30 * 60))
        .allow(Gap::LeftUnexplored)
}

/// Performs operations in the code itself, on this many sites.
fn on_sites(operations: usize, sites: usize) -> Exploration {
    explore(async move |chaos| {
        let name = |at| format!("service {at}");
        let sites: Arc<[Site]> = (0..sites).map(|at| chaos.site(&name(at))).collect();
        sites
    })
    .act(async move |sites| {
        let mut done = 0;
        for at in 0..operations {
            let name = format!("step {at}");
            done += usize::from(sites[at % sites.len()].point(&*name).await.is_ok());
        }
        done
    })
    .verify(async |_, _| {})
    .faults(Faults::none().and(
        SiteKind::Point,
        FaultCase::once(Fault::error(Failure::Refused), Phase::Before),
    ))
}

/// Prints the median of the runs in a second, and of the time of a run.
fn measure(name: &str, exploration: impl Fn() -> Exploration) {
    let mut reports: Vec<Report> = (0..ROUNDS).map(|_| exploration().run()).collect();
    reports.sort_by_key(|report| report.took() / u32::try_from(report.runs()).unwrap_or(1));
    let report = &reports[ROUNDS / 2];
    let runs = report.runs() as f64;
    let in_ms = |time: Duration| time.as_secs_f64() * 1e3 / runs;
    println!(
        "{name:52} {runs:6} {:8.0} {:10.2} {:10.2}",
        runs / report.took().as_secs_f64(),
        in_ms(report.test_time()),
        in_ms(report.overhead()),
    );
}

fn main() {
    println!(
        "{:52} {:>6} {:>8} {:>10} {:>10}",
        "", "runs", "runs/s", "test (ms)", "around (ms)"
    );
    measure("300 operations on 1 site", || on_sites(300, 1));
    measure("300 operations on 300 sites", || on_sites(300, 300));
    measure("1 call over HTTP", || over_http(1));
    measure("100 calls over HTTP", || over_http(100));
}
