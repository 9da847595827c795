//! The sessions that were closed before their end.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::session::Session;

/// The most sessions that are remembered.
const MOST: usize = 1_000;

/// The sessions that were closed before their end, earliest end first.
#[derive(Debug, Default)]
pub(super) struct ClosedSessions(Mutex<BTreeSet<Session>>);

impl ClosedSessions {
    /// Remembers a session, in place of the one that ends first if there are too many.
    pub(super) fn add(&self, session: Session) {
        let mut sessions = self.lock();
        sessions.insert(session);
        if sessions.len() > MOST {
            sessions.pop_first();
        }
    }

    pub(super) fn contains(&self, session: &Session) -> bool {
        self.lock().contains(session)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_that_ends_first_is_forgotten_when_there_are_too_many() {
        let closed = ClosedSessions::default();
        let session = |end| Session {
            end,
            code: Vec::new(),
        };
        let most = MOST as u64;
        (0..=most).rev().for_each(|end| closed.add(session(end)));
        assert!(!closed.contains(&session(0)));
        assert!((1..=most).all(|end| closed.contains(&session(end))));
    }
}
