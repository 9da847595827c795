//! Runs that go on at the same time, each on its own thread, told in the order they were asked for.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Placement;
use crate::problem::Problem;
use crate::run::{self, Ran};
use crate::trial::{Body, Manner};

/// What runs need that are to be done.
pub(crate) struct Runner {
    pub(crate) body: Body,
    pub(crate) manner: Manner,
    pub(crate) threads: usize,
    /// How long one run may take in real time.
    pub(crate) real_limit: Duration,
    /// When everything has to be over.
    pub(crate) ends: Option<Instant>,
}

impl Runner {
    /// Does these runs and gives what came of each, in their order; none for those that there was no time for.
    pub(crate) fn run_all(
        &self,
        jobs: &[Vec<Placement>],
        tasks_usual: Option<usize>,
        mut done: impl FnMut(usize),
    ) -> Vec<Option<Ran>> {
        let (tell, told) = mpsc::channel();
        let mut results: Vec<Option<Ran>> = jobs.iter().map(|_| None).collect();
        let mut under_way: BTreeMap<usize, Instant> = BTreeMap::new();
        let mut next = 0;
        let mut finished = 0;
        loop {
            while under_way.len() < self.threads && next < jobs.len() && self.has_time() {
                self.begin(next, jobs[next].clone(), tasks_usual, tell.clone());
                under_way.insert(next, Instant::now());
                next += 1;
            }
            let Some(oldest) = under_way.values().min().copied() else {
                return results;
            };
            let patience = self.real_limit.saturating_sub(oldest.elapsed());
            match told.recv_timeout(patience) {
                // One that was given up may end after all.
                Ok((at, ran)) if under_way.remove(&at).is_some() => results[at] = Some(ran),
                Ok(_) => continue,
                Err(RecvTimeoutError::Timeout) => {
                    let stuck = under_way
                        .extract_if(.., |_, began| began.elapsed() >= self.real_limit)
                        .map(|(at, _)| at);
                    for at in stuck {
                        results[at] = Some(self.stuck());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return results,
            }
            finished += 1;
            done(finished);
        }
    }

    fn begin(
        &self,
        at: usize,
        placements: Vec<Placement>,
        tasks_usual: Option<usize>,
        tell: mpsc::Sender<(usize, Ran)>,
    ) {
        let (body, manner) = (self.body.clone(), self.manner.clone());
        thread::Builder::new()
            .name("chaos-explore".to_owned())
            .spawn(move || {
                let ran = run::run(&body, &manner, placements, tasks_usual);
                // Nobody is told when the run was given up.
                let _ = tell.send((at, ran));
            })
            .expect("a thread for a run");
    }

    fn has_time(&self) -> bool {
        self.ends.is_none_or(|ends| Instant::now() < ends)
    }

    fn stuck(&self) -> Ran {
        Ran {
            trace: [].into(),
            beyond: 0,
            reply: None,
            problems: vec![Problem::Stuck {
                after: self.real_limit,
            }],
            injected: Vec::new(),
            tasks_left: 0,
            body_time: self.real_limit,
            own_time: Duration::ZERO,
        }
    }
}
