//! How a service feels each pressure, and that it goes on answering.

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

use crate::group::{self, Group};
use crate::proc::{own, quantile};

const TIME: Duration = Duration::from_secs(5);

/// How often each connection asks.
const EVERY: Duration = Duration::from_millis(10);

const WORKERS: usize = 2;

/// What the group of the service may use: little enough for pressure to be felt.
const GROUP: u64 = 1 << 30;

/// How many pages of a file each `/read` takes.
const PAGES: u64 = 16;

/// How long the file is that the service reads from: it fits into the cache, as long as nobody needs the memory.
const FILE: u64 = 512 << 20;

pub(crate) fn all() {
    let group = Group::with_memory(GROUP);
    match &group {
        Some(_) => println!("In a control group that may use 1 GiB of memory:\n"),
        None => println!("No control group can be made here: memory is not scarce.\n"),
    }
    let path = group.as_ref().map_or("", Group::path);
    let status = own(&["--service-in", path]).status().expect("it starts");
    assert!(status.success(), "{status}");
}

/// The service, in a process and a group of its own.
pub(crate) fn in_group(path: &str) -> ! {
    if !path.is_empty() {
        group::join(path);
    }
    serve_under_each();
    std::process::exit(0)
}

fn serve_under_each() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback is there");
    let address = listener.local_addr().expect("it is bound").to_string();
    let file = Arc::new(file_to_read().expect("there is a disk"));
    let app = Router::new()
        .route("/quick", get(quick))
        .route("/read", get(move || read(Arc::clone(&file))))
        .route("/save", get(save));
    runtime.spawn(async move { axum::serve(listener, app).await });
    let percent = |percent: f64| Rate::percent(percent).expect("it is a percentage");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    println!(
        "| pressure | /quick p50 | p99 | /read p50 | p99 | /save p50 | p99 | answers of {} in {TIME:?} |",
        asked()
    );
    println!("|---|---|---|---|---|---|---|---|");
    let _inside = runtime.enter();
    let blocked = |workers| Pressure::runtime_workers(workers, Duration::from_millis(100));
    // Disks differ: the most that this one gives.
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
        // Last: what it drives out of the cache is missing from then on.
        (
            "memory, all but the reserve",
            vec![Pressure::memory_share(percent(100.0))],
        ),
    ];
    for (what, pressures) in pressures {
        let guard = pressures.iter().find_map(reached);
        let output = own(&["--client", &address]).output().expect("it starts");
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

/// The pressure, once it is at its level; nothing if it never is.
fn reached(pressure: &Pressure) -> Option<PressureGuard> {
    let guard = pressure.start().expect("there is room");
    while !guard.was_reached() {
        if let Some(end) = guard.ended() {
            println!("| not reached: {end} | | | | | | | |");
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Some(guard)
}

/// A file without a name, all of it in the cache, every page on its own and seldom used: such pages give way.
fn file_to_read() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("chaos-read-{}", std::process::id()));
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    let mebibyte = vec![7; 1 << 20];
    for _ in 0..FILE >> 20 {
        file.write_all(&mebibyte)?;
    }
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    fadvise(&file, 0, None, Advice::Random)?;
    for page in 0..FILE >> 12 {
        read_page(&file, page)?;
    }
    Ok(file)
}

fn read_page(file: &File, page: u64) -> std::io::Result<u8> {
    let mut bytes = [0; 4096];
    file.read_exact_at(&mut bytes, page << 12)?;
    Ok(bytes[0])
}

/// Reads some pages all over the file, other ones each time.
async fn read(file: Arc<File>) -> Result<String, String> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let first = NEXT.fetch_add(PAGES, Ordering::Relaxed);
    tokio::task::spawn_blocking(move || {
        let pages = (first..first + PAGES).map(|page| page * 48_271 % (FILE >> 12));
        let read = pages.map(|page| read_page(&file, page).map(u64::from));
        read.sum::<std::io::Result<u64>>()
            .map(|sum| sum.to_string())
    })
    .await
    .map_err(|error| error.to_string())?
    .map_err(|error| error.to_string())
}

async fn quick() -> String {
    // A little of what handlers do: some memory, some work.
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

/// How many requests the client sends.
fn asked() -> usize {
    let connections: usize = PATHS.iter().map(|(_, connections)| connections).sum();
    connections * (TIME.as_millis() / EVERY.as_millis()) as usize
}

/// What is asked for, by how many connections.
const PATHS: [(&str, usize); 3] = [("/quick", 2), ("/read", 1), ("/save", 1)];

/// Asks a service in a process of its own, so that what starves the service does not starve who measures it.
pub(crate) fn client(address: &str) -> ! {
    let asking = PATHS.map(|(path, connections)| {
        let threads = (0..connections).map(|_| {
            let address = address.to_owned();
            std::thread::spawn(move || ask(&address, path))
        });
        threads.collect::<Vec<_>>()
    });
    let mut answers = 0;
    for threads in asking {
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

/// How long each good answer took.
fn ask(address: &str, path: &str) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    let _ = stream.set_nodelay(true);
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let (start, mut took, mut piece) = (Instant::now(), Vec::new(), [0; 4096]);
    for number in 0..(TIME.as_millis() / EVERY.as_millis()) as u32 {
        let due = EVERY * number;
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        if start.elapsed() > 2 * TIME || stream.write_all(request.as_bytes()).is_err() {
            break;
        }
        let asked = Instant::now();
        match stream.read(&mut piece) {
            Ok(read) if piece[..read].starts_with(b"HTTP/1.1 200") => took.push(asked.elapsed()),
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    took
}
