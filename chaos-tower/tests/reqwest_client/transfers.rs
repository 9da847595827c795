//! What HTTP needs beyond requests and responses: uploads, upgrades, the ends of connections.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use chaos_tower::{Bandwidth, ChaosManager, Fault, Phase};
use reqwest::ClientBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::faults::io_kinds;
use crate::service::Service;
use crate::{builder, inject, payments, soon, status, tasks, until_tasks_are_at_most};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Starts a server that handles each connection in this way, and returns its URL.
async fn server<F, S>(serve: F) -> String
where
    F: Fn(TcpStream) -> S + Send + 'static,
    S: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    url
}

async fn read_head(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

#[tokio::test]
async fn eight_megabytes_are_uploaded_whole() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder());
    let upload = Bytes::from(vec![b'x'; 8 << 20]);
    let send = || async {
        let request = client.post(service.url("/")).body(upload.clone());
        let response = soon(request.send()).await.unwrap();
        response.text().await.unwrap()
    };
    assert_eq!(send().await, "8388608");
    // More than is read ahead while a fault holds the request.
    let late = inject(
        &chaos,
        Fault::latency(Duration::from_millis(50)),
        Phase::Before,
    );
    assert_eq!(send().await, "8388608");
    assert_eq!(late.injected(), 1);
}

#[tokio::test]
async fn an_upgraded_connection_passes_bytes() {
    let chaos = ChaosManager::new();
    let url = server(async |mut stream| {
        read_head(&mut stream).await?;
        let switching =
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
        stream.write_all(switching).await?;
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await.map(drop)
    })
    .await;
    let request = payments(&chaos, builder()).get(url);
    let request = request
        .header("connection", "upgrade")
        .header("upgrade", "echo");
    let response = soon(request.send()).await.unwrap();
    let mut upgraded = soon(response.upgrade()).await.unwrap();
    upgraded.write_all(b"ping").await.unwrap();
    let mut echoed = [0; 4];
    soon(upgraded.read_exact(&mut echoed)).await.unwrap();
    assert_eq!(&echoed, b"ping");
}

#[tokio::test]
async fn headers_reach_the_service_as_they_are() {
    let chaos = ChaosManager::new();
    let (send, mut heads) = tokio::sync::mpsc::unbounded_channel();
    let url = server(move |mut stream| {
        let send = send.clone();
        async move {
            let head = read_head(&mut stream).await?;
            send.send(String::from_utf8(head).unwrap()).unwrap();
            stream.write_all(OK).await
        }
    })
    .await;
    let configured = || builder().http1_title_case_headers().user_agent("shop");
    let plain = configured().build().unwrap();
    for client in [plain, payments(&chaos, configured())] {
        let request = client
            .get(&url)
            .header("x-twice", "1")
            .header("x-twice", "2");
        let response = soon(request.send()).await.unwrap();
        assert!(!response.headers().contains_key("date"));
        assert_eq!(response.text().await.unwrap(), "ok");
    }
    let plain = soon(heads.recv()).await.unwrap();
    assert!(plain.contains("X-Twice: 1\r\nX-Twice: 2\r\n"), "{plain}");
    assert_eq!(soon(heads.recv()).await.unwrap(), plain);
}

#[tokio::test]
async fn a_response_that_is_not_http_is_an_error() {
    let chaos = ChaosManager::new();
    for answer in [
        &b"220 mail.test ESMTP\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n",
    ] {
        let url = server(async move |mut stream| {
            read_head(&mut stream).await?;
            stream.write_all(answer).await?;
            pending().await
        })
        .await;
        let response = soon(payments(&chaos, builder()).get(url).send()).await;
        let error = match response {
            Ok(response) => soon(response.text()).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
        assert!(!io_kinds(&error).contains(&std::io::ErrorKind::ConnectionReset));
    }
}

#[tokio::test]
async fn an_upgrade_that_the_service_declines_leaves_nothing_behind() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder());
    let get = || client.get(service.url("/"));
    assert_eq!(status(get()).await.unwrap(), 200);
    let before = tasks();
    let upgrade = get()
        .header("connection", "upgrade")
        .header("upgrade", "echo");
    assert_eq!(status(upgrade).await.unwrap(), 200);
    assert_eq!(service.connections(), 1);
    until_tasks_are_at_most(before).await;
}

#[tokio::test]
async fn a_body_goes_on_after_the_service_has_closed_its_connection() {
    let chaos = ChaosManager::new();
    let url = server(async |mut stream| {
        read_head(&mut stream).await?;
        let last = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
        stream.write_all(last).await
    })
    .await;
    let client = payments(&chaos, builder());
    let before = tasks();
    let narrow = Bandwidth::bytes_per_second(1).unwrap();
    let held = inject(&chaos, Fault::bandwidth(narrow), Phase::During);
    let response = soon(client.get(url).send()).await.unwrap();
    let body = tokio::spawn(response.text());
    soon(held.wait_for(1)).await.unwrap();
    // The body, the caller's connection and its hop are left.
    until_tasks_are_at_most(before + 3).await;
    drop(held);
    assert_eq!(soon(body).await.unwrap().unwrap(), "ok");
}

#[tokio::test]
async fn tags_do_not_reach_the_service() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder());
    let _running = inject(&chaos, Fault::latency(Duration::ZERO), Phase::Before);
    let request = client.get(service.url("/"));
    let request = request.header("baggage", "chaos=v1;tags=canary,region=eu");
    assert_eq!(status(request).await.unwrap(), 200);
    assert_eq!(service.requests()[0].headers()["baggage"], "region=eu");
}

async fn assert_closes_with_the_service(builder: ClientBuilder) {
    let chaos = ChaosManager::new();
    let before = tasks();
    let service = Service::start().await;
    let client = payments(&chaos, builder);
    soon(client.get(service.url("/")).send())
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert!(tasks() > before);
    // Its connections are idle in the pool of the client, which is kept.
    drop(service);
    until_tasks_are_at_most(before + 1).await;
    let service = Service::start().await;
    assert_eq!(
        soon(client.get(service.url("/")).send())
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn a_connection_that_the_service_closes_closes_the_callers_at_once() {
    assert_closes_with_the_service(builder()).await;
}

#[tokio::test]
async fn an_http2_connection_that_the_service_closes_closes_the_callers_at_once() {
    assert_closes_with_the_service(builder().http2_prior_knowledge()).await;
}
