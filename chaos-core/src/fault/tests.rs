use std::time::Duration;

use super::*;
use crate::Rate;

/// One fault of each kind, as written in files.
fn one_of_each() -> Vec<(Fault, &'static str)> {
    vec![
        (
            Fault::latency(Duration::from_millis(200)),
            r#"{"latency":"200ms"}"#,
        ),
        (
            Fault::error(Failure::Unavailable),
            r#"{"error":"unavailable"}"#,
        ),
        (
            Fault::timeout(Duration::from_secs(3)),
            r#"{"timeout":"3s"}"#,
        ),
        (
            Fault::rate_limit(RateLimit::per_second(5).unwrap()),
            r#"{"rate_limit":{"per_second":5}}"#,
        ),
        (
            Fault::circuit_break(CircuitBreak::after(5).unwrap()),
            r#"{"circuit_break":{"after":5,"open_for":"30s","half_open":1}}"#,
        ),
        (Fault::reset(), r#"{"disconnect":"reset"}"#),
        (
            Fault::disconnect(Disconnect::CutAfter(10)),
            r#"{"disconnect":{"cut_after":10}}"#,
        ),
        (
            Fault::bandwidth(Bandwidth::bytes_per_second(1024).unwrap()),
            r#"{"bandwidth":{"bytes_per_second":1024}}"#,
        ),
        (
            Fault::corrupt(Corrupt::bytes(Rate::percent(0.1).unwrap()).unwrap()),
            r#"{"corrupt":{"bytes":"0.1%"}}"#,
        ),
        (
            Fault::disconnect(Disconnect::ResetAfter(10)),
            r#"{"disconnect":{"reset_after":10}}"#,
        ),
        (
            Fault::disconnect(Disconnect::HalfClose),
            r#"{"disconnect":"half_close"}"#,
        ),
        (
            Fault::slice(Slice::bytes(10).unwrap()),
            r#"{"slice":{"bytes":10}}"#,
        ),
        (
            Fault::loss(Loss::of_packets(Rate::percent(1.0).unwrap()).unwrap()),
            r#"{"loss":{"packets":"1%","resent_after":"200ms"}}"#,
        ),
        (
            Fault::server_sleep(Duration::from_secs(1)),
            r#"{"server_sleep":"1s"}"#,
        ),
        (
            Fault::hold_connections(NonZeroU32::MIN),
            r#"{"hold_connections":1}"#,
        ),
        (Fault::hold_lock(), r#""hold_lock""#),
        (Fault::panic(), r#""panic""#),
        (Fault::crash(Crash::Abort), r#"{"crash":"abort"}"#),
        (
            Fault::exhaust(Pressure::threads(5)),
            r#"{"exhaust":{"threads":5}}"#,
        ),
        (
            Fault::exhaust(Pressure::disk_fill(5)),
            r#"{"exhaust":{"disk_fill":{"bytes":5}}}"#,
        ),
        (Fault::crash(Crash::Exit(3)), r#"{"crash":{"exit":3}}"#),
    ]
}

#[test]
fn every_fault_round_trips() {
    for (fault, text) in one_of_each() {
        assert_eq!(serde_json::to_string(&fault).unwrap(), text);
        assert_eq!(serde_json::from_str::<Fault>(text).unwrap(), fault);
    }
}

#[test]
fn a_kind_has_the_name_of_its_fault_in_files() {
    for (fault, text) in one_of_each() {
        let kind = fault.kind();
        assert!(text.contains(&format!("\"{kind}\"")), "{kind} in {text}");
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

#[test]
fn only_a_crash_and_a_full_disk_are_destructive() {
    for (fault, text) in one_of_each() {
        let destroys = text.contains("crash") || text.contains("disk_fill");
        assert_eq!(fault.is_destructive(), destroys, "{text}");
    }
}
