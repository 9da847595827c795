//! When entries are due.

use jiff::Timestamp;

use super::{at, cron, every};
use crate::schedule::{CronPattern, When};

/// The due times after one time and up to another.
fn due(when: &When, after: &str, until: &str) -> Vec<String> {
    let mut due = Vec::new();
    let mut last = at(after);
    while let Some(next) = when
        .next_after(last, at(after))
        .filter(|next| *next <= at(until))
    {
        assert!(next > last);
        due.push(when.local(next));
        last = next;
    }
    due
}

#[test]
fn a_time_in_the_hour_that_spring_leaves_out_is_due_once_after_it() {
    let nightly = cron("30 2 * * *", "Europe/Berlin");
    let expected = [
        "2026-03-28 02:30 CET",
        "2026-03-29 03:00 CEST",
        "2026-03-30 02:30 CEST",
    ];
    assert_eq!(
        due(&nightly, "2026-03-27T12:00Z", "2026-03-30T12:00Z"),
        expected
    );
}

#[test]
fn a_time_in_the_hour_that_autumn_repeats_is_due_once() {
    let nightly = cron("30 2 * * *", "Europe/Berlin");
    let expected = [
        "2026-10-24 02:30 CEST",
        "2026-10-25 02:30 CEST",
        "2026-10-26 02:30 CET",
    ];
    assert_eq!(
        due(&nightly, "2026-10-23T12:00Z", "2026-10-26T12:00Z"),
        expected
    );
    // Neither is it due again for a scheduler that starts between the two.
    let between = due(&nightly, "2026-10-25T01:10Z", "2026-10-26T12:00Z");
    assert_eq!(between, ["2026-10-26 02:30 CET"]);
}

#[test]
fn half_an_hour_that_is_left_out_or_repeated_is_no_other() {
    let spring = cron("15 2 * * *", "Australia/Lord_Howe");
    let expected = [
        "2026-10-03 02:15 +1030",
        "2026-10-04 02:30 +11",
        "2026-10-05 02:15 +11",
    ];
    assert_eq!(
        due(&spring, "2026-10-02T12:00Z", "2026-10-05T00:00Z"),
        expected
    );
    let autumn = cron("45 1 * * *", "Australia/Lord_Howe");
    let expected = [
        "2026-04-04 01:45 +11",
        "2026-04-05 01:45 +11",
        "2026-04-06 01:45 +1030",
    ];
    assert_eq!(
        due(&autumn, "2026-04-03T12:00Z", "2026-04-06T00:00Z"),
        expected
    );
}

#[test]
fn each_hour_that_passes_is_due_in_a_pattern_of_all_hours() {
    let hourly = cron("0 * * * *", "Europe/Berlin");
    assert_eq!(
        due(&hourly, "2026-03-28T23:00Z", "2026-03-29T22:00Z").len(),
        23
    );
    assert_eq!(
        due(&hourly, "2026-10-24T22:00Z", "2026-10-25T23:00Z").len(),
        25
    );
}

#[test]
fn an_interval_is_counted_from_the_time_of_its_addition_and_knows_no_zone() {
    let expected = ["2026-03-29T00:20:00Z", "2026-03-29T06:20:00Z"];
    assert_eq!(
        due(&every("6h"), "2026-03-28T18:20Z", "2026-03-29T12:00Z"),
        expected
    );
}

#[test]
fn a_clock_before_the_addition_finds_the_first_interval() {
    let next = every("6h").next_after(Timestamp::UNIX_EPOCH, at("2026-01-01T00:00Z"));
    assert_eq!(next, Some(at("2026-01-01T06:00Z")));
}

#[test]
fn patterns_are_refused_with_what_was_expected() {
    let refused = |text: &str| text.parse::<CronPattern>().unwrap_err();
    for text in ["", "30 2", "0 30 2 * * *", "61 * * * *", "soon"] {
        let error = refused(text);
        let expected = format!("expected a pattern such as `30 2 * * mon-fri`, found {text:?}: ");
        assert!(error.starts_with(&expected), "{error}");
    }
    let never = refused("0 0 31 2 *");
    assert!(never.ends_with("no day is such a day"), "{never}");
}

#[test]
fn times_are_said_in_words() {
    let words = |when: When| when.to_string();
    assert_eq!(words(every("6h")), "every 6h");
    assert_eq!(
        words(cron("30 2 * * mon-fri", "Europe/Berlin")),
        "at 02:30, on Monday, Tuesday, Wednesday, Thursday, and Friday (Europe/Berlin)"
    );
}
