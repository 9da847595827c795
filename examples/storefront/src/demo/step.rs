//! The faults that are shown, and what is asked of each.

use std::num::NonZeroU32;
use std::time::Duration;

use chaos_core::{
    BlastRadius, Experiment, Failure, Fault, Latency, Pattern, Phase, Pressure, Rate,
};
use storefront::BoxError;

/// One fault, and what is asked of it.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) experiment: Experiment,
    pub(crate) hits: Hits,
    pub(crate) reaches: Reaches,
    /// How much slower than ever the slowest hundredth of the requests may be.
    pub(crate) slower_by: Duration,
    pub(crate) ends: Ends,
}

/// Of how many requests a fault is asked to hit which share.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hits {
    /// Each of this share of the checkouts once.
    Checkouts(f64),
    /// Each of this share of all requests once.
    Requests(f64),
    /// Whatever asks for something that is not to be had, as often as it asks.
    WhateverAsks,
    /// None: the whole process feels it.
    TheProcess,
}

/// Whether customers may see the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaches {
    Nobody,
    Customers,
}

/// How a fault ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Its guard is dropped.
    Dropped,
    /// Everything is halted, in its midst.
    Halted,
}

pub(crate) fn all() -> Result<Vec<Step>, BoxError> {
    let calls =
        |share| Ok::<_, BoxError>(BlastRadius::calls_to("payments").rate(Rate::share(share)?));
    let statements = |operation, share| {
        let radius = BlastRadius::queries_on("orders-db").operation(operation);
        Ok::<_, BoxError>(radius.rate(Rate::share(share)?))
    };
    let requests =
        |share| Ok::<_, BoxError>(BlastRadius::requests_to("storefront").rate(Rate::share(share)?));
    let delays = Latency::quantiles([(0.5, ms(100)), (0.99, ms(500))])?;
    // The first call of a request fails, and the next does not: what a retry is for.
    let once = || Pattern::fail_then_succeed(1).per_request();
    let Some(connections) = NonZeroU32::new(5) else {
        return Err("a pool has connections".into());
    };
    Ok(vec![
        Step {
            experiment: Experiment::new("slow payments")
                .fault(Fault::latency(delays))
                .blast_radius(calls(1.0)?),
            ..Step::absorbed(
                "slow payments, p50 100, p99 500 ms",
                Hits::Checkouts(1.0),
                ms(600),
            )
        },
        Step {
            experiment: Experiment::new("failing payments")
                .fault(Fault::error(Failure::Unavailable))
                .blast_radius(calls(0.3)?)
                .pattern(once()),
            ..Step::absorbed("failing payments: 30 %", Hits::Checkouts(0.3), ms(150))
        },
        Step {
            experiment: Experiment::new("lost replies")
                .fault(Fault::reset())
                .phase(Phase::After)
                .blast_radius(calls(0.2)?)
                .pattern(once()),
            ..Step::absorbed(
                "lost replies of payments: 20 %",
                Hits::Checkouts(0.2),
                ms(350),
            )
        },
        Step {
            experiment: Experiment::new("deadlocks")
                .fault(Fault::error(Failure::Deadlock))
                .blast_radius(statements("UPDATE products", 0.3)?)
                .pattern(once()),
            ..Step::absorbed("deadlocks: 30 %", Hits::Checkouts(0.3), ms(150))
        },
        Step {
            experiment: Experiment::new("lost commits")
                .fault(Fault::reset())
                .phase(Phase::After)
                .blast_radius(statements("COMMIT", 0.2)?)
                .pattern(once()),
            ..Step::absorbed("lost commits: 20 %", Hits::Checkouts(0.2), ms(150))
        },
        Step {
            experiment: Experiment::new("pool exhaustion")
                .fault(Fault::hold_connections(connections))
                .blast_radius(statements("acquire", 1.0)?)
                .allow_collateral(),
            reaches: Reaches::Customers,
            ..Step::absorbed(
                "pool exhaustion: all 5 connections",
                Hits::WhateverAsks,
                ms(600),
            )
        },
        Step {
            experiment: Experiment::new("connection resets")
                .fault(Fault::reset())
                .blast_radius(requests(0.05)?),
            reaches: Reaches::Customers,
            ..Step::absorbed("connection resets: 5 %", Hits::Requests(0.05), ms(100))
        },
        Step::pressing(
            "busy processors: 2 at 80 %",
            Pressure::cpu(2, Rate::share(0.8)?),
            ms(400),
        ),
        Step::pressing(
            "memory: 256 MiB less",
            Pressure::memory(256 << 20).ramp(Duration::from_secs(1)),
            ms(200),
        ),
        Step::pressing(
            "a blocked worker, 50 ms at a time",
            Pressure::runtime_workers(1, ms(50)),
            ms(400),
        ),
        Step {
            experiment: Experiment::new("halt")
                .fault(Fault::latency(Duration::from_secs(60)))
                .blast_radius(requests(0.2)?),
            ends: Ends::Halted,
            ..Step::absorbed("halt: 20 % held, then let go", Hits::Requests(0.2), LASTS)
        },
    ])
}

/// How long a fault lasts.
pub(crate) const LASTS: Duration = Duration::from_secs(3);

impl Step {
    /// A fault that no customer sees; which it is has to be said.
    fn absorbed(name: &'static str, hits: Hits, slower_by: Duration) -> Self {
        Self {
            name,
            experiment: Experiment::new(name),
            hits,
            reaches: Reaches::Nobody,
            slower_by,
            ends: Ends::Dropped,
        }
    }

    /// What the whole process feels, and no customer sees but in how long it takes.
    fn pressing(name: &'static str, pressure: Pressure, slower_by: Duration) -> Self {
        Self {
            experiment: Experiment::new(name)
                .fault(Fault::exhaust(pressure))
                .blast_radius(BlastRadius::requests_to("storefront"))
                .allow_collateral(),
            ..Self::absorbed(name, Hits::TheProcess, slower_by)
        }
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
