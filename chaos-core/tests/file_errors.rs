//! An invalid file is refused as a whole, with file, line, column, key and what was expected.

use std::error::Error;
use std::path::PathBuf;

use chaos_core::error::FileError;
use chaos_core::{ExperimentFile, Format};

const YAML: &str = "version: 1
experiments:
  - name: a
    fault: { latency: 2s }
    blast_radius:
      calls_to: payments
      rate: 50%
  - name: b
    fault: panic
    blast_radius: { points_at: pms }
";

const TOML: &str = r#"version = 1

[[experiments]]
name = "a"
fault = { latency = "2s" }

[experiments.blast_radius]
calls_to = "payments"
rate = "50%"

[[experiments]]
name = "b"
fault = "panic"
blast_radius = { points_at = "pms" }
"#;

const JSON: &str = r#"{
  "version": 1,
  "experiments": [
    {
      "name": "a",
      "fault": { "latency": "2s" },
      "blast_radius": {
        "calls_to": "payments",
        "rate": "50%"
      }
    },
    {
      "name": "b",
      "fault": "panic",
      "blast_radius": { "points_at": "pms" }
    }
  ]
}
"#;

/// An entry as each format writes it; JSON values look the same in TOML.
fn entry(format: Format, key: &str, value: &str) -> String {
    match format {
        Format::Yaml => format!("{key}: {}", value.trim_matches('"')),
        Format::Toml => format!("{key} = {value}"),
        _ => format!("\"{key}\": {value}"),
    }
}

/// The valid text of a format with one entry replaced.
fn broken(format: Format, good: (&str, &str), bad: (&str, &str)) -> String {
    let text = match format {
        Format::Yaml => YAML,
        Format::Toml => TOML,
        _ => JSON,
    };
    let bad = entry(format, bad.0, bad.1);
    let text_broken = text.replacen(&entry(format, good.0, good.1), &bad, 1);
    assert_ne!(text_broken, text, "{format}: nothing was replaced");
    text_broken
}

fn refused(text: &str, format: Format) -> FileError {
    match ExperimentFile::parse(text, format, "chaos.txt") {
        Err(error) => error,
        Ok(_) => panic!("{format}: accepted\n{text}"),
    }
}

/// One mistake, made in all formats.
struct Mistake {
    good: (&'static str, &'static str),
    bad: (&'static str, &'static str),
    key: &'static str,
    message: &'static str,
    /// Line and column in YAML, TOML and JSON.
    positions: [(usize, usize); 3],
}

const RATE: (&str, &str) = ("rate", "\"50%\"");
const NAME: (&str, &str) = ("name", "\"a\"");

const MISTAKES: [Mistake; 13] = [
    // A wrong type.
    Mistake {
        good: RATE,
        bad: ("rate", "10"),
        key: "experiments[0].blast_radius.rate",
        message: "expected a percentage such as \"2.5%\", found integer `10`",
        positions: [(7, 13), (9, 8), (9, 17)],
    },
    Mistake {
        good: NAME,
        bad: ("name", "[1]"),
        key: "experiments[0].name",
        message: "string",
        positions: [(3, 11), (4, 8), (5, 15)],
    },
    // A bad value in a leaf.
    Mistake {
        good: RATE,
        bad: ("rate", "\"150%\""),
        key: "experiments[0].blast_radius.rate",
        message: "between 0% and 100%, found \"150%\"",
        positions: [(7, 13), (9, 8), (9, 17)],
    },
    Mistake {
        good: RATE,
        bad: ("concurrent", "-1"),
        key: "experiments[0].blast_radius.concurrent",
        message: "expected a whole number",
        positions: [(7, 19), (9, 14), (9, 23)],
    },
    // A bad duration.
    Mistake {
        good: ("latency", "\"2s\""),
        bad: ("latency", "\"2 parsecs\""),
        key: "experiments[0].fault.latency",
        message: "expected a duration such as \"250ms\" or \"1m30s\", found \"2 parsecs\"",
        positions: [(4, 23), (5, 21), (6, 29)],
    },
    // An unknown key, in a part that is read by hand and in one that is not.
    Mistake {
        good: RATE,
        bad: ("rates", "\"50%\""),
        key: "experiments[0].blast_radius.rates",
        message: "unknown key `rates`: did you mean `rate`? (expected one of `calls_to`",
        positions: [(7, 7), (9, 1), (9, 9)],
    },
    Mistake {
        good: NAME,
        bad: ("names", "\"a\""),
        key: "experiments[0].names",
        message: "unknown key `names`: did you mean `name`? (expected one of ",
        positions: [(3, 5), (4, 1), (5, 7)],
    },
    // A missing key.
    Mistake {
        good: NAME,
        bad: ("why", "\"a\""),
        key: "experiments[0]",
        message: "expected the key `name`",
        positions: [(3, 5), (3, 1), (4, 5)],
    },
    // Two selectors.
    Mistake {
        good: RATE,
        bad: ("requests_to", "\"b\""),
        key: "experiments[0].blast_radius.requests_to",
        message: "expected only one of `calls_to`",
        positions: [(7, 20), (9, 15), (9, 24)],
    },
    // An unknown version.
    Mistake {
        good: ("version", "1"),
        bad: ("version", "2"),
        key: "version",
        message: "expected 1, the only version there is, found 2",
        positions: [(1, 10), (1, 11), (2, 14)],
    },
    // The name of another experiment.
    Mistake {
        good: ("name", "\"b\""),
        bad: ("name", "\"a\""),
        key: "experiments[1].name",
        message: "expected a unique name, found \"a\", the name of experiments[0]",
        positions: [(8, 11), (12, 8), (13, 15)],
    },
    // A valid form with an invalid value.
    Mistake {
        good: RATE,
        bad: ("at_most", "0"),
        key: "experiments[0].blast_radius.at_most",
        message: "expected at least 1, found 0",
        positions: [(7, 16), (9, 11), (9, 20)],
    },
    Mistake {
        good: ("fault", "\"panic\""),
        bad: ("faults", "[]"),
        // The file has no key of this name, so the position is that of the experiment.
        key: "experiments[1].fault",
        message: "expected at least one fault",
        positions: [(8, 5), (11, 1), (12, 5)],
    },
];

#[test]
fn the_files_are_valid_before_they_are_broken() {
    for (text, format) in [
        (YAML, Format::Yaml),
        (TOML, Format::Toml),
        (JSON, Format::Json),
    ] {
        let file = ExperimentFile::parse(text, format, "chaos.txt").unwrap();
        assert_eq!(file.experiments().len(), 2);
    }
}

#[test]
fn every_mistake_is_reported_with_position_key_and_expectation() {
    for mistake in MISTAKES {
        for (format, position) in [Format::Yaml, Format::Toml, Format::Json]
            .into_iter()
            .zip(mistake.positions)
        {
            let error = refused(&broken(format, mistake.good, mistake.bad), format);
            let message = error.to_string();
            assert_eq!(error.file(), Some("chaos.txt"));
            assert_eq!(error.key(), Some(mistake.key), "{format}: {message}");
            assert!(message.contains(mistake.message), "{format}: {message}");
            let found = (error.line().unwrap(), error.column().unwrap());
            assert_eq!(found, position, "{format}: {message}");
            let start = format!("chaos.txt:{}:{}: {}: ", position.0, position.1, mistake.key);
            assert!(message.starts_with(&start), "{format}: {message}");
        }
    }
}

#[test]
fn broken_syntax_is_reported_at_its_position() {
    for (format, line) in [(Format::Yaml, 7), (Format::Toml, 9), (Format::Json, 9)] {
        let error = refused(&broken(format, RATE, ("rate", "]")), format);
        assert_eq!(error.line(), Some(line), "{format}: {error}");
        assert!(error.column().is_some(), "{format}: {error}");
    }
}

#[test]
fn a_duplicate_key_is_reported_at_its_line() {
    for (format, lines) in [
        (Format::Yaml, 6..=7),
        (Format::Toml, 8..=9),
        (Format::Json, 8..=9),
    ] {
        let error = refused(&broken(format, RATE, ("calls_to", "\"b\"")), format);
        assert!(lines.contains(&error.line().unwrap()), "{format}: {error}");
    }
}

#[test]
fn a_later_version_is_reported_before_its_new_keys() {
    let text = "scenarios: []\nversion: 2\n";
    let error = refused(text, Format::Yaml);
    assert_eq!((error.line(), error.key()), (Some(2), Some("version")));
}

#[test]
fn an_empty_text_is_refused() {
    for format in [Format::Yaml, Format::Toml, Format::Json] {
        refused("", format);
    }
}

/// A temporary file, deleted when dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("chaos-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn refused(&self) -> FileError {
        let error = ExperimentFile::read(&self.0).unwrap_err();
        assert_eq!(error.file(), self.0.to_str());
        error
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[test]
fn the_extension_of_a_file_selects_its_format() {
    for (name, text) in [
        ("good.yaml", YAML),
        ("good.yml", YAML),
        ("good.toml", TOML),
        ("good.JSON", JSON),
    ] {
        let file = Temporary::new(name, text.as_bytes());
        assert!(ExperimentFile::read(&file.0).is_ok(), "{name}");
    }
    let error = Temporary::new("good.txt", YAML.as_bytes()).refused();
    assert!(error.to_string().contains(".yaml, .yml, .toml or .json"));
}

#[test]
fn a_missing_file_is_reported_with_its_cause() {
    let error = ExperimentFile::read("no/such/file.yaml").unwrap_err();
    assert_eq!(error.file(), Some("no/such/file.yaml"));
    let cause = error.source().unwrap().downcast_ref::<std::io::Error>();
    assert_eq!(cause.unwrap().kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn bytes_that_are_not_utf_8_are_reported_at_their_position() {
    let error = Temporary::new("bytes.yaml", b"version: 1\nex\xff").refused();
    assert_eq!((error.line(), error.column()), (Some(2), Some(3)));
    assert!(error.to_string().contains("expected UTF-8"));
}

#[test]
fn a_file_of_more_than_a_mebibyte_is_refused() {
    let fill = |bytes: usize| format!("{YAML}#{}", "x".repeat(bytes - YAML.len() - 1));
    let largest = Temporary::new("large.yaml", fill(1 << 20).as_bytes());
    assert!(ExperimentFile::read(&largest.0).is_ok());
    let larger = fill((1 << 20) + 1);
    let error = Temporary::new("larger.yaml", larger.as_bytes()).refused();
    assert!(error.to_string().contains("1048576"), "{error}");
    assert!(ExperimentFile::parse(&larger, Format::Yaml, "text").is_err());
}

#[test]
fn aliases_that_multiply_are_refused() {
    let experiment = "{ name: a, fault: panic, blast_radius: { services: [a, b, c, d] } }";
    let aliases = ", *a".repeat(20_000);
    let text = format!("version: 1\nexperiments: [&a {experiment}{aliases}]\n");
    let message = refused(&text, Format::Yaml).to_string();
    // Without a limit it would be refused as well, but only once all of them exist.
    assert!(message.contains("alias"), "{message}");
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "[".repeat(100_000);
    refused(&format!("version: 1\nexperiments: {deep}"), Format::Yaml);
    refused(&format!("version = 1\nexperiments = {deep}"), Format::Toml);
    refused(
        &format!("{{\"version\": 1, \"experiments\": {deep}"),
        Format::Json,
    );
}

/// A document of nested lists or maps, in each way that a format has to write them.
fn nested(depth: usize) -> [(Format, String); 10] {
    let wrapped =
        |open: &str, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let indented = |key: &str| {
        let lines = (0..depth).map(|level| format!("{}{key}\n", " ".repeat(level)));
        lines.collect::<String>()
    };
    let aliased = (1..depth).map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1));
    [
        (Format::Yaml, wrapped("- ", "")),
        (Format::Yaml, wrapped("? ", "")),
        (Format::Yaml, indented("a:")),
        (
            Format::Yaml,
            format!("a0: &a0 1\n{}", aliased.collect::<String>()),
        ),
        (Format::Yaml, wrapped("[", "]")),
        (Format::Yaml, wrapped("{ a: ", " }")),
        (Format::Json, wrapped("[", "]")),
        (Format::Json, wrapped("{\"a\":", "}")),
        (Format::Toml, format!("a = {}", wrapped("[", "]"))),
        (Format::Toml, format!("{} = 1", vec!["a"; depth].join("."))),
    ]
}

#[test]
fn nesting_is_limited_in_words() {
    let error = ExperimentFile::parse_one_or_more(&"- ".repeat(100), Format::Yaml, "body");
    assert_eq!(
        error.unwrap_err().to_string(),
        "body:1:49: expected at most 24 lists and maps within each other, found more"
    );
}

#[test]
fn no_nesting_overflows_the_stack() {
    for depth in (1..150).chain([300, 1_000]) {
        for (format, text) in nested(depth) {
            let read = ExperimentFile::parse_one_or_more(&text, format, "body");
            assert!(read.is_err(), "{format} of depth {depth}");
        }
    }
}
