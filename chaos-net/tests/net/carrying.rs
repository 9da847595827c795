//! What a stream carries for a client that somebody else has connected.

use std::time::Duration;

use chaos_net::{BlastRadius, ChaosManager, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::task::yield_now;
use tokio::time::timeout;

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_before_all_was_asked_is_not_lost() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "payments");
    let (mut client, near) = duplex(1024);
    let (upstream, mut server) = duplex(1024);
    let carried = tokio::spawn(site.wrap(upstream).relay_client(near));
    let answers = BlastRadius::streams_to("payments").operation("read");
    let slow = Fault::latency(Duration::from_secs(1));
    let _slow = chaos.inject(answers, slow).unwrap();

    client.write_all(b"POST").await.unwrap();
    let mut asked = [0; 4];
    server.read_exact(&mut asked).await.unwrap();
    server.write_all(b"413 too large").await.unwrap();
    drop(server);
    // It goes on asking, while nobody hears it any more.
    yield_now().await;
    let _ = client.write_all(b"more").await;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "413 too large");
    drop(client);
    carried.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_writes_to_somebody_that_does_not_read_is_held_up() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "payments");
    let (mut client, near) = duplex(1024);
    let (upstream, server) = duplex(1024);
    let carried = tokio::spawn(site.wrap(upstream).relay_client(near));

    let sent: Vec<u8> = (0..1024 * 1024).map(|byte: u32| byte as u8).collect();
    let mut accepted = 0;
    while let Ok(written) = timeout(Duration::from_secs(1), client.write(&sent[accepted..])).await {
        accepted += written.unwrap();
    }
    // Two pipes of 1 KiB, and one chunk between them; what is unlimited would have taken it all.
    assert!(accepted < 64 * 1024, "{accepted} bytes were taken");

    let reading = tokio::spawn(async move {
        let (mut server, mut received) = (server, Vec::new());
        server.read_to_end(&mut received).await.map(|_| received)
    });
    client.write_all(&sent[accepted..]).await.unwrap();
    drop(client);
    assert_eq!(reading.await.unwrap().unwrap(), sent);
    carried.await.unwrap();
}
