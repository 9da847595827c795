//! The effect of each pressure on a service, which must keep answering.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use chaos_core::{Pressure, PressureGuard, Rate};
use rustix::fs::{Advice, fadvise};

use crate::child;
use crate::quantile::quantile;
use chaos_benches::control_group::{self, Group};

/// The time of each measurement.
const TIME: Duration = Duration::from_secs(5);

/// The interval between two requests of a connection.
const REQUEST_INTERVAL: Duration = Duration::from_millis(10);

const WORKERS: usize = 2;

/// The memory limit of the service's group: small enough for pressure to have an effect.
const GROUP_MEMORY: u64 = 1 << 30;

/// The pages of the file that each `/read` reads.
const PAGES: u64 = 16;

/// The size of the file that the service reads: it fits into the page cache while enough memory is free.
const FILE_SIZE: u64 = 512 << 20;

pub(crate) fn run() {
    let group = Group::with_memory(GROUP_MEMORY);
    match &group {
        Some(_) => println!("In a control group limited to 1 GiB of memory:\n"),
        None => println!("No control group can be created here, so memory is not scarce.\n"),
    }
    let path = group.as_ref().map_or("", Group::path);
    let status = child::command(&["--service-in", path])
        .status()
        .expect("the child starts");
    assert!(status.success(), "{status}");
}

/// Runs the service in its own process and group.
pub(crate) fn in_group(path: &str) -> ! {
    if !path.is_empty() {
        control_group::join(path);
    }
    serve_under_each_pressure();
    std::process::exit(0)
}

fn serve_under_each_pressure() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .expect("the runtime starts");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback interface is available");
    let address = listener
        .local_addr()
        .expect("the listener is bound")
        .to_string();
    let file = Arc::new(file_to_read().expect("the file can be created"));
    let app = Router::new()
        .route("/quick", get(quick))
        .route("/read", get(move || read(Arc::clone(&file))))
        .route("/save", get(save));
    runtime.spawn(async move { axum::serve(listener, app).await });
    let percent = |percent: f64| Rate::percent(percent).expect("the percentage is valid");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    println!(
        "| pressure | /quick p50 | p99 | /read p50 | p99 | /save p50 | p99 | answers to {} requests in {TIME:?} |",
        request_count()
    );
    println!("|---|---|---|---|---|---|---|---|");
    let _inside = runtime.enter();
    let blocked = |workers| Pressure::runtime_workers(workers, Duration::from_millis(100));
    // Disks differ, so the highest rate that this one reaches is used.
    let writing = [12_000_000, 4_000_000, 1_000_000, 250_000, 64_000];
    let pressures = [
        ("none", vec![]),
        (
            "cpu, 4 spinners a core",
            vec![Pressure::cpu(4 * cores, percent(100.0))],
        ),
        (
            "disk_io, 64 workers",
            writing
                .map(|rate| Pressure::disk_io(64, rate).reserve(Rate::NEVER))
                .to_vec(),
        ),
        ("half of the workers blocked", vec![blocked(1)]),
        ("all workers blocked, 100 ms each", vec![blocked(2)]),
        ("none", vec![]),
        // Last, because the pages that it evicts from the cache stay evicted.
        (
            "memory, all but the reserve",
            vec![Pressure::memory_share(percent(100.0))],
        ),
    ];
    for (what, pressures) in pressures {
        let guard = pressures.iter().find_map(start_and_reach);
        let output = child::command(&["--client", &address])
            .output()
            .expect("the child starts");
        let level = guard
            .as_ref()
            .map_or_else(String::new, |one| format!(" ({})", one.level()));
        print!(
            "| {what}{level} | {}",
            String::from_utf8_lossy(&output.stdout)
        );
        if let Some(guard) = guard {
            guard.stop();
            while !guard.is_gone() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    runtime.shutdown_background();
}

/// Starts a pressure and waits until it is reached; returns `None` if it fails.
fn start_and_reach(pressure: &Pressure) -> Option<PressureGuard> {
    let guard = pressure.start().expect("the pressure fits");
    while !guard.took_effect() {
        if let Some(end) = guard.ended() {
            println!("| not reached: {end} | | | | | | | |");
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Some(guard)
}

/// Creates an unnamed file that is fully in the page cache; its pages are used once each, so they are evicted first.
fn file_to_read() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("chaos-read-{}", std::process::id()));
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    let mebibyte = vec![7; 1 << 20];
    for _ in 0..FILE_SIZE >> 20 {
        file.write_all(&mebibyte)?;
    }
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    fadvise(&file, 0, None, Advice::Random)?;
    for page in 0..FILE_SIZE >> 12 {
        read_page(&file, page)?;
    }
    Ok(file)
}

fn read_page(file: &File, page: u64) -> std::io::Result<u8> {
    let mut bytes = [0; 4096];
    file.read_exact_at(&mut bytes, page << 12)?;
    Ok(bytes[0])
}

/// Reads pages from all over the file, different ones each time.
async fn read(file: Arc<File>) -> Result<String, String> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let first = NEXT.fetch_add(PAGES, Ordering::Relaxed);
    tokio::task::spawn_blocking(move || {
        let pages = (first..first + PAGES).map(|page| page * 48_271 % (FILE_SIZE >> 12));
        let read = pages.map(|page| read_page(&file, page).map(u64::from));
        read.sum::<std::io::Result<u64>>()
            .map(|sum| sum.to_string())
    })
    .await
    .map_err(|error| error.to_string())?
    .map_err(|error| error.to_string())
}

async fn quick() -> String {
    // A little memory and work, as in a typical handler.
    let page = vec![1_u8; 64 << 10];
    page.iter()
        .map(|byte| u64::from(*byte))
        .sum::<u64>()
        .to_string()
}

async fn save() -> Result<&'static str, String> {
    tokio::task::spawn_blocking(|| {
        let path = std::env::temp_dir().join(format!("chaos-save-{}", std::process::id()));
        let mut file = File::create(&path)?;
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        std::fs::remove_file(path).or(Ok(()))
    })
    .await
    .map_err(|error| error.to_string())?
    .map(|()| "saved")
    .map_err(|error: std::io::Error| error.to_string())
}

/// Returns the number of requests that the client sends.
fn request_count() -> usize {
    let connections: usize = PATHS.iter().map(|(_, connections)| connections).sum();
    connections * (TIME.as_millis() / REQUEST_INTERVAL.as_millis()) as usize
}

/// The requested paths, and the number of connections for each.
const PATHS: [(&str, usize); 3] = [("/quick", 2), ("/read", 1), ("/save", 1)];

/// Sends requests from its own process, so that the pressure on the service does not affect the measurement.
pub(crate) fn client(address: &str) -> ! {
    let connections = PATHS.map(|(path, connections)| {
        let threads = (0..connections).map(|_| {
            let address = address.to_owned();
            std::thread::spawn(move || send_requests(&address, path))
        });
        threads.collect::<Vec<_>>()
    });
    let mut answers = 0;
    for threads in connections {
        let took = threads.into_iter().map(JoinHandle::join);
        let mut took: Vec<_> = took.flat_map(Result::unwrap_or_default).collect();
        took.sort();
        answers += took.len();
        print!(
            "{:.1?} | {:.1?} | ",
            quantile(&took, 0.5),
            quantile(&took, 0.99)
        );
    }
    println!("{answers} |");
    std::process::exit(0)
}

/// Returns the latency of each successful response.
fn send_requests(address: &str, path: &str) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    let _ = stream.set_nodelay(true);
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let (start, mut took, mut piece) = (Instant::now(), Vec::new(), [0; 4096]);
    for number in 0..(TIME.as_millis() / REQUEST_INTERVAL.as_millis()) as u32 {
        let due = REQUEST_INTERVAL * number;
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        if start.elapsed() > 2 * TIME || stream.write_all(request.as_bytes()).is_err() {
            break;
        }
        let sent = Instant::now();
        match stream.read(&mut piece) {
            Ok(read) if piece[..read].starts_with(b"HTTP/1.1 200") => took.push(sent.elapsed()),
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    took
}
