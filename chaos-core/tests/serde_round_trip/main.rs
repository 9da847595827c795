//! An experiment that is written in any format is read back unchanged.

mod faults;
mod pressure;

use std::collections::BTreeSet;
use std::time::Duration;

use chaos_core::{
    Bandwidth, BlastRadius, CircuitBreak, Condition, Consent, Corrupt, Crash, Disconnect,
    Experiment, ExperimentFile, Failure, Fault, Format, Judged, Latency, Loss, Pattern, Phase,
    Rate, RateLimit, Risk, Slice, Step, Then,
};
use faults::fault;
use jiff::Timestamp;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(vec![
        "null",
        "~",
        "yes",
        "No",
        "1",
        "1e3",
        "0x10",
        "1_000",
        ".nan",
        "-",
        "- a",
        "a: b",
        "#",
        "x #y",
        "&a",
        "*a",
        "!t",
        "%",
        "@",
        "`",
        "'",
        "\"",
        "\\",
        "[",
        "{",
        "a\nb",
        "a\n\n b\n",
        "\ttab",
        " lead",
        "trail ",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "\u{0}",
        "\u{1b}",
        "\r\n",
        "2020-01-01",
        "12:30:45",
        "---",
        "...",
        "<<",
        "=",
        "ä",
        "🦀",
        "|",
        ">",
        "?",
        "? a",
        "''",
        "\"\"\"",
        "true",
        "5%",
        "1s",
    ]);
    prop_oneof![
        tricky.prop_map(str::to_owned),
        "[a-z]{1,8}".prop_map(|text| text),
        vec(any::<char>(), 1..12).prop_map(String::from_iter),
    ]
}

/// A text that is not blank.
fn words() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("x{text}"))
}

fn consent() -> impl Strategy<Value = Consent> {
    (words(), option::of(words())).prop_map(|(who, why)| {
        let consent = Consent::by(who).unwrap();
        why.into_iter().fold(consent, Consent::because)
    })
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (1..10_000_u64).prop_map(Duration::from_millis),
        (1..=u64::MAX, 0..1_000_000_000_u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
    ]
}

fn rate() -> impl Strategy<Value = Rate> {
    prop_oneof![
        (0..=1000_u32).prop_map(|tenths| f64::from(tenths) / 10.0),
        0.0..=100.0_f64,
    ]
    .prop_map(|percent| Rate::percent(percent).unwrap())
}

/// A rate strictly between its ends.
fn inner_rate() -> impl Strategy<Value = Rate> {
    (1..1000_u32).prop_map(|tenths| Rate::percent(f64::from(tenths) / 10.0).unwrap())
}

fn radius() -> impl Strategy<Value = BlastRadius> {
    let selected = prop_oneof![
        text().prop_map(BlastRadius::calls_to),
        text().prop_map(BlastRadius::requests_to),
        text().prop_map(BlastRadius::queries_on),
        text().prop_map(BlastRadius::streams_to),
        text().prop_map(BlastRadius::points_at),
        btree_set(text(), 1..4).prop_map(BlastRadius::services),
        consent().prop_map(BlastRadius::everything),
    ];
    let narrowed = (
        option::of(text()),
        btree_map(text(), text(), 0..3),
        btree_set("[!-+.-:<-~]{1,9}", 0..3),
    );
    let bounded = (
        rate(),
        rate(),
        option::of(1..=u64::MAX),
        option::of(1..=u32::MAX),
    );
    let per_operation = (selected, narrowed, bounded).prop_map(
        |(selected, (operation, attributes, tags), (rate, instances, total, concurrent))| {
            let mut radius = selected.rate(rate).share_of_instances(instances);
            radius = operation.into_iter().fold(radius, BlastRadius::operation);
            radius = total.into_iter().fold(radius, BlastRadius::at_most);
            radius = concurrent.into_iter().fold(radius, BlastRadius::concurrent);
            for (name, glob) in attributes {
                radius = radius.attribute(name, glob);
            }
            tags.into_iter().fold(radius, BlastRadius::tagged)
        },
    );
    let per_transaction = (text(), rate());
    prop_oneof![
        9 => per_operation,
        1 => per_transaction.prop_map(|(database, rate)| {
            BlastRadius::queries_on(database).transaction_rate(rate)
        }),
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let step = prop_oneof![Just(Step::Fail), Just(Step::Pass)];
    let then = prop_oneof![Just(Then::Pass), Just(Then::Fail), Just(Then::Repeat)];
    let shape = prop_oneof![
        Just(Pattern::all()),
        (1..=u64::MAX).prop_map(Pattern::first),
        (1..=u64::MAX).prop_map(|nth| Pattern::every(nth).unwrap()),
        (1..=u32::MAX, 1..=u32::MAX).prop_map(|(hit, pass)| Pattern::burst(hit, pass).unwrap()),
        (vec(step, 0..5), then).prop_map(|(mut steps, then)| {
            steps.push(Step::Fail);
            Pattern::sequence(steps, then).unwrap()
        }),
        (rate(), inner_rate(), 1..=u64::MAX)
            .prop_map(|(from, to, n)| Pattern::ramp(from, to, n).unwrap()),
    ];
    (shape, 0..=u64::MAX, any::<bool>()).prop_map(|(shape, skip, per_request)| {
        let pattern = shape.skip(skip);
        if per_request {
            pattern.per_request()
        } else {
            pattern
        }
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let windowed = (
        prop_oneof![
            inner_rate().prop_map(Condition::error_rate_above),
            (inner_rate(), duration()).prop_map(|(q, limit)| Condition::latency_above(q, limit)),
        ],
        option::of(duration()),
        option::of(1..=u32::MAX),
    )
        .prop_map(|(condition, over, samples)| {
            let condition = over.into_iter().fold(condition, Condition::over);
            samples.into_iter().fold(condition, Condition::min_samples)
        });
    let counted = (1..=u32::MAX).prop_map(Condition::consecutive_failures);
    let judged = prop_oneof![
        Just(Judged::All),
        Just(Judged::Treated),
        Just(Judged::Untreated)
    ];
    let judging = (
        prop_oneof![windowed, counted],
        option::of(text()),
        option::of(judged),
    )
        .prop_map(|(condition, at, among)| {
            let condition = at.into_iter().fold(condition, Condition::at);
            among.into_iter().fold(condition, Condition::among)
        });
    let asking = (text(), option::of(duration()), option::of(duration())).prop_map(
        |(name, every, deadline)| {
            let condition = every
                .into_iter()
                .fold(Condition::probe(name), Condition::every);
            deadline.into_iter().fold(condition, Condition::deadline)
        },
    );
    prop_oneof![judging, asking]
}

fn experiment() -> impl Strategy<Value = Experiment> {
    let what = (words(), vec(fault(), 1..4), radius(), option::of(pattern()));
    let why = (
        option::of(text()),
        option::of(text()),
        btree_map(text(), text(), 0..3),
        [option::of(consent()), option::of(consent())],
    );
    let phase = prop_oneof![
        Just(Phase::Before),
        Just(Phase::After),
        Just(Phase::During),
        Just(Phase::NotReady),
    ];
    let risk = prop_oneof![Just(Risk::Low), Just(Risk::Critical)];
    let until = (0..253_000_000_000_i64, 0..1_000_000_000_i32)
        .prop_map(|(secs, nanos)| Timestamp::new(secs, nanos).unwrap().into());
    let when = (
        phase,
        duration(),
        option::of(until),
        vec(condition(), 0..3),
        option::of(risk),
        any::<[bool; 2]>(),
    );
    (what, why, when).prop_map(|(what, why, when)| {
        let (name, faults, radius, pattern) = what;
        let (reason, owner, labels, [production, destruction]) = why;
        let (phase, limit, until, conditions, risk, [dry, collateral]) = when;
        let mut made = Experiment::new(name)
            .blast_radius(radius)
            .phase(phase)
            .time_limit(limit);
        made = faults.into_iter().fold(made, Experiment::fault);
        made = pattern.into_iter().fold(made, Experiment::pattern);
        made = reason.into_iter().fold(made, Experiment::reason);
        made = owner.into_iter().fold(made, Experiment::owner);
        made = until.into_iter().fold(made, Experiment::until);
        made = risk.into_iter().fold(made, Experiment::risk_at_least);
        made = conditions.into_iter().fold(made, Experiment::abort_when);
        made = production
            .into_iter()
            .fold(made, Experiment::consent_to_production);
        made = destruction
            .into_iter()
            .fold(made, Experiment::consent_to_destruction);
        for (key, value) in labels {
            made = made.label(key, value);
        }
        if dry {
            made = made.dry_run();
        }
        if collateral {
            made = made.allow_collateral();
        }
        made
    })
}

/// Experiments with unique names, as a file requires.
fn experiments() -> impl Strategy<Value = Vec<Experiment>> {
    vec(experiment(), 0..3).prop_map(|mut experiments| {
        let mut names = BTreeSet::new();
        experiments.retain(|experiment| names.insert(experiment.name().to_owned()));
        experiments
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn written_experiments_are_read_back_unchanged(
        experiments in experiments(),
        approvals in vec("[a-z\"'#:\\-\n \t|>]{0,20}", 0..3),
    ) {
        let file = ExperimentFile::new(experiments).approved_by(approvals);
        for format in [Format::Yaml, Format::Toml, Format::Json] {
            let written = file.render(format).unwrap();
            match ExperimentFile::parse(&written, format, "written") {
                Ok(read) => prop_assert_eq!(&read, &file, "{}:\n{}", format, written),
                Err(error) => prop_assert!(false, "{error}\n{written}"),
            }
        }
    }
}

#[test]
fn the_largest_numbers_are_read_back_even_in_formats_that_promise_less() {
    let radius = BlastRadius::points_at("pms").at_most(u64::MAX);
    let experiment = Experiment::new("many")
        .fault(Fault::panic())
        .blast_radius(radius);
    let file = ExperimentFile::new(vec![experiment]);
    for format in [Format::Yaml, Format::Toml, Format::Json] {
        let written = file.render(format).unwrap();
        assert!(written.contains("18446744073709551615"), "{written}");
        let read = ExperimentFile::parse(&written, format, "written").unwrap();
        assert_eq!(read, file);
        let more = written.replace("18446744073709551615", "18446744073709551616");
        let error = ExperimentFile::parse(&more, format, "more").unwrap_err();
        assert!(error.line().is_some(), "{error}");
    }
}

#[test]
fn invalid_experiments_are_not_written() {
    let nameless = Experiment::new(" ")
        .fault(Fault::panic())
        .blast_radius(BlastRadius::points_at("pms"));
    let named = Experiment::new("a")
        .fault(Fault::panic())
        .blast_radius(BlastRadius::points_at("pms"));
    for (experiments, key) in [
        (vec![nameless], "experiments[0].name"),
        (vec![named.clone(), named], "experiments[1].name"),
    ] {
        let error = ExperimentFile::new(experiments)
            .render(Format::Yaml)
            .unwrap_err();
        assert_eq!((error.file(), error.key()), (None, Some(key)));
    }
}
