//! The API as clients see it, over real sockets.

mod access;
mod approvals;
mod attack;
mod changes;
mod client;
mod documents;
mod feed;
mod halting;
mod leases;
mod metrics;
mod page;
mod readings;
mod rivals;
mod slow_clients;
mod starvation;
mod strange_requests;

use chaos_admin::{Address, Admin, AdminServer};
use chaos_core::{ChaosManager, Environment};

use client::Client;

/// A manager of a test environment with a site, and its API on a socket.
struct Door {
    chaos: ChaosManager,
    server: AdminServer,
    _directory: tempfile::TempDir,
}

impl Door {
    fn open() -> Self {
        Self::opened(|admin| admin)
    }

    fn opened(set_up: impl FnOnce(Admin) -> Admin) -> Self {
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        Self::of(chaos, set_up)
    }

    fn of(chaos: ChaosManager, set_up: impl FnOnce(Admin) -> Admin) -> Self {
        chaos.site("payments");
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("chaos.sock");
        let admin = Admin::new(&chaos)
            .listen(Address::Unix(socket))
            .listen("127.0.0.1:0".parse().unwrap());
        let server = set_up(admin).serve().unwrap();
        Self {
            chaos,
            server,
            _directory: directory,
        }
    }

    fn unix(&self) -> Client {
        Client::new(self.server.addresses()[0].clone())
    }

    fn tcp(&self) -> Client {
        Client::new(self.server.addresses()[1].clone())
    }
}

const SLOW: &str =
    r#"{"name": "slow", "fault": {"latency": "2s"}, "blast_radius": {"points_at": "payments"}}"#;
