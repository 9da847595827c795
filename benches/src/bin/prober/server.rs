//! A server that records how long each of its requests took.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A request as the server saw it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handled {
    pub(crate) arrived: Instant,
    /// Until its reply was made; none while it waits.
    pub(crate) took: Option<Duration>,
}

type Requests = Arc<Mutex<HashMap<String, Handled>>>;

/// What a server does with a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// Delays the nth request by 5 ms and an exponential time of 20 ms.
    Delays,
    /// Handles one at a time, for 50 ms each.
    OneByOne,
}

/// A server, until it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    handled: Requests,
    runtime: Runtime,
}

impl Server {
    pub(crate) fn open(behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let server = Self {
            url: format!("http://{}", listener.local_addr().expect("bound")),
            handled: Arc::default(),
            runtime,
        };
        let handled = Arc::clone(&server.handled);
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        let handler = move |headers: HeaderMap| handle(handled, turn, behaviour, headers);
        let app = Router::new().route("/", get(handler));
        let serving = async move { axum::serve(listener, app).await };
        server.runtime.spawn(serving);
        server
    }

    /// The requests so far, by their id or number.
    pub(crate) fn handled(&self) -> HashMap<String, Handled> {
        lock(&self.handled).clone()
    }
}

async fn handle(
    handled: Requests,
    turn: Arc<tokio::sync::Mutex<()>>,
    behaviour: Behaviour,
    headers: HeaderMap,
) -> &'static str {
    let arrived = Instant::now();
    let (number, id) = {
        let mut all = lock(&handled);
        let number = all.len();
        let id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        let id = id.map_or_else(|| number.to_string(), str::to_owned);
        let took = None;
        all.insert(id.clone(), Handled { arrived, took });
        (number as u64, id)
    };
    match behaviour {
        Behaviour::Delays => tokio::time::sleep(delay(number)).await,
        Behaviour::OneByOne => {
            let _turn = turn.lock().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let took = Some(arrived.elapsed());
    lock(&handled).insert(id, Handled { arrived, took });
    "handled"
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The delay of the nth request.
fn delay(number: u64) -> Duration {
    // The golden ratio spreads the shares evenly.
    let share = (number as f64 * 0.618_033_988_749_895).fract();
    Duration::from_millis(5) + Duration::from_millis(20).mul_f64(-(1.0 - share).ln())
}
