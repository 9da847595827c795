//! What the process holds: descriptors, threads and memory.

use std::time::{Duration, Instant};

use crate::drive::FOREVER;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holdings {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
}

impl Holdings {
    fn now() -> Self {
        let entries = |of| std::fs::read_dir(of).expect("Linux").count();
        Self {
            descriptors: entries("/proc/self/fd"),
            threads: entries("/proc/self/task"),
        }
    }

    /// The least of two seconds, in which threads that have nothing to do end.
    pub(crate) fn least() -> Self {
        Self::least_within(Duration::from_secs(2), |_| false)
    }

    /// Waits until the process holds no more than at the start, and returns the least seen.
    pub(crate) fn back_to(start: Self) -> Self {
        Self::least_within(FOREVER, |least| least == least.lower(start))
    }

    fn least_within(at_most: Duration, is_low: impl Fn(Self) -> bool) -> Self {
        let (start, mut least) = (Instant::now(), Self::now());
        while !is_low(least) && start.elapsed() < at_most {
            std::thread::sleep(Duration::from_millis(20));
            least = least.lower(Self::now());
        }
        least
    }

    fn lower(self, other: Self) -> Self {
        Self {
            descriptors: self.descriptors.min(other.descriptors),
            threads: self.threads.min(other.threads),
        }
    }
}

/// The resident memory in KiB.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let size = line.and_then(|line| line.trim().strip_suffix(" kB"));
    size.and_then(|size| size.parse().ok()).expect("a size")
}

/// The names of all threads.
pub(crate) fn threads() -> Vec<String> {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux");
    let names = threads.filter_map(|thread| {
        let name = std::fs::read_to_string(thread.ok()?.path().join("comm")).ok()?;
        Some(name.trim().to_owned())
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
