//! Each mistake is found by exploring, with no hint where it is; without one, nothing is.

mod shop;

use chaos_explore::{Finding, Report};
use shop::exploration;
use storefront::Bug;

fn lines(report: &Report) -> Vec<&str> {
    report.findings().iter().map(Finding::line).collect()
}

#[test]
fn what_is_done_well_survives_everything() {
    let report = exploration(None).run();
    assert!(report.operations().len() > 10, "{report}");
    assert!(report.unreached_sets().is_empty(), "{report}");
}

#[test]
#[ignore = "it takes two minutes"]
fn what_is_done_well_survives_a_hundred_seeds() {
    for seed in 0..100 {
        exploration(None).seed(seed).run();
    }
}

#[test]
#[ignore = "it takes minutes"]
fn what_is_done_well_survives_pairs() {
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
