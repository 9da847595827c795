//! A latency of the connections delays bytes, and does not limit how many are under way.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use chaos_tower::{BlastRadius, ChaosManager, Fault};
use http::Response;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::{builder, payments};

const LATENCY: Duration = Duration::from_millis(100);

/// More than a hundred frames, and less than the windows of a client.
const DOWNLOAD: usize = 2_000_000;

async fn serve_downloads() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let download = service_fn(|_| async {
                let body = Full::new(Bytes::from(vec![7; DOWNLOAD]));
                Ok::<_, Infallible>(Response::new(body))
            });
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server
                    .serve_connection(TokioIo::new(stream), download)
                    .await;
            });
        }
    });
    url
}

/// On a virtual clock, which stands still while bytes are under way without a delay.
#[tokio::test(start_paused = true)]
async fn the_frames_of_a_download_pay_one_latency() {
    for builder in [builder(), builder().http2_prior_knowledge()] {
        let chaos = ChaosManager::new();
        let url = serve_downloads().await;
        let client = payments(&chaos, builder);
        let late = BlastRadius::streams_to("payments");
        let late = chaos.inject(late, Fault::latency(LATENCY)).unwrap();
        let begin = Instant::now();
        let response = client.get(url).send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap().len(), DOWNLOAD);
        let took = begin.elapsed();
        assert!((LATENCY..3 * LATENCY).contains(&took), "{took:?}");
        assert_eq!(late.injected(), 1);
    }
}
