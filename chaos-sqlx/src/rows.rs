//! Rows that pass one after the other.

use std::future::poll_fn;
use std::time::Instant;

use chaos_core::adapter::{Broken, Flow};

/// Lets one row pass, when it may.
pub(crate) async fn pass(flow: &mut Flow) -> Result<(), Broken> {
    if flow.is_straight() {
        return Ok(());
    }
    let arrived = now();
    loop {
        let piece = flow.schedule(1, arrived)?;
        poll_fn(|cx| flow.poll_due(piece.due, cx)).await;
        // Held until now, or let go early: what is left of the flow has its say.
        if piece.len > 0 && has_come(piece.due) {
            flow.passed(1);
            return Ok(());
        }
    }
}

/// Lets what comes after the last row pass, when it may.
pub(crate) async fn end(flow: &mut Flow) -> Result<(), Broken> {
    if flow.is_straight() {
        return Ok(());
    }
    let arrived = now();
    loop {
        let piece = flow.schedule(0, arrived)?;
        poll_fn(|cx| flow.poll_due(piece.due, cx)).await;
        if has_come(piece.due) {
            return Ok(());
        }
    }
}

fn has_come(due: Option<Instant>) -> bool {
    due.is_some_and(|due| due <= now())
}

/// The time on the clock of the current runtime, which a test may have paused.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
