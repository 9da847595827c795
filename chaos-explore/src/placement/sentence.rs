//! Faults in sentences, such as "the reply to `POST /charges` of payments was lost after the work was done".

use chaos_core::{Disconnect, Fault, Phase, SiteKind};

use crate::placement::Placement;
use crate::placement::fault_case::{FaultCase, Persistence};
use crate::placement::operation_id::OperationId;

/// Describes a fault at its operation.
pub(super) fn describe(placement: &Placement) -> String {
    let operation = describe_operation(&placement.operation);
    let case = &placement.fault_case;
    let sentence = match (&case.fault, case.phase) {
        (Fault::Error(failure), Phase::Before) => {
            format!("{operation} failed before it was done ({failure})")
        }
        (Fault::Error(failure), Phase::After) => {
            format!("the reply to {operation} was lost after the work was done ({failure})")
        }
        (Fault::Error(failure), Phase::During) => {
            format!(
                "the reply to {operation} broke off in the middle, after the work was done ({failure})"
            )
        }
        (Fault::Disconnect(Disconnect::CutAfter(bytes)), Phase::During) => {
            let unit = if *bytes == 1 { "byte" } else { "bytes" };
            format!(
                "the reply to {operation} was cut off after {bytes} {unit} of its body, after the work was done"
            )
        }
        (Fault::Disconnect(Disconnect::Stall), Phase::During) => {
            format!("the body of the reply to {operation} stalled, after the work was done")
        }
        (Fault::Latency(_), Phase::Before) => {
            format!("{operation} was held{} before it was done", duration(case))
        }
        (Fault::Latency(_), Phase::After) => {
            format!(
                "the reply to {operation} was held{} after the work was done",
                duration(case)
            )
        }
        _ => format!("{operation} was struck by `{case}`"),
    };
    match case.persistence {
        Persistence::Once => sentence,
        Persistence::Onwards => format!(
            "{sentence}; the same happened to every later operation at {}",
            placement.operation.escaped_service()
        ),
    }
}

/// Describes an operation, such as `POST /charge` to payments.
fn describe_operation(operation: &OperationId) -> String {
    let preposition = match operation.kind {
        Some(SiteKind::Client | SiteKind::Stream) => "to",
        Some(SiteKind::Database) => "on",
        _ => "at",
    };
    let number = match (operation.nth, operation.attempt) {
        (1, 1) => String::new(),
        (nth, 1) => format!(" (call #{nth})"),
        (nth, attempt) => format!(" (call #{nth}, attempt {attempt})"),
    };
    let (name, service) = (operation.escaped_name(), operation.escaped_service());
    format!("`{name}`{number} {preposition} {service}")
}

/// Returns ` for 1h`, or nothing for a latency that is drawn.
fn duration(case: &FaultCase) -> String {
    let text = case.to_string();
    let value = text.split_once("latency=").map_or("", |(_, value)| value);
    let value = value.strip_suffix(" onwards").unwrap_or(value);
    match value.starts_with(|letter: char| letter.is_ascii_digit()) {
        true => format!(" for {value}"),
        false => String::new(),
    }
}
