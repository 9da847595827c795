//! How a test is explored, and doing it.

use std::env;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Time;
use crate::panics;
use crate::placement::parse_line;
use crate::runner::Runner;
use crate::search::Search;
use crate::trial::{Body, Manner};
use crate::{Faults, History, Placement, Report};

/// A test that is explored: what may go wrong, how deep to look, and how long.
///
/// Nothing happens until [`run`](Self::run) or [`report`](Self::report).
#[must_use = "nothing is explored until it is run"]
pub struct Exploration {
    body: Body,
    faults: Faults,
    depth: usize,
    threads: usize,
    manner: Manner,
    stuck_after: Duration,
    most_runs: usize,
    most_time: Duration,
    only: Option<Only>,
}

/// What is looked at in place of everything.
enum Only {
    Placements(Vec<Placement>),
    /// What struck a request once, and which of it matters.
    History(History),
}

impl Exploration {
    pub(crate) fn of(body: Body) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            body,
            faults: Faults::standard(),
            depth: 1,
            threads: cores * 2,
            manner: Manner {
                seed: 0,
                time: Time::Virtual,
                act_within: Duration::from_secs(60),
                verify_within: Duration::from_secs(60),
            },
            stuck_after: Duration::from_secs(30),
            most_runs: 100_000,
            most_time: Duration::from_secs(600),
            only: None,
        }
    }

    /// Says what may go wrong; [`Faults::standard`] unless said.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// How many faults may come together; one unless said.
    pub fn depth(mut self, faults: usize) -> Self {
        self.depth = faults;
        self
    }

    /// Sets the seed of each run's manager; the environment's `CHAOS_SEED` goes before it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.manner.seed = seed;
        self
    }

    /// How many runs go on at the same time; unless said, two for each processor, as runs wait for a good part of theirs.
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads.get();
        self
    }

    /// How long the act may take, on the clock of the run; 60 seconds unless said.
    ///
    /// Under any fault: an act that waits longer for what never comes lacks a timeout.
    pub fn act_within(mut self, limit: Duration) -> Self {
        self.manner.act_within = limit;
        self
    }

    /// How long it may take to verify, on the clock of the run; 60 seconds unless said.
    pub fn verify_within(mut self, limit: Duration) -> Self {
        self.manner.verify_within = limit;
        self
    }

    /// How long one run may take in real time; 30 seconds unless said.
    ///
    /// A run that takes longer is given up and left behind with its thread, which nobody can end.
    pub fn stuck_after(mut self, limit: Duration) -> Self {
        self.stuck_after = limit;
        self
    }

    /// How many runs there may be in all; 100,000 unless said. The first two, without any fault, there always are.
    pub fn at_most_runs(mut self, runs: usize) -> Self {
        self.most_runs = runs;
        self
    }

    /// How long all of it may take; ten minutes unless said.
    pub fn at_most_time(mut self, time: Duration) -> Self {
        self.most_time = time;
        self
    }

    /// Lets the runs go by the system's clock, for tests that talk to what is outside of their own process other than
    /// through a wrapper of ours: nobody can tell whether that still works on an answer.
    pub fn in_real_time(mut self) -> Self {
        self.manner.time = Time::Real;
        self
    }

    /// Looks at nothing but these placements: the line that a finding prints, for a regression test.
    ///
    /// The environment's `CHAOS_REPLAY` does the same to a test that is there.
    ///
    /// # Panics
    ///
    /// When `line` names no placements.
    pub fn replay(mut self, line: &str) -> Self {
        let placements = parse_line(line).unwrap_or_else(|error| panic!("{error}"));
        self.only = Some(Only::Placements(placements));
        self
    }

    /// Looks at nothing but what struck a request once, as its journal has it, and finds out which of it matters.
    pub fn replay_history(mut self, history: History) -> Self {
        self.only = Some(Only::History(history));
        self
    }

    /// Explores, and panics with the report if anything was found.
    ///
    /// # Panics
    ///
    /// When something was found, when the test is not the same twice, when it fails without any fault, or when a limit
    /// was reached before any fault was tried.
    #[track_caller]
    pub fn run(self) -> Report {
        let report = self.report();
        assert!(report.is_clean(), "{}", report.to_markdown());
        report
    }

    /// Explores, and says what was found.
    ///
    /// # Panics
    ///
    /// When `CHAOS_REPLAY` or `CHAOS_SEED` can't be read.
    #[must_use = "a report that nobody reads keeps no test from passing; `run` panics"]
    pub fn report(mut self) -> Report {
        if let Some(seed) = variable("CHAOS_SEED") {
            let seed = seed.parse();
            self.manner.seed = seed.unwrap_or_else(|error| panic!("CHAOS_SEED: {error}"));
        }
        if let Some(line) = variable("CHAOS_REPLAY") {
            let placements = parse_line(&line).unwrap_or_else(|e| panic!("CHAOS_REPLAY: {e}"));
            self.only = Some(Only::Placements(placements));
        }
        panics::hook();
        let started = Instant::now();
        let runner = Runner {
            body: Arc::clone(&self.body),
            manner: self.manner,
            threads: self.threads,
            real_limit: self.stuck_after,
            ends: started.checked_add(self.most_time),
        };
        let search = Search::new(&runner, &self.faults, self.depth, self.most_runs, started);
        match self.only {
            None => search.everything(),
            Some(Only::Placements(placements)) => search.only(placements),
            Some(Only::History(history)) => search.history(&history),
        }
    }
}

/// A variable of the environment, if it is set.
fn variable(name: &str) -> Option<String> {
    match env::var(name) {
        Err(env::VarError::NotPresent) => None,
        value => Some(value.unwrap_or_else(|error| panic!("{name}: {error}"))),
    }
}

impl std::fmt::Debug for Exploration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exploration")
            .field("depth", &self.depth)
            .field("manner", &self.manner)
            .finish_non_exhaustive()
    }
}
