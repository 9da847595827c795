//! Compares records that can't be compared.

use std::slice::from_ref;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_lab::Verdict;
use chaos_lab::load::Answer;
use chaos_lab::record::Line;
use chaos_lab::record::RecordEntry;

use super::made_up::{Build, DURING, OK, good};
use crate::pairs::Recorded;
use crate::*;

#[test]
fn records_that_can_not_be_compared_say_why() {
    type Edit = fn(&mut Recorded);
    let expected: [(&str, Edit); 14] = [
        (
            "A is a record of the scenario `slow payments`, and B of `other`",
            |(opened, _)| {
                opened.scenario.name = "other".to_owned();
            },
        ),
        (
            "the experiment `slow` is not the same in both",
            |(opened, _)| {
                let other = serde_json::json!({ "name": "slow", "fault": { "latency": "2s" }, "blast_radius": { "calls_to": "payments" } });
                opened.scenario.experiments = vec![serde_json::from_value(other).unwrap()];
            },
        ),
        (
            "the number of experiments is 1 in A and 0 in B",
            |(opened, _)| {
                opened.scenario.experiments.clear();
            },
        ),
        (
            "in B, so the faults struck other requests",
            |(opened, _)| opened.target.seed += 1,
        ),
        ("only one of them was a dry run", |(opened, _)| {
            opened.target.dry_run = true;
        }),
        ("the load is not the same in both", |(opened, _)| {
            opened.scenario.load.as_mut().unwrap().per_second = 100;
        }),
        (
            "the lengths of the stages are not the same in both",
            |(opened, _)| {
                opened.scenario.stages.inject = HumanDuration(Duration::from_secs(1));
            },
        ),
        ("B was aborted: stopped by hand", |(_, lines)| {
            let why = "stopped by hand".to_owned();
            lines.push(Line::new(
                Duration::from_secs(40),
                RecordEntry::Aborted { why },
            ));
        }),
        (
            "B was aborted: the record ends in the stage recover",
            |(_, lines)| {
                lines.pop();
            },
        ),
        (
            "B was not run: the experiment `slow` struck no operation",
            |(_, lines)| {
                for line in lines {
                    if let RecordEntry::Reached(states) = &mut line.entry {
                        states[0].injected = 0;
                    }
                }
            },
        ),
        (
            "the ids of the requests do not match: of 2000 in A and 2000 in B, 0 are the same request",
            |(_, lines)| {
                each_sample(lines, |sample| {
                    sample.id = sample.id.replace("run", "other");
                });
            },
        ),
        ("the ids of the requests do not match", |(_, lines)| {
            each_sample(lines, |sample| sample.request = "GET /other".to_owned());
        }),
        (
            "there are too few requests to pair: at most 5 at one operation and fault",
            |(_, lines)| {
                lines.retain(|line| !matches!(&line.entry, RecordEntry::Sample(sample) if sample.due.0.as_millis() >= 100));
            },
        ),
        (
            "the faults struck other requests: 200 in A and 200 in B, of which 0 are the same",
            |recorded| {
                recorded.1 = Build {
                    is_struck: Box::new(|number| DURING.contains(&number) && number % 5 == 1),
                    ..good()
                }
                .record()
                .1;
            },
        ),
    ];
    for (why, edit) in expected {
        let mut other = good().record();
        edit(&mut other);
        let comparison = compare(&[good().record()], &[other], NOTICEABLE_LATENCY);
        let found = comparison.scenarios[0].incomparable.as_ref();
        assert!(
            found.is_some_and(|found| found.contains(why)),
            "{why}: {comparison:#?}"
        );
        assert!(matches!(comparison.verdict, Verdict::Inconclusive { .. }));
    }
}

fn each_sample(lines: &mut [Line], change: fn(&mut chaos_lab::load::Sample)) {
    for line in lines {
        if let RecordEntry::Sample(sample) = &mut line.entry {
            change(sample);
        }
    }
}

#[test]
fn a_load_of_the_target_itself_has_no_pairs() {
    let mut record = good().record();
    record.0.scenario.load = None;
    let comparison = compare(from_ref(&record), from_ref(&record), NOTICEABLE_LATENCY);
    let why = comparison.scenarios[0].incomparable.as_ref().unwrap();
    assert!(why.contains("no load"), "{why}");
}

/// Replaces the id of the request in so many entries of the journal.
fn without_ids(lines: &mut [Line], count: usize) {
    let items = lines.iter_mut().filter_map(|line| match &mut line.entry {
        RecordEntry::Journal(item) => Some(item),
        _ => None,
    });
    for item in items.take(count) {
        let text = serde_json::to_string(item).unwrap();
        *item = serde_json::from_str(&text.replace("run-", "trace-")).unwrap();
    }
}

#[test]
fn struck_requests_without_an_id_are_not_taken_for_others() {
    let mut record = good().record();
    without_ids(&mut record.1, usize::MAX);
    let comparison = compare(from_ref(&record), from_ref(&record), NOTICEABLE_LATENCY);
    let why = comparison.scenarios[0].incomparable.as_ref().unwrap();
    assert!(
        why.contains("no struck request is one of the load"),
        "{why}"
    );
}

#[test]
fn what_makes_it_less_certain_is_a_caveat_of_its_record() {
    let mut record = good().record();
    without_ids(&mut record.1, 3);
    let gap = serde_json::from_str(r#"{ "gap": { "first": 1, "last": 4 } }"#).unwrap();
    let gap = Line::new(Duration::from_secs(20), RecordEntry::Journal(gap));
    record.1.insert(0, gap);
    let comparison = compare(&[good().record()], &[record], NOTICEABLE_LATENCY);
    let [lost, unknown] = &comparison.scenarios[0].caveats[..] else {
        panic!("{comparison:#?}");
    };
    assert!(
        lost.starts_with("B: the target's journal lost 4 entries"),
        "{lost}"
    );
    assert!(
        unknown.starts_with("B: injections that are not compared") && unknown.ends_with(": 3"),
        "{unknown}"
    );
    assert!(
        comparison
            .to_markdown()
            .contains(&format!("\n- {unknown}\n"))
    );
}

#[test]
fn scenarios_are_joined_by_their_names() {
    let of = |names: &[&'static str]| -> Vec<_> {
        let builds = names.iter().map(|scenario| Build { scenario, ..good() });
        builds.map(|build| build.record()).collect()
    };
    let comparison = compare(&of(&["a", "b"]), &of(&["c", "b"]), NOTICEABLE_LATENCY);
    let joined: Vec<_> = comparison
        .scenarios
        .iter()
        .map(|one| (one.scenario.as_str(), one.incomparable.as_deref()))
        .collect();
    let expected = [
        ("a", Some("only A has a record of it")),
        ("b", None),
        ("c", Some("only B has a record of it")),
    ];
    assert_eq!(joined, expected);
    assert!(matches!(comparison.verdict, Verdict::Inconclusive { .. }));
    let markdown = comparison.to_markdown();
    let heading = "# No regression, 0 improvements, but not all can be compared\n\n`a` can't be compared: only A has a record of it.\n";
    assert!(markdown.starts_with(heading), "{markdown}");
    assert!(matches!(
        compare(&[], &[], NOTICEABLE_LATENCY).verdict,
        Verdict::Inconclusive { .. }
    ));
}

#[test]
fn requests_that_hang_until_the_end_of_the_fault_are_named_as_the_reason() {
    let mut hanging = good();
    hanging.ending = Box::new(|number| match DURING.contains(&number) && number % 5 == 0 {
        true => (Answer::Status(200), Duration::from_secs(25)),
        false => OK,
    });
    let [good, hanging] = [good(), hanging].map(|build| build.record());
    let comparison = compare(&[good], &[hanging], NOTICEABLE_LATENCY);
    let why = comparison.scenarios[0].incomparable.as_ref().unwrap();
    assert!(
        why.starts_with(
            "the fault began or ended within each struck request of one of them, 200 in all"
        ),
        "{why}"
    );
}
