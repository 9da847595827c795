//! What a stream carries for a client that somebody else has connected.

use std::time::Duration;

use chaos_net::{BlastRadius, ChaosManager, Fault, StreamSite};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_before_all_was_asked_is_not_lost() {
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "payments");
    let (mut client, near) = duplex(1024);
    let (upstream, mut server) = duplex(1024);
    let carried = tokio::spawn(site.wrap(upstream).carry(near));
    let answers = BlastRadius::streams_to("payments").operation("read");
    let slow = Fault::latency(Duration::from_secs(1));
    let _slow = chaos.inject(answers, slow).unwrap();

    client.write_all(b"POST").await.unwrap();
    let mut asked = [0; 4];
    server.read_exact(&mut asked).await.unwrap();
    server.write_all(b"413 too large").await.unwrap();
    drop(server);
    // It goes on asking, while nobody hears it any more.
    tokio::task::yield_now().await;
    let _ = client.write_all(b"more").await;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "413 too large");
    drop(client);
    carried.await.unwrap();
}
