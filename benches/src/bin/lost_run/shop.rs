//! The target of a run: a shop that asks payments, with its API and a suite.

use std::path::PathBuf;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use chaos_core::Site;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::service::{SITE, Service};

/// A shop, until it is dropped.
pub(crate) struct Shop {
    pub(crate) service: Service,
    url: String,
    _runtime: Runtime,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let service = Service::open();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        runtime.spawn(serve(listener, service.chaos.site(SITE)));
        Self {
            service,
            url,
            _runtime: runtime,
        }
    }

    /// Writes a suite whose fault lasts a minute.
    pub(crate) fn suite(&self) -> PathBuf {
        let admin = self.service.socket();
        let text = format!(
            "\
version: 1
target: {{ url: '{}', admin: 'unix:{}' }}
load: {{ per_second: 50, requests: [{{ path: /orders }}] }}
steady_state: [{{ http: /health }}]
stages: {{ baseline: 1s, inject: 60s }}
scenarios:
  - name: refused payments
    expect: surfaced
    experiments:
      - {{ name: refused, fault: {{ error: refused }}, blast_radius: {{ points_at: {SITE} }} }}
",
            self.url,
            admin.display()
        );
        let path = self.directory().join("suite.yaml");
        std::fs::write(&path, text).expect("a writable directory");
        path
    }

    pub(crate) fn directory(&self) -> PathBuf {
        let socket = self.service.socket();
        socket.parent().expect("it is in a directory").to_owned()
    }
}

async fn serve(listener: TcpListener, payments: Site) {
    let orders = async move || match payments.point("charge").await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::BAD_GATEWAY,
    };
    let app = Router::new()
        .route("/orders", get(orders))
        .route("/health", get(async || "well"));
    axum::serve(listener, app).await.expect("it goes on");
}
