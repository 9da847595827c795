//! Files and plans.

use super::*;

#[test]
fn the_same_seed_gives_the_same_month_and_another_seed_another_one() {
    let start = time("2026-03-01T00:00:00Z");
    let month = |monkey: &Monkey| {
        let strikes = monkey.strikes(start).take(30);
        strikes
            .map(|strike| (strike.at, strike.experiment.name().to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(month(&monkey()), month(&monkey()));
    let other = parse(&MONKEY.replace("seed: 7", "seed: 8")).unwrap();
    assert_ne!(month(&monkey()), month(&other));
}

/// A change of this test is a change of every month that was planned.
#[test]
fn the_draws_of_a_seed_never_change() {
    let (monkey, start) = (monkey(), time("2026-03-01T00:00:00Z"));
    let first: Vec<_> = monkey.strikes(start).take(3).collect();
    let shown = first.iter().map(|strike| {
        format!(
            "{} {}",
            berlin(strike.at).strftime("%d. %H:%M"),
            strike.experiment.name()
        )
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        ["02. 11:30 broken", "02. 12:00 broken", "02. 13:00 slow"]
    );
}

#[test]
fn the_plan_does_not_depend_on_where_it_is_begun() {
    let monkey = monkey();
    let all: Vec<_> = monkey
        .strikes(time("2026-03-01T00:00:00Z"))
        .take(40)
        .collect();
    for strike in &all {
        assert_eq!(monkey.strikes(strike.at).next().as_ref(), Some(strike));
    }
}

#[test]
fn the_share_of_intervals_is_the_probability() {
    let always = MONKEY
        .replace(
            r#"{ low: { days: mon-fri, hours: "09:00-17:00" } }"#,
            r#"{ low: { hours: "00:00-23:30" } }"#,
        )
        .replace("at_most_a_day: 3", "at_most_a_day: 1000")
        .replace("time_limit: 50m", "time_limit: 30m");
    let monkey = parse(&always).unwrap();
    let (start, end) = (time("2026-04-01T00:00:00Z"), time("2026-12-07T00:00:00Z"));
    let strikes: Vec<_> = monkey
        .strikes(start)
        .take_while(|strike| strike.at < end)
        .collect();
    // 250 days of 47 intervals, of which 20 % are 2,350, with a standard deviation of 43.
    assert!((2_180..2_520).contains(&strikes.len()), "{}", strikes.len());
    let slow = strikes
        .iter()
        .filter(|strike| strike.experiment.name() == "slow")
        .count();
    assert!((1_000..1_400).contains(&slow), "{slow}");
}

#[test]
fn a_dry_run_strikes_at_the_same_times_and_injects_nothing() {
    let (real, dry) = (monkey(), monkey().dry_run());
    let start = time("2026-03-01T00:00:00Z");
    let times = |monkey: &Monkey| {
        monkey
            .strikes(start)
            .take(20)
            .map(|strike| strike.at)
            .collect::<Vec<_>>()
    };
    assert_eq!(times(&real), times(&dry));
    assert!(dry.experiments().iter().all(Experiment::is_dry_run));
}

#[test]
fn a_mistake_is_reported_with_position_key_and_expectation() {
    for (good, bad, expected) in [
        (
            "every: 30m",
            "every: 30ms",
            "monkey.yaml:4:8: every: expected at least 1s",
        ),
        (
            "every: 30m",
            "evry: 30m",
            "monkey.yaml:4:1: evry: unknown key `evry`: did you mean `every`?",
        ),
        (
            "probability: 20%",
            "probability: 120%",
            "monkey.yaml:5:14: probability: ",
        ),
        (
            "at_most_a_day: 3",
            "at_most_a_day: 0",
            "monkey.yaml:6:16: at_most_a_day: ",
        ),
        (
            r#"windows: { low: { days: mon-fri, hours: "09:00-17:00" } }"#,
            "at_most_at_once: 1",
            "monkey.yaml:8:3: policy: expected `windows` that hold for every risk",
        ),
        (
            "windows: { low:",
            "windows: { high:",
            "monkey.yaml:8:3: policy: expected `windows` that hold",
        ),
        (
            "time_limit: 50m",
            "time_limit: 24h",
            "monkey.yaml:12:89: experiments[0].time_limit: expected less than a day",
        ),
        (
            "name: broken",
            "name: slow",
            "monkey.yaml:13:13: experiments[1].name: expected a unique name",
        ),
        (
            "time_zone: Europe/Berlin",
            "highest_risk: low",
            "monkey.yaml:12:5: experiments[0]: `highest_risk`: expected at most `low`",
        ),
    ] {
        assert!(MONKEY.contains(good), "{good}");
        let refused = parse(&MONKEY.replace(good, bad)).unwrap_err();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let none = MONKEY.split("experiments:").next().unwrap().to_owned() + "experiments: []";
    assert_eq!(
        parse(&none).unwrap_err(),
        "monkey.yaml:11:14: experiments: expected at least one experiment"
    );
}

#[test]
fn a_freeze_of_decades_and_a_large_budget_are_planned_at_once() {
    let frozen = MONKEY
        .replace("every: 30m", "every: 1s")
        .replace("at_most_a_day: 3", "at_most_a_day: 100000")
        .replace(
            "holidays: [",
            "freezes: [{ from: 2020-01-01, until: 2099-01-01 }]\n  holidays: [",
        );
    let monkey = parse(&frozen).unwrap();
    assert_eq!(monkey.strikes(time("2026-03-01T00:00:00Z")).next(), None);
}

#[test]
fn the_reference_is_valid() {
    let monkey = Monkey::read("../docs/monkey.yaml").unwrap();
    assert_eq!(monkey.experiments().len(), 2);
}
