//! Common mistakes in a first file: the message and its position.

use chaos_core::{ExperimentFile, Format};

/// The error of a file with `line` at line 3, column 5.
fn message(line: &str) -> String {
    let rest = |key: &str, value: &str| match line.starts_with(key) {
        true => String::new(),
        false => format!("    {key}: {value}\n"),
    };
    let text = format!(
        "version: 1\nexperiments:\n  - {line}\n{}{}{}",
        rest("name", "a"),
        rest("fau", "panic"),
        rest("blast_radius", "{ points_at: pms }"),
    );
    let error = ExperimentFile::parse(&text, Format::Yaml, "x").unwrap_err();
    error.to_string()
}

#[test]
fn a_mistake_is_reported_at_its_position_with_a_suggestion() {
    for (line, expected) in [
        (
            "fautl: panic",
            "x:3:5: experiments[0].fautl: unknown key `fautl`: did you mean `fault`? (expected one of `name`, ",
        ),
        (
            "fault: latency",
            "x:3:12: experiments[0].fault: expected its details, such as { latency: 200ms }, found `latency` alone",
        ),
        (
            "fault: { latncy: 1s }",
            "x:3:14: experiments[0].fault.latncy: unknown key `latncy`: did you mean `latency`? (expected one of ",
        ),
        (
            "fault: { error: 503 }",
            "x:3:21: experiments[0].fault.error: expected a failure such as unavailable or { status: 503 }, found integer `503`",
        ),
        (
            "fault: { error: unavailabel }",
            "x:3:21: experiments[0].fault.error: unknown value `unavailabel`: did you mean `unavailable`? (expected",
        ),
        (
            "fault: { cpu: { workers: 1, duty: 50% } }",
            "x:3:19: experiments[0].fault.cpu: `cpu` belongs under `exhaust`: { exhaust: { cpu: … } }",
        ),
        (
            "fault: { exhaust: { cpu: 80% } }",
            "x:3:30: experiments[0].fault.exhaust.cpu: expected details such as { workers: 2, duty: 50% }, found string \"80%\"",
        ),
        (
            "fault: { exhaust: { mem: 5 } }",
            "x:3:25: experiments[0].fault.exhaust.mem: unknown key `mem`: did you mean `memory`? (expected one of `cpu`",
        ),
        (
            "fault: { exhaust: { memory: { bytes: 1000, ramp: 1s } } }",
            "x:3:48: experiments[0].fault.exhaust.memory.ramp: unknown key `ramp` here: it belongs next to `memory`",
        ),
        (
            "fault: { exhaust: { threads: many } }",
            "x:3:34: experiments[0].fault.exhaust.threads: expected a whole number",
        ),
        (
            "fault: { hold_connections: 0 }",
            "x:3:32: experiments[0].fault.hold_connections: expected a whole number of at least 1, found integer `0`",
        ),
        (
            "fault: { latency: { exponential: 1s } }",
            "x:3:38: experiments[0].fault.latency.exponential: expected a map such as { key: value }, found string \"1s\"",
        ),
        (
            "blast_radius: pms",
            "x:3:19: experiments[0].blast_radius: expected a blast radius such as { calls_to: payments, rate: 10% }, found",
        ),
        (
            "phase: befor",
            "x:3:12: experiments[0].phase: unknown value `befor`: did you mean `before`? (expected one of `before`, ",
        ),
        (
            "dry_run: yes",
            "x:3:14: experiments[0].dry_run: expected `true` or `false`",
        ),
        (
            "labels: a",
            "x:3:13: experiments[0].labels: expected a map such as { key: value }",
        ),
        (
            "abort_when: { error_rate: 5% }",
            "x:3:17: experiments[0].abort_when: expected a list",
        ),
    ] {
        let message = message(line);
        assert!(message.starts_with(expected), "{line}: {message}");
    }
}
