//! A fault, its phase, and whether it persists.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize as _, Serialize, Serializer};
use serde_json::Value;

use chaos_core::{Disconnect, Failure, Fault, Phase};

use crate::placement::invalid::InvalidPlacement;

/// A fault, its phase, and whether it strikes once or persists.
///
/// The text form is `after:reset`, `before:latency=1h` or `before:disconnect={"cut_after":3}`. ` onwards` follows a
/// fault that persists.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultCase {
    pub(crate) fault: Fault,
    pub(crate) phase: Phase,
    pub(crate) persistence: Persistence,
}

/// How many operations a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// The placed operation only.
    Once,
    /// The placed operation and every later one at the same site.
    Onwards,
}

impl FaultCase {
    /// Creates a fault that strikes one operation at a phase.
    #[must_use]
    pub fn once(fault: Fault, phase: Phase) -> Self {
        Self {
            fault,
            phase,
            persistence: Persistence::Once,
        }
    }

    /// Creates a fault that strikes one operation at a phase, and every later one at the same site.
    #[must_use]
    pub fn onwards(fault: Fault, phase: Phase) -> Self {
        Self {
            persistence: Persistence::Onwards,
            ..Self::once(fault, phase)
        }
    }

    /// Returns the fault.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Returns the phase of the operation at which the fault strikes.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns whether the fault holds one operation, which only a limit of its caller ends earlier.
    pub(crate) fn is_hold(&self) -> bool {
        use Fault::{Latency, Timeout};
        let stalls = matches!(self.fault, Fault::Disconnect(Disconnect::Stall));
        let holds = stalls || matches!(self.fault, Latency(_) | Timeout(_));
        holds && self.persistence == Persistence::Once
    }

    /// Returns whether the fault always replaces the operation, which then no other fault can strike.
    pub(crate) fn replaces_operation(&self) -> bool {
        use Fault::{Crash, Disconnect, Error, Panic, Timeout};
        let ends_operation = matches!(
            self.fault,
            Error(_) | Timeout(_) | Disconnect(_) | Panic | Crash(_)
        );
        self.phase == Phase::Before && ends_operation
    }
}

impl fmt::Display for FaultCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.phase)?;
        match serde_json::to_value(&self.fault).map_err(|_| fmt::Error)? {
            Value::Object(map) => {
                for (kind, value) in map {
                    match value {
                        Value::String(name) if kind == "error" => f.write_str(&name)?,
                        Value::String(text) => write!(f, "{kind}={text}")?,
                        other => write!(f, "{kind}={other}")?,
                    }
                }
            }
            Value::String(name) => f.write_str(&name)?,
            other => write!(f, "{other}")?,
        }
        match self.persistence {
            Persistence::Once => Ok(()),
            Persistence::Onwards => f.write_str(" onwards"),
        }
    }
}

impl FromStr for FaultCase {
    type Err = InvalidPlacement;

    fn from_str(text: &str) -> Result<Self, InvalidPlacement> {
        let (what, persistence) = match text.strip_suffix(" onwards") {
            Some(what) => (what, Persistence::Onwards),
            None => (text, Persistence::Once),
        };
        let (phase, fault) = what
            .split_once(':')
            .ok_or_else(|| InvalidPlacement::new(text, "a phase, a `:` and a fault"))?;
        let phase = Phase::deserialize(Value::from(phase)).map_err(|_| {
            InvalidPlacement::new(text, "`before`, `after`, `during` or `not_ready`")
        })?;
        let fault = parse_fault(fault).map_err(|expected| InvalidPlacement::new(text, expected))?;
        Ok(Self {
            fault,
            phase,
            persistence,
        })
    }
}

/// Parses a fault; the error names what was expected.
fn parse_fault(text: &str) -> Result<Fault, String> {
    let Some((kind, value)) = text.split_once('=') else {
        let name = Value::from(text);
        return Failure::deserialize(&name)
            .map(Fault::Error)
            .or_else(|_| Fault::deserialize(&name))
            .map_err(|_| {
                format!("a failure such as `reset`, or a fault such as `latency=1h`, not `{text}`")
            });
    };
    let value = serde_json::from_str(value)
        .ok()
        .filter(|value: &Value| value.is_object() || value.is_number())
        .unwrap_or_else(|| Value::from(value));
    let fault = Value::from_iter([(kind, value)]);
    Fault::deserialize(fault).map_err(|error| format!("a fault ({error})"))
}

impl Serialize for FaultCase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use chaos_core::Disconnect;

    use super::*;

    #[test]
    fn every_fault_case_round_trips() {
        for (fault_case, text) in [
            (
                FaultCase::once(Fault::error(Failure::Reset), Phase::After),
                "after:reset",
            ),
            (
                FaultCase::once(Fault::latency(Duration::from_secs(3600)), Phase::Before),
                "before:latency=1h",
            ),
            (
                FaultCase::onwards(Fault::error(Failure::status(503).unwrap()), Phase::Before),
                r#"before:error={"status":503} onwards"#,
            ),
            (
                FaultCase::once(Fault::disconnect(Disconnect::CutAfter(3)), Phase::During),
                r#"during:disconnect={"cut_after":3}"#,
            ),
            (
                FaultCase::once(Fault::reset(), Phase::Before),
                "before:disconnect=reset",
            ),
            (
                FaultCase::once(Fault::hold_lock(), Phase::Before),
                "before:hold_lock",
            ),
            (
                FaultCase::once(
                    Fault::hold_connections(NonZeroU32::new(2).unwrap()),
                    Phase::Before,
                ),
                "before:hold_connections=2",
            ),
        ] {
            assert_eq!(fault_case.to_string(), text);
            assert_eq!(text.parse::<FaultCase>().unwrap(), fault_case);
        }
    }

    #[test]
    fn a_parse_error_names_the_invalid_part() {
        for (text, expected) in [
            ("reset", "a phase"),
            ("later:reset", "`before`"),
            ("after:resett", "a failure such as"),
            ("after:latency=soon", "a fault"),
        ] {
            let error = text.parse::<FaultCase>().unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains(text), "{error}");
        }
    }
}
