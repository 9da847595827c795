use super::*;

/// Returns which of the first twelve operations are struck.
fn struck(pattern: &Pattern) -> Vec<u64> {
    (0..12).filter(|n| pattern.admits(*n, 0)).collect()
}

#[test]
fn each_form_strikes_its_operations() {
    use Step::{Fail, Pass};
    let sequence = |then| Pattern::sequence([Pass, Fail, Fail], then).unwrap();
    for (pattern, expected) in [
        (Pattern::all(), (0..12).collect()),
        (Pattern::after(10), vec![10, 11]),
        (Pattern::first(2), vec![0, 1]),
        (Pattern::fail_then_succeed(2), vec![0, 1]),
        (Pattern::every(5).unwrap(), vec![4, 9]),
        (Pattern::burst(2, 3).unwrap(), vec![0, 1, 5, 6, 10, 11]),
        (sequence(Then::Pass), vec![1, 2]),
        (sequence(Then::Repeat), vec![1, 2, 4, 5, 7, 8, 10, 11]),
        (sequence(Then::Fail), (1..12).collect()),
        (Pattern::every(5).unwrap().skip(3), vec![7]),
        (Pattern::first(2).skip(3), vec![3, 4]),
    ] {
        assert_eq!(struck(&pattern), expected, "{pattern:?}");
    }
}

#[test]
fn a_ramp_changes_linearly_between_rates() {
    let ramp = Pattern::ramp(Rate::NEVER, Rate::ALWAYS, 4).unwrap();
    let admitted_at = |n| {
        (0..100)
            .filter(|i| ramp.admits(n, u64::MAX / 200 * (2 * i + 1)))
            .count()
    };
    assert_eq!([0, 1, 2, 3, 4].map(admitted_at), [0, 25, 50, 75, 100]);
    assert!(ramp.admits(4, u64::MAX));
    assert!(ramp.admits(u64::MAX, u64::MAX));
}

#[test]
fn a_ramp_stays_at_its_last_rate() {
    let half = Rate::percent(50.0).unwrap();
    let ramp = Pattern::ramp(Rate::NEVER, half, 4).unwrap();
    for n in [4, 8, u64::MAX] {
        assert!(ramp.admits(n, u64::MAX / 2));
        assert!(!ramp.admits(n, u64::MAX / 2 + 1));
    }
}

#[test]
fn a_ramp_may_decrease() {
    let ramp = Pattern::ramp(Rate::ALWAYS, Rate::NEVER, 2).unwrap();
    assert!(ramp.admits(0, u64::MAX));
    assert!(ramp.admits(1, u64::MAX / 2 - 10_000));
    assert!(!ramp.admits(1, u64::MAX / 2 + 10_000));
    assert!(!ramp.admits(2, 0));
}

#[test]
fn the_highest_count_does_not_overflow() {
    for pattern in [
        Pattern::every(1).unwrap(),
        Pattern::every(u64::MAX).unwrap(),
        Pattern::burst(u32::MAX, u32::MAX).unwrap(),
        Pattern::first(u64::MAX).skip(u64::MAX),
    ] {
        let _ = pattern.admits(u64::MAX, u64::MAX);
    }
    assert!(Pattern::after(u64::MAX).admits(u64::MAX, 0));
}

#[test]
fn counts_of_zero_are_refused() {
    assert_eq!(Pattern::every(0), Err(InvalidPattern::EveryZeroth));
    assert_eq!(Pattern::burst(0, 1), Err(InvalidPattern::EmptyBurst));
    assert_eq!(Pattern::burst(1, 0), Err(InvalidPattern::EmptyBurst));
    assert_eq!(
        Pattern::sequence([], Then::Fail),
        Err(InvalidPattern::NoSteps)
    );
    let ramp = Pattern::ramp(Rate::NEVER, Rate::ALWAYS, 0);
    assert_eq!(ramp, Err(InvalidPattern::EmptyRamp));
}

#[test]
fn the_check_refuses_patterns_that_never_strike() {
    let never = Err(InvalidPattern::NeverStrikes);
    let pass = |then| Pattern::sequence([Step::Pass], then).unwrap();
    assert_eq!(Pattern::first(0).check(), never);
    assert_eq!(pass(Then::Pass).check(), never);
    assert_eq!(pass(Then::Repeat).check(), never);
    assert_eq!(pass(Then::Fail).check(), Ok(()));
    let flat = Pattern::ramp(Rate::NEVER, Rate::NEVER, 5).unwrap();
    assert_eq!(flat.check(), never);
    assert_eq!(Pattern::all().check(), Ok(()));
}

#[test]
fn every_form_round_trips_in_files() {
    for text in [
        "{}",
        r#"{"skip":10}"#,
        r#"{"skip":10,"per":"request","first":2}"#,
        r#"{"every":3}"#,
        r#"{"burst":{"hit":5,"pass":20}}"#,
        r#"{"sequence":["fail","fail","pass"],"then":"repeat"}"#,
        r#"{"ramp":{"from":"0%","to":"50%","operations":1000}}"#,
    ] {
        let pattern: Pattern = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&pattern).unwrap(), text);
    }
}

#[test]
fn then_may_precede_its_sequence_or_be_absent() {
    let read = |text| serde_json::from_str::<Pattern>(text).unwrap();
    let fail_then = |then| Pattern::sequence([Step::Fail], then).unwrap();
    assert_eq!(
        read(r#"{"then":"fail","sequence":["fail"]}"#),
        fail_then(Then::Fail)
    );
    assert_eq!(read(r#"{"sequence":["fail"]}"#), fail_then(Then::Pass));
}

#[test]
fn invalid_files_report_the_problem() {
    for (text, problem) in [
        (r#"{"every":0}"#, "nonzero"),
        (r#"{"every":3,"first":2}"#, "expected only one of `first`"),
        (r#"{"every":3,"then":"pass"}"#, "`then` only goes with"),
        (r#"{"then":"pass"}"#, "`then` only goes with"),
        (r#"{"sequence":[]}"#, "at least one step"),
        (r#"{"evry":3}"#, "unknown key `evry`"),
        (r#"{"skip":1,"skip":1}"#, "given twice"),
        (r#"{"burst":{"hit":0,"pass":1}}"#, "nonzero"),
    ] {
        let refused = serde_json::from_str::<Pattern>(text)
            .unwrap_err()
            .to_string();
        assert!(refused.contains(problem), "{text}: {refused}");
    }
}
