//! What an exploration did not show.

use std::fmt;

use serde::Serialize;

/// A reason why an exploration shows less than it seems to.
///
/// A report with a gap is not [clean](crate::Report::is_clean), so [`run`](crate::Exploration::run) fails, unless
/// [`Exploration::allow`](crate::Exploration::allow) names the gap. Each variant describes what a pass no longer shows
/// when its gap is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Gap {
    /// The act performed no operation at a site of the run's manager.
    ///
    /// Allowed, a pass shows only that the test passes without faults.
    NoOperations,
    /// No fault was injected: the depth is 0, no fault applies to an operation, or no operation was reached.
    ///
    /// Allowed, a pass shows only that the test passes without faults.
    NothingInjected,
    /// A limit of runs, of time or of recorded operations left faults untried.
    ///
    /// Allowed, a pass says nothing about these faults, which are those of the last operations and the largest sets.
    LeftUnexplored,
    /// A fault's operation did not occur, so the test varies, or a replay line names an unknown operation.
    ///
    /// Allowed, a pass says nothing about that set of faults, and a replay may have tried nothing at all.
    Unreached,
    /// Operations came in another order than before, so some orders of faults were not tried.
    ///
    /// Allowed, a pass shows that each set was survived in the one order that its run happened to have. A bug in any other
    /// order stays hidden, or is found in one exploration and missed in the next. With several
    /// [`tries`](crate::Exploration::tries), each set meets several orders, and a varying order is reported and no gap.
    OrderVaries,
    /// Tasks that the act left running performed operations after it, where no fault was tried.
    ///
    /// Allowed, a pass says nothing about faults in these operations.
    LateOperations,
    /// Without any fault, a call ended without a reply after virtual time had passed.
    ///
    /// Its peer may run outside of the runtime, where the virtual clock can't observe it. Allowed, all runs may have taken
    /// the path for a peer that is down: a pass says nothing about faults after a reply.
    Unanswered,
    /// The list of faults names a service that the test doesn't have.
    ///
    /// Allowed, a pass says nothing about the faults that were meant for it.
    UnknownService,
}

impl Gap {
    /// Returns what to do about the gap.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::NoOperations => {
                "Create clients, pools and sites from the manager that the world gets, and wait for the work in the act."
            }
            Self::NothingInjected => {
                "Raise the depth, or add faults for the kinds of sites that the act uses."
            }
            Self::LeftUnexplored => {
                "Raise `at_most_runs` or `at_most_time`, lower the depth, or choose fewer faults."
            }
            Self::Unreached => VARIES,
            Self::OrderVaries => {
                "Usual causes: the order of a `HashMap`, or work that is done at once. A fault that matters in one order \
                 only may be missed: `.tries(…)` tries each set of faults several times."
            }
            Self::LateOperations => {
                "If the tasks end by themselves, let the act wait for them: join them, or sleep until they are done. If they \
                 never end, such as a worker that polls a queue, let the act stop them when its own work is done, such as \
                 by `abort` of their `JoinHandle`."
            }
            Self::Unanswered => {
                "If the peer runs outside of the runtime, such as on another thread, start it in the world, or use \
                 `in_real_time`."
            }
            Self::UnknownService => {
                "Correct the name in `and_at` or `without_service`, or create the client in the world."
            }
        }
    }
}

/// The usual causes of a test that varies.
pub(super) const VARIES: &str = "Usual causes: a client or manager kept between runs, as in a `static`; the order of a \
                                 `HashMap`; a generated id in a name (see `unify`); worlds that share a database; work \
                                 on other threads.";

/// Why a test has no operation that a replay line names.
pub(super) const UNKNOWN_OPERATION: &str = "No operation of that name was met: the line is of another test, or of an \
                                            older version of this one.";

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOperations => "the act performed no operation that a fault can strike",
            Self::NothingInjected => "no fault was injected",
            Self::LeftUnexplored => "a limit left faults untried",
            Self::Unreached => "an operation to strike did not occur",
            Self::OrderVaries => "the order of operations varies",
            Self::LateOperations => {
                "tasks performed operations after the act, where no fault was tried"
            }
            Self::UnknownService => "the faults name a service that the test doesn't have",
            Self::Unanswered => "without any fault, a call got no reply while virtual time passed",
        })
    }
}
