//! The journal: page by page, and as it is written.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::sync::mpsc;

use crate::call::Call;
use crate::feed::next_number;
use crate::problem::invalid;
use crate::reply::{Replied, of_type, ok};

pub(super) async fn page(call: Call) -> Replied {
    let since = call.number_query("since")?.unwrap_or(0);
    ok(&call.chaos().journal_since(since))
}

pub(super) async fn events(call: Call) -> Replied {
    let from = match call.header("last-event-id")? {
        None => next_number(call.chaos()),
        Some(last) => {
            let last = last.to_str().ok().and_then(|last| last.parse::<u64>().ok());
            let last = last.ok_or_else(|| invalid("last-event-id", "a whole number"))?;
            let next = last.saturating_add(1);
            // A later number comes from a process before this one, of whose journal nothing is left.
            if next > next_number(call.chaos()) {
                0
            } else {
                next
            }
        }
    };
    let received = call.context.feed.subscribe(call.chaos(), from);
    let body = Received(received).boxed_unsync();
    Ok(of_type("text/event-stream", body))
}

/// A body of texts as they are received.
pub(super) struct Received(pub(super) mpsc::Receiver<Bytes>);

impl Body for Received {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(cx)
            .map(|text| text.map(|text| Ok(Frame::data(text))))
    }
}
