//! The states of the live page, each computed and written once for all its followers.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::MissedTickBehavior;

use crate::problem::Problem;

/// The pause between two states.
const EVERY: Duration = Duration::from_secs(1);

/// The most clients that follow at a time.
const MOST_FOLLOWERS: usize = 64;

/// Computes states while there is a follower.
#[derive(Debug)]
pub(crate) struct States {
    latest: Mutex<Weak<Latest>>,
    places: Arc<Semaphore>,
}

type Latest = watch::Sender<Option<Arc<State>>>;

/// The state of one second, as server-sent events.
pub(crate) struct State {
    /// What followers lack that have seen the state before.
    pub(crate) recent: Bytes,
    /// All of it, which is written only if there is a new follower.
    whole: LazyLock<Bytes, Box<dyn FnOnce() -> Bytes + Send>>,
}

impl State {
    pub(crate) fn new(recent: Bytes, whole: impl FnOnce() -> Bytes + Send + 'static) -> Self {
        Self {
            recent,
            whole: LazyLock::new(Box::new(whole)),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl Default for States {
    fn default() -> Self {
        Self {
            latest: Mutex::default(),
            places: Arc::new(Semaphore::new(MOST_FOLLOWERS)),
        }
    }
}

impl States {
    /// Follows the states, which the first follower has computed by this function for all.
    ///
    /// It must be called in the runtime that serves the API.
    pub(crate) fn follow<F>(
        &self,
        compute: impl Fn() -> F + Send + 'static,
    ) -> Result<Follower, Problem>
    where
        F: Future<Output = State> + Send + 'static,
    {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| {
            let detail = format!(
                "{MOST_FOLLOWERS} clients follow already; close one of them, or read GET /chaos/v1/status"
            );
            Problem::new(503, "too many followers", detail)
        })?;
        let latest = self.latest(compute);
        Ok(Follower {
            states: latest.subscribe(),
            _latest: latest,
            _place: place,
        })
    }

    fn latest<F>(&self, compute: impl Fn() -> F + Send + 'static) -> Arc<Latest>
    where
        F: Future<Output = State> + Send + 'static,
    {
        let mut current = self.lock();
        if let Some(latest) = current.upgrade() {
            return latest;
        }
        let latest = Arc::new(watch::Sender::new(None));
        *current = Arc::downgrade(&latest);
        tokio::spawn(publish(Weak::clone(&current), compute));
        latest
    }

    fn lock(&self) -> MutexGuard<'_, Weak<Latest>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Computes a state each second until the last follower is gone.
async fn publish<F: Future<Output = State>>(latest: Weak<Latest>, compute: impl Fn() -> F) {
    let mut seconds = tokio::time::interval(EVERY);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        seconds.tick().await;
        let Some(latest) = latest.upgrade() else {
            return;
        };
        latest.send_replace(Some(Arc::new(compute().await)));
    }
}

/// A follower, which keeps the states coming and misses those for which it is too slow.
#[derive(Debug)]
pub(crate) struct Follower {
    states: watch::Receiver<Option<Arc<State>>>,
    _latest: Arc<Latest>,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The whole of the latest state.
    pub(crate) async fn whole(&mut self) -> Option<Bytes> {
        let state = self.states.wait_for(Option::is_some).await.ok()?.clone()?;
        Some(state.whole.clone())
    }

    /// What is new in the next state.
    pub(crate) async fn recent(&mut self) -> Option<Bytes> {
        self.states.changed().await.ok()?;
        let state = self.states.borrow_and_update();
        state.as_ref().map(|state| state.recent.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Follows states that count how often one was computed, and how often one was written as a whole.
    fn follow(states: &States, computed: &Arc<[AtomicUsize; 2]>) -> Result<Follower, Problem> {
        let computed = Arc::clone(computed);
        states.follow(move || {
            let number = computed[0].fetch_add(1, Ordering::Relaxed) + 1;
            let computed = Arc::clone(&computed);
            let whole = move || {
                computed[1].fetch_add(1, Ordering::Relaxed);
                format!("all of {number}").into()
            };
            std::future::ready(State::new(number.to_string().into(), whole))
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_state_is_computed_once_a_second_for_all_and_written_whole_for_new_followers() {
        let (states, computed) = (States::default(), Arc::default());
        let mut followers: Vec<_> = (0..MOST_FOLLOWERS)
            .map(|_| follow(&states, &computed).unwrap())
            .collect();
        for follower in &mut followers {
            assert_eq!(follower.whole().await.unwrap(), "all of 1");
        }
        for second in 2..5 {
            for follower in &mut followers {
                assert_eq!(follower.recent().await.unwrap(), second.to_string());
            }
        }
        assert_eq!(computed[0].load(Ordering::Relaxed), 4);
        assert_eq!(computed[1].load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_and_nothing_is_computed_when_followers_are_gone() {
        let (states, computed) = (States::default(), Arc::default());
        let mut followers: Vec<_> = (0..MOST_FOLLOWERS)
            .map(|_| follow(&states, &computed).unwrap())
            .collect();
        assert!(follow(&states, &computed).is_err());
        followers[0].whole().await;
        drop(followers.pop());
        followers.push(follow(&states, &computed).unwrap());
        drop(followers);
        tokio::time::sleep(10 * EVERY).await;
        assert_eq!(computed[0].load(Ordering::Relaxed), 1);
        assert_eq!(Arc::strong_count(&computed), 1);
    }
}
