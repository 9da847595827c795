//! What an exploration did not show.

use std::fmt;

use serde::Serialize;

/// A reason why an exploration shows less than it seems to.
///
/// A report with a gap is not [clean](crate::Report::is_clean), so [`run`](crate::Exploration::run) fails, unless
/// [`Exploration::allow`](crate::Exploration::allow) names the gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Gap {
    /// The act performed no operation at a site of the run's manager.
    NoOperations,
    /// No fault was injected: the depth is 0, no fault applies to an operation, or no operation was reached.
    NothingInjected,
    /// A limit of runs, of time or of recorded operations left faults untried.
    LeftUnexplored,
    /// A fault's operation did not occur, so the test varies, or a replay line names an unknown operation.
    Unreached,
    /// Operations came in another order than before, so some orders of faults were not tried.
    ///
    /// With more than one try of each set ([`tries`](crate::Exploration::tries)), it is reported and no gap.
    OrderVaries,
    /// Tasks that the act left running performed operations after it, where no fault was tried.
    LateOperations,
    /// Without any fault, a call ended without a reply after virtual time had passed.
    ///
    /// Its peer may run outside of the runtime, where the virtual clock can't observe it.
    Unanswered,
    /// The list of faults names a service that the test doesn't have.
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
                 only may be missed: `tries` tries each set of faults several times."
            }
            Self::LateOperations => {
                "Let the act wait for these tasks: join them, or sleep until they are done."
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
pub(super) const VARIES: &str = "Usual causes: the order of a `HashMap`, a generated id in a name (see `unify`), worlds \
                                 that share a database, or work on other threads.";

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
