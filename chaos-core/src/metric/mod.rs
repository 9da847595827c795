//! The table of all metrics: what each is called, how it is computed, and where it can be read.
//!
//! The recorder of the `metrics` facade, the API of `chaos-admin` and `docs/metrics.md` are all made from it.

mod definition;
#[cfg(test)]
mod document;

use self::MetricKind::{Counter, Gauge, Histogram};
pub use definition::{Metric, MetricKind};

/// Defines each row as a constant, and all of them as a list.
macro_rules! metrics {
    ($($row:ident = $kind:ident $name:literal: $help:literal, $formula:literal; $($place:ident $labels:expr),+;)+) => {
        $(
            #[doc = $help]
            #[doc = ""]
            #[doc = $formula]
            pub const $row: Metric = Metric::new($kind, $name, $help, $formula)$(.$place(&$labels))+;
        )+

        /// All metrics.
        pub const ALL: &[Metric] = &[$($row),+];
    };
}

const EXPERIMENT: [&str; 1] = ["experiment"];
const PRESSURE: [&str; 2] = ["experiment", "kind"];

metrics! {
    HALTED = Gauge "chaos_halted":
        "Whether everything is halted.",
        "1 while a halt is in force, else 0.";
        served [];
    SITES = Gauge "chaos_sites":
        "Registered sites.",
        "The number of places in the code that ask for decisions.";
        served [];
    EXPERIMENTS = Gauge "chaos_experiments":
        "Running experiments.",
        "The number of experiments that run now.";
        served [];
    EXPERIMENTS_WAITING = Gauge "chaos_experiments_waiting":
        "Experiments that wait for a site.",
        "The number of experiments that start once a site registers that their conditions can judge.";
        served [];
    EXPERIMENT_ACTIVE = Gauge "chaos_experiment_active":
        "Whether an experiment runs.",
        "1 while it runs, then 0 until the process forgets it. `environment` is the one in which its start was judged.";
        served ["experiment", "environment"], recorded EXPERIMENT;
    EXPERIMENTS_RUNNING = Gauge "chaos_experiments_running":
        "Whether an experiment runs in this process.",
        "1 while it runs, then 0; the sum over all labels is the number of running experiments.";
        recorded EXPERIMENT;
    EXPERIMENT_STARTED = Gauge "chaos_experiment_started_timestamp_seconds":
        "The start of a running experiment.",
        "Seconds since 1970; `time() - chaos_experiment_started_timestamp_seconds` is its age.";
        served EXPERIMENT;
    EXPERIMENT_TIME_LEFT = Gauge "chaos_experiment_time_left_seconds":
        "The time left until a running experiment ends by itself.",
        "Its time limit or absolute end, whichever comes first, less the present.";
        served EXPERIMENT;
    EXPERIMENT_LEASE_LEFT = Gauge "chaos_experiment_lease_left_seconds":
        "The time left until the lease of a running experiment runs out.",
        "The length of the lease less the time since its last renewal; absent without a lease.";
        served EXPERIMENT;
    EXPERIMENT_INJECTED = Gauge "chaos_experiment_injected":
        "Operations that a running experiment has struck.",
        "Counted since its start; a connection counts once.";
        served EXPERIMENT;
    EXPERIMENT_IN_FLIGHT = Gauge "chaos_experiment_in_flight":
        "Operations that a running experiment affects now.",
        "The number of operations between their decision and the end of their fault.";
        served EXPERIMENT;
    EXPERIMENT_COVERED = Gauge "chaos_experiment_covered":
        "Operations that the blast radius of a running experiment covers.",
        "Counted since its start, struck or not; absent for shares of connections or transactions.";
        served EXPERIMENT;
    EXPERIMENT_RATE_ASKED = Gauge "chaos_experiment_rate_asked":
        "The share of operations that a running experiment is to strike.",
        "The rate of its blast radius, from 0 to 1.";
        served EXPERIMENT;
    EXPERIMENT_RATE_ACHIEVED = Gauge "chaos_experiment_rate_achieved":
        "The share of operations that a running experiment has struck.",
        "Struck operations / `chaos_experiment_covered`, from 0 to 1; absent while nothing is covered.";
        served EXPERIMENT;
    CUSTOMER_IMPACT = Gauge "chaos_experiment_customer_impact_score":
        "The percentage of operations that faults made fail or slow, from 0 to 100.",
        "100 × T / (T + U) × max(0, Tb / T − Ub / U), where T are the treated operations (a fault struck them or their request) \
         of the last minute, U all others, and Tb and Ub those of them that were bad: failed, or took longer than 1 s. Counted at \
         the server sites, or at all sites if none of them had an operation. Without untreated operations, Ub / U counts as 0, so the score is an \
         upper bound; without treated ones, it is 0. Absent while nothing was counted. Counting begins with the first scrape \
         that finds a running experiment, and ends 90 s after the last one.";
        served [];
    SYSTEM_HEALTH = Gauge "chaos_experiment_system_health_score":
        "The percentage of operations that neither failed nor were slow, from 0 to 100.",
        "100 × (1 − (Tb + Ub) / (T + U)), with the counts of `chaos_experiment_customer_impact_score`. Absent while nothing was counted.";
        served [];
    RECOVERY_SUCCESS_RATE = Gauge "chaos_experiment_recovery_success_rate":
        "The share of faults after which the target became steady again.",
        "Successful recoveries / tried ones, as a lab posted them, from 0 to 1. Absent before the first recovery, and 60 s after the last post.";
        served [];
    READING = Gauge "chaos_reading":
        "The latest value of a business reading.",
        "As a lab posted it. Absent if it has no value, and 60 s after its last post.";
        served ["reading", "unit"];
    READING_BROKEN = Gauge "chaos_reading_broken":
        "Whether a business reading breaks its limit.",
        "1 if it does, 0 if it holds; absent if that is unknown, and 60 s after its last post.";
        served ["reading"];
    PRESSURE_REQUESTED = Gauge "chaos_pressure_requested":
        "Requested level of a pressure.",
        "In the unit of its kind: percent of a core, bytes, bytes a second, descriptors, threads, workers or seconds. The recorder \
         shows 0 once the resource is released.";
        served PRESSURE, recorded PRESSURE;
    PRESSURE_ACHIEVED = Gauge "chaos_pressure_achieved":
        "Current level of a pressure.",
        "As measured, in the unit of its kind.";
        served PRESSURE, recorded PRESSURE;
    INJECTED = Counter "chaos_injected_total":
        "Operations that received a fault.",
        "`fault` is the kind of the experiment's first fault that had an effect, `kind` that of the site. The API counts dry runs as well.";
        served ["fault"], recorded ["experiment", "service", "kind", "fault"];
    INJECTED_DELAY = Histogram "chaos_injected_delay_seconds":
        "Injected delay per delayed operation.",
        "As decided; an operation whose caller gives up feels less.";
        recorded ["experiment", "service", "kind", "fault"];
    EXPERIMENTS_STARTED = Counter "chaos_experiments_started_total":
        "Experiments that started.",
        "Counted since the manager was built.";
        served [];
    EXPERIMENTS_ENDED = Counter "chaos_experiments_ended_total":
        "Experiments that ended, by reason.",
        "`reason` is `dropped`, `stopped`, `replaced`, `time_limit`, `lease`, `halted`, `aborted` or `manager_dropped`; \
         `lease` counts the leases that lapsed.";
        served ["reason"], recorded ["reason"];
    EXPERIMENTS_REFUSED = Counter "chaos_experiments_refused_total":
        "Refused experiments.",
        "Starts that a limit, a policy, a halt or a missing site prevented.";
        served [], recorded [];
    SAFETY_VIOLATION = Counter "chaos_safety_violation_total":
        "Times that a safety limit had to step in.",
        "`kind` is `aborted` (a condition or a failed pressure ended an experiment), `lease` (a lease was not renewed), `total_cap` or \
         `concurrent_cap` (an experiment met its cap, once each), `pressure` (a pressure backed off) or `undo` (an undo panicked). A \
         time limit is how an experiment is meant to end, and a halt has a counter of its own.";
        served ["kind"], recorded ["kind"];
    HALTS = Counter "chaos_halts_total":
        "Halts.",
        "By call, halt file or API.";
        served [];
    JOURNAL_ENTRIES = Counter "chaos_journal_entries_total":
        "Entries of the journal.",
        "The number of the next entry.";
        served [];
    JOURNAL_LOST = Counter "chaos_journal_lost_total":
        "Journal entries that a sink did not take in time.",
        "The sum over all sinks.";
        served [], recorded [];
}
