//! Serves the API on a thread and a runtime of its own.

mod accept;
mod connection;
mod connections;
mod spare_descriptors;
#[cfg(unix)]
mod unix_socket;

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::watch;

use crate::service::AdminService;
use crate::{Address, AdminError};
use accept::Listener;

/// An API that is open: dropping it closes its addresses.
#[derive(Debug)]
#[must_use = "dropping it closes the API; `detach` leaves it open"]
pub struct AdminServer {
    addresses: Vec<Address>,
    running: Option<Running>,
    #[cfg(unix)]
    sockets: Vec<unix_socket::SocketFile>,
}

#[derive(Debug)]
struct Running {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl AdminServer {
    /// An API without addresses.
    pub(crate) fn closed() -> Self {
        Self {
            addresses: Vec::new(),
            running: None,
            #[cfg(unix)]
            sockets: Vec::new(),
        }
    }

    pub(crate) fn open(
        addresses: &[Address],
        service: Arc<AdminService>,
    ) -> Result<Self, AdminError> {
        let mut opened = Self::closed();
        let mut listeners = Vec::new();
        for address in addresses {
            listeners.push(match address {
                Address::Tcp(address) => {
                    if !address.ip().is_loopback() {
                        if !service.has_tokens() {
                            return Err(AdminError::Open(*address));
                        }
                        tracing::warn!(%address, "the API of chaos can be reached from other machines without TLS: put a proxy in front of it");
                    }
                    let bind = |source| AdminError::Bind {
                        address: address.to_string(),
                        source,
                    };
                    let listener = TcpListener::bind(address).map_err(bind)?;
                    listener.set_nonblocking(true).map_err(bind)?;
                    let bound = listener.local_addr().map_err(bind)?;
                    opened.addresses.push(Address::Tcp(bound));
                    Listener::Tcp(listener)
                }
                #[cfg(unix)]
                Address::Unix(path) => {
                    let (listener, file) = unix_socket::bind(path)?;
                    opened.addresses.push(address.clone());
                    opened.sockets.push(file);
                    Listener::Unix(listener)
                }
                #[cfg(not(unix))]
                Address::Unix(_) => return Err(AdminError::NoUnixSockets),
            });
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(AdminError::Thread)?;
        let spare = Arc::new(spare_descriptors::SpareDescriptors::reserve());
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::Builder::new()
            .name("chaos-admin".to_owned())
            .spawn(move || runtime.block_on(accept::serve(listeners, service, spare, stopped)))
            .map_err(AdminError::Thread)?;
        opened.running = Some(Running { stop, thread });
        for address in &opened.addresses {
            tracing::info!(%address, "the API of chaos is open");
        }
        Ok(opened)
    }

    /// The addresses on which it can be reached, with the real ports.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Leaves the API open until the process ends.
    pub fn detach(mut self) {
        if let Some(running) = self.running.take() {
            std::mem::forget(running.stop);
        }
        #[cfg(unix)]
        std::mem::take(&mut self.sockets)
            .into_iter()
            .for_each(std::mem::forget);
    }
}

impl Drop for AdminServer {
    fn drop(&mut self) {
        if let Some(Running { stop, thread }) = self.running.take() {
            stop.send_replace(true);
            drop(thread.join());
        }
    }
}
