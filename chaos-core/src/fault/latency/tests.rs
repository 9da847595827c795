use std::time::Duration;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use super::quantile::between;
use super::shape::Shape;
use super::*;

const STARTED: Duration = Duration::ZERO;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn samples(latency: &Latency) -> Vec<Duration> {
    let mut rng = rng(7);
    let mut all: Vec<_> = (0..20_000)
        .map(|_| latency.sample(&mut rng, STARTED))
        .collect();
    all.sort();
    all
}

fn mean(samples: &[Duration]) -> f64 {
    samples.iter().map(Duration::as_secs_f64).sum::<f64>() / samples.len() as f64
}

#[track_caller]
fn assert_near(value: f64, expected: f64) {
    assert!(
        (value / expected - 1.0).abs() < 0.05,
        "{value} is not near {expected}"
    );
}

#[test]
fn fixed_is_always_the_same() {
    let all = samples(&Latency::fixed(ms(200)));
    assert!(all.iter().all(|time| *time == ms(200)));
}

#[test]
fn quantiles_are_those_of_the_delays_that_are_drawn() {
    let half_zero = Latency::quantiles([(0.5, ms(0)), (0.9, ms(100))]).unwrap();
    let all = [
        Latency::fixed(ms(200)),
        Latency::uniform(ms(100), ms(300)).unwrap(),
        Latency::normal(ms(100), ms(30)),
        Latency::exponential(ms(50)),
        Latency::exponential(ms(50)).at_most(ms(20)),
        Latency::pareto(ms(10), 1.5).unwrap(),
        Latency::quantiles([(0.5, ms(20)), (0.9, ms(100))]).unwrap(),
        half_zero,
    ];
    for latency in all {
        let drawn = samples(&latency);
        let delays: Vec<_> = drawn.iter().filter(|time| !time.is_zero()).collect();
        for share in [0.1, 0.5, 0.9] {
            let measured = delays[(delays.len() as f64 * share) as usize].as_secs_f64();
            let quantile = latency.quantile(share).unwrap().as_secs_f64();
            assert_near(quantile, measured);
        }
    }
    assert_eq!(
        Latency::exponential(ms(50)).quantile(1.0),
        Some(Duration::MAX)
    );
    assert_eq!(Latency::normal(ms(20), ms(10)).quantile(0.5), None);
    assert_eq!(Latency::fixed(ms(20)).ramp(ms(1)).quantile(0.5), None);
}

#[test]
fn uniform_covers_its_range_evenly() {
    let all = samples(&Latency::uniform(ms(100), ms(300)).unwrap());
    assert!(all[0] >= ms(100) && all[0] < ms(105));
    assert!(all[19_999] <= ms(300) && all[19_999] > ms(295));
    assert_near(mean(&all), 0.2);
}

#[test]
fn normal_is_centred_and_cut_at_zero() {
    let all = samples(&Latency::normal(ms(100), ms(10)));
    assert_near(mean(&all), 0.1);
    // One standard deviation above the mean.
    assert_near(all[16_827].as_secs_f64(), 0.11);
    assert_eq!(samples(&Latency::normal(ms(1), ms(100)))[0], Duration::ZERO);
}

#[test]
fn exponential_has_its_mean_and_median() {
    let all = samples(&Latency::exponential(ms(100)));
    assert_near(mean(&all), 0.1);
    assert_near(all[10_000].as_secs_f64(), 0.1 * 2.0_f64.ln());
}

#[test]
fn pareto_starts_at_its_scale() {
    let all = samples(&Latency::pareto(ms(100), 2.0).unwrap());
    assert!(all[0] >= ms(100));
    assert_near(all[10_000].as_secs_f64(), 0.1 * 2.0_f64.sqrt());
}

#[test]
fn rounding_never_leaves_the_range() {
    // Too long for a float to represent the last nanosecond.
    let scale = Duration::new(1 << 60, 1);
    let pareto = Latency::pareto(scale, 1e300).unwrap();
    assert!(samples(&pareto)[0] >= scale);
    // The nearest float is a second longer.
    let max = Duration::from_secs((1 << 53) + 3);
    assert_eq!(between(Duration::ZERO, max, 1.0), max);
    assert_eq!(between(Duration::ZERO, Duration::MAX, 1.0), Duration::MAX);
}

#[test]
fn quantiles_are_met() {
    let all = samples(&Latency::quantiles([(0.5, ms(20)), (0.9, ms(100))]).unwrap());
    assert_near(all[5_000].as_secs_f64(), 0.01);
    assert_near(all[10_000].as_secs_f64(), 0.02);
    assert_near(all[14_000].as_secs_f64(), 0.06);
    assert!(all[18_500..].iter().all(|time| *time == ms(100)));
}

#[test]
fn a_ramp_grows_from_zero() {
    let latency = Latency::fixed(ms(100)).ramp(ms(1_000));
    let after = |running| latency.sample(&mut rng(1), running);
    assert_eq!(after(STARTED), Duration::ZERO);
    assert_eq!(after(ms(500)), ms(50));
    assert_eq!(after(ms(1_000)), ms(100));
    assert_eq!(after(Duration::MAX), ms(100));
    assert_eq!(
        Latency::fixed(ms(1)).ramp(Duration::ZERO),
        Latency::fixed(ms(1))
    );
}

#[test]
fn a_ceiling_limits_the_latency() {
    let all = samples(&Latency::exponential(ms(100)).at_most(ms(150)));
    assert_eq!(all[19_999], ms(150));
    assert!(all[0] < ms(150));
}

#[test]
fn invalid_latencies_cannot_be_built() {
    let refused = |pairs: &[(f64, u64)]| {
        Latency::quantiles(pairs.iter().map(|(q, time)| (*q, ms(*time)))).unwrap_err()
    };
    assert!(matches!(
        Latency::uniform(ms(2), ms(1)),
        Err(InvalidLatency::Reversed { .. })
    ));
    assert_eq!(Latency::pareto(ms(0), 1.0), Err(InvalidLatency::ZeroScale));
    for shape in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            Latency::pareto(ms(1), shape),
            Err(InvalidLatency::Shape(_))
        ));
    }
    assert_eq!(refused(&[]), InvalidLatency::Nothing);
    for quantile in [0.0, 1.0, 1.5, -0.5] {
        assert_eq!(
            refused(&[(quantile, 1)]),
            InvalidLatency::QuantileOutOfRange(quantile)
        );
    }
    for next in [0.4, 0.5] {
        assert!(matches!(
            refused(&[(0.5, 1), (next, 2)]),
            InvalidLatency::QuantilesNotIncreasing { .. }
        ));
    }
    assert!(matches!(
        refused(&[(0.5, 2), (0.9, 1)]),
        InvalidLatency::LatencyDecreases { .. }
    ));
}

#[test]
fn every_form_round_trips_in_files() {
    for text in [
        r#""200ms""#,
        r#"{"fixed":"200ms","ramp":"30s"}"#,
        r#"{"uniform":["10ms","50ms"],"at_most":"5s"}"#,
        r#"{"normal":{"mean":"10ms","std_dev":"2ms"}}"#,
        r#"{"exponential":{"mean":"10ms"}}"#,
        r#"{"pareto":{"scale":"10ms","shape":1.5},"ramp":"30s","at_most":"5s"}"#,
        r#"{"p50":"20ms","p99":"1s","p99.9":"2s"}"#,
    ] {
        let latency: Latency = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&latency).unwrap(), text);
    }
}

#[test]
fn files_may_give_quantiles_in_any_order() {
    let reversed: Latency = serde_json::from_str(r#"{"p99":"1s","p50":"20ms"}"#).unwrap();
    let ordered = Latency::quantiles([(0.5, ms(20)), (0.99, ms(1_000))]).unwrap();
    assert_eq!(reversed, ordered);
}

#[test]
fn invalid_files_report_the_problem() {
    for (text, problem) in [
        ("200", "integer `200`, expected a latency such as \"200ms\""),
        (r#""200""#, "a unit is missing"),
        ("{}", "at least one quantile"),
        (r#"{"ramp":"1s"}"#, "at least one quantile"),
        (r#"{"fixed":"1s","p50":"1s"}"#, "expected one of `fixed`"),
        (r#"{"p50":"1s","fixed":"1s"}"#, "expected one of `fixed`"),
        (r#"{"fixed":"1s","fixed":"1s"}"#, "expected one of `fixed`"),
        (r#"{"fixed":"1s","ramp":"1s","ramp":"1s"}"#, "given twice"),
        (r#"{"p50":"1s","p50":"1s"}"#, "quantiles that increase"),
        (r#"{"p100":"1s"}"#, "expected a quantile above 0"),
        (r#"{"uniform":["2s","1s"]}"#, "the lower latency first"),
        (r#"{"pareto":{"scale":"1s","shape":0}}"#, "expected a shape"),
        (r#"{"latency":"1s"}"#, "unknown key `latency`"),
    ] {
        let refused = serde_json::from_str::<Latency>(text)
            .unwrap_err()
            .to_string();
        assert!(refused.contains(problem), "{text}: {refused}");
    }
}

fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::MAX),
        (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(s, ns)| Duration::new(s, ns)),
        (0_u64..10_000_000_000).prop_map(Duration::from_nanos),
    ]
}

/// Few digits, as `serde_json` reads long fractions back only approximately.
fn any_shape() -> impl Strategy<Value = f64> {
    (1_u32..10_000_000).prop_map(|thousandths| f64::from(thousandths) / 1000.0)
}

fn any_latency() -> impl Strategy<Value = Latency> {
    let shape = prop_oneof![
        any_duration().prop_map(Shape::Fixed),
        (any_duration(), any_duration()).prop_map(|(a, b)| Shape::Uniform {
            min: a.min(b),
            max: a.max(b),
        }),
        (any_duration(), any_duration())
            .prop_map(|(mean, std_dev)| Shape::Normal { mean, std_dev }),
        any_duration().prop_map(|mean| Shape::Exponential { mean }),
        (any_duration(), any_shape()).prop_filter_map("scale above zero", |(scale, shape)| {
            Shape::pareto(scale, shape).ok()
        }),
        (any_duration(), any_duration()).prop_map(|(a, b)| {
            let known = [(25.0, a.min(b)), (99.9, a.max(b))];
            Shape::Quantiles(
                known
                    .map(|(p, time)| (Rate::percent(p).unwrap(), time))
                    .to_vec(),
            )
        }),
    ];
    (shape, any_duration(), proptest::option::of(any_duration())).prop_map(
        |(shape, ramp, ceiling)| {
            let latency = Latency::from(shape).ramp(ramp);
            match ceiling {
                Some(ceiling) => latency.at_most(ceiling),
                None => latency,
            }
        },
    )
}

proptest! {
    #[test]
    fn no_draw_panics_or_exceeds_the_ceiling(
        latency in any_latency(),
        seed: u64,
        running_for in any_duration(),
    ) {
        let drawn = latency.sample(&mut rng(seed), running_for);
        prop_assert!(drawn <= latency.at_most.unwrap_or(Duration::MAX));
        if let Shape::Uniform { max, .. } = latency.shape {
            prop_assert!(drawn <= max);
        }
    }

    #[test]
    fn every_latency_round_trips(latency in any_latency()) {
        let text = serde_json::to_string(&latency).unwrap();
        prop_assert_eq!(serde_json::from_str::<Latency>(&text).unwrap(), latency);
    }
}
