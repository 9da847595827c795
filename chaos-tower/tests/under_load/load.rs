//! Sends ten thousand requests, and checks the shares of their responses.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

pub(crate) const REQUESTS: u32 = 10_000;
const CALLERS: u32 = 100;

/// The responses of all requests, and how long they took.
pub(crate) struct Measured {
    pub(crate) answers: BTreeMap<u16, u32>,
    times: Vec<Duration>,
}

/// Sends all requests from concurrent callers.
pub(crate) async fn measure<F>(call: impl Fn() -> F + Clone + Send + 'static) -> Measured
where
    F: Future<Output = u16> + Send + 'static,
{
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let call = call.clone();
        callers.spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..REQUESTS / CALLERS {
                let start = Instant::now();
                let answer = call().await;
                seen.push((answer, start.elapsed()));
            }
            seen
        });
    }
    let mut measured = Measured {
        answers: BTreeMap::new(),
        times: Vec::new(),
    };
    for (answer, time) in callers.join_all().await.into_iter().flatten() {
        *measured.answers.entry(answer).or_default() += 1;
        measured.times.push(time);
    }
    measured.times.sort_unstable();
    measured
}

impl Measured {
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        self.times[(self.times.len() as f64 * share) as usize]
    }

    /// Fails unless the share of a response is as expected, within 99.9 % of all draws.
    pub(crate) fn assert_share(&self, answer: u16, share: f64) {
        let all = f64::from(REQUESTS);
        let spread = 3.29 * (all * share * (1.0 - share)).sqrt();
        let count = f64::from(self.answers.get(&answer).copied().unwrap_or(0));
        assert!(
            (count - all * share).abs() <= spread,
            "{count} of {all} were {answer}, expected a share of {share}; all: {:?}",
            self.answers
        );
    }
}

static PANICS: AtomicU32 = AtomicU32::new(0);

/// Counts the panics on runtime workers since the first call of this function.
///
/// A failed assertion of another test in this process happens on that test's thread and does not count.
pub(crate) fn panics() -> u32 {
    static COUNT: Once = Once::new();
    COUNT.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() == Some("tokio-rt-worker") {
                PANICS.fetch_add(1, Ordering::Relaxed);
            }
            before(info);
        }));
    });
    PANICS.load(Ordering::Relaxed)
}
