//! The service whose API is used.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use chaos_admin::{Address, Admin, AdminServer};
use chaos_core::{ChaosManager, Environment, Site};

/// A service with a site, and its API on a socket.
pub(crate) struct Service {
    pub(crate) chaos: ChaosManager,
    pub(crate) admin: Option<AdminServer>,
    site: Site,
    directory: PathBuf,
}

/// The site of the service.
pub(crate) const SITE: &str = "payments";

impl Service {
    pub(crate) fn open() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("chaos-door-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).expect("a writable directory");
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        let admin = Admin::new(&chaos).listen(Address::Unix(directory.join("socket")));
        Self {
            site: chaos.site(SITE),
            admin: Some(admin.serve().expect("a socket")),
            chaos,
            directory,
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// Returns a function that waits until a decision injects nothing; it can be called on any thread.
    pub(crate) fn clean(&self) -> impl FnOnce() + Send + 'static {
        let site = self.site.clone();
        move || {
            while injects(&site) {
                std::thread::sleep(Duration::from_micros(500));
            }
        }
    }

    pub(crate) fn injects(&self) -> bool {
        injects(&self.site)
    }
}

/// Whether a call at the site fails.
fn injects(site: &Site) -> bool {
    let point = pin!(site.point("charge"));
    match point.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.is_err(),
        Poll::Pending => unreachable!("an error does not wait"),
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.admin.take());
        remove_with_directory(&self.socket());
    }
}

/// Removes a socket that a killed service may have left behind, with its directory.
pub(crate) fn remove_with_directory(socket: &Path) {
    if let Some(directory) = socket.parent() {
        let _ = std::fs::remove_dir_all(directory);
    }
}
