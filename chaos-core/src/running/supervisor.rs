//! What a running experiment asks of the manager that started it.

/// Tidies up after experiments; called from decisions and from the guardian, so it never waits.
pub(crate) trait Supervisor: Send + Sync {
    /// Schedules tidying up after an experiment that ended on a thread that must not wait.
    fn tidy_up_soon(&self);

    /// Wakes the callers of `halted`, as an experiment may have settled.
    fn notify_settled(&self);
}
