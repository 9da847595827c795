//! The faults that the layers of servers and clients inject into requests.

use std::time::Duration;

use chaos_tower::{
    Bandwidth, BlastRadius, ChaosManager, CircuitBreak, Corrupt, Disconnect, Error, Experiment,
    ExperimentGuard, Failure, Fault, Phase, Rate, RateLimit,
};

use crate::observation::FIRST;
use crate::table::Row;

/// Returns `None` where requests have no such failure.
pub(super) fn start(
    row: Row,
    chaos: &ChaosManager,
    radius: BlastRadius,
) -> Option<ExperimentGuard> {
    let half = FIRST.len() as u64;
    let (fault, phase) = match row {
        Row::Latency => (Fault::latency(Duration::from_secs(60)), Phase::Before),
        Row::Unavailable => (Fault::error(Failure::Unavailable), Phase::Before),
        Row::Overloaded => (Fault::error(Failure::Overloaded), Phase::Before),
        Row::GatewayTimeout => {
            let late = Failure::status(504).expect("a status");
            (Fault::error(late), Phase::Before)
        }
        Row::RateLimit => {
            let limit = RateLimit::per_minute(1).expect("a limit");
            (Fault::rate_limit(limit), Phase::Before)
        }
        Row::CircuitOpen => {
            let circuit = CircuitBreak::after(1).expect("a number");
            let circuit = circuit.open_for(Duration::from_secs(7)).expect("a time");
            (Fault::circuit_break(circuit), Phase::Before)
        }
        Row::Timeout => (Fault::timeout(Duration::from_millis(20)), Phase::Before),
        Row::Refused => (Fault::error(Failure::Refused), Phase::Before),
        Row::Reset => (Fault::reset(), Phase::Before),
        Row::Closed => (Fault::error(Failure::Closed), Phase::Before),
        Row::ResetAfterWork => (Fault::reset(), Phase::After),
        Row::CutWithLength | Row::CutInChunks => {
            (Fault::disconnect(Disconnect::CutAfter(half)), Phase::During)
        }
        Row::ResetMidway => {
            let reset = Disconnect::ResetAfter(half);
            (Fault::disconnect(reset), Phase::During)
        }
        Row::StallMidway => (Fault::disconnect(Disconnect::Stall), Phase::During),
        Row::ConnectTimeout => return None,
        Row::Bandwidth => {
            let narrow = Bandwidth::bytes_per_second(25).expect("a rate");
            (Fault::bandwidth(narrow), Phase::During)
        }
        Row::Corrupt => {
            let all = Corrupt::bytes(Rate::ALWAYS).expect("a rate");
            (Fault::corrupt(all), Phase::During)
        }
    };
    let experiment = Experiment::new("a cell of the table")
        .fault(fault)
        .blast_radius(radius)
        .phase(phase);
    match chaos.start(experiment) {
        Err(Error::CannotRefuse { .. }) => None,
        started => Some(started.expect("an experiment")),
    }
}
