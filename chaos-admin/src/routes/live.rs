//! The feed of the page: the state each second, and the journal as it is written.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chaos_core::{Posted, Reading, SiteOutcomes, SiteStatus};
use http_body_util::BodyExt;
use serde::Serialize;
use tokio::sync::mpsc;

use super::approvals::{Pending, pending};
use super::experiments::{Tagged, tagged_experiments};
use super::journal::Received;
use super::outcomes::{self, LatencyBounds};
use super::status::Status;
use crate::call::Call;
use crate::context::Context;
use crate::reply::{Replied, of_type};
use crate::states::{Follower, State};

/// The seconds of outcomes that a state repeats, since the latest of them still change.
const REPEATED: usize = 3;

/// How long a state waits for the requests for approval.
const PATIENCE: Duration = Duration::from_millis(200);

/// What a browser has to know to draw the page.
#[derive(Serialize)]
struct Shown {
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
    let context = Arc::clone(&call.context);
    let states = call
        .context
        .states
        .follow(move || state(Arc::clone(&context)))?;
    let entries = call.context.feed.subscribe(call.chaos(), since);
    let (texts, received) = mpsc::channel(1);
    tokio::spawn(pump(states, entries, texts));
    Ok(of_type(
        "text/event-stream",
        Received(received).boxed_unsync(),
    ))
}

/// Sends states and entries until the client is gone.
async fn pump(
    mut states: Follower,
    mut entries: mpsc::Receiver<Bytes>,
    texts: mpsc::Sender<Bytes>,
) {
    let mut next = states.whole().await;
    while let Some(text) = next {
        if texts.send(text).await.is_err() {
            return;
        }
        next = tokio::select! {
            // A flood of entries must not keep the state away.
            biased;
            state = states.recent() => state,
            entries = entries.recv() => entries,
            () = texts.closed() => None,
        };
    }
}

/// The state now, for all clients.
async fn state(context: Arc<Context>) -> State {
    let mut shown = Shown::of(&context, requests(&context).await);
    let all = shown.outcomes.clone();
    for site in &mut shown.outcomes {
        let older = site.windows.len().saturating_sub(REPEATED);
        site.windows.drain(..older);
    }
    let recent = shown.event();
    shown.outcomes = all;
    State::new(recent, move || shown.event())
}

/// The requests for approval; a verifier of signatures is code of the service, which no state waits for.
async fn requests(context: &Arc<Context>) -> Option<Vec<Pending>> {
    if context.requests.all().is_empty() {
        return Some(Vec::new());
    }
    let asked = Arc::clone(context);
    let judged = context.reader.compute(move || Ok(pending(&asked)));
    tokio::time::timeout(PATIENCE, judged).await.ok()?.ok()
}

impl Shown {
    fn of(context: &Context, requests: Option<Vec<Pending>>) -> Self {
        let chaos = &context.chaos;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            now: since.unwrap_or_default().as_millis(),
            status: Status::of(chaos),
            sites: chaos.sites(),
            experiments: tagged_experiments(chaos),
            latency_bounds: LatencyBounds::default(),
            outcomes: outcomes::all(context),
            readings: context.readings.read().readings,
            requests,
        }
    }

    fn event(&self) -> Bytes {
        // Every type in it has text as its keys, and finite numbers.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("event: state\ndata: {json}\n\n").into()
    }
}
