//! The settings of an exploration, and its start.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chaos_core::OperationGlob;

use crate::environment;
use crate::faults::Faults;
use crate::history::History;
use crate::placement::{Placement, parse_line};
use crate::report::Report;
use crate::report::gap::Gap;
use crate::runner::Runner;
use crate::search::{Search, SearchLimits};
use crate::similar_names::is_slip;
use crate::trial::clock::ClockMode;
use crate::trial::panics::PanicsOfTasks;
use crate::trial::remaining_tasks::RemainingTasks;
use crate::trial::{TestFn, TrialConfig, panics};

/// A test to explore, and the settings of the exploration.
///
/// The exploration starts with [`run`](Self::run) or [`report`](Self::report). The [crate documentation](crate) lists the
/// defaults.
#[must_use = "an exploration does nothing until it is run"]
pub struct Exploration {
    runner: Runner,
    faults: Faults,
    depth: usize,
    max_runs: usize,
    tries: NonZeroUsize,
    max_time: Duration,
    replay: Option<Replay>,
    allowed: BTreeSet<Gap>,
}

/// The faults to try instead of every set.
enum Replay {
    Placements(Vec<Placement>),
    /// The faults of a request, which are then reduced to those that matter.
    History(History),
}

impl Exploration {
    pub(crate) fn new(test: TestFn) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            runner: Runner {
                test,
                config: TrialConfig {
                    seed: 0,
                    clock: ClockMode::Virtual,
                    // Long enough for several timeouts and retries in a row.
                    act_limit: Duration::from_secs(5 * 60),
                    verify_limit: Duration::from_secs(60),
                    names: Arc::default(),
                    remaining_tasks: RemainingTasks::Reported,
                    panics_of_tasks: PanicsOfTasks::Reported,
                },
                // Runs spend a good part of their time waiting.
                threads: cores * 2,
                stuck_after: Duration::from_secs(30),
                deadline: None,
            },
            faults: Faults::standard(),
            depth: 1,
            max_runs: 100_000,
            tries: NonZeroUsize::MIN,
            max_time: Duration::from_secs(600),
            replay: None,
            allowed: BTreeSet::new(),
        }
    }

    /// Sets the faults to try. Defaults to [`Faults::standard`].
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Sets the largest number of faults in one run. Defaults to 1.
    pub fn depth(mut self, faults: usize) -> Self {
        self.depth = faults;
        self
    }

    /// Sets the seed of each run's manager. Defaults to 0; the environment variable `CHAOS_SEED` overrides it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.runner.config.seed = seed;
        self
    }

    /// Sets the number of concurrent runs. Defaults to two for each available processor.
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.runner.threads = threads.get();
        self
    }

    /// Sets the time limit of the act, on the run's clock. Defaults to 5 minutes.
    ///
    /// An act that exceeds the limit under a fault lacks a timeout, which is a finding.
    pub fn act_within(mut self, limit: Duration) -> Self {
        self.runner.config.act_limit = limit;
        self
    }

    /// Sets the time limit of the verification, on the run's clock. Defaults to 60 seconds.
    pub fn verify_within(mut self, limit: Duration) -> Self {
        self.runner.config.verify_limit = limit;
        self
    }

    /// Sets the time limit of one run in real time. Defaults to 30 seconds.
    ///
    /// A run that exceeds the limit is a finding. Its thread can't be ended, so it continues in the background.
    pub fn stuck_after(mut self, limit: Duration) -> Self {
        self.runner.stuck_after = limit;
        self
    }

    /// Sets the largest number of runs. Defaults to 100,000; the two fault-free baseline runs always happen.
    pub fn at_most_runs(mut self, runs: usize) -> Self {
        self.max_runs = runs;
        self
    }

    /// Sets the time limit of the exploration; no run starts after it. Defaults to 10 minutes.
    pub fn at_most_time(mut self, time: Duration) -> Self {
        self.max_time = time;
        self
    }

    /// Sets how often each set of faults is tried. Defaults to 1.
    ///
    /// Several tries are for a test whose operations vary in their order, as they do when it iterates over a `HashMap`: a
    /// fault that matters in one order only is then found if one of the tries has that order. An order that varies is
    /// reported, but no longer a [`Gap`].
    pub fn tries(mut self, tries: NonZeroUsize) -> Self {
        self.tries = tries;
        self
    }

    /// Allows a gap, so that a report with it is clean. The report still lists it, as allowed.
    ///
    /// [`Gap`] lists what a pass no longer shows then.
    pub fn allow(mut self, gap: Gap) -> Self {
        self.allowed.insert(gap);
        self
    }

    /// Allows tasks that are left running under a fault but not without any, and tasks that wait for a held operation.
    ///
    /// Otherwise they are a finding once they have had 10 minutes of virtual time to end. With this setting, operations are
    /// held no longer than the act lasts.
    pub fn allow_remaining_tasks(mut self) -> Self {
        self.runner.config.remaining_tasks = RemainingTasks::Allowed;
        self
    }

    /// Allows panics of spawned tasks and of blocking work, for code that handles them, such as by a fallback.
    ///
    /// Otherwise they are a finding, even if the act goes on. Panics of the act and of the verification always are.
    pub fn allow_panics_of_tasks(mut self) -> Self {
        self.runner.config.panics_of_tasks = PanicsOfTasks::Allowed;
        self
    }

    /// Gives all operations whose names match a pattern the pattern as their name.
    ///
    /// An operation's name must be the same in each run, so a URL with a generated id needs a pattern:
    ///
    /// ```
    /// # fn exploration() -> chaos_explore::Exploration { unimplemented!() }
    /// # let _ = || {
    /// exploration().unify("GET /orders/*").run();
    /// # };
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the pattern is empty.
    pub fn unify(mut self, operations: &str) -> Self {
        let glob = OperationGlob::new(operations).expect("a pattern of names is not empty");
        Arc::make_mut(&mut self.runner.config.names).add(glob);
        self
    }

    /// Uses the system's clock instead of a virtual one.
    ///
    /// A test needs real time if it talks to another process or thread other than through an adapter: the virtual clock
    /// can't observe whether that is still working on a reply, and may jump to a timeout.
    pub fn in_real_time(mut self) -> Self {
        self.runner.config.clock = ClockMode::Real;
        self
    }

    /// Tries only the placements of a finding's replay line, for a regression test.
    ///
    /// The environment variable `CHAOS_REPLAY` does the same to an existing test. There the name of the test may precede
    /// the line in brackets; explorations of other tests are skipped then, and a misspelt name fails. Without it, those are skipped whose operations
    /// lack that of the line, unless the test was started by its name.
    ///
    /// If the order of operations varies, the faults may not matter in the order of this run, which is a [`Gap`] unless
    /// there are several [`tries`](Self::tries).
    ///
    /// # Panics
    ///
    /// Panics if `line` is not a replay line.
    pub fn replay(mut self, line: &str) -> Self {
        let placements = parse_line(line).unwrap_or_else(|error| panic!("{error}"));
        self.replay = Some(Replay::Placements(placements));
        self
    }

    /// Tries only the faults of one request of a real run, and reduces them to those that matter.
    pub fn replay_history(mut self, history: History) -> Self {
        self.replay = Some(Replay::History(history));
        self
    }

    /// Explores the test and returns the report, which is [clean](Report::is_clean).
    ///
    /// # Panics
    ///
    /// Panics if there are findings, if the test fails or varies without faults, or if there is a [`Gap`] that is not
    /// allowed. Also panics if `CHAOS_REPLAY` or `CHAOS_SEED` is invalid.
    #[track_caller]
    pub fn run(self) -> Report {
        let report = self.report();
        assert!(report.is_clean(), "{report}");
        report
    }

    /// Explores the test and returns the report.
    ///
    /// # Panics
    ///
    /// Panics if the environment variable `CHAOS_REPLAY` or `CHAOS_SEED` is invalid.
    #[must_use = "findings are only in the report; `run` panics on them"]
    pub fn report(mut self) -> Report {
        if let Some(seed) = environment::seed() {
            self.runner.config.seed = seed;
        }
        let test = environment::test_name();
        let mut skips_unknown = false;
        if let Some(request) = environment::replay_request() {
            match (request.test, &test) {
                (Some(of), Some(test)) if of != *test => {
                    assert!(
                        !is_slip(&of, test) || environment::has_test(&of),
                        "CHAOS_REPLAY names the test `{of}`: did you mean `{test}`?"
                    );
                    return Report::skipped(of, self.runner.config.seed);
                }
                (Some(of), Some(test)) if of == *test => {}
                (_, test) => {
                    let is_named = test
                        .as_deref()
                        .is_some_and(environment::is_named_in_arguments);
                    skips_unknown = !is_named;
                }
            }
            self.replay = Some(Replay::Placements(request.placements));
        }
        panics::install_hook();
        let started = Instant::now();
        self.runner.deadline = started.checked_add(self.max_time);
        let search = Search::new(
            &self.runner,
            &self.faults,
            SearchLimits {
                depth: self.depth,
                runs: self.max_runs,
                tries: self.tries,
            },
            started,
        );
        let mut report = match self.replay {
            None => search.explore(),
            Some(Replay::Placements(placements)) => {
                let first = placements
                    .first()
                    .map(|placement| placement.operation.clone());
                let report = search.replay(placements);
                if skips_unknown && first.is_some_and(|first| !report.has_operation(&first)) {
                    return Report::skipped("another test".to_owned(), report.seed);
                }
                report
            }
            Some(Replay::History(history)) => search.replay_history(&history),
        };
        report.test = test;
        report.allow(&self.allowed);
        report
    }
}

impl fmt::Debug for Exploration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exploration")
            .field("depth", &self.depth)
            .field("config", &self.runner.config)
            .finish_non_exhaustive()
    }
}
