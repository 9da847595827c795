use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use crate::Risk;
use crate::policy::{Hours, Zone};

fn at(time: &str) -> SystemTime {
    time.parse::<Timestamp>().unwrap().into()
}

fn daily(hours: &str) -> Window {
    on("mon-sun", hours)
}

fn on(days: &str, hours: &str) -> Window {
    Window::new(days.parse().unwrap(), hours.parse::<Hours>().unwrap())
}

fn policy(zone: &str, window: Window) -> Policy {
    let zone = Zone::named(zone).unwrap();
    Policy::new().time_zone(zone).window(Risk::Low, window)
}

fn in_berlin(window: Window) -> Policy {
    policy("Europe/Berlin", window)
}

#[track_caller]
fn is_open(policy: &Policy, now: &str, until: &str) {
    let until = Some(at(until));
    assert_eq!(policy.opens(Risk::Low, at(now)), Opening::Open { until });
}

#[track_caller]
fn is_closed(policy: &Policy, now: &str, until: &str) {
    let until = at(until);
    assert_eq!(policy.opens(Risk::Low, at(now)), Opening::Closed { until });
}

#[test]
fn a_window_opens_on_its_days_at_its_hours() {
    let office = in_berlin(on("mon-fri", "09:00-17:00"));
    is_open(
        &office,
        "2026-11-27T09:00:00+01:00",
        "2026-11-27T17:00:00+01:00",
    );
    is_open(
        &office,
        "2026-11-27T16:59:59+01:00",
        "2026-11-27T17:00:00+01:00",
    );
    is_closed(
        &office,
        "2026-11-27T17:00:00+01:00",
        "2026-11-30T09:00:00+01:00",
    );
    is_closed(
        &office,
        "2026-11-26T23:00:00+01:00",
        "2026-11-27T09:00:00+01:00",
    );
    is_closed(
        &office,
        "2026-11-30T08:59:59+01:00",
        "2026-11-30T09:00:00+01:00",
    );
}

#[test]
fn hours_across_midnight_belong_to_the_day_on_which_they_begin() {
    let night = in_berlin(on("mon-fri", "22:00-06:00"));
    is_open(
        &night,
        "2026-11-27T23:00:00+01:00",
        "2026-11-28T06:00:00+01:00",
    );
    is_open(
        &night,
        "2026-11-28T05:59:00+01:00",
        "2026-11-28T06:00:00+01:00",
    );
    is_closed(
        &night,
        "2026-11-28T06:00:00+01:00",
        "2026-11-30T22:00:00+01:00",
    );
    is_closed(
        &night,
        "2026-11-30T05:00:00+01:00",
        "2026-11-30T22:00:00+01:00",
    );
}

#[test]
fn the_end_of_a_day_is_midnight() {
    for hours in ["18:00-24:00", "18:00-00:00"] {
        let evening = in_berlin(daily(hours));
        is_open(
            &evening,
            "2026-11-27T23:59:00+01:00",
            "2026-11-28T00:00:00+01:00",
        );
        is_closed(
            &evening,
            "2026-11-28T00:00:00+01:00",
            "2026-11-28T18:00:00+01:00",
        );
    }
}

#[test]
fn windows_that_touch_are_one_opening() {
    let both = in_berlin(on("mon", "09:00-12:00")).window(Risk::Low, on("mon", "12:00-17:00"));
    is_open(
        &both,
        "2026-11-30T10:00:00+01:00",
        "2026-11-30T17:00:00+01:00",
    );
}

/// A night is an hour shorter in spring and an hour longer in autumn, on either side of the Atlantic.
#[test]
fn a_night_ends_when_the_clock_on_the_wall_says_so() {
    for (zone, from, until, hours) in [
        (
            "Europe/Berlin",
            "2026-03-28T22:00:00+01:00",
            "2026-03-29T06:00:00+02:00",
            7,
        ),
        (
            "Europe/Berlin",
            "2026-10-24T22:00:00+02:00",
            "2026-10-25T06:00:00+01:00",
            9,
        ),
        (
            "America/New_York",
            "2026-03-07T22:00:00-05:00",
            "2026-03-08T06:00:00-04:00",
            7,
        ),
        (
            "America/New_York",
            "2026-10-31T22:00:00-04:00",
            "2026-11-01T06:00:00-05:00",
            9,
        ),
    ] {
        let night = policy(zone, daily("22:00-06:00"));
        is_open(&night, from, until);
        let length = at(until).duration_since(at(from)).unwrap();
        assert_eq!(length, Duration::from_secs(hours * 3600), "{from}");
    }
}

#[test]
fn a_window_inside_a_skipped_hour_does_not_open_that_day() {
    let night = in_berlin(daily("02:15-02:45"));
    is_closed(
        &night,
        "2026-03-28T02:45:00+01:00",
        "2026-03-30T02:15:00+02:00",
    );
    let night = policy("America/New_York", daily("02:15-02:45"));
    is_closed(
        &night,
        "2026-03-07T02:45:00-05:00",
        "2026-03-09T02:15:00-04:00",
    );
}

#[test]
fn a_window_that_begins_or_ends_in_a_skipped_hour_does_so_when_the_clock_is_put_forward() {
    let begins = in_berlin(daily("02:30-04:00"));
    is_closed(
        &begins,
        "2026-03-29T00:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
    );
    is_open(
        &begins,
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T04:00:00+02:00",
    );
    let ends = in_berlin(daily("01:00-02:30"));
    is_open(
        &ends,
        "2026-03-29T01:30:00+01:00",
        "2026-03-29T03:00:00+02:00",
    );
}

#[test]
fn a_window_in_a_repeated_hour_opens_twice() {
    for (zone, hours, times) in [
        (
            "Europe/Berlin",
            "02:15-02:45",
            [
                "2026-10-25T02:15:00+02:00",
                "2026-10-25T02:45:00+02:00",
                "2026-10-25T02:15:00+01:00",
            ],
        ),
        (
            "America/New_York",
            "01:15-01:45",
            [
                "2026-11-01T01:15:00-04:00",
                "2026-11-01T01:45:00-04:00",
                "2026-11-01T01:15:00-05:00",
            ],
        ),
    ] {
        let [first, end, second] = times;
        let window = policy(zone, daily(hours));
        is_open(&window, first, end);
        is_closed(&window, end, second);
    }
    let ends = in_berlin(daily("01:00-02:30"));
    is_closed(
        &ends,
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:00:00+01:00",
    );
}

#[test]
fn a_holiday_closes_the_whole_day_in_the_zone_of_the_policy() {
    for holiday in ["2026-12-25", "12-25"] {
        let night = in_berlin(daily("22:00-06:00")).holiday(holiday.parse().unwrap());
        is_open(
            &night,
            "2026-12-24T22:30:00+01:00",
            "2026-12-25T00:00:00+01:00",
        );
        // In UTC, it is the day before.
        is_closed(&night, "2026-12-24T23:30:00Z", "2026-12-26T00:00:00+01:00");
    }
    let of_one_year = in_berlin(daily("22:00-06:00")).holiday("2026-12-25".parse().unwrap());
    is_open(
        &of_one_year,
        "2027-12-25T01:00:00+01:00",
        "2027-12-25T06:00:00+01:00",
    );
}

#[test]
fn a_freeze_closes_its_days_for_every_risk() {
    let days = Freeze::new("2026-12-18".parse().unwrap(), "2027-01-03".parse().unwrap());
    let frozen = Policy::new()
        .window(Risk::High, daily("22:00-06:00"))
        .freeze(days.unwrap());
    is_open(&frozen, "2026-12-17T12:00:00Z", "2026-12-18T00:00:00Z");
    for &risk in Risk::ALL {
        let until = at("2027-01-04T00:00:00Z");
        for now in ["2026-12-18T00:00:00Z", "2027-01-03T23:59:59Z"] {
            assert_eq!(
                frozen.opens(risk, at(now)),
                Opening::Closed { until },
                "{risk}"
            );
        }
    }
}

#[test]
fn a_risk_without_windows_has_those_of_the_next_lower_one() {
    let policy = Policy::new().window(Risk::Moderate, daily("09:00-17:00"));
    let noon = at("2026-11-30T12:00:00Z");
    let until = Some(at("2026-11-30T17:00:00Z"));
    assert_eq!(policy.opens(Risk::Low, noon), Opening::Open { until: None });
    for risk in [Risk::Moderate, Risk::High, Risk::Critical] {
        assert_eq!(policy.opens(risk, noon), Opening::Open { until });
    }
}

#[test]
fn a_risk_above_the_highest_never_opens() {
    let policy = Policy::new().highest_risk(Risk::Moderate);
    let opens = |risk| policy.opens(risk, at("2026-11-30T12:00:00Z"));
    assert_eq!(opens(Risk::Moderate), Opening::Open { until: None });
    assert_eq!(opens(Risk::High), Opening::Never);
}

#[test]
fn a_freeze_of_centuries_and_a_clock_beyond_the_calendar_never_open() {
    let days = Freeze::new("2000-01-01".parse().unwrap(), "9999-12-31".parse().unwrap());
    let frozen = Policy::new().freeze(days.unwrap());
    let never = Opening::Never;
    assert_eq!(frozen.opens(Risk::Low, at("2026-11-30T12:00:00Z")), never);
    assert_eq!(frozen.opens(Risk::Low, at("9999-12-30T12:00:00Z")), never);
    let beyond = UNIX_EPOCH + Duration::from_secs(1 << 40);
    assert_eq!(Policy::new().opens(Risk::Low, beyond), never);
}
