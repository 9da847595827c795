//! A shop whose payments can fail.

use std::path::PathBuf;
use std::process::Command;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use chaos_admin::{Address, Admin, AdminServer};
use chaos_core::{ChaosManager, Environment};
use chaos_tower::ChaosLayer;
use tokio::net::TcpListener;

use crate::lab;

/// A shop whose payments can fail, with its API, and a suite that makes them fail.
pub(crate) struct Shop {
    pub(crate) chaos: ChaosManager,
    url: String,
    pub(crate) directory: tempfile::TempDir,
    _admin: AdminServer,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_at("127.0.0.1:0", None).await
    }

    pub(crate) async fn open_at(address: &str, socket: Option<PathBuf>) -> Self {
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        let payments = chaos.site("payments");
        let orders = async move || match payments.point("charge").await {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::BAD_GATEWAY,
        };
        let app = Router::new()
            .route("/orders", get(orders))
            .route("/health", get(async || "well"))
            .layer(ChaosLayer::server(&chaos, "shop"));
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let directory = tempfile::tempdir().unwrap();
        let socket = socket.unwrap_or_else(|| directory.path().join("chaos.sock"));
        let admin = Admin::new(&chaos).listen(Address::Unix(socket));
        Self {
            _admin: admin.serve().unwrap(),
            chaos,
            url,
            directory,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a suite whose fault lasts so many seconds.
    pub(crate) fn suite(&self, inject: &str) -> PathBuf {
        let admin = self.path("chaos.sock");
        let text = format!(
            "\
version: 1
target: {{ url: '{}', admin: 'unix:{}' }}
load: {{ per_second: 100, requests: [{{ path: /orders }}] }}
steady_state: [{{ http: /health }}]
stages: {{ baseline: 1s, inject: {inject}, recover: 20s, cooldown: 0s }}
scenarios:
  - name: refused payments
    why: does an order survive a bank that refuses?
    experiments:
      - name: refused
        fault: {{ error: refused }}
        blast_radius: {{ points_at: payments, rate: 20% }}
",
            self.url,
            admin.display()
        );
        let path = self.path("suite.yaml");
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn run(&self, inject: &str) -> Command {
        let mut command = lab(["run"]);
        command
            .arg(self.suite(inject))
            .current_dir(self.directory.path());
        command
    }

    /// The record of the only run.
    pub(crate) fn record(&self) -> PathBuf {
        let mut runs = std::fs::read_dir(self.path("chaos-reports")).unwrap();
        let suite = runs.next().unwrap().unwrap().path();
        suite.join("refused-payments").join("record.jsonl")
    }

    pub(crate) async fn is_clean(&self, expected: bool) {
        while self.chaos.overview().running.is_empty() != expected {
            tokio::task::yield_now().await;
        }
    }
}
