//! The service, each request of which is struck once.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use chaos_admin::{Address, Admin, AdminServer};
use chaos_core::{BlastRadius, ChaosManager, Environment, Experiment, Failure, Fault};
use chaos_tower::ChaosLayer;

/// The argument with which this program is the service.
pub(crate) const SERVE: &str = "--serve";

/// A manager that injects into each request of its router.
pub(crate) struct Service {
    pub(crate) chaos: ChaosManager,
    pub(crate) app: Router,
}

impl Service {
    pub(crate) fn new() -> Self {
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        let ledger = chaos.site("ledger");
        let order = async move || match ledger.point("book").await {
            Ok(()) => "booked",
            Err(_) => "to be booked later",
        };
        let app = Router::new()
            .route("/order", get(order))
            .layer(ChaosLayer::server(&chaos, "orders"));
        let failing = Experiment::new("failing")
            .fault(Fault::error(Failure::Unavailable))
            .blast_radius(BlastRadius::points_at("ledger"))
            .time_limit(Duration::from_secs(3_600));
        chaos.start(failing).expect("a start").detach();
        Self {
            chaos,
            // Once its state is set, a router applies its layers once instead of for each request.
            app: app.with_state(()),
        }
    }

    /// Serves the API on a socket.
    pub(crate) fn admin(&self) -> (AdminServer, PathBuf) {
        let name = format!("chaos-feed-{}.sock", std::process::id());
        let socket = std::env::temp_dir().join(name);
        let admin = Admin::new(&self.chaos).listen(Address::Unix(socket.clone()));
        (admin.serve().expect("a socket"), socket)
    }
}

/// Is the service: prints its address and the socket of its API, and serves until it is killed.
pub(crate) fn serve() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let service = Service::new();
    let (_admin, socket) = service.admin();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("the loopback interface is available");
        println!("{}", listener.local_addr().expect("it is bound"));
        println!("{}", socket.display());
        axum::serve(listener, service.app).await.expect("it serves");
    });
    ExitCode::SUCCESS
}
