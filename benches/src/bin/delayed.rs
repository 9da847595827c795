//! Measures the throughput under latency: ten megabytes at 100 ms, through a stream, a relay and a client.
//!
//! `cargo run --release -p chaos-benches --bin delayed`
//!
//! The rate counts from the first byte on. A body of twenty ticks, one every 20 ms, takes 500 ms at that latency.

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
    Ok(())
}
