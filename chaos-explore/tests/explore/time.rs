use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use chaos_core::Site;
use chaos_explore::explore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

/// Answers over a socket, in no time on the clock.
async fn server() -> std::net::SocketAddr {
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

async fn ask(address: std::net::SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    for _ in 0..20 {
        stream.write_all(&[7]).await?;
        stream.read_exact(&mut [0]).await?;
    }
    Ok(())
}

/// The clock must not jump to the client's timeout while the answer is on its way.
#[test]
fn time_stands_while_an_answer_is_in_a_socket() {
    explore(async |_| server().await)
        .act(async |address| {
            let answer = timeout(Duration::from_secs(2), ask(*address)).await;
            answer
                .expect("no time passes while a server works")
                .unwrap();
        })
        .verify(async |_, ()| {})
        .run();
}

#[test]
fn hours_take_no_time() {
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
        .run();
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn blocking_work_holds_the_clock() {
    explore(async |_| ())
        .act(async |_| {
            let work = tokio::task::spawn_blocking(|| thread::sleep(Duration::from_millis(20)));
            timeout(Duration::from_secs(1), work)
                .await
                .expect("it takes no time on the clock")
                .unwrap();
        })
        .verify(async |_, ()| {})
        .run();
}

/// Answers from a thread that the runtime knows nothing of, after a while.
async fn answer_from_a_thread() {
    let (answer, answered) = oneshot::channel();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        let _ = answer.send(());
    });
    answered.await.unwrap();
}

/// An adapter says that a thread works for a query; nobody else could tell.
#[test]
fn work_on_a_thread_of_a_driver_holds_the_clock() {
    explore(async |chaos| chaos.site("db"))
        .act(async |db| {
            let _work = db.works_outside();
            let answer = timeout(Duration::from_secs(1), answer_from_a_thread()).await;
            answer.expect("the clock stands");
        })
        .verify(async |_, ()| {})
        .run();
}

/// Why it is held: nobody says that the thread works, and the clock does not wait for it; tokio's own doesn't either.
#[test]
fn a_clock_that_nobody_holds_runs_ahead_of_answers() {
    /// The answer comes only when the clock has run ahead, so nothing but a clock that waits fails this.
    async fn runs_ahead() {
        let (_answer, answered) = oneshot::channel::<()>();
        assert!(timeout(Duration::from_secs(1), answered).await.is_err());
    }
    explore(async |_| ())
        .act(async |_| runs_ahead().await)
        .verify(async |_, ()| {})
        .run();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(runs_ahead());
}

#[test]
fn real_time_passes_where_it_is_asked_for() {
    explore(async |_| ())
        .act(async |_| {
            let began = std::time::Instant::now();
            sleep(Duration::from_millis(20)).await;
            assert!(began.elapsed() >= Duration::from_millis(20));
        })
        .verify(async |_, ()| {})
        .in_real_time()
        .run();
}

trait ADay {
    fn act_within_a_day(self) -> Self;
}

impl ADay for chaos_explore::Exploration {
    fn act_within_a_day(self) -> Self {
        self.act_within(Duration::from_secs(25 * 3600))
    }
}

/// What a fault holds when the act ends is let go only after everybody else has heard of that end.
#[test]
fn an_operation_whose_caller_gave_up_is_dropped_before_its_fault_ends() {
    struct Service {
        pms: Site,
        saved: Arc<AtomicBool>,
    }
    explore(async |chaos| Service {
        pms: chaos.site("pms"),
        saved: Arc::default(),
    })
    .act(async |service| {
        let (caller, mut gone) = oneshot::channel::<()>();
        let (pms, saved) = (service.pms.clone(), Arc::clone(&service.saved));
        let handler = tokio::spawn(async move {
            let save = async {
                saved.store(true, Ordering::Relaxed);
                io::Result::Ok(())
            };
            tokio::select! {
                biased;
                saving = pms.around("save", save) => drop(saving),
                _ = &mut gone => {}
            }
        });
        let answer = timeout(Duration::from_secs(2), handler).await;
        drop(caller);
        answer.is_ok()
    })
    .verify(async |service, answered| {
        sleep(Duration::from_secs(1)).await;
        let saved = service.saved.load(Ordering::Relaxed);
        assert!(answered || !saved, "saved though the caller had gone");
    })
    .run();
}
