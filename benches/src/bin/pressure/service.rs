//! How a service feels each pressure, and that it goes on answering.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use chaos_core::{Pressure, PressureGuard, Rate};

use crate::proc::{own, quantile};

const TIME: Duration = Duration::from_secs(5);

/// How many connections ask, each of them every so often.
const CONNECTIONS: usize = 4;
const EVERY: Duration = Duration::from_millis(10);

const WORKERS: usize = 2;

pub(crate) fn all() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the loopback is there");
    let address = listener.local_addr().expect("it is bound").to_string();
    let app = Router::new()
        .route("/quick", get(quick))
        .route("/save", get(save));
    runtime.spawn(async move { axum::serve(listener, app).await });
    let percent = |percent: f64| Rate::percent(percent).expect("it is a percentage");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    println!(
        "| pressure | /quick p50 | p99 | /save p50 | p99 | answers of {} in {TIME:?} |",
        asked()
    );
    println!("|---|---|---|---|---|---|");
    let _inside = runtime.enter();
    let pressures: [(&str, Option<Pressure>); 6] = [
        ("none", None),
        (
            "cpu, 4 spinners a core",
            Some(Pressure::cpu(4 * cores, percent(100.0))),
        ),
        ("memory, 2 GiB", Some(Pressure::memory(2 << 30))),
        (
            "disk_io, 4 at 50 MB/s",
            Some(Pressure::disk_io(4, 50_000_000)),
        ),
        (
            "half of the workers blocked",
            Some(Pressure::runtime_workers(1, Duration::from_millis(100))),
        ),
        (
            "all workers blocked, 100 ms each",
            Some(Pressure::runtime_workers(2, Duration::from_millis(100))),
        ),
    ];
    for (what, pressure) in pressures {
        let guard: Option<PressureGuard> = pressure.map(|one| one.start().expect("there is room"));
        std::thread::sleep(Duration::from_secs(1));
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
        let mut file = std::fs::File::create(&path)?;
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
    CONNECTIONS * (TIME.as_millis() / EVERY.as_millis()) as usize
}

/// Asks a service in a process of its own, so that what starves the service does not starve who measures it.
pub(crate) fn client(address: &str) -> ! {
    let threads: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let address = address.to_owned();
            // One of them saves, the others are quick.
            let path = if number == 0 { "/save" } else { "/quick" };
            (path, std::thread::spawn(move || ask(&address, path)))
        })
        .collect();
    let (mut quick, mut save, mut answers) = (Vec::new(), Vec::new(), 0);
    for (path, thread) in threads {
        let took = thread.join().unwrap_or_default();
        answers += took.len();
        if path == "/save" {
            &mut save
        } else {
            &mut quick
        }
        .extend(took);
    }
    quick.sort();
    save.sort();
    println!(
        "{:.1?} | {:.1?} | {:.1?} | {:.1?} | {answers} |",
        quantile(&quick, 0.5),
        quantile(&quick, 0.99),
        quantile(&save, 0.5),
        quantile(&save, 0.99)
    );
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
