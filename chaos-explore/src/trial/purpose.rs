//! What a trial is for, which decides how long it waits.

use std::time::Duration;

/// What a trial is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Shows what the test does without faults.
    Baseline,
    /// A baseline in which time passes between the act and the verification, so that late operations are seen.
    SettledBaseline,
    /// Shows what the test does under faults.
    Faults(Expectations),
}

impl Purpose {
    pub(crate) fn is_baseline(self) -> bool {
        matches!(self, Self::Baseline | Self::SettledBaseline)
    }
}

/// What the baseline has shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expectations {
    /// The number of tasks that the test leaves running.
    pub(crate) remaining_tasks: usize,
    /// The longest time that a call took while no virtual time passed.
    pub(crate) longest_call: Duration,
    pub(crate) patience: Patience,
}

/// How long a trial waits in real time for the peer of a call, which may run on another thread.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A few times as long as the longest call of the baseline.
    #[default]
    Learnt,
    /// A second for each call, because a call got no reply with less patience.
    Long {
        /// The real time since the start of the act after which the learnt patience is enough again.
        at_most: Duration,
    },
}
