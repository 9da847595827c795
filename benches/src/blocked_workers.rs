//! A runtime all of whose workers are blocked.

use std::sync::mpsc::{Sender, channel};

use tokio::runtime::Runtime;

/// A runtime all of whose workers are blocked until this is dropped.
pub(crate) struct BlockedWorkers {
    // Dropped first: the runtime waits for its workers.
    _releases: Vec<Sender<()>>,
    _runtime: Runtime,
}

impl BlockedWorkers {
    const WORKERS: usize = 2;

    /// Returns once every worker is blocked.
    pub(crate) fn block() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(Self::WORKERS)
            .enable_all()
            .build()
            .expect("a runtime");
        let (blocks, blocked) = channel();
        let releases = (0..Self::WORKERS).map(|_| {
            let (release, is_released) = channel::<()>();
            let blocks = blocks.clone();
            runtime.spawn(async move {
                blocks.send(()).expect("a reader");
                let _ = is_released.recv();
            });
            release
        });
        let releases = releases.collect();
        for _ in 0..Self::WORKERS {
            blocked.recv().expect("a worker");
        }
        Self {
            _releases: releases,
            _runtime: runtime,
        }
    }
}
