//! Measures the throughput under latency: ten megabytes at 100 ms, through a stream, a relay and a client.
//!
//! `cargo run --release -p chaos-benches --bin delayed`
//!
//! The rate counts from the first byte on. Then twenty ticks, one every 20 ms, pass through a stream: at that latency the
//! last one comes after 500 ms, on top of what the machine's own timers are late by.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chaos_net::{BlastRadius, ChaosManager, ChaosRelay, Fault, StreamSite};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const BYTES: usize = 10_000_000;
const LATENCY: Duration = Duration::from_millis(100);
const ROUNDS: usize = 9;
const TICK: Duration = Duration::from_millis(20);
const TICKS: usize = 20;

/// Sends ten megabytes to each client, behind the head of an HTTP response.
async fn server() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 1024];
                let _ = client.read(&mut request).await?;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BYTES}\r\n\r\n");
                client.write_all(head.as_bytes()).await?;
                client.write_all(&vec![7; BYTES]).await?;
                client.shutdown().await
            });
        }
    });
    Ok(address)
}

/// Reads to the end, and returns the seconds until the first byte and after it.
async fn read(mut from: impl AsyncRead + Unpin) -> io::Result<(f64, f64)> {
    let begin = Instant::now();
    let mut bytes = vec![0; 256 * 1024];
    let _ = from.read(&mut bytes).await?;
    let first = begin.elapsed().as_secs_f64();
    while from.read(&mut bytes).await? > 0 {}
    Ok((first, begin.elapsed().as_secs_f64() - first))
}

/// The time that ticks take through a stream, from the first one's departure on.
async fn ticks(site: &StreamSite) -> io::Result<Duration> {
    let (mut sender, receiver) = tokio::io::duplex(1024);
    let mut stream = site.wrap(receiver);
    let begin = Instant::now();
    let sending = async {
        let mut clock = tokio::time::interval_at((begin + TICK).into(), TICK);
        for _ in 0..TICKS {
            clock.tick().await;
            sender.write_all(b"tick").await?;
        }
        drop(sender);
        Ok::<_, io::Error>(())
    };
    let mut received = Vec::new();
    let receiving = async {
        while received.len() < 4 * TICKS {
            stream.read_buf(&mut received).await?;
        }
        Ok::<_, io::Error>(begin.elapsed())
    };
    let (_, took) = tokio::try_join!(sending, receiving)?;
    Ok(took)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = server().await?;
    let chaos = ChaosManager::new();
    let site = StreamSite::new(&chaos, "bulk");
    let relay = ChaosRelay::to(address).listen(&chaos, "bulk").await?;
    let client = chaos_tower::reqwest::client(&chaos, "bulk", reqwest::Client::builder())?;
    let _late = chaos.inject(BlastRadius::streams_to("bulk"), Fault::latency(LATENCY))?;
    println!("| 10 MB at 100 ms | first byte, ms | then, MB/s |\n|---|---|---|");
    for through in ["stream", "relay", "client"] {
        let (mut firsts, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (first, rest) = match through {
                "stream" => {
                    let mut stream = site.connect(TcpStream::connect(address)).await?;
                    stream.write_all(b"GET").await?;
                    read(stream).await?
                }
                "relay" => {
                    let mut stream = TcpStream::connect(relay.addr()).await?;
                    stream.write_all(b"GET").await?;
                    read(stream).await?
                }
                _ => {
                    let begin = Instant::now();
                    let mut reply = client.get(format!("http://{address}/")).send().await?;
                    let first = begin.elapsed().as_secs_f64();
                    while reply.chunk().await?.is_some() {}
                    (first, begin.elapsed().as_secs_f64() - first)
                }
            };
            firsts.push(first * 1e3);
            rates.push(BYTES as f64 / 1e6 / rest);
        }
        println!(
            "| {through} | {:.0} | {:.0} |",
            median(firsts),
            median(rates)
        );
    }
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        took.push(ticks(&site).await?.as_secs_f64() * 1e3);
    }
    println!(
        "\ntwenty ticks of 20 ms at 100 ms: {:.1} ms (median of {ROUNDS})",
        median(took)
    );
    Ok(())
}
