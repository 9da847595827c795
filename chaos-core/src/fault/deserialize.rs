//! Faults in files: `panic`, `{ latency: 200ms }`.

use serde::Deserialize;
use serde::de::MapAccess;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::{Crash, Disconnect, Failure, Fault};
use crate::human::{self, HumanDuration, TaggedEnum};
use crate::pressure::PressureKind;

impl TaggedEnum for Fault {
    const EXPECTED: &'static str = "a fault such as { latency: 200ms }";
    const NAMES: &'static [(&'static str, Self)] =
        &[("hold_lock", Self::HoldLock), ("panic", Self::Panic)];
    const KEYS: &'static [(&'static str, &'static str)] = &[
        ("latency", "200ms"),
        ("error", "unavailable"),
        ("timeout", "30s"),
        ("rate_limit", "{ per_second: 10 }"),
        ("circuit_break", "{ after: 5 }"),
        ("disconnect", "reset"),
        ("bandwidth", "{ bytes_per_second: 64KiB }"),
        ("corrupt", "{ bytes: 1% }"),
        ("slice", "{ bytes: 10 }"),
        ("loss", "{ packets: 1% }"),
        ("server_sleep", "1s"),
        ("hold_connections", "3"),
        ("crash", "abort"),
        ("exhaust", "{ threads: 100 }"),
    ];

    fn read_value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error> {
        match key {
            "latency" => map.next_value().map(Self::Latency),
            "error" => map.next_value().map(Self::Error),
            "timeout" => map
                .next_value()
                .map(|HumanDuration(hold)| Self::Timeout(hold)),
            "rate_limit" => map.next_value().map(Self::RateLimit),
            "circuit_break" => map.next_value().map(Self::CircuitBreak),
            "disconnect" => map.next_value().map(Self::Disconnect),
            "bandwidth" => map.next_value().map(Self::Bandwidth),
            "corrupt" => map.next_value().map(Self::Corrupt),
            "slice" => map.next_value().map(Self::Slice),
            "loss" => map.next_value().map(Self::Loss),
            "server_sleep" => map.next_value().map(Self::ServerSleep),
            "hold_connections" => map.next_value().map(Self::HoldConnections),
            "crash" => map.next_value().map(Self::Crash),
            _ => map.next_value().map(Self::Exhaust),
        }
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
    const KEYS: &'static [(&'static str, &'static str)] = &[
        ("status", "503"),
        ("grpc", "14"),
        ("sql_state", "\"40P01\""),
    ];

    fn read_value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error> {
        match key {
            "status" => map.next_value().map(Self::Status),
            "grpc" => map.next_value().map(Self::Grpc),
            _ => map.next_value().map(Self::SqlState),
        }
    }
}

impl TaggedEnum for Disconnect {
    const EXPECTED: &'static str = "how it breaks, such as reset or { cut_after: 100 }";
    const NAMES: &'static [(&'static str, Self)] = &[
        ("reset", Self::Reset),
        ("half_close", Self::HalfClose),
        ("stall", Self::Stall),
    ];
    const KEYS: &'static [(&'static str, &'static str)] =
        &[("reset_after", "100"), ("cut_after", "100")];

    fn read_value<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error> {
        match key {
            "reset_after" => map.next_value().map(Self::ResetAfter),
            _ => map.next_value().map(Self::CutAfter),
        }
    }
}

impl TaggedEnum for Crash {
    const EXPECTED: &'static str = "how it ends, such as abort or { exit: 1 }";
    const NAMES: &'static [(&'static str, Self)] = &[("abort", Self::Abort)];
    const KEYS: &'static [(&'static str, &'static str)] = &[("exit", "1")];

    fn read_value<'de, A: MapAccess<'de>>(_: &str, map: &mut A) -> Result<Self, A::Error> {
        map.next_value().map(Self::Exit)
    }
}

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

human::deserialize_by!(human::tagged_enum: Fault, Failure, Disconnect, Crash);
