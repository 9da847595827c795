//! Unavailable file descriptors.

mod limit_lock;

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{Dir, Mode, OFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::limit_lock::LimitLock;
use super::load::Load;
use super::state::PressureState;
use crate::Rate;
use crate::pressure::{InvalidPressure, PressureError, PressureKind};

const SAMPLING_INTERVAL: Duration = Duration::from_millis(20);

/// The number of gaps filled before the next check for a stop.
const BATCH: u64 = 1_000;

/// Makes descriptors unavailable: lowers the soft limit, and fills the gaps below it.
///
/// Lowering the limit takes microseconds; opening and closing a million descriptors takes a tenth of a second. An open
/// descriptor above the lowered limit stays usable.
pub(super) struct DescriptorLoad {
    limit: u64,
    keep_free: u64,
    taken: u64,
    lowered_to: Option<u64>,
    fillers: Vec<OwnedFd>,
    // Opened at the start: counting and filling need no further descriptor.
    open_descriptors: Dir,
    null: OwnedFd,
    // Dropped last: the limit is restored by then.
    lock: LimitLock,
}

/// The number of open descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OpenCount {
    total: u64,
    below_limit: u64,
}

impl DescriptorLoad {
    /// Takes the right to change the limit, and opens what counting needs.
    pub(super) fn prepare(share: Rate) -> Result<Self, PressureError> {
        let kind = PressureKind::Descriptors;
        let Some(lock) = LimitLock::take() else {
            return Err(PressureError::AlreadyActive(kind));
        };
        let Some(limit) = getrlimit(Resource::Nofile).current else {
            let why = "the process has no descriptor limit".to_owned();
            return Err(PressureError::Unsupported { kind, why });
        };
        let keep_free = ((1.0 - share.as_share()) * limit as f64).round() as u64;
        if keep_free == limit {
            let problem = InvalidPressure::Zero { what: "descriptor" };
            return Err(PressureError::Invalid { kind, problem });
        }
        let open = |path: &str, flags| {
            rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty())
                .map_err(PressureError::system(kind, format!("open {path}")))
        };
        let null = open("/dev/null", OFlags::RDONLY)?;
        let directory = open("/proc/self/fd", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let open_descriptors =
            Dir::new(directory).map_err(PressureError::system(kind, "read /proc/self/fd"))?;
        Ok(Self {
            limit,
            keep_free,
            taken: 0,
            lowered_to: None,
            fillers: Vec::new(),
            open_descriptors,
            null,
            lock,
        })
    }

    /// Assigns the right to change the limit to a started pressure.
    pub(super) fn assign_to(&self, state: &Arc<PressureState>) {
        self.lock.assign_to(state);
    }

    /// Returns how many descriptors must be in use or unavailable in total.
    pub(super) fn target(&self) -> u64 {
        self.limit - self.keep_free
    }

    fn count_open(&mut self, limit: u64) -> Result<OpenCount, String> {
        self.open_descriptors.rewind();
        let mut count = OpenCount {
            total: 0,
            below_limit: 0,
        };
        while let Some(entry) = self.open_descriptors.read() {
            let entry = entry.map_err(|error| format!("can't read /proc/self/fd: {error}"))?;
            if let Some(number) = number(entry.file_name()) {
                count.total += 1;
                count.below_limit += u64::from(number < limit);
            }
        }
        Ok(count)
    }

    fn lower_limit(&mut self, limit: u64) -> Result<(), String> {
        set_soft_limit(limit)
            .map_err(|error| format!("can't set RLIMIT_NOFILE to {limit}: {error}"))?;
        self.lowered_to = Some(limit);
        Ok(())
    }
}

impl Load for DescriptorLoad {
    fn adjust_to(&mut self, target_share: f64, _: &Arc<PressureState>) -> Result<(), String> {
        let keep_free = self.limit - (self.target() as f64 * target_share) as u64;
        // The limit is never raised again: descriptors that others open come out of the part left to them.
        let current = self.lowered_to.unwrap_or(self.limit);
        // Other code may have set another limit, which must not be overwritten.
        if getrlimit(Resource::Nofile).current != Some(current) {
            self.lowered_to = None;
            return Err("other code has changed RLIMIT_NOFILE".to_owned());
        }
        let fillers = self.fillers.len() as u64;
        let others = self.count_open(current)?.total.saturating_sub(fillers);
        let limit = (others + keep_free).min(current);
        if limit < current {
            self.lower_limit(limit)?;
        }
        let free = limit.saturating_sub(self.count_open(limit)?.below_limit);
        for _ in 0..free.saturating_sub(keep_free).min(BATCH) {
            match rustix::io::fcntl_dupfd_cloexec(&self.null, 0) {
                Ok(filler) => self.fillers.push(filler),
                // Other code took the descriptor first, which is just as good.
                Err(_) => break,
            }
        }
        let free = limit.saturating_sub(self.count_open(limit)?.below_limit);
        self.taken = self.limit.saturating_sub(free);
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.taken as f64
    }

    fn sampling_interval(&self) -> Duration {
        SAMPLING_INTERVAL
    }

    fn reached_threshold(&self) -> f64 {
        // Other code opens and closes descriptors in the meantime.
        0.95
    }
}

impl Drop for DescriptorLoad {
    fn drop(&mut self) {
        if let Some(limit) = self.lowered_to
            && getrlimit(Resource::Nofile).current == Some(limit)
        {
            // Raising up to the current hard limit needs no privilege.
            let _ = set_soft_limit(self.limit);
        }
        self.fillers.clear();
    }
}

/// Sets the soft limit, at most up to the hard limit, which is kept.
fn set_soft_limit(limit: u64) -> rustix::io::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = maximum.map_or(limit, |maximum| limit.min(maximum));
    let current = Some(limit);
    setrlimit(Resource::Nofile, Rlimit { current, maximum })
}

fn number(name: &CStr) -> Option<u64> {
    name.to_str().ok()?.parse().ok()
}
