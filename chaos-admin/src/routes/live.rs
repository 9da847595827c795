//! The feed of the page: the state each second, and the journal as it is written.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chaos_core::{Posted, Reading, SiteOutcomes, SiteStatus};
use http_body_util::BodyExt;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::approvals::{Pending, pending};
use super::experiments::{Tagged, tagged_experiments};
use super::journal::Received;
use super::outcomes::{self, LatencyBounds};
use super::status::Status;
use crate::call::Call;
use crate::reply::{Replied, of_type};

/// The pause between two states.
const EVERY: Duration = Duration::from_secs(1);

/// The seconds of outcomes that a state repeats, since the latest of them still change.
const REPEATED: usize = 3;

/// How long a state waits for the requests for approval.
const PATIENCE: Duration = Duration::from_millis(200);

/// What a browser has to know to draw the page.
#[derive(Serialize)]
struct State {
    /// The milliseconds since 1970, by the clock of the service.
    now: u128,
    status: Status,
    sites: Vec<SiteStatus>,
    experiments: Vec<Tagged>,
    latency_bounds: LatencyBounds,
    outcomes: Vec<SiteOutcomes>,
    /// The latest readings that labs have posted.
    readings: Vec<Posted<Reading>>,
    /// The requests for approval, unless it takes long to judge them.
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Vec<Pending>>,
}

pub(super) async fn live(call: Call) -> Replied {
    let since = call.number_query("since")?.unwrap_or(0);
    let (texts, received) = mpsc::channel(1);
    tokio::spawn(pump(Arc::new(call), since, texts));
    Ok(of_type(
        "text/event-stream",
        Received(received).boxed_unsync(),
    ))
}

/// Sends states and entries until the client is gone.
async fn pump(call: Arc<Call>, since: u64, texts: mpsc::Sender<Bytes>) {
    let mut entries = call.context.feed.subscribe(call.chaos(), since);
    let mut seconds = tokio::time::interval(EVERY);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    seconds.tick().await;
    let mut text = state(&call, usize::MAX, requests(&call).await);
    while texts.send(text).await.is_ok() {
        text = tokio::select! {
            // A flood of entries must not keep the state away.
            biased;
            _ = seconds.tick() => state(&call, REPEATED, requests(&call).await),
            entries = entries.recv() => match entries {
                Some(entries) => entries,
                None => return,
            },
            () = texts.closed() => return,
        };
    }
}

/// The requests for approval; a verifier of signatures is code of the service, which no state waits for.
async fn requests(call: &Arc<Call>) -> Option<Vec<Pending>> {
    if call.context.requests.all().is_empty() {
        return Some(Vec::new());
    }
    let context = Arc::clone(&call.context);
    let judged = call.context.reader.compute(move || Ok(pending(&context)));
    tokio::time::timeout(PATIENCE, judged).await.ok()?.ok()
}

/// The state as an event, with at most this many seconds of outcomes for each site.
fn state(call: &Call, windows: usize, requests: Option<Vec<Pending>>) -> Bytes {
    let chaos = call.chaos();
    let mut outcomes = outcomes::all(call);
    for site in &mut outcomes {
        let older = site.windows.len().saturating_sub(windows);
        site.windows.drain(..older);
    }
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let state = State {
        now: since.unwrap_or_default().as_millis(),
        status: Status::of(call),
        sites: chaos.sites(),
        experiments: tagged_experiments(chaos),
        latency_bounds: LatencyBounds::default(),
        outcomes,
        readings: call.context.readings.read().readings,
        requests,
    };
    // Every type in it has text as its keys, and finite numbers.
    let json = serde_json::to_string(&state).unwrap_or_default();
    format!("event: state\ndata: {json}\n\n").into()
}
