//! Measures the processor time of a request to an axum server: with a `ChaosLayer`, and with a layer that does nothing.
//!
//! `cargo run --release -p chaos-benches --bin loopback`
//!
//! Each server is its own process. The servers take turns of a thousand requests; the figure is the median of the
//! ratios of adjacent turns. Throughput alone can't resolve such a small difference.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use chaos_benches::Transparent;
use chaos_core::ChaosManager;
use chaos_tower::ChaosLayer;
use http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

const TURNS: usize = 200;
const REQUESTS: usize = 1_000;
const AT_ONCE: usize = 8;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    match std::env::args().nth(1).as_deref() {
        Some(layer) => runtime.block_on(serve(layer)),
        None => runtime.block_on(compare()),
    }
}

/// Serves with a layer until the process is killed.
async fn serve(layer: &str) -> Result<()> {
    let app = Router::new().route("/hello", get(async || "hello"));
    let chaos = ChaosManager::new();
    let app = match layer {
        "empty" => app.layer(Transparent),
        "chaos" => app.layer(ChaosLayer::server(&chaos, "orders")),
        _ => return Err("no such layer".into()),
    };
    let app = app.route("/spent", get(async || spent().to_string()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, app.with_state(())).await?;
    Ok(())
}

/// Returns the processor time that this process has used, in nanoseconds.
fn spent() -> u64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec.cast_unsigned() * 1_000_000_000 + spent.tv_nsec.cast_unsigned()
}

struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(layer: &str) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(layer)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        let told = process.stdout.take().ok_or("no output")?;
        BufReader::new(told).read_line(&mut address)?;
        Ok(Self {
            process,
            url: format!("http://{}", address.trim()),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

type Http = Client<HttpConnector, Body>;

async fn compare() -> Result<()> {
    let servers = [
        Server::start("empty")?,
        Server::start("empty")?,
        Server::start("chaos")?,
    ];
    let client: Http = Client::builder(TokioExecutor::new()).build_http();
    let mut costs = [const { Vec::new() }; 3];
    for turn in 0..TURNS + 10 {
        // Rotates the order, so that no server always comes first.
        for at in (0..3).map(|at| (at + turn) % 3) {
            let (server, costs) = (&servers[at], &mut costs[at]);
            let cost = turn_of(&client, server).await?;
            // The first turns only warm up.
            if turn >= 10 {
                costs.push(cost);
            }
        }
    }
    let ratio = |other: &[f64]| {
        let ratios = other.iter().zip(&costs[0]).map(|(one, empty)| one / empty);
        median(ratios.collect())
    };
    println!("server CPU per request, {TURNS} turns of {REQUESTS} requests each:");
    println!(
        "  an empty layer        {:>7.0} ns",
        median(costs[0].clone())
    );
    println!(
        "  another empty layer   {:>7.0} ns, {:+.2} % (what noise there is)",
        median(costs[1].clone()),
        (ratio(&costs[1]) - 1.0) * 100.0
    );
    println!(
        "  ChaosLayer::server    {:>7.0} ns, {:+.2} %",
        median(costs[2].clone()),
        (ratio(&costs[2]) - 1.0) * 100.0
    );
    Ok(())
}

/// Runs one turn, and returns the server's processor time per request in nanoseconds.
async fn turn_of(client: &Http, server: &Server) -> Result<f64> {
    let before = ask_spent(client, server).await?;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, url) = (client.clone(), format!("{}/hello", server.url));
        callers.spawn(async move {
            for _ in 0..REQUESTS / AT_ONCE {
                let request = Request::get(&url).body(Body::empty()).expect("a request");
                let reply = client.request(request).await.expect("a reply");
                reply.into_body().collect().await.expect("a body");
            }
        });
    }
    callers.join_all().await;
    Ok((ask_spent(client, server).await? - before) / REQUESTS as f64)
}

async fn ask_spent(client: &Http, server: &Server) -> Result<f64> {
    let request = Request::get(format!("{}/spent", server.url)).body(Body::empty())?;
    let reply = client.request(request).await?;
    let spent = reply.into_body().collect().await?.to_bytes();
    Ok(std::str::from_utf8(&spent)?.parse()?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
