//! Watches outcomes while a client asks for them, and for a while after.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chaos_core::{ChaosManager, OutcomeWatch, SiteOutcomes};

/// Watches outcomes as long as a client asks for them.
#[derive(Debug, Default)]
pub(crate) struct SharedOutcomeWatch(Arc<Mutex<Option<Watched>>>);

#[derive(Debug)]
struct Watched {
    watch: OutcomeWatch,
    until: Instant,
}

impl SharedOutcomeWatch {
    /// The outcomes since the watch began, which this request may have done; they are counted on for this long.
    ///
    /// It must be called in the runtime that serves the API.
    pub(crate) fn outcomes(&self, chaos: &ChaosManager, keep: Duration) -> Vec<SiteOutcomes> {
        let until = Instant::now() + keep;
        let mut watched = lock(&self.0);
        match &mut *watched {
            Some(watched) => {
                watched.until = watched.until.max(until);
                watched.watch.outcomes()
            }
            None => {
                let watch = chaos.watch_outcomes();
                *watched = Some(Watched { watch, until });
                tokio::spawn(end_when_unused(Arc::clone(&self.0)));
                Vec::new()
            }
        }
    }

    /// The outcomes since the watch began, if there is one.
    pub(crate) fn counted(&self) -> Vec<SiteOutcomes> {
        let watched = lock(&self.0);
        watched
            .as_ref()
            .map(|watched| watched.watch.outcomes())
            .unwrap_or_default()
    }
}

async fn end_when_unused(watched: Arc<Mutex<Option<Watched>>>) {
    loop {
        let left = lock(&watched)
            .as_ref()
            .map(|watched| watched.until.saturating_duration_since(Instant::now()));
        match left {
            Some(left) if !left.is_zero() => tokio::time::sleep(left).await,
            _ => break,
        }
    }
    // Outside the lock, as it takes that of the manager.
    let ended = lock(&watched).take();
    drop(ended);
}

fn lock(watched: &Mutex<Option<Watched>>) -> MutexGuard<'_, Option<Watched>> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}
