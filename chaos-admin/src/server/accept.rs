//! Accepts connections, also when the process has no descriptors left.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::connection::serve_connection;
use super::connections::Connections;
use super::spare_descriptors::SpareDescriptors;
use crate::access::Transport;
use crate::service::AdminService;

/// A bound listener.
pub(super) enum Listener {
    Tcp(std::net::TcpListener),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// The pause after a failed attempt to accept.
const RETRY: Duration = Duration::from_millis(10);

/// Serves all listeners until it is stopped.
pub(super) async fn serve(
    listeners: Vec<Listener>,
    service: Arc<AdminService>,
    spare: Arc<SpareDescriptors>,
    mut stopped: watch::Receiver<bool>,
) {
    for listener in listeners {
        let (service, spare) = (Arc::clone(&service), Arc::clone(&spare));
        tokio::spawn(accept_all(listener, service, spare));
    }
    // A sender that is gone without a word leaves the API open.
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn accept_all(listener: Listener, service: Arc<AdminService>, spare: Arc<SpareDescriptors>) {
    let connections = Arc::default();
    match listener {
        Listener::Tcp(listener) => {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                return;
            };
            loop {
                let (stream, _) = accept(&spare, |cx| listener.poll_accept(cx)).await;
                let _ = stream.set_nodelay(true);
                spawn(stream, Transport::Tcp, &service, &spare, &connections);
            }
        }
        #[cfg(unix)]
        Listener::Unix(listener) => {
            let Ok(listener) = tokio::net::UnixListener::from_std(listener) else {
                return;
            };
            loop {
                let (stream, _) = accept(&spare, |cx| listener.poll_accept(cx)).await;
                let user = stream.peer_cred().ok().map(|peer| peer.uid());
                let transport = Transport::Unix { user };
                spawn(stream, transport, &service, &spare, &connections);
            }
        }
    }
}

/// Accepts a connection, if need be with a descriptor of the reserve.
async fn accept<T>(
    spare: &SpareDescriptors,
    mut poll_accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> T {
    loop {
        let accepted = poll_fn(|cx| {
            let polled = poll_accept(cx);
            if polled.is_pending() {
                // Linux asks for a descriptor even if no connection waits, so one may have been given up in vain.
                spare.refill();
            }
            polled
        });
        match accepted.await {
            Ok(accepted) => return accepted,
            // It may be that descriptors are the problem.
            Err(_) if spare.give_up_one() => {}
            Err(_) => tokio::time::sleep(RETRY).await,
        }
    }
}

fn spawn<S>(
    stream: S,
    transport: Transport,
    service: &Arc<AdminService>,
    spare: &Arc<SpareDescriptors>,
    connections: &Arc<Connections>,
) -> JoinHandle<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (service, spare) = (Arc::clone(service), Arc::clone(spare));
    let (place, closed) = connections.enter();
    tokio::spawn(async move {
        tokio::select! {
            () = serve_connection(stream, transport, service, place) => {}
            // The sender is dropped when another connection needs the place.
            _ = closed => {}
        }
        // At once, since the service may take the descriptor before another connection comes.
        spare.refill();
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use chaos_core::ChaosManager;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    use super::*;
    use crate::Admin;

    #[test]
    fn a_descriptor_that_is_given_up_in_vain_is_reserved_anew() {
        let spare = SpareDescriptors::reserve();
        let mut polls = 0;
        let accepted = accept(&spare, |_| {
            polls += 1;
            match polls {
                1 => Poll::Ready(Err::<(), _>(io::Error::other("too many open files"))),
                _ => Poll::Pending,
            }
        });
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(accepted).poll(&mut context).is_pending());
        assert!(spare.is_full());
    }

    #[tokio::test]
    async fn a_descriptor_is_reserved_anew_when_a_connection_ends() {
        let service = Admin::new(&ChaosManager::new()).into_service().unwrap();
        let spare = Arc::new(SpareDescriptors::reserve());
        assert!(spare.give_up_one());
        let (mut client, accepted) = UnixStream::pair().unwrap();
        let transport = Transport::Unix { user: None };
        let served = spawn(accepted, transport, &service, &spare, &Arc::default());
        client.write_all(b"x\r\n\r\n").await.unwrap();
        client.read_to_end(&mut Vec::new()).await.unwrap();
        served.await.unwrap();
        assert!(spare.is_full());
    }
}
