//! The requests of `reqwest::client`: faults, limits, rates, settings of the client, and what HTTP needs.

mod explorations;
mod faults;
mod limits;
mod outcomes;
mod process;
mod rates;
mod service;
mod settings;
mod throughput;
mod transfers;

use std::time::Duration;

use chaos_tower::{BlastRadius, ChaosManager, Experiment, ExperimentGuard, Fault, Phase};
use reqwest::{Client, ClientBuilder};
use tokio::runtime::Handle;

/// The timeout for everything that happens in real time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than any test waits.
const FOREVER: Duration = Duration::from_secs(3600);

fn builder() -> ClientBuilder {
    Client::builder().no_proxy()
}

fn payments(chaos: &ChaosManager, builder: ClientBuilder) -> Client {
    chaos_tower::reqwest::client(chaos, "payments", builder).unwrap()
}

fn calls() -> BlastRadius {
    BlastRadius::calls_to("payments")
}

fn inject(chaos: &ChaosManager, fault: Fault, phase: Phase) -> ExperimentGuard {
    let experiment = Experiment::new("broken")
        .fault(fault)
        .blast_radius(calls())
        .phase(phase);
    chaos.start(experiment).unwrap()
}

/// Sends a request, and reads the response to its end, so that its connection is the next one again.
async fn status(request: reqwest::RequestBuilder) -> reqwest::Result<u16> {
    let response = soon(request.send()).await?;
    let status = response.status().as_u16();
    soon(response.bytes()).await?;
    Ok(status)
}

async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("the future hangs")
}

/// Returns how many tasks this runtime has.
fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

async fn until(is_true: impl Fn() -> bool) {
    soon(async {
        while !is_true() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn until_tasks_are_at_most(count: usize) {
    until(|| tasks() <= count).await;
}
