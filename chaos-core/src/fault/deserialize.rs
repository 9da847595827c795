//! Faults in files: `panic`, `{ latency: 200ms }`.

use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::{Crash, Disconnect, Failure, Fault};
use crate::human::{self, HumanDuration, TaggedEnum};
use crate::pressure::PressureKind;

impl TaggedEnum for Fault {
    const EXPECTED: &'static str = "a fault such as { latency: 200ms }";
    const NAMES: &'static [(&'static str, Self)] =
        &[("hold_lock", Self::HoldLock), ("panic", Self::Panic)];

    human::keys! {
        "latency", "200ms" => Self::Latency;
        "error", "unavailable" => Self::Error;
        "timeout", "30s" => |HumanDuration(hold)| Self::Timeout(hold);
        "rate_limit", "{ per_second: 10 }" => Self::RateLimit;
        "circuit_break", "{ after: 5 }" => Self::CircuitBreak;
        "disconnect", "reset" => Self::Disconnect;
        "bandwidth", "{ bytes_per_second: 64KiB }" => Self::Bandwidth;
        "corrupt", "{ bytes: 1% }" => Self::Corrupt;
        "slice", "{ bytes: 10 }" => Self::Slice;
        "loss", "{ packets: 1% }" => Self::Loss;
        "server_sleep", "1s" => Self::ServerSleep;
        "hold_connections", "3" => Self::HoldConnections;
        "crash", "abort" => Self::Crash;
        "exhaust", "{ threads: 100 }" => Self::Exhaust;
    }

    fn hint(word: &str) -> Option<String> {
        let pressure = StrDeserializer::<ValueError>::new(word);
        if PressureKind::deserialize(pressure).is_ok() {
            return Some(format!(
                "`{word}` belongs under `exhaust`: {{ exhaust: {{ {word}: … }} }}"
            ));
        }
        let under = if Disconnect::named(word).is_some() {
            "disconnect"
        } else if Failure::named(word).is_some() {
            "error"
        } else {
            return None;
        };
        Some(format!(
            "`{word}` belongs under `{under}`: {{ {under}: {word} }}"
        ))
    }
}

impl TaggedEnum for Failure {
    const EXPECTED: &'static str = "a failure such as unavailable or { status: 503 }";
    const NAMES: &'static [(&'static str, Self)] = &[
        ("unavailable", Self::Unavailable),
        ("overloaded", Self::Overloaded),
        ("refused", Self::Refused),
        ("reset", Self::Reset),
        ("closed", Self::Closed),
        ("timed_out", Self::TimedOut),
        ("circuit_open", Self::CircuitOpen),
        ("deadlock", Self::Deadlock),
        ("serialization_conflict", Self::SerializationConflict),
        ("unique_violation", Self::UniqueViolation),
        ("foreign_key_violation", Self::ForeignKeyViolation),
        ("check_violation", Self::CheckViolation),
        ("query_cancelled", Self::QueryCancelled),
        ("too_many_connections", Self::TooManyConnections),
        ("read_only", Self::ReadOnly),
        ("disk_full", Self::DiskFull),
        ("internal", Self::Internal),
        ("permission_denied", Self::PermissionDenied),
        ("not_found", Self::NotFound),
    ];

    human::keys! {
        "status", "503" => Self::Status;
        "grpc", "14" => Self::Grpc;
        "sql_state", "\"40P01\"" => Self::SqlState;
    }
}

impl TaggedEnum for Disconnect {
    const EXPECTED: &'static str = "how it breaks, such as reset or { cut_after: 100 }";
    const NAMES: &'static [(&'static str, Self)] = &[
        ("reset", Self::Reset),
        ("half_close", Self::HalfClose),
        ("stall", Self::Stall),
    ];

    human::keys! {
        "reset_after", "100" => Self::ResetAfter;
        "cut_after", "100" => Self::CutAfter;
    }
}

impl TaggedEnum for Crash {
    const EXPECTED: &'static str = "how it ends, such as abort or { exit: 1 }";
    const NAMES: &'static [(&'static str, Self)] = &[("abort", Self::Abort)];

    human::keys! {
        "exit", "1" => Self::Exit;
    }
}

human::deserialize_by!(human::tagged_enum: Fault, Failure, Disconnect, Crash);

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that every name and every example can be read, and that names are written unchanged.
    fn all_are_read<T>()
    where
        T: TaggedEnum + PartialEq + std::fmt::Debug + serde::Serialize + for<'de> Deserialize<'de>,
    {
        for (name, chosen) in T::NAMES {
            assert_eq!(serde_json::to_value(chosen).unwrap(), *name);
            assert_eq!(
                serde_json::from_value::<T>((*name).into()).unwrap(),
                *chosen
            );
        }
        for (key, example) in T::KEYS {
            let text = format!("{{ {key}: {example} }}");
            let read = serde_saphyr::from_str::<T>(&text);
            assert!(read.is_ok(), "{text}: {}", read.unwrap_err());
        }
    }

    #[test]
    fn every_name_and_every_example_can_be_read() {
        all_are_read::<Fault>();
        all_are_read::<Failure>();
        all_are_read::<Disconnect>();
        all_are_read::<Crash>();
    }

    #[test]
    fn a_misplaced_word_gets_a_hint() {
        for (text, message) in [
            (
                r#""latency""#,
                "such as { latency: 200ms }, found `latency` alone",
            ),
            (r#"{"panic":1}"#, "`panic` has no details"),
            (
                r#"{"cpu":1}"#,
                "`cpu` belongs under `exhaust`: { exhaust: { cpu: … } }",
            ),
            (r#""memory""#, "`memory` belongs under `exhaust`"),
            (
                r#""deadlock""#,
                "`deadlock` belongs under `error`: { error: deadlock }",
            ),
            (r#""stall""#, "{ disconnect: stall }"),
            (
                r#"{"latncy":"1s"}"#,
                "unknown key `latncy`: did you mean `latency`?",
            ),
            (
                r#""panick""#,
                "unknown value `panick`: did you mean `panic`?",
            ),
            (
                r#"{"latency":"1s","timeout":"1s"}"#,
                "only one key, found `latency` and `timeout`",
            ),
            (r#"{"latency":"1s","rate":"1%"}"#, "unknown key `rate`"),
            ("{}", "found an empty map"),
            ("5", "expected a fault such as { latency: 200ms }"),
            (
                r#"{"error":503}"#,
                "expected a failure such as unavailable or { status: 503 }",
            ),
            (
                r#"{"error":"unavailabel"}"#,
                "unknown value `unavailabel`: did you mean `unavailable`?",
            ),
            (
                r#"{"error":"status"}"#,
                "such as { status: 503 }, found `status` alone",
            ),
            (
                r#"{"bandwidth":5}"#,
                "details such as { bytes_per_second: 64KiB }",
            ),
            (r#"{"disconnect":{"stall":1}}"#, "`stall` has no details"),
        ] {
            let refused = serde_json::from_str::<Fault>(text).unwrap_err().to_string();
            assert!(refused.contains(message), "{text}: {refused}");
        }
    }
}
