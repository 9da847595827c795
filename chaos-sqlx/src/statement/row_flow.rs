//! Delays rows, and breaks off between them.

use std::future::poll_fn;
use std::time::Instant;

use chaos_core::adapter::{Broken, Flow};

/// Waits until the next row may pass.
pub(super) async fn pass_row(flow: &mut Flow) -> Result<(), Broken> {
    if flow.is_straight() {
        return Ok(());
    }
    let arrived = now();
    loop {
        let piece = flow.schedule(1, arrived)?;
        poll_fn(|cx| flow.poll_due(piece.due, cx)).await;
        // If the row was released before it was due, it is scheduled again.
        if piece.len > 0 && is_due(piece.due) {
            flow.passed(1);
            return Ok(());
        }
    }
}

/// Waits until the end of the rows may pass.
pub(super) async fn pass_end(flow: &mut Flow) -> Result<(), Broken> {
    if flow.is_straight() {
        return Ok(());
    }
    let arrived = now();
    loop {
        let piece = flow.schedule(0, arrived)?;
        poll_fn(|cx| flow.poll_due(piece.due, cx)).await;
        if is_due(piece.due) {
            return Ok(());
        }
    }
}

fn is_due(due: Option<Instant>) -> bool {
    due.is_some_and(|due| due <= now())
}

/// Returns the time of the current runtime's clock, which a test may have paused.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
