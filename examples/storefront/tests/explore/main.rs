//! Exploration finds each mistake without a hint, and nothing in the storefront without one.

mod exploration;

use chaos_explore::{Finding, Report};
use exploration::exploration;
use storefront::Bug;

fn lines(report: &Report) -> Vec<&str> {
    report.findings().iter().map(Finding::line).collect()
}

#[test]
fn a_storefront_without_mistakes_survives_every_fault() {
    let report = exploration(None).run();
    assert!(report.operations().len() > 10, "{report}");
    assert!(report.unreached_sets().is_empty(), "{report}");
}

#[test]
#[ignore = "it takes two minutes"]
fn a_storefront_without_mistakes_survives_a_hundred_seeds() {
    for seed in 0..100 {
        exploration(None).seed(seed).run();
    }
}

#[test]
#[ignore = "it takes minutes"]
fn a_storefront_without_mistakes_survives_pairs_of_faults() {
    let report = exploration(None).depth(2).run();
    assert!(report.unreached_sets().is_empty(), "{report}");
}

#[test]
fn each_mistake_is_found_and_replayed() {
    for bug in Bug::ALL {
        let report = exploration(Some(bug)).report();
        let found = lines(&report);
        assert!(!found.is_empty(), "{bug:?} was not found\n{report}");
        let replayed = exploration(Some(bug)).replay(found[0]).report();
        assert_eq!(lines(&replayed), [found[0]], "{replayed}");
    }
}
