//! The virtual clock stands still while work is going on, and jumps while nothing is left to do.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use chaos_core::Site;
use chaos_explore::{Gap, explore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

/// Starts a server that echoes over a socket.
async fn start_server() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut byte = [0];
                while stream.read_exact(&mut byte).await.is_ok() {
                    stream.write_all(&byte).await.unwrap();
                }
            });
        }
    });
    address
}

async fn exchange(address: std::net::SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    for _ in 0..20 {
        stream.write_all(&[7]).await?;
        stream.read_exact(&mut [0]).await?;
    }
    Ok(())
}

#[test]
fn time_stands_still_while_a_reply_is_in_a_socket() {
    explore(async |_| start_server().await)
        .act(async |address| {
            let reply = timeout(Duration::from_secs(2), exchange(*address)).await;
            reply.expect("no time passes while a server works").unwrap();
        })
        .verify(async |_, ()| {})
        .run_without_operations();
}

#[test]
fn hours_of_sleep_take_no_real_time() {
    let started = std::time::Instant::now();
    explore(async |_| ())
        .act(async |_| {
            let began = Instant::now();
            for _ in 0..24 {
                sleep(Duration::from_secs(3600)).await;
            }
            // Tokio rounds each sleep up to the next millisecond.
            assert_eq!(began.elapsed().as_secs(), 24 * 3600);
        })
        .verify(async |_, ()| {})
        .act_within_a_day()
        .run_without_operations();
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn blocking_work_holds_the_clock() {
    explore(async |_| ())
        .act(async |_| {
            let work = tokio::task::spawn_blocking(|| thread::sleep(Duration::from_millis(20)));
            timeout(Duration::from_secs(1), work)
                .await
                .expect("the clock stands still")
                .unwrap();
        })
        .verify(async |_, ()| {})
        .run_without_operations();
}

/// Waits for a thread that the runtime doesn't know.
async fn reply_from_a_thread() {
    let (reply, replied) = oneshot::channel();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        let _ = reply.send(());
    });
    replied.await.unwrap();
}

/// An adapter announces the thread's work.
#[test]
fn work_on_a_drivers_thread_holds_the_clock() {
    explore(async |chaos| chaos.site("db"))
        .act(async |db| {
            let _work = db.works_outside();
            let reply = timeout(Duration::from_secs(1), reply_from_a_thread()).await;
            reply.expect("the clock stands still");
        })
        .verify(async |_, ()| {})
        .run_without_operations();
}

/// Without an announcement the clock doesn't wait for a reply, and neither does tokio's own paused clock.
#[test]
fn a_clock_without_a_hold_runs_ahead_of_replies() {
    /// Fails only if the clock waits, since the reply never arrives.
    async fn runs_ahead() {
        let (_reply, replied) = oneshot::channel::<()>();
        assert!(timeout(Duration::from_secs(1), replied).await.is_err());
    }
    explore(async |_| ())
        .act(async |_| runs_ahead().await)
        .verify(async |_, ()| {})
        .run_without_operations();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(runs_ahead());
}

#[test]
fn real_time_passes_in_real_time_mode() {
    explore(async |_| ())
        .act(async |_| {
            let began = std::time::Instant::now();
            sleep(Duration::from_millis(20)).await;
            assert!(began.elapsed() >= Duration::from_millis(20));
        })
        .verify(async |_, ()| {})
        .in_real_time()
        .run_without_operations();
}

trait Settings {
    fn act_within_a_day(self) -> Self;

    fn run_without_operations(self);
}

impl Settings for chaos_explore::Exploration {
    fn act_within_a_day(self) -> Self {
        self.act_within(Duration::from_secs(25 * 3600))
    }

    fn run_without_operations(self) {
        self.allow(Gap::NoOperations)
            .allow(Gap::NothingInjected)
            .run();
    }
}

/// Other tasks observe the end of the act before the faults end.
#[test]
fn an_abandoned_operation_is_dropped_before_its_fault_ends() {
    struct Service {
        pms: Site,
        saved: Arc<AtomicBool>,
    }
    explore(async |chaos| Service {
        pms: chaos.site("pms"),
        saved: Arc::default(),
    })
    .act(async |service| {
        let (caller, mut caller_gone) = oneshot::channel::<()>();
        let (pms, saved) = (service.pms.clone(), Arc::clone(&service.saved));
        let handler = tokio::spawn(async move {
            let save = async {
                saved.store(true, Ordering::Relaxed);
                io::Result::Ok(())
            };
            tokio::select! {
                biased;
                saving = pms.around("save", save) => drop(saving),
                _ = &mut caller_gone => {}
            }
        });
        let reply = timeout(Duration::from_secs(2), handler).await;
        drop(caller);
        reply.is_ok()
    })
    .verify(async |service, is_answered| {
        sleep(Duration::from_secs(1)).await;
        let saved = service.saved.load(Ordering::Relaxed);
        assert!(is_answered || !saved, "saved although the caller was gone");
    })
    .run();
}
