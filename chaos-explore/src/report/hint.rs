//! Probable causes of findings that the tests themselves don't show.

use std::collections::BTreeSet;

use crate::report::SharedState;
use crate::report::finding::{Finding, ReplayOutcome};
use crate::report::problem::Problem;

/// How a test gives each run its own database.
const OWN_WORLD: &str = "Give each run its own: create a database or a schema in the world, under a name with a counter, \
                         and apply the migrations there. `#[sqlx::test]` alone does not do it, as all runs of its test \
                         share one database. Otherwise set `threads(1)`, and clean up in the world.";

impl SharedState {
    pub(super) fn explanation(self) -> String {
        let what = match self {
            Self::AtOnce => "The test passes alone, but not while another run is in progress",
            Self::InSequence => "The test passes once, but not when it runs again",
        };
        format!("{what}: the worlds of its runs share something, such as a database. {OWN_WORLD}")
    }
}

/// Returns the probable causes of findings with one problem.
pub(super) fn hints(findings: &[&Finding]) -> Vec<String> {
    let mut hints = Vec::new();
    let problems = || findings.iter().flat_map(|finding| &finding.problems);
    if problems().any(is_pool_timeout) {
        hints.push(
            "A pool that is not a `ChaosPool` waits for the database in virtual time, which the run can't observe: its \
             timeout may have fired before the reply came. Use the `ChaosPool` in the verification as well: no fault \
             strikes there."
                .to_owned(),
        );
    }
    let depends_on_time =
        |finding: &&Finding| finding.took_virtual_time && !finding.placements.is_empty();
    if findings.iter().any(depends_on_time) {
        hints.push(
            "Virtual time passed in this run. `std::time::Instant` and `SystemTime` don't see it, so limits, backoffs and \
             circuit breakers that measure with them behave differently here: use `tokio::time::Instant`."
                .to_owned(),
        );
    }
    if problems().any(|problem| matches!(problem, Problem::TaskPanicked { .. })) {
        hints.push(
            "The panic ended a task, not the test. If the code that waits for the task handles that: \
             `allow_panics_of_tasks`."
                .to_owned(),
        );
    }
    if problems().any(|problem| matches!(problem, Problem::WaitsWithoutLimit { .. })) {
        hints.push(
            "The operation was still held 10 minutes of virtual time after the act. Give the call a timeout. If the task is \
             meant to wait forever: `allow_remaining_tasks`."
                .to_owned(),
        );
    }
    let unanswered: BTreeSet<&str> = findings
        .iter()
        .flat_map(|finding| &finding.unanswered)
        .map(|service| &**service)
        .collect();
    if !unanswered.is_empty() {
        let services: Vec<_> = unanswered.into_iter().collect();
        hints.push(format!(
            "A call to {} got no reply while virtual time passed, although no fault struck that call. If the peer runs on \
             another thread or in another process, and takes longer than a second under these faults, its reply may have \
             been on its way: use `in_real_time`.",
            services.join(", ")
        ));
    }
    let is_gone = |finding: &&Finding| finding.replay == ReplayOutcome::NotReproduced;
    if findings.iter().any(is_gone) {
        hints.push(format!(
            "A finding that is gone when it is replayed alone often means that runs disturb each other. {OWN_WORLD}"
        ));
    }
    hints
}

fn is_pool_timeout(problem: &Problem) -> bool {
    match problem {
        Problem::Panicked { message, .. } | Problem::TaskPanicked { message, .. } => {
            message.contains("PoolTimedOut") || message.contains("pool timed out")
        }
        _ => false,
    }
}
