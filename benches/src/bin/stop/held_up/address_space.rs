//! Memory of which no more can be had.

use std::collections::HashSet;
use std::ffi::OsString;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// An address space that can't grow, and a heap of this thread with holes of 1 KiB at most; dropping it lifts that.
///
/// No thread can start, if none has left its stack behind, and no large block can be allocated. Small blocks still come from the holes, since a Rust program
/// aborts without them.
pub(super) struct FullAddressSpace {
    before: Rlimit,
    _blocks: Vec<Vec<u8>>,
    _between_holes: Vec<Vec<u8>>,
}

impl FullAddressSpace {
    const LARGEST: usize = 1 << 20;
    const SMALLEST: usize = 4 << 10;
    const HOLE: usize = 1 << 10;
    const HOLES: usize = 512;

    pub(super) fn fill() -> Self {
        // The standard library aborts the process if a thread that has just started finds no memory.
        wait_until_all_threads_sleep();
        let mut blocks: Vec<Vec<u8>> = Vec::with_capacity(100_000);
        let mut small: Vec<Vec<u8>> = (0..2 * Self::HOLES)
            .map(|_| Vec::with_capacity(Self::HOLE))
            .collect();
        let before = getrlimit(Resource::As);
        let full = Rlimit {
            current: Some(Self::LARGEST as u64),
            ..before
        };
        setrlimit(Resource::As, full).expect("a limit can be lowered");
        let mut size = Self::LARGEST;
        while size >= Self::SMALLEST && blocks.len() < blocks.capacity() {
            let mut block = Vec::new();
            match block.try_reserve_exact(size) {
                Ok(()) => blocks.push(block),
                Err(_) => size /= 2,
            }
        }
        // Every other one, so that the holes stay apart.
        let mut nth = 0;
        small.retain(|_| {
            nth += 1;
            nth % 2 == 0
        });
        Self {
            before,
            _blocks: blocks,
            _between_holes: small,
        }
    }
}

impl Drop for FullAddressSpace {
    fn drop(&mut self) {
        setrlimit(Resource::As, self.before).expect("a limit can be raised again");
    }
}

/// Waits until every other thread has been seen asleep, so that it has begun.
fn wait_until_all_threads_sleep() {
    let own = std::process::id().to_string();
    let mut begun = HashSet::from([OsString::from(own)]);
    loop {
        let threads = std::fs::read_dir("/proc/self/task").expect("Linux");
        let mut is_missing = false;
        for thread in threads.flatten() {
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            let is_asleep = stat.rsplit(") ").next().is_some_and(|s| s.starts_with('S'));
            if is_asleep {
                begun.insert(thread.file_name());
            }
            is_missing |= !begun.contains(&thread.file_name());
        }
        if !is_missing {
            return;
        }
        std::thread::yield_now();
    }
}
