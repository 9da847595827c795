//! The file of a schedule.

use std::fs;
use std::path::Path;

use super::{Schedule, ScheduleEntry, at, every};
use crate::schedule::Addition;

fn entry(name: &str) -> ScheduleEntry {
    ScheduleEntry::new(name, "smoke", every("6h"))
}

fn names(path: &Path) -> Vec<String> {
    let schedule = Schedule::open(path).unwrap();
    schedule.state().entries.keys().cloned().collect()
}

#[test]
fn a_kill_at_any_byte_leaves_a_schedule_to_which_more_can_be_added() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schedule.jsonl");
    let now = at("2026-01-01T00:00Z");
    Schedule::open(&path)
        .unwrap()
        .add(vec![entry("a")], now)
        .unwrap();
    Schedule::open(&path)
        .unwrap()
        .add(vec![entry("b")], now)
        .unwrap();
    let whole = fs::read(&path).unwrap();
    let ends: Vec<_> = (1..=whole.len())
        .filter(|end| whole[end - 1] == b'\n')
        .collect();
    for cut in 0..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        // The version, and two lines of entries, which are whole without their ends.
        let whole_lines = ends.iter().filter(|end| **end <= cut + 1).count();
        let mut expected = ["a", "b"][..whole_lines.saturating_sub(1)].to_vec();
        assert_eq!(names(&path), expected, "cut at {cut}");
        Schedule::open(&path)
            .unwrap()
            .add(vec![entry("c")], now)
            .unwrap();
        expected.push("c");
        assert_eq!(names(&path), expected, "cut at {cut}");
    }
}

#[test]
fn a_line_that_makes_no_sense_is_named_and_nothing_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schedule.jsonl");
    Schedule::open(&path)
        .unwrap()
        .add(vec![entry("a"), entry("b")], at("2026-01-01T00:00Z"))
        .unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    let expected = [
        (
            whole.replace("\"at\"", "\"at"),
            "schedule.jsonl:2: expected",
        ),
        (whole.replace("\"added\"", "\"gone\""), "schedule.jsonl:2: "),
        (whole.replace("6h", "soon"), "schedule.jsonl:2: "),
        (
            whole.replace("}\n{\"at\"", "\n{\"at\""),
            "schedule.jsonl:3: the line before it is cut off",
        ),
        (
            whole.replace("\"version\":1", "\"version\":2"),
            "schedule.jsonl:1: the version is 2, but this program reads schedules of version 1",
        ),
        (
            whole.replace("{\"version\":1}\n", ""),
            "schedule.jsonl:1: expected the version first, as `{\"version\":1}`",
        ),
    ];
    for (text, problem) in expected {
        fs::write(&path, &text).unwrap();
        let error = Schedule::open(&path).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn an_entry_is_added_once_replaced_and_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schedule.jsonl");
    let now = at("2026-01-01T00:00Z");
    let add = |entry: ScheduleEntry| {
        let added = Schedule::open(&path)
            .unwrap()
            .add(vec![entry], now)
            .unwrap();
        added[0].1
    };
    assert_eq!(add(entry("a")), Addition::New);
    assert_eq!(add(entry("a")), Addition::Known);
    let mut other = entry("a");
    other.run = "stress".to_owned();
    assert_eq!(add(other), Addition::Replaces);
    let mut schedule = Schedule::open(&path).unwrap();
    assert_eq!(schedule.state().entries["a"].entry.run, "stress");
    let unknown = schedule.remove("b", now).unwrap_err().to_string();
    assert_eq!(unknown, "the schedule has no entry \"b\"; it has: a");
    schedule.remove("a", now).unwrap();
    assert!(names(&path).is_empty());
}

#[test]
fn an_entry_is_kept_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schedule.jsonl");
    let written = crate::schedule::read_schedule("../docs/schedule.yaml").unwrap();
    let mut schedule = Schedule::open(&path).unwrap();
    schedule
        .add(written.clone(), at("2026-01-01T00:00Z"))
        .unwrap();
    for entry in written {
        assert_eq!(schedule.state().entries[&entry.name].entry, entry);
    }
}
