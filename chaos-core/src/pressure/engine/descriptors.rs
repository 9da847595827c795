//! File descriptors that can't be had.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rustix::fs::{Dir, Mode, OFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::control_loop::Load;
use super::state::PressureState;
use crate::Rate;
use crate::pressure::PressureKind;
use crate::pressure::{InvalidPressure, PressureError};

const SAMPLING_INTERVAL: Duration = Duration::from_millis(20);

/// How many gaps are filled before it looks at the stop.
const AT_ONCE: u64 = 1_000;

/// How long a start waits for one before it that has been stopped.
const ON_ITS_WAY_OUT: Duration = Duration::from_secs(2);

/// Keeps descriptors from being had: by a lower soft limit, and by filling the gaps below it.
///
/// Lowering takes microseconds where a million descriptors take a tenth of a second to open and to close again. A
/// descriptor that is above the lowered limit stays usable.
pub(super) struct DescriptorLoad {
    limit: u64,
    keep_free: u64,
    taken: u64,
    lowered_to: Option<u64>,
    fillers: Vec<OwnedFd>,
    // Opened beforehand: looking at what is open, and filling, needs none that would have to be had then.
    open: Dir,
    null: OwnedFd,
    _one: LimitLock,
}

/// The right to change the limit: the process has one, and two that lower it would not know what to put back.
struct LimitLock;

/// Who has it: nobody can stop one that has not begun.
static HOLDER: Mutex<Option<Weak<PressureState>>> = Mutex::new(None);

static FREE: Condvar = Condvar::new();

impl LimitLock {
    /// Nothing while another has it, but one that was stopped is waited for: its thread is about to put the limit back.
    fn take() -> Option<Self> {
        let goes = |holder: &mut Option<Weak<PressureState>>| {
            let state = holder.as_ref().and_then(Weak::upgrade);
            state.is_some_and(|state| state.is_stopping())
        };
        let (mut holder, _) = FREE
            .wait_timeout_while(holder(), ON_ITS_WAY_OUT, goes)
            .unwrap_or_else(PoisonError::into_inner);
        if holder.is_some() {
            return None;
        }
        *holder = Some(Weak::new());
        Some(Self)
    }
}

impl Drop for LimitLock {
    fn drop(&mut self) {
        *holder() = None;
        FREE.notify_all();
    }
}

fn holder() -> MutexGuard<'static, Option<Weak<PressureState>>> {
    HOLDER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The descriptors that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    all: u64,
    below: u64,
}

impl DescriptorLoad {
    pub(super) fn prepare(share: Rate) -> Result<Self, PressureError> {
        let kind = PressureKind::Descriptors;
        let Some(one) = LimitLock::take() else {
            return Err(PressureError::AlreadyOn(kind));
        };
        let Some(limit) = getrlimit(Resource::Nofile).current else {
            let why = "there is no limit of descriptors".to_owned();
            return Err(PressureError::Unsupported { kind, why });
        };
        let keep_free = ((1.0 - share.as_share()) * limit as f64).round() as u64;
        if keep_free == limit {
            let problem = InvalidPressure::Nothing { what: "descriptor" };
            return Err(PressureError::Invalid { kind, problem });
        }
        let open = |path: &str, flags| {
            rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty())
                .map_err(PressureError::system(kind, format!("open {path}")))
        };
        let null = open("/dev/null", OFlags::RDONLY)?;
        let directory = open("/proc/self/fd", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let open =
            Dir::new(directory).map_err(PressureError::system(kind, "read /proc/self/fd"))?;
        Ok(Self {
            limit,
            keep_free,
            taken: 0,
            lowered_to: None,
            fillers: Vec::new(),
            open,
            null,
            _one: one,
        })
    }

    /// As part of this pressure: once that is stopped, the next may wait for its turn.
    pub(super) fn begun(self, state: &Arc<PressureState>) -> Self {
        *holder() = Some(Arc::downgrade(state));
        self
    }

    /// How many are to be in use or out of reach.
    pub(super) fn most(&self) -> u64 {
        self.limit - self.keep_free
    }

    fn look(&mut self, limit: u64) -> Result<Open, String> {
        self.open.rewind();
        let mut open = Open { all: 0, below: 0 };
        while let Some(entry) = self.open.read() {
            let entry = entry.map_err(|error| format!("can't read /proc/self/fd: {error}"))?;
            if let Some(number) = number(entry.file_name()) {
                open.all += 1;
                open.below += u64::from(number < limit);
            }
        }
        Ok(open)
    }

    fn lower(&mut self, limit: u64) -> Result<(), String> {
        set_soft(limit).map_err(|error| format!("can't set RLIMIT_NOFILE to {limit}: {error}"))?;
        self.lowered_to = Some(limit);
        Ok(())
    }
}

impl Load for DescriptorLoad {
    fn adjust_to(&mut self, share: f64, _held: &Arc<PressureState>) -> Result<(), String> {
        let to_be_free = self.limit - (self.most() as f64 * share) as u64;
        // Never up again: what others open from now on comes out of what was left to them.
        let now = self.lowered_to.unwrap_or(self.limit);
        // LimitLock that somebody else has set meanwhile is theirs.
        if getrlimit(Resource::Nofile).current != Some(now) {
            self.lowered_to = None;
            return Err("somebody else has changed RLIMIT_NOFILE".to_owned());
        }
        let fillers = self.fillers.len() as u64;
        let open = self.look(now)?;
        let others = open.all.saturating_sub(fillers);
        let limit = (others + to_be_free).min(now);
        if limit < now {
            self.lower(limit)?;
        }
        let below = self.look(limit)?.below;
        let free = limit.saturating_sub(below);
        for _ in 0..free.saturating_sub(to_be_free).min(AT_ONCE) {
            match rustix::io::fcntl_dupfd_cloexec(&self.null, 0) {
                Ok(filler) => self.fillers.push(filler),
                // Somebody else was faster: just what is wanted.
                Err(_) => break,
            }
        }
        let below = self.look(limit)?.below;
        self.taken = self.limit.saturating_sub(limit.saturating_sub(below));
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.taken as f64
    }

    fn sampling_interval(&self) -> Duration {
        SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        // Others open and close meanwhile.
        0.95
    }
}

impl Drop for DescriptorLoad {
    fn drop(&mut self) {
        if let Some(limit) = self.lowered_to
            && getrlimit(Resource::Nofile).current == Some(limit)
        {
            // It was allowed before, so it is now, below whatever the hard limit has become.
            let _ = set_soft(self.limit);
        }
        self.fillers.clear();
    }
}

/// Sets the soft limit, or as much of it as the hard one allows, and leaves that as it is now.
fn set_soft(limit: u64) -> rustix::io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = maximum.map_or(limit, |maximum| limit.min(maximum));
    let current = Some(limit);
    setrlimit(Resource::Nofile, Rlimit { current, maximum })
}

fn number(name: &CStr) -> Option<u64> {
    name.to_str().ok()?.parse().ok()
}
