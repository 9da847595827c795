//! Watching outcomes.

use super::*;
use crate::adapter::Outcome;

fn finish(site: &Site, outcome: Outcome) {
    if let Some(observation) = site.observe() {
        observation.finish(outcome);
    }
}

fn counted(watch: &OutcomeWatch) -> Vec<(String, u64)> {
    let sum = |site: &SiteOutcomes| {
        let windows = site.windows.iter();
        windows
            .map(|window| window.untreated.succeeded + window.untreated.failed)
            .sum()
    };
    let outcomes = watch.outcomes();
    outcomes
        .iter()
        .map(|site| (site.service.clone(), sum(site)))
        .collect()
}

#[test]
fn outcomes_are_counted_at_old_and_new_sites_while_a_watch_exists() {
    let chaos = ChaosManager::new();
    let old = chaos.site("pms");
    assert!(old.needs().is_none());
    let watch = chaos.watch_outcomes();
    let new = chaos.site("bank");
    finish(&old, Outcome::Success);
    finish(&old, Outcome::Failure);
    finish(&new, Outcome::Success);
    assert_eq!(
        counted(&watch),
        [("bank".to_owned(), 1), ("pms".to_owned(), 2)]
    );

    let other = chaos.watch_outcomes();
    drop(watch);
    finish(&old, Outcome::Success);
    assert_eq!(counted(&other)[1].1, 3);
    drop(other);
    assert!(old.needs().is_none() && new.needs().is_none());
    assert!(counted(&chaos.watch_outcomes()).is_empty());
}

#[test]
fn a_plan_that_changes_keeps_the_watch() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let watch = chaos.watch_outcomes();
    drop(chaos.start(broken("a", points())).unwrap());
    finish(&pms, Outcome::Success);
    assert_eq!(counted(&watch).len(), 1);
}

#[test]
fn a_watch_outlives_its_manager() {
    let chaos = ChaosManager::new();
    let watch = chaos.watch_outcomes();
    drop(chaos);
    assert!(watch.outcomes().is_empty());
}
