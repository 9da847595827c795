//! Streams that relay a client.

use std::time::Duration;

use chaos_net::{BlastRadius, ChaosManager, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::task::yield_now;
use tokio::time::timeout;

#[tokio::test(start_paused = true)]
async fn a_response_that_arrives_before_the_whole_request_is_not_lost() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "payments");
    let (mut client, near) = duplex(1024);
    let (upstream, mut server) = duplex(1024);
    let relayed = tokio::spawn(site.wrap(upstream).relay_client(near));
    let answers = BlastRadius::streams_to("payments").operation("read");
    let slow = Fault::latency(Duration::from_secs(1));
    let _slow = chaos.inject(answers, slow).unwrap();

    client.write_all(b"POST").await.unwrap();
    let mut asked = [0; 4];
    server.read_exact(&mut asked).await.unwrap();
    server.write_all(b"413 too large").await.unwrap();
    drop(server);
    // The client sends the rest of its request to a closed connection.
    yield_now().await;
    let _ = client.write_all(b"more").await;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "413 too large");
    drop(client);
    relayed.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_blocks_the_client() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "payments");
    let (mut client, near) = duplex(1024);
    let (upstream, server) = duplex(1024);
    let relayed = tokio::spawn(site.wrap(upstream).relay_client(near));

    let sent: Vec<u8> = (0..1024 * 1024).map(|byte: u32| byte as u8).collect();
    let mut accepted = 0;
    while let Ok(written) = timeout(Duration::from_secs(1), client.write(&sent[accepted..])).await {
        accepted += written.unwrap();
    }
    // Two pipes of 1 KiB with one chunk in between. An unbounded relay would have accepted everything.
    assert!(accepted < 64 * 1024, "{accepted} bytes were accepted");

    let reading = tokio::spawn(async move {
        let (mut server, mut received) = (server, Vec::new());
        server.read_to_end(&mut received).await.map(|_| received)
    });
    client.write_all(&sent[accepted..]).await.unwrap();
    drop(client);
    assert_eq!(reading.await.unwrap().unwrap(), sent);
    relayed.await.unwrap();
}
