//! Runs scenarios against a storefront in this process.

use std::path::Path;

use chaos_core::{ChaosManager, Environment};
use chaos_lab::SuiteRun;
use chaos_lab::catalogue::Binding;
use chaos_lab::control::LocalControl;
use chaos_lab::report::SuiteReport;
use chaos_lab::scenario::{SuiteEntry, Target};
use chaos_tower::ChaosListener;
use storefront::{Settings, Storefront};
use tokio::net::TcpListener;

/// Runs the scenarios of a suite one after another; their records are in a directory of `reports`.
pub(crate) async fn run(settings: Settings, suite: &[SuiteEntry], reports: &Path) -> SuiteReport {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .keep_entries(10_000)
        .build();
    let shop = Storefront::start(&chaos, settings).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::at(format!("http://{}", listener.local_addr().unwrap()));
    let listener = ChaosListener::new(listener, &chaos, "storefront");
    let server =
        tokio::spawn(async move { shop.serve(listener, std::future::pending()).await.unwrap() });
    let control = LocalControl::new(&chaos);
    let mut binding = Binding::default();
    binding.environment = Some(Environment::Test);
    let planned = binding.plan(suite, &chaos.sites()).unwrap();
    let run = SuiteRun::create(reports, "smoke", planned, &control, &target).unwrap();
    let report = run.run(std::future::pending()).await.unwrap();
    server.abort();
    report
}
