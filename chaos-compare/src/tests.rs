//! Compares records that are made up.

use std::slice::from_ref;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_lab::Verdict;
use chaos_lab::load::Answer;
use chaos_lab::record::RecordEntry;
use chaos_lab::scenario::Stage;

use crate::made_up::{Build, DURING, FAILED, OK, REACHED, good};
use crate::*;

fn compared(a: &Build, b: &Build) -> Comparison {
    compare(&[a.record()], &[b.record()], NOTICEABLE_LATENCY)
}

fn found(comparison: &Comparison, effect: Effect) -> Vec<(Measure, String)> {
    let changes = comparison.changes(effect).map(|(_, group, change)| {
        let subject = match &group.subject {
            Subject::Struck { operation, .. } => operation.clone(),
            Subject::NoFault { request } => format!("no fault: {request}"),
        };
        (change.measure, subject)
    });
    changes.collect()
}

fn slower(by: Duration, is_slower: fn(u64) -> bool) -> Build {
    Build {
        ending: Box::new(move |number| match is_slower(number) {
            true => (Answer::Status(200), OK.1 + by),
            false => OK,
        }),
        ..good()
    }
}

/// A fault that surfaces in a tenth of the requests that it strikes.
fn surfacing() -> Build {
    Build {
        ending: Box::new(
            |number| match DURING.contains(&number) && number % 50 == 0 {
                true => FAILED,
                false => OK,
            },
        ),
        ..good()
    }
}

#[test]
fn a_regression_is_named_by_operation_and_fault_with_its_interval() {
    let comparison = compared(&good(), &surfacing());
    assert_eq!(comparison.verdict, Verdict::Violated);
    let at_charge = [(Measure::Failures, "POST /charge".to_owned())];
    assert_eq!(found(&comparison, Effect::Regression), at_charge);
    assert_eq!(found(&comparison, Effect::Improvement), []);
    let (_, group, change) = comparison.changes(Effect::Regression).next().unwrap();
    assert_eq!((change.worse, change.better, change.pairs), (20, 0, 200));
    assert_eq!((group.struck_only_in_a, group.struck_only_in_b), (0, 0));
    let markdown = comparison.to_markdown();
    let heading = "# 1 regression, 0 improvements\n\n- **regression** in slow payments: `latency` at `POST /charge` of payments \
                   (client): failed requests 0 % in A, 10 % in B: +10 % (at 95 %: 6.57 % to 14.9 %).\n";
    assert!(markdown.starts_with(heading), "{markdown}");
    let row = "| `latency` at `POST /charge` of payments (client) | failed requests | 0 % | 10 % | +10 % | 6.57 % to 14.9 % | 20 | 0 | 200 | < 0.001 | regression |\n";
    assert!(markdown.contains(row), "{markdown}");
}

#[test]
fn a_page_says_the_same_and_shows_markup_as_text() {
    let mut comparison = compared(&good(), &surfacing());
    let page = comparison.to_html();
    assert!(
        page.contains("<h1>1 regression, 0 improvements.</h1>"),
        "{page}"
    );
    let row = "<tr><th><code>latency</code> at <code>POST /charge</code> of payments (client)<td>failed requests<td>0\u{a0}%\
               <td>10\u{a0}%<td>+10\u{a0}%<td>6.57\u{a0}% to 14.9\u{a0}%<td>20<td>0<td>200<td>&lt; 0.001<td class=\"drawn\">\
               <svg class=\"interval violated\"";
    assert!(page.contains(row), "{page}");
    // The side on which the second build is worse.
    assert!(page.contains("class=\"beyond\" d=\"M115 1H1000V"), "{page}");
    let scenario = &mut comparison.scenarios[0];
    scenario.scenario = "<b>1".to_owned();
    scenario.caveats = vec!["<b>2".to_owned()];
    scenario.groups[0].subject = Subject::NoFault {
        request: "<b>3".to_owned(),
    };
    comparison.scenarios.push(ScenarioComparison {
        incomparable: Some("<b>4".to_owned()),
        ..comparison.scenarios[0].clone()
    });
    let page = comparison.to_html();
    for text in 1..=4 {
        assert!(!page.contains(&format!("<b>{text}")), "{text}: {page}");
        assert!(page.contains(&format!("&lt;b&gt;{text}")), "{text}: {page}");
    }
}

/// The page goes to the directory in `CHAOS_PAGES`, for `.ci/page`.
#[test]
#[ignore = "writes a file that browsers are to open"]
fn pages_are_written() {
    let directory = std::env::var_os("CHAOS_PAGES").expect("CHAOS_PAGES is set");
    let page = compared(&good(), &surfacing()).to_html();
    std::fs::write(
        std::path::Path::new(&directory).join("comparison.html"),
        page,
    )
    .unwrap();
}

#[test]
fn an_improvement_is_no_regression() {
    let comparison = compared(&surfacing(), &good());
    assert_eq!(comparison.verdict, Verdict::Met);
    assert_eq!(found(&comparison, Effect::Improvement).len(), 1);
    let markdown = comparison.to_markdown();
    assert!(
        markdown.starts_with("# No regression, 1 improvement\n"),
        "{markdown}"
    );
}

#[test]
fn a_noticeable_latency_is_a_regression_where_it_is() {
    let of_struck = |number| DURING.contains(&number) && number % 5 == 0;
    let by = |milliseconds| slower(Duration::from_millis(milliseconds), of_struck);
    let comparison = compared(&good(), &by(20));
    let at_charge = [(Measure::Latency, "POST /charge".to_owned())];
    assert_eq!(found(&comparison, Effect::Regression), at_charge);
    assert_eq!(compared(&good(), &by(4)).verdict, Verdict::Met);
    let others = slower(Duration::from_millis(20), |number| number % 5 > 0);
    let not_struck = [(Measure::Latency, "no fault: GET /orders".to_owned())];
    let comparison = compared(&good(), &others);
    assert_eq!(found(&comparison, Effect::Regression), not_struck);
}

#[test]
fn less_than_a_tenth_of_a_long_latency_is_not_noticeable() {
    let long = |more: u64| slower(Duration::from_millis(190 + more), |_| true);
    let effects = |more: u64| found(&compared(&long(0), &long(more)), Effect::Regression).len();
    assert_eq!((effects(15), effects(25)), (0, 2));
}

#[test]
fn a_request_that_fails_early_is_not_fast() {
    let early = Build {
        ending: Box::new(|number| match DURING.contains(&number) && number % 5 == 0 {
            true => (Answer::Status(503), Duration::from_millis(1)),
            false => OK,
        }),
        ..good()
    };
    let comparison = compared(&slower(Duration::from_secs(1), |_| true), &early);
    let [struck, _] = &comparison.scenarios[0].groups[..] else {
        panic!("{comparison:#?}");
    };
    assert_eq!(struck.changes.len(), 1, "{struck:#?}");
}

/// A build whose requests of these numbers take long and end like this.
fn with(numbers: fn(u64) -> bool, answer: Answer) -> Build {
    let took = Duration::from_millis(110);
    Build {
        ending: Box::new(move |number| match numbers(number) {
            true => (answer.clone(), took),
            false => OK,
        }),
        ..good()
    }
}

#[test]
fn a_request_that_the_fault_begins_or_ends_in_is_not_compared() {
    let at_start = |number| (DURING.start - 5..DURING.start).contains(&number);
    let at_end = |number| (REACHED - 5..DURING.end).contains(&number);
    // The journal of one build has a strike of it or not, as when the whole process is slow.
    for numbers in [at_start, at_end] as [fn(u64) -> bool; 2] {
        for is_struck in [numbers, |_| false] as [fn(u64) -> bool; 2] {
            let by_good = good().is_struck;
            let other = Build {
                is_struck: Box::new(move |number| by_good(number) || is_struck(number)),
                ..with(numbers, Answer::Timeout)
            };
            let same = with(numbers, Answer::Status(200));
            assert_nothing_is_worse(&compared(&same, &other));
        }
    }
}

#[test]
fn a_request_that_was_struck_outside_of_the_fault_is_not_compared() {
    let early = |number| (DURING.start - 20..DURING.start - 10).contains(&number);
    let by_good = good().is_struck;
    let other = Build {
        is_struck: Box::new(move |number| by_good(number) || early(number)),
        ..with(early, Answer::Status(503))
    };
    let comparison = compared(&with(early, Answer::Status(200)), &other);
    assert_nothing_is_worse(&comparison);
}

#[test]
fn a_request_that_only_one_fault_lasted_for_is_not_compared() {
    let early = |number| (DURING.start..DURING.start + 50).contains(&number);
    let mut late = with(early, Answer::Status(503)).record();
    for line in &mut late.1 {
        if line.entry == RecordEntry::Stage(Stage::Inject) {
            line.at = HumanDuration(line.at.0 + Duration::from_secs(2));
        }
    }
    let comparison = compare(&[good().record()], &[late], NOTICEABLE_LATENCY);
    assert_nothing_is_worse(&comparison);
}

#[test]
fn a_request_that_the_lab_did_not_send_is_not_compared() {
    let some = |number| number % 100 == 1;
    let comparison = compared(&good(), &with(some, Answer::Unsent));
    assert_nothing_is_worse(&comparison);
}

fn assert_nothing_is_worse(comparison: &Comparison) {
    let groups = &comparison.scenarios[0].groups;
    assert_eq!(groups.len(), 2, "{comparison:#?}");
    let is_the_same = |group: &GroupComparison| group.changes[0].worse == 0;
    assert!(groups.iter().all(is_the_same), "{groups:#?}");
}

#[test]
fn calls_that_only_one_build_makes_count() {
    let more = Build {
        is_struck: Box::new(|number| {
            DURING.contains(&number) && (number % 5 == 0 || number % 10 == 1)
        }),
        ending: Box::new(
            |number| match DURING.contains(&number) && number % 10 == 1 {
                true => FAILED,
                false => OK,
            },
        ),
        ..good()
    };
    let comparison = compared(&good(), &more);
    let (_, group, change) = comparison.changes(Effect::Regression).next().unwrap();
    assert_eq!((group.pairs, group.struck_only_in_b), (300, 100));
    assert_eq!(change.worse, 100);
    let caveat = "- `latency` at `POST /charge` of payments (client): of 300 requests, 0 were struck in A only and 100 in B only";
    assert!(comparison.to_markdown().contains(caveat));
}

#[test]
fn all_scenarios_share_the_5_percent() {
    let some = |scenario| Build {
        scenario,
        ending: Box::new(
            |number| match (600..640).contains(&number) && number % 5 == 0 {
                true => FAILED,
                false => OK,
            },
        ),
        ..good()
    };
    let named = |scenario| Build { scenario, ..good() };
    let regressions = |count: usize| {
        let names = &["a", "b", "c"][..count];
        let of = |build: fn(&'static str) -> Build| {
            names
                .iter()
                .map(|name| build(name).record())
                .collect::<Vec<_>>()
        };
        let a = of(named);
        let mut b = of(named);
        b[0] = some("a").record();
        let comparison = compare(&a, &b, NOTICEABLE_LATENCY);
        found(&comparison, Effect::Regression).len()
    };
    assert_eq!((regressions(1), regressions(3)), (1, 0));
    let alone = compared(&named("a"), &some("a"));
    let change = &alone.scenarios[0].groups[0].changes[0];
    // 8 of 8 is as unlikely as 2 in 256, and there are 4 comparisons.
    assert_eq!(change.worse, 8);
    assert!((change.p_value - 4.0 / 128.0).abs() < 1e-9, "{change:?}");
}

/// A build with random endings and strikes, most of them those of any other.
fn random(dice: &mut fastrand::Rng) -> Build {
    let shares = [dice.f64() * 0.3, dice.f64() * 0.1, dice.f64() * 20.0];
    let own = dice.u64(..);
    let draw = move |seed: u64, number: u64| fastrand::Rng::with_seed(seed ^ number).f64();
    Build {
        scenario: "slow payments",
        ending: Box::new(move |number| {
            let took =
                Duration::from_secs_f64((shares[2] - 10.0 * draw(own, number).ln()) / 1_000.0);
            match draw(1, number) < shares[0] || draw(own + 1, number) < 0.01 {
                true => (Answer::Timeout, took),
                false => (Answer::Status(200), took),
            }
        }),
        is_struck: Box::new(move |number| {
            DURING.contains(&number) && (draw(2, number) < 0.2 || draw(own + 2, number) < shares[1])
        }),
    }
}

#[test]
fn a_record_is_no_different_from_itself() {
    let mut dice = fastrand::Rng::with_seed(7);
    for _ in 0..20 {
        let record = random(&mut dice).record();
        let comparison = compare(from_ref(&record), from_ref(&record), Duration::ZERO);
        assert_eq!(comparison.verdict, Verdict::Met);
        let changes: Vec<_> = comparison.changes(Effect::None).collect();
        assert_eq!(changes.len(), 4);
        for (_, _, change) in changes {
            assert_eq!((change.difference.value, change.p_value), (0.0, 1.0));
        }
    }
}

#[test]
fn the_comparison_of_b_with_a_mirrors_that_of_a_with_b() {
    let mut dice = fastrand::Rng::with_seed(7);
    let mut regressions = 0;
    for _ in 0..20 {
        let (a, b) = (random(&mut dice).record(), random(&mut dice).record());
        let forth = compare(from_ref(&a), from_ref(&b), NOTICEABLE_LATENCY);
        let mut back = compare(from_ref(&b), from_ref(&a), NOTICEABLE_LATENCY);
        regressions += forth.changes(Effect::Regression).count();
        back.scenarios.iter_mut().for_each(mirror);
        assert_eq!(forth.scenarios, back.scenarios);
    }
    assert!(regressions > 0);
}

fn mirror(scenario: &mut ScenarioComparison) {
    use std::mem::swap;
    for caveat in &mut scenario.caveats {
        let side = if caveat.starts_with("A") { "B" } else { "A" };
        caveat.replace_range(..1, side);
    }
    scenario.caveats.sort();
    for group in &mut scenario.groups {
        swap(&mut group.struck_only_in_a, &mut group.struck_only_in_b);
        for change in &mut group.changes {
            swap(&mut change.a, &mut change.b);
            swap(&mut change.worse, &mut change.better);
            let (lower, upper) = (change.difference.lower, change.difference.upper);
            (change.difference.lower, change.difference.upper) = (-upper, -lower);
            change.difference.value *= -1.0;
            change.effect = match change.effect {
                Effect::Regression => Effect::Improvement,
                Effect::Improvement => Effect::Regression,
                Effect::None => Effect::None,
            };
        }
    }
}

#[test]
fn a_bar_in_a_name_does_not_end_its_cell() {
    let mut comparison = compared(&good(), &good());
    comparison.scenarios[0].groups[1].subject = Subject::NoFault {
        request: "GET /a|b".to_owned(),
    };
    let markdown = comparison.to_markdown();
    assert!(
        markdown.contains("| no fault at `GET /a\\|b` | failed requests |"),
        "{markdown}"
    );
}

#[test]
fn a_comparison_survives_its_json() {
    let comparison = compared(&good(), &surfacing());
    let json = serde_json::to_string(&comparison).unwrap();
    assert_eq!(
        serde_json::from_str::<Comparison>(&json).unwrap(),
        comparison
    );
}
