//! File descriptors that can't be had.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::fs::{Dir, Mode, OFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::held::Held;
use super::keeper::Hog;
use super::resource::PressureKind;
use super::{PressureError, start};
use crate::Rate;

const EVERY: Duration = Duration::from_millis(20);

/// How many gaps are filled before it looks at the stop.
const AT_ONCE: u64 = 1_000;

/// The process has one limit: two that lower it would not know what to put back.
static LOWERED: AtomicBool = AtomicBool::new(false);

/// Keeps descriptors from being had: by a lower soft limit, and by filling the gaps below it.
///
/// Lowering takes microseconds where a million descriptors take a tenth of a second to open and to close again. A
/// descriptor that is above the lowered limit stays usable.
pub(super) struct Scarce {
    before: Rlimit,
    limit: u64,
    keep_free: u64,
    taken: u64,
    lowered_to: Option<u64>,
    fillers: Vec<OwnedFd>,
    // Opened beforehand: looking at what is open, and filling, needs none that would have to be had then.
    open: Dir,
    null: OwnedFd,
    _one: One,
}

/// The right to change the limit.
struct One;

impl One {
    fn take() -> Option<Self> {
        (!LOWERED.swap(true, Ordering::AcqRel)).then_some(Self)
    }
}

impl Drop for One {
    fn drop(&mut self) {
        LOWERED.store(false, Ordering::Release);
    }
}

/// The descriptors that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    all: u64,
    below: u64,
}

impl Scarce {
    pub(super) fn prepare(share: Rate) -> Result<Self, PressureError> {
        let kind = PressureKind::Descriptors;
        let Some(one) = One::take() else {
            return Err(PressureError::AlreadyOn(kind));
        };
        let before = getrlimit(Resource::Nofile);
        let Some(limit) = before.current else {
            let why = "there is no limit of descriptors".to_owned();
            return Err(PressureError::Unsupported { kind, why });
        };
        let open = |path: &str, flags| {
            rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty())
                .map_err(|error| start::system(kind, format!("open {path}"))(error.into()))
        };
        let null = open("/dev/null", OFlags::RDONLY)?;
        let directory = open("/proc/self/fd", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let open = Dir::new(directory)
            .map_err(|error| start::system(kind, "read /proc/self/fd".to_owned())(error.into()))?;
        Ok(Self {
            before,
            limit,
            keep_free: ((1.0 - share.as_share()) * limit as f64).round() as u64,
            taken: 0,
            lowered_to: None,
            fillers: Vec::new(),
            open,
            null,
            _one: one,
        })
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
        let current = Some(limit);
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current,
                maximum: self.before.maximum,
            },
        )
        .map_err(|error| format!("can't set RLIMIT_NOFILE to {limit}: {error}"))?;
        self.lowered_to = Some(limit);
        Ok(())
    }
}

impl Hog for Scarce {
    fn bring_to(&mut self, share: f64, _held: &Arc<Held>) -> Result<(), String> {
        let to_be_free = self.limit - (self.most() as f64 * share) as u64;
        // One that somebody else has set meanwhile is theirs.
        if self
            .lowered_to
            .is_some_and(|limit| getrlimit(Resource::Nofile).current != Some(limit))
        {
            self.lowered_to = None;
            return Err("somebody else has changed RLIMIT_NOFILE".to_owned());
        }
        let fillers = self.fillers.len() as u64;
        let open = self.look(self.lowered_to.unwrap_or(self.limit))?;
        let others = open.all.saturating_sub(fillers);
        // Never up again: what others open from now on comes out of what was left to them.
        let now = self.lowered_to.unwrap_or(self.limit);
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

    fn every(&self) -> Duration {
        EVERY
    }

    fn enough(&self) -> f64 {
        // Others open and close meanwhile.
        0.95
    }
}

impl Drop for Scarce {
    fn drop(&mut self) {
        if let Some(limit) = self.lowered_to
            && getrlimit(Resource::Nofile).current == Some(limit)
        {
            // It was allowed before, so it is now.
            let _ = setrlimit(Resource::Nofile, self.before);
        }
        self.fillers.clear();
    }
}

fn number(name: &CStr) -> Option<u64> {
    name.to_str().ok()?.parse().ok()
}
