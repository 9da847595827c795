//! Measures what a service's own requests feel of an attack on the API of chaos in the same process.
//!
//! `cargo run --release -p chaos-benches --bin attacked`
//!
//! The service and the attack are processes of their own. Rounds with and without the attack alternate; the figures are
//! medians of the rounds.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use chaos_admin::Admin;
use chaos_core::{ChaosManager, Environment, Role};
use chaos_tower::ChaosLayer;
use tokio::net::TcpListener;

const ROUNDS: usize = 10;
const REQUESTS: usize = 1_000;
/// The pause between two requests.
const EVERY: Duration = Duration::from_millis(2);

const TOKEN: &str = "a token of 16 characters";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(),
        ["attack", kind, api] => attack(kind, api.parse()?),
        _ => compare(),
    }
}

#[tokio::main(worker_threads = 2)]
async fn serve() -> Result<()> {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let admin = Admin::new(&chaos)
        .listen("127.0.0.1:0".parse()?)
        .token(Role::Operator, "anna", TOKEN)?
        .serve()?;
    let hello = get(async || "hello");
    let app = Router::new().route("/hello", hello);
    let app = app.layer(ChaosLayer::server(&chaos, "orders"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{} {}", listener.local_addr()?, admin.addresses()[0]);
    axum::serve(listener, app).await?;
    Ok(())
}

/// The kinds of attacks, each of which has a process.
const KINDS: [&str; 4] = ["requests", "floods", "heads", "bodies"];

/// Attacks in one way until the process is killed.
fn attack(kind: &str, api: SocketAddr) -> Result<()> {
    let head = |path: &str, length: usize| {
        format!(
            "POST /chaos/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/yaml\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let mut held = std::collections::VecDeque::new();
    loop {
        // The API may close a connection at any time.
        let Ok(mut stream) = TcpStream::connect(api) else {
            continue;
        };
        match kind {
            "requests" => {
                let document = "- ".repeat(1_000);
                let path = [
                    "/validate",
                    "/experiments",
                    "/../halt",
                    "/experiments?lease=%ff",
                ];
                let path = path[held.len() % path.len()];
                let _ = stream.write_all((head(path, document.len()) + &document).as_bytes());
                let _ = stream.read(&mut [0; 1024]);
                thread::sleep(Duration::from_millis(2));
            }
            "floods" => {
                let _ = stream.write_all(head("/experiments", 100_000_000).as_bytes());
                while stream.write_all(&[b'x'; 65_536]).is_ok() {}
                thread::sleep(Duration::from_millis(10));
            }
            "heads" => {
                let _ = stream.write_all(b"POST /chaos/v1/ha");
                thread::sleep(Duration::from_millis(5));
            }
            _ => {
                let _ = stream.write_all(head("/experiments", 1_000).as_bytes());
                thread::sleep(Duration::from_millis(5));
            }
        }
        held.push_back(stream);
        if held.len() > 400 {
            held.pop_front();
        }
    }
}

/// A process of this program, which ends when it is dropped.
struct Running(Child);

impl Running {
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let command = command.args(arguments).stdout(Stdio::piped());
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn compare() -> Result<()> {
    let mut service = Running::start(&["serve"])?;
    let mut addresses = String::new();
    let told = service.0.stdout.take().ok_or("no output")?;
    BufReader::new(told).read_line(&mut addresses)?;
    let (service_address, api) = addresses.trim().split_once(' ').ok_or("no addresses")?;
    let mut calm = Vec::new();
    let mut attacked = Vec::new();
    let mut halts = Vec::new();
    for _ in 0..ROUNDS {
        calm.push(round(service_address.parse()?)?);
        let attacks = KINDS
            .iter()
            .map(|kind| Running::start(&["attack", kind, api]));
        let attacks = attacks.collect::<Result<Vec<_>>>()?;
        attacked.push(round(service_address.parse()?)?);
        halts.push(halt(api.parse()?)?);
        drop(attacks);
    }
    println!("| own requests of the service | p50, µs | p99, µs |\n|---|---|---|");
    for (name, rounds) in [("without an attack", &calm), ("attacked", &attacked)] {
        let of = |rank: usize| median(rounds.iter().map(|round| round[rank]).collect());
        println!(
            "| {name} | {} | {} |",
            of(REQUESTS / 2),
            of(REQUESTS * 99 / 100)
        );
    }
    println!(
        "a halt during the attack: {} µs, at most {} µs",
        median(halts.clone()),
        halts.iter().max().unwrap_or(&0)
    );
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.0.id()))?;
    println!(
        "{}",
        status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap_or("no peak of memory")
    );
    Ok(())
}

/// The sorted latencies of paced requests, in microseconds.
fn round(address: SocketAddr) -> Result<Vec<u128>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut next = Instant::now();
    for _ in 0..REQUESTS {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        // Counted from when it was due, so that a stall is not felt by one request alone.
        stream.write_all(b"GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
        let mut reply = [0; 1024];
        let length = stream.read(&mut reply)?;
        if !reply[..length].starts_with(b"HTTP/1.1 200") {
            return Err("the service failed".into());
        }
        latencies.push(next.elapsed().as_micros());
        next += EVERY;
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// How long a halt takes, in microseconds.
fn halt(api: SocketAddr) -> Result<u128> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(api)?;
    let request = format!(
        "POST /chaos/v1/halt HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    match &status {
        b"HTTP/1.1 200" => Ok(begun.elapsed().as_micros()),
        other => Err(format!("halted with {:?}", String::from_utf8_lossy(other)).into()),
    }
}

fn median(mut values: Vec<u128>) -> u128 {
    values.sort_unstable();
    values[values.len() / 2]
}
