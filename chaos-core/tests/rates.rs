//! A rate is the share that it says: of requests, of calls within one request, and of attempts.

use chaos_core::{
    BlastRadius, ChaosManager, Event, Failure, Fault, Operation, Rate, Scope, Site, TagTrust,
};

const SEEDS: [u64; 10] = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
const PERCENT: [u32; 3] = [10, 30, 50];
const DRAWS: u32 = 2_000;

/// Checks a rate of several per cent, for each seed, with a function that counts hits in a number of draws.
fn each_rate(hits: impl Fn(&Site) -> u32, share: impl Fn(f64) -> f64) {
    for seed in SEEDS {
        for percent in PERCENT.map(f64::from) {
            let chaos = ChaosManager::builder().seed(seed).build();
            let pms = chaos.site("pms");
            let radius = BlastRadius::points_at("pms").rate(Rate::percent(percent).unwrap());
            let failing = Fault::error(Failure::Unavailable);
            let _guard = chaos.inject(radius, failing).unwrap();
            assert_share(hits(&pms), share(percent / 100.0), &format!("seed {seed}"));
        }
    }
}

/// Checks that a count lies within the 99.99 % interval of a binomial distribution.
#[track_caller]
fn assert_share(hits: u32, share: f64, what: &str) {
    let draws = f64::from(DRAWS);
    let expected = draws * share;
    let bound = 3.891 * (expected * (1.0 - share)).sqrt() + 0.5;
    let difference = (f64::from(hits) - expected).abs();
    assert!(difference <= bound, "{what}: {hits} instead of {expected}");
}

fn fails(site: &Site, scope: &Scope) -> bool {
    let operation = Operation::new("reserve");
    !site.decide(&operation.within(scope)).is_none()
}

fn count(hits: impl Fn(u32) -> bool) -> u32 {
    (0..DRAWS).filter(|at| hits(*at)).count() as u32
}

fn request(at: u32) -> Scope {
    Scope::new(format!("order-{at}"))
}

#[test]
fn of_requests() {
    each_rate(|site| count(|at| fails(site, &request(at))), |rate| rate);
}

#[test]
fn of_calls_in_one_request() {
    let calls = |site: &Site| {
        let scope = request(7);
        count(|_| fails(site, &scope))
    };
    each_rate(calls, |rate| rate);
}

#[test]
fn of_requests_that_fail_three_times() {
    let failing = |site: &Site| {
        count(|at| {
            let scope = request(at);
            [(); 3].iter().all(|()| fails(site, &scope))
        })
    };
    each_rate(failing, |rate| rate.powi(3));
}

#[test]
fn of_requests_that_a_server_fails_in_three_spans() {
    let failing = |site: &Site| {
        count(|at| {
            [1, 2, 3].iter().all(|span| {
                let parent = format!("00-{:032x}-{:016x}-01", at + 1, span);
                let headers = [("traceparent", parent)];
                fails(site, &Scope::from_headers(&headers, &TagTrust::none()))
            })
        })
    };
    each_rate(failing, |rate| rate.powi(3));
}

#[test]
fn a_repeated_request_fails_in_the_same_calls() {
    let calls = || -> Vec<bool> {
        let chaos = ChaosManager::new();
        let pms = chaos.site("pms");
        let radius = BlastRadius::points_at("pms").rate(Rate::percent(50.0).unwrap());
        let _guard = chaos.inject(radius, Fault::Panic).unwrap();
        let scope = request(7);
        (0..100).map(|_| fails(&pms, &scope)).collect()
    };
    assert_eq!(calls(), calls());
    assert!(calls().contains(&true) && calls().contains(&false));
}

#[test]
fn a_key_that_most_operations_have_is_reported_once() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let radius = BlastRadius::points_at("pms").rate(Rate::percent(50.0).unwrap());
    let _guard = chaos.inject(radius, Fault::Panic).unwrap();
    let reported = || {
        let entries = chaos.journal().into_iter();
        entries
            .filter_map(|entry| match entry.event {
                Event::DominantKey { service, key, .. } => Some((service, key)),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    for at in 0..10 * DRAWS {
        fails(&pms, &request(at));
    }
    assert_eq!(reported(), []);
    assert_eq!(chaos.explain("pms", "reserve").caveats, []);
    for _ in 0..10 * DRAWS {
        fails(&pms, &Scope::new("k6"));
    }
    assert_eq!(reported(), [("pms".to_owned(), "k6".to_owned())]);
    let explanation = chaos.explain("pms", "reserve").to_string();
    assert!(explanation.contains("have the key `k6`"), "{explanation}");
}
