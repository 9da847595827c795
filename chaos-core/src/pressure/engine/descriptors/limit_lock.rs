//! The exclusive right to change the process's descriptor limit.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::pressure::engine::state::PressureState;

/// The time that a start waits for a stopped pressure to restore the limit.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// The pressure that holds the lock; a dangling reference before that pressure has started.
static HOLDER: Mutex<Option<Weak<PressureState>>> = Mutex::new(None);

static RELEASED: Condvar = Condvar::new();

/// The exclusive right to change the limit: two pressures could not both restore its original value.
pub(super) struct LimitLock(());

impl LimitLock {
    /// Takes the lock, unless an active pressure holds it; waits for a stopped one to release it.
    pub(super) fn take() -> Option<Self> {
        let is_stopping = |holder: &mut Option<Weak<PressureState>>| {
            let state = holder.as_ref().and_then(Weak::upgrade);
            state.is_some_and(|state| state.is_stopping())
        };
        let (mut holder, _) = RELEASED
            .wait_timeout_while(holder(), RELEASE_TIMEOUT, is_stopping)
            .unwrap_or_else(PoisonError::into_inner);
        if holder.is_some() {
            return None;
        }
        *holder = Some(Weak::new());
        Some(Self(()))
    }

    /// Names the pressure that holds the lock, so that the next one waits once it is stopped.
    pub(super) fn assign_to(&self, state: &Arc<PressureState>) {
        *holder() = Some(Arc::downgrade(state));
    }
}

impl Drop for LimitLock {
    fn drop(&mut self) {
        *holder() = None;
        RELEASED.notify_all();
    }
}

fn holder() -> MutexGuard<'static, Option<Weak<PressureState>>> {
    HOLDER.lock().unwrap_or_else(PoisonError::into_inner)
}
