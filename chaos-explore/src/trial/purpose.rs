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
}
