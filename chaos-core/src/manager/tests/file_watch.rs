//! Experiments follow a watched file.

use std::fs;
use std::path::Path;

use super::*;
use crate::status::ExperimentState;

fn chaos() -> ChaosManager {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    chaos.site("pms");
    chaos
}

fn file(experiments: &[(&str, &str)]) -> String {
    let experiments = experiments.iter().map(|(name, fault)| {
        format!("  - {{ name: {name}, fault: {fault}, blast_radius: {{ points_at: pms }} }}\n")
    });
    format!(
        "version: 1\nexperiments:\n{}",
        experiments.collect::<String>()
    )
}

fn running(chaos: &ChaosManager) -> Vec<(String, Option<u64>)> {
    let status = chaos.status().into_iter();
    status
        .filter(|one| matches!(one.state, ExperimentState::Running { .. }))
        .map(|one| (one.name, one.id))
        .collect()
}

fn names(chaos: &ChaosManager) -> Vec<String> {
    running(chaos).into_iter().map(|(name, _)| name).collect()
}

/// Waits until the watch has seen a change, whatever it made of it.
fn settled(chaos: &ChaosManager, from: u64) -> Event {
    loop {
        let page = chaos.journal_since(from);
        let mut entries = page.entries();
        let seen = entries.find(|entry| {
            matches!(
                entry.event,
                Event::FileMatched { .. } | Event::FileRefused { .. }
            )
        });
        if let Some(entry) = seen {
            return entry.event.clone();
        }
        std::thread::yield_now();
    }
}

/// Writes a file in one step, and returns what the watch made of it.
fn write(chaos: &ChaosManager, path: &Path, text: &str) -> Event {
    let from = chaos.overview().journal_next;
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
    settled(chaos, from)
}

#[test]
fn experiments_start_and_stop_to_match_the_file_and_unchanged_ones_continue() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chaos.yaml");
    fs::write(&path, file(&[("a", "panic"), ("b", "{ latency: 1s }")])).unwrap();
    let chaos = chaos();
    let watch = chaos.watch_file(&path).unwrap();
    let before = running(&chaos);
    assert_eq!(names(&chaos), ["a", "b"]);
    write(
        &chaos,
        &path,
        &file(&[("b", "{ latency: 2s }"), ("a", "panic"), ("c", "panic")]),
    );
    let after = running(&chaos);
    assert_eq!(names(&chaos), ["a", "b", "c"]);
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    write(&chaos, &path, &file(&[("c", "panic")]));
    assert_eq!(names(&chaos), ["c"]);
    drop(watch);
    assert_eq!(names(&chaos), [""; 0]);
}

#[test]
fn a_bad_file_changes_nothing_and_is_journalled() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chaos.yaml");
    fs::write(&path, file(&[("a", "panic")])).unwrap();
    let chaos = chaos();
    let _watch = chaos.watch_file(&path).unwrap();
    let before = running(&chaos);
    for (bad, part) in [
        ("version: 1\nexperiments: [{", "chaos.yaml"),
        (
            &*file(&[("b", "panic"), ("a", "{ server_sleep: 1s }")]),
            "server_sleep",
        ),
    ] {
        let Event::FileRefused { why, .. } = write(&chaos, &path, bad) else {
            panic!("it is bad: {bad}");
        };
        assert!(why.contains(part), "{why}");
        assert_eq!(running(&chaos), before);
    }
}

#[test]
fn a_directory_whose_link_is_exchanged_is_read_anew() {
    let directory = tempfile::tempdir().unwrap();
    let version = |name: &str, text: &str| {
        let version = directory.path().join(name);
        fs::create_dir(&version).unwrap();
        fs::write(version.join("chaos.yaml"), text).unwrap();
        version
    };
    let data = directory.path().join("..data");
    let link = |to: &Path| {
        let new = directory.path().join("..new");
        std::os::unix::fs::symlink(to, &new).unwrap();
        fs::rename(new, &data).unwrap();
    };
    link(&version("..1", &file(&[("a", "panic")])));
    let file_link = directory.path().join("chaos.yaml");
    std::os::unix::fs::symlink("..data/chaos.yaml", file_link).unwrap();
    let chaos = chaos();
    let _watch = chaos.watch_file(directory.path()).unwrap();
    assert_eq!(names(&chaos), ["a"]);
    let from = chaos.overview().journal_next;
    link(&version("..2", &file(&[("b", "panic")])));
    settled(&chaos, from);
    assert_eq!(names(&chaos), ["b"]);
}

#[test]
fn no_file_is_one_without_experiments_and_an_invalid_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chaos.yaml");
    let chaos = chaos();
    let _watch = chaos.watch_file(&path).unwrap();
    write(&chaos, &path, &file(&[("a", "panic")]));
    assert_eq!(names(&chaos), ["a"]);
    let from = chaos.overview().journal_next;
    fs::remove_file(&path).unwrap();
    settled(&chaos, from);
    assert_eq!(names(&chaos), [""; 0]);
    let other = directory.path().join("other.yaml");
    fs::write(&other, "version: 2").unwrap();
    assert!(matches!(chaos.watch_file(&other), Err(Error::File(_))));
}

#[test]
fn what_is_refused_for_now_is_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chaos.yaml");
    fs::write(&path, file(&[("a", "panic")])).unwrap();
    let chaos = chaos();
    chaos.halt();
    let _watch = chaos.watch_file(&path).unwrap();
    let refusals = |chaos: &ChaosManager| {
        let events = journalled(chaos).into_iter();
        events
            .filter(|event| matches!(event, Event::FileRefused { .. }))
            .count()
    };
    assert_eq!(refusals(&chaos), 1);
    let from = chaos.overview().journal_next;
    chaos.resume();
    assert!(matches!(settled(&chaos, from), Event::FileMatched { .. }));
    assert_eq!(names(&chaos), ["a"]);
    assert_eq!(refusals(&chaos), 1);
}
