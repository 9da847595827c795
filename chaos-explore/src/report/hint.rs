//! Probable causes of findings that the tests themselves don't show.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chaos_core::SiteKind;

use crate::report::finding::{Finding, ReplayOutcome};
use crate::report::problem::{Problem, TestPart};
use crate::report::{Report, SharedState};

/// The least virtual time that time limits may depend on.
const NOTABLE_TIME: Duration = Duration::from_secs(1);

const BARE_POOL: &str = "A pool that is not a `ChaosPool` waits for the database in virtual time, which the run can't \
                         observe: its timeout may have fired before the reply came. Use the `ChaosPool` in the \
                         verification as well: no fault strikes there.";

const OTHER_CLOCKS: &str = "Virtual time passed in this run. `std::time::Instant` and `SystemTime` don't see it, so limits, \
                            backoffs and circuit breakers that measure with them behave differently here: use \
                            `tokio::time::Instant`.";

const TASK_PANICKED: &str = "The panic ended a task, not the test. If the code that waits for the task handles that: \
                             `allow_panics_of_tasks`.";

const WAITS: &str = "The operation was still held 10 minutes of virtual time after the act. Give the call a timeout. If the \
                     task is meant to wait forever: `allow_remaining_tasks`.";

/// How a test gives each run its own database.
const OWN_DATABASE: &str = "The runs may share a database. Give each run its own: create a database or a schema in the \
                            world, under a name with a counter, and apply the migrations there. `#[sqlx::test]` alone \
                            does not do it, as all runs of its test share one database. Otherwise set `threads(1)`, and \
                            clean up in the world.";

const OUTSIDE: &str = "- work on another thread or in another process, which the virtual clock can't observe: start it on \
                       the run's own runtime, or use `in_real_time`\n";

const WAITED: &str = "Virtual time passed in this run. If a limit passed while the test waited for another thread or process \
                      other than through an adapter, such as with a bare client: use `in_real_time`.";

const SHARED: &str = "- something that the runs share, such as a database, a file or a `static`: create it in the world, \
                      or set `threads(1)` and clean up\n";

const RANDOM: &str = "- something random, such as the order of a `HashMap`";

impl SharedState {
    fn observation(self) -> &'static str {
        match self {
            Self::AtOnce => "The test passes alone, but not while another run is in progress.",
            Self::InSequence => "The test passes once, but not when it runs again.",
        }
    }
}

impl Report {
    /// Returns the probable causes of findings with one problem.
    pub(super) fn hints(&self, findings: &[&Finding]) -> Vec<String> {
        let mut hints = Vec::new();
        let problems = || findings.iter().flat_map(|finding| &finding.problems);
        let limits: BTreeSet<_> = problems().filter_map(limit_hint).collect();
        hints.extend(limits.into_iter().map(str::to_owned));
        let of_problems = [
            (BARE_POOL, is_pool_timeout as fn(&Problem) -> bool),
            (TASK_PANICKED, |one| {
                matches!(one, Problem::TaskPanicked { .. })
            }),
            (WAITS, |one| {
                matches!(one, Problem::WaitsWithoutLimit { .. })
            }),
        ];
        for (hint, is_of_sort) in of_problems {
            if problems().any(is_of_sort) {
                hints.push(hint.to_owned());
            }
        }
        if findings.iter().any(|finding| exceeds_time_limit(finding)) {
            hints.push(OTHER_CLOCKS.to_owned());
        }
        let is_gone = |finding: &&Finding| finding.replay == ReplayOutcome::NotReproduced;
        if let Some(baseline) = findings.iter().find(|one| one.placements.is_empty()) {
            hints.extend(self.baseline_hint(baseline));
        } else if findings.iter().any(is_gone) {
            hints.push(self.hint_on_variation(findings));
        } else {
            hints.extend(unanswered_hint(
                findings.iter().flat_map(|one| suspicious(one)),
            ));
        }
        hints
    }

    /// Returns why the test may fail without faults.
    fn baseline_hint(&self, finding: &Finding) -> Option<String> {
        let unanswered = unanswered_hint(&finding.unanswered);
        match self.shared_state {
            Some(shared) => {
                let why = unanswered.unwrap_or_else(|| self.possible_causes(&[finding]));
                Some(format!("{} {why}", shared.observation()))
            }
            None if unanswered.is_some() => unanswered,
            None if finding.problems.iter().any(is_overdue) && has_jumped(finding) => {
                Some(self.possible_causes(&[finding]))
            }
            None => (finding.virtual_time >= NOTABLE_TIME).then(|| WAITED.to_owned()),
        }
    }

    /// Returns why findings may be gone when they are replayed.
    fn hint_on_variation(&self, findings: &[&Finding]) -> String {
        if let Some(difference) = &self.order_difference {
            return format!(
                "The order of operations varies from run to run: {difference}. A finding that needs one order is gone in \
                 another."
            );
        }
        let unanswered = findings.iter().flat_map(|finding| &finding.unanswered);
        unanswered_hint(unanswered).unwrap_or_else(|| {
            format!(
                "A finding that is gone when it is replayed depends on something besides its faults. {}",
                self.possible_causes(findings)
            )
        })
    }

    /// Returns what makes runs differ, as far as the operations show it.
    fn possible_causes(&self, findings: &[&Finding]) -> String {
        let mut kinds = self.operations.iter().map(|operation| operation.kind);
        if kinds.any(|kind| kind == Some(SiteKind::Database)) {
            return OWN_DATABASE.to_owned();
        }
        let outside = match findings.iter().any(|finding| has_jumped(finding)) {
            true => OUTSIDE,
            false => "",
        };
        format!("Possible causes:\n\n{outside}{SHARED}{RANDOM}")
    }
}

/// Returns which setting has the limit that was exceeded.
fn limit_hint(problem: &Problem) -> Option<&'static str> {
    match problem {
        Problem::Overdue {
            part: TestPart::Act,
            ..
        } => Some("`act_within` sets the limit of the act."),
        Problem::Overdue {
            part: TestPart::Verify,
            ..
        } => Some(
            "`verify_within` sets the limit of the verification. The faults have ended by then, so the system recovers \
             more slowly than that, or not at all.",
        ),
        Problem::Stuck { .. } => Some("`stuck_after` sets the limit of a run in real time."),
        _ => None,
    }
}

/// Returns the services that got a fault on their caller's side and did not reply to another call.
///
/// A service that got a fault itself, or that waits for another one, has a reason not to reply.
fn suspicious(finding: &Finding) -> impl Iterator<Item = &Arc<str>> {
    finding.unanswered.iter().filter(|service| {
        finding.placements.iter().any(|placement| {
            let struck = &placement.operation;
            let is_of_peer = matches!(struck.kind, Some(SiteKind::Server | SiteKind::Database));
            !is_of_peer && struck.service == **service
        })
    })
}

/// Returns what to do about services that did not reply while virtual time passed.
fn unanswered_hint<'a>(services: impl IntoIterator<Item = &'a Arc<str>>) -> Option<String> {
    let services: BTreeSet<_> = services.into_iter().map(|service| &**service).collect();
    let services: Vec<_> = services.into_iter().collect();
    let services = services.join(", ");
    (!services.is_empty()).then(|| {
        format!(
            "A call to {services} got no reply while virtual time passed, although no fault struck it. The virtual clock \
             can't observe a peer on another thread or in another process: start it on the run's own runtime, or use \
             `in_real_time`."
        )
    })
}

/// Returns whether the virtual clock has jumped, so that it may have passed a reply.
fn has_jumped(finding: &Finding) -> bool {
    !finding.virtual_time.is_zero()
}

/// Returns whether faults made a part of the test exceed a limit of virtual time.
fn exceeds_time_limit(finding: &Finding) -> bool {
    let has_faults = !finding.placements.is_empty();
    let is_overdue = finding.problems.iter().any(is_overdue);
    has_faults && is_overdue && finding.virtual_time >= NOTABLE_TIME
}

fn is_overdue(problem: &Problem) -> bool {
    matches!(problem, Problem::Overdue { .. })
}

fn is_pool_timeout(problem: &Problem) -> bool {
    match problem {
        Problem::Panicked { message, .. } | Problem::TaskPanicked { message, .. } => {
            message.contains("PoolTimedOut") || message.contains("pool timed out")
        }
        _ => false,
    }
}
