//! Measures the cost of a connection without injected faults: bare, wrapped, and through relays in this process.
//!
//! `cargo run --release -p chaos-benches --bin streams`
//!
//! All variants take turns in every round; the medians are printed. The server has its own thread. Everything else
//! shares one, so a relay uses processor time that its client would have had.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Instant;

use chaos_net::{BlastRadius, ChaosManager, ChaosRelay, Fault, Rate, StreamSite};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

const ROUNDS: usize = 31;
const ROUND_TRIPS: u32 = 1_000;
const MESSAGE: usize = 64;
const BULK: usize = 64 * 1024 * 1024;
const WRITE: usize = 64 * 1024;

trait Connection: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Connection for S {}

/// One kind of connection, and its measurements in each round.
struct Way {
    name: &'static str,
    echo: Box<dyn Connection>,
    sink: Box<dyn Connection>,
    micros: Vec<f64>,
    gigabytes: Vec<f64>,
}

impl Way {
    fn new(
        name: &'static str,
        echo: impl Connection + 'static,
        sink: impl Connection + 'static,
    ) -> Self {
        Self {
            name,
            echo: Box::new(echo),
            sink: Box::new(sink),
            micros: Vec::new(),
            gigabytes: Vec::new(),
        }
    }

    async fn round(&mut self) -> io::Result<()> {
        let mut message = [7; MESSAGE];
        let start = Instant::now();
        for _ in 0..ROUND_TRIPS {
            self.echo.write_all(&message).await?;
            self.echo.read_exact(&mut message).await?;
        }
        let took = start.elapsed().as_secs_f64();
        self.micros.push(took * 1e6 / f64::from(ROUND_TRIPS));

        let bytes = vec![7; WRITE];
        let start = Instant::now();
        for _ in 0..BULK / WRITE {
            self.sink.write_all(&bytes).await?;
        }
        self.sink.read_u8().await?;
        let took = start.elapsed().as_secs_f64();
        self.gigabytes.push(BULK as f64 / 1e9 / took);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let [echo, sink] = servers()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let chaos = ChaosManager::new();
        let site = StreamSite::new(&chaos, "wrapped");
        let missed = StreamSite::new(&chaos, "missed");
        let to_echo = ChaosRelay::to(echo).listen(&chaos, "relayed").await?;
        let to_sink = ChaosRelay::to(sink).listen(&chaos, "relayed").await?;
        let (bare_echo, bare_sink) = (bare_relay(echo).await?, bare_relay(sink).await?);
        let hardly_ever = Rate::percent(1e-9)?;
        let radius = BlastRadius::streams_to("missed").rate(hardly_ever);
        let _missing = chaos.inject(radius, Fault::reset())?;
        let mut ways = [
            Way::new("bare TCP", tcp(echo).await?, tcp(sink).await?),
            Way::new(
                "`ChaosStream`, nothing concerns it",
                site.wrap(tcp(echo).await?),
                site.wrap(tcp(sink).await?),
            ),
            Way::new(
                "`ChaosStream`, missed",
                missed.wrap(tcp(echo).await?),
                missed.wrap(tcp(sink).await?),
            ),
            Way::new(
                "`copy_bidirectional` in between",
                tcp(bare_echo).await?,
                tcp(bare_sink).await?,
            ),
            Way::new(
                "`ChaosRelay`, nothing concerns it",
                tcp(to_echo.addr()).await?,
                tcp(to_sink.addr()).await?,
            ),
        ];
        for _ in 0..ROUNDS {
            for way in &mut ways {
                way.round().await?;
            }
        }
        println!("| connection | µs per round trip of 64 bytes | GB/s |\n|---|---|---|");
        for way in &mut ways {
            let (micros, gigabytes) = (median(&mut way.micros), median(&mut way.gigabytes));
            println!("| {} | {micros:.1} | {gigabytes:.2} |", way.name);
        }
        Ok(())
    })
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

async fn tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Starts a minimal relay for one connection.
async fn bare_relay(to: SocketAddr) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        client.set_nodelay(true)?;
        let mut server = tcp(to).await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await
    });
    Ok(address)
}

/// Starts an echo server, and a server that reads everything and confirms each `BULK` of bytes.
fn servers() -> Result<[SocketAddr; 2], Box<dyn Error>> {
    let (tell, hear) = mpsc::channel();
    std::thread::spawn(move || -> io::Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let echo = TcpListener::bind("127.0.0.1:0").await?;
            let sink = TcpListener::bind("127.0.0.1:0").await?;
            // The receiver is gone only if the process is ending.
            let _ = tell.send([echo.local_addr()?, sink.local_addr()?]);
            tokio::spawn(async move {
                while let Ok((mut client, _)) = sink.accept().await {
                    tokio::spawn(async move {
                        let mut bytes = vec![0; WRITE];
                        let mut left = BULK;
                        loop {
                            match client.read(&mut bytes[..WRITE.min(left)]).await? {
                                0 => return io::Result::Ok(()),
                                len => left -= len,
                            }
                            if left == 0 {
                                client.write_u8(0).await?;
                                left = BULK;
                            }
                        }
                    });
                }
            });
            loop {
                let (mut client, _) = echo.accept().await?;
                client.set_nodelay(true)?;
                tokio::spawn(async move {
                    let (mut reads, mut writes) = client.split();
                    tokio::io::copy(&mut reads, &mut writes).await
                });
            }
        })
    });
    Ok(hear.recv()?)
}
