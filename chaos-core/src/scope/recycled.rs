//! What requests share, in memory that is used again.
//!
//! A server opens a scope for each of its requests while anything runs, so that must cost as little as it can.

use std::cell::RefCell;
use std::mem;
use std::ops::Deref;
use std::sync::Arc;

use super::Request;
use super::baggage::Baggage;
use super::request_key::RequestKey;

/// How many a thread keeps for its next requests.
const KEPT: usize = 32;
/// The longest key whose memory is worth keeping.
const LONGEST: usize = 256;

thread_local! {
    static FREE: RefCell<Vec<Arc<Request>>> = const { RefCell::new(Vec::new()) };
}

/// What every view of one request shares; the last one gives its memory to the next request of its thread.
#[derive(Clone)]
pub(super) struct Recycled(Option<Arc<Request>>);

impl Recycled {
    /// A new request; its key may be written where the last one had it.
    pub(super) fn new(key: impl FnOnce(String) -> RequestKey, baggage: Baggage) -> Self {
        let free = FREE.try_with(|free| free.try_borrow_mut().ok()?.pop());
        let mut request = free.ok().flatten().unwrap_or_default();
        match Arc::get_mut(&mut request) {
            Some(request) => {
                let room = mem::take(&mut request.key).into_room();
                request.key = key(room);
                request.baggage = baggage;
            }
            None => unreachable!("only what nobody else holds is kept"),
        }
        Self(Some(request))
    }
}

impl Drop for Recycled {
    fn drop(&mut self) {
        let Some(mut request) = self.0.take() else {
            return;
        };
        let Some(last) = Arc::get_mut(&mut request) else {
            return;
        };
        let key = mem::take(&mut last.key);
        // Whatever it remembered is of no concern to the next one.
        *last = Request::default();
        let room = key.into_room();
        if room.capacity() <= LONGEST {
            last.key = RequestKey::given(room);
        }
        let _ = FREE.try_with(|free| {
            if let Ok(mut free) = free.try_borrow_mut()
                && free.len() < KEPT
            {
                free.push(request);
            }
        });
    }
}

impl Deref for Recycled {
    type Target = Request;

    fn deref(&self) -> &Request {
        match &self.0 {
            Some(request) => request,
            None => unreachable!("it is taken only when it is dropped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Scope;
    use crate::scope::Touch;

    #[test]
    fn the_next_request_remembers_nothing_of_the_last() {
        let first = Scope::new("order-7");
        first.record(Touch {
            experiment: "slow".into(),
            site: "payments".into(),
            operation: "POST /charge".into(),
            fault: "latency",
            phase: "before",
        });
        assert_eq!(first.count_for(1), 0);
        let other = first.clone();
        drop(first);
        assert!(other.was_touched(), "it is not the last");
        drop(other);
        for key in ["order-8", "order-9"] {
            let next = Scope::new(key);
            assert_eq!(next.key(), key);
            assert!(!next.was_touched() && !next.is_fresh());
            assert_eq!((next.touched(), next.count_for(1)), (Vec::new(), 0));
            assert_eq!(next.baggage("tenant"), None);
        }
    }

    #[test]
    fn a_key_is_not_mistaken_for_that_of_the_last_request() {
        drop(Scope::new("order-7"));
        let fresh = Scope::fresh();
        assert!(fresh.is_fresh());
        assert_ne!(fresh.key(), "order-7");
        assert_eq!(fresh.key().len(), 32);
    }
}
