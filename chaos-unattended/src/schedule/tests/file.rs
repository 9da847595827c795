//! Schedules as they are written.

use std::time::Duration;

use crate::schedule::{ScheduleEntry, read_schedule};

const SCHEDULE: &str = "\
version: 1
time_zone: Europe/Berlin
schedule:
  - name: payments
    run: suites/payments.yaml
    cron: 30 2 * * mon-fri
    wait_until:
      - { http: /health }
  - { name: drill, run: disaster-recovery, preset: monthly }
";

fn read(text: &str) -> Result<Vec<ScheduleEntry>, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("weekly.yaml");
    std::fs::write(&path, text).unwrap();
    let of = format!("{}/", directory.path().display());
    read_schedule(path).map_err(|error| error.to_string().replace(&of, ""))
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let entries = read(SCHEDULE).unwrap();
    assert_eq!(entries[0].wait_at_most.0, Duration::from_secs(3_600));
    assert_eq!(entries[0].start_within.0, Duration::from_secs(600));
    assert_eq!(entries[0].notice, None);
    let drill = entries[1].when.to_string();
    assert_eq!(
        drill,
        "at 10:00, on the 1st Tuesday of the month (Europe/Berlin)"
    );
}

#[test]
fn errors_name_file_line_key_and_what_was_expected() {
    let expected = [
        (
            SCHEDULE.replace("30 2 * * mon-fri", "30 2 * *"),
            "weekly.yaml:6:11: schedule[0].cron: expected a pattern such as `30 2 * * mon-fri`, found \"30 2 * *\"",
        ),
        (
            SCHEDULE.replace("Europe/Berlin", "Europe/Belrin"),
            "weekly.yaml:2:12: time_zone: unknown time zone `Europe/Belrin`: did you mean `Europe/Berlin`?",
        ),
        (
            SCHEDULE.replace("preset: monthly", "preset: yearly"),
            "weekly.yaml:9:52: schedule[1].preset: unknown value `yearly`",
        ),
        (
            SCHEDULE.replace("preset: monthly", "preset: monthly, every: 6h"),
            "weekly.yaml:9:5: schedule[1]: expected one of `cron`, `every` and `preset`",
        ),
        (
            SCHEDULE.replace("preset: monthly", "every: 6s"),
            "weekly.yaml:9:51: schedule[1].every: expected from 1m to 8784h, found 6s",
        ),
        (
            SCHEDULE.replace("preset: monthly", "preset: monthly, wait_at_most: 25h"),
            "weekly.yaml:9:75: schedule[1].wait_at_most: expected from 0s to 24h, found 25h",
        ),
        (
            SCHEDULE.replace("name: drill", "name: payments"),
            "weekly.yaml:9:13: schedule[1].name: expected a unique name, found \"payments\" again",
        ),
        (
            SCHEDULE.replace("name: drill", "name: ' '"),
            "weekly.yaml:9:13: schedule[1].name: expected a name without control characters",
        ),
        (
            SCHEDULE.replace(
                "{ http: /health }",
                "{ sql: select 1, database: 'postgres://a:secret@b/c' }",
            ),
            "weekly.yaml:8:7: schedule[0].wait_until: expected no `database`, as the schedule is kept in a file",
        ),
        (
            SCHEDULE.replace("{ http: /health }", "{ http: /health, within: 11s }"),
            "weekly.yaml:8:7: schedule[0].wait_until: expected `within` of at most 10s",
        ),
        (
            SCHEDULE.replace(
                "preset: monthly",
                "preset: monthly, alertmanager: 'http://u:p@a'",
            ),
            "weekly.yaml:9:75: schedule[1].alertmanager: expected a URL such as `http://127.0.0.1:9093`, without an account",
        ),
        (
            SCHEDULE.replace("    run: suites", "    runs: suites"),
            "weekly.yaml:5:5: schedule[0].runs: unknown key `runs`: did you mean `run`?",
        ),
    ];
    for (text, expected) in expected {
        let error = read(&text).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_reference_is_valid_and_names_the_defaults() {
    let entries = read_schedule("../docs/schedule.yaml").unwrap();
    let plain = &entries[1];
    assert_eq!(entries[0].wait_at_most, plain.wait_at_most);
    assert_eq!(entries[0].start_within, plain.start_within);
}
