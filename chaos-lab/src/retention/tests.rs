//! What is removed, and what is not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::{Removable, Retention};

const REPORT: &str = r#"{ "version": 1, "suite": "shop", "verdict": "met", "scenarios": [], "reports": [],
  "mttr": { "indicator": "mttr", "limit": 1.0, "measured": null, "verdict": "met" } }"#;

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> SystemTime {
    "2026-06-30T12:00:00Z".parse::<Timestamp>().unwrap().into()
}

fn retention(keep: usize, days: u32) -> Retention {
    Retention {
        keep,
        older_than: DAY * days,
    }
}

/// Creates a file, with its directories, that was changed so many days ago.
fn write(path: &Path, text: &str, days: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(now() - DAY * days).unwrap();
}

/// Writes the directory of a run of a day in June.
fn run(reports: &Path, day: u32, suite: &str) -> PathBuf {
    let directory = reports.join(format!("2026-06-{day:02}T00-00-00.000-{suite}"));
    let report = REPORT.replace("shop", suite);
    write(&directory.join("report.json"), &report, 30 - day);
    write(&directory.join("slow/record.jsonl"), "{}\n", 30 - day);
    directory
}

fn paths(found: &[Removable]) -> Vec<PathBuf> {
    found.iter().map(|one| one.path.clone()).collect()
}

#[test]
fn runs_are_removed_that_are_neither_among_the_latest_of_their_suite_nor_young() {
    let reports = tempfile::tempdir().unwrap();
    let reports = reports.path();
    let shop = [1, 2, 3, 29].map(|day| run(reports, day, "shop"));
    let bank = run(reports, 1, "bank");
    let removable = |keep, days| {
        let found = retention(keep, days)
            .run_directories(reports, now())
            .unwrap();
        paths(&found)
    };
    assert_eq!(removable(2, 7), [shop[1].clone(), shop[0].clone()]);
    assert_eq!(
        removable(0, 28),
        [shop[1].clone(), shop[0].clone(), bank.clone()]
    );
    assert!(removable(30, 0).is_empty());
    assert!(removable(0, 30).is_empty());

    let found = retention(2, 7).run_directories(reports, now()).unwrap();
    assert_eq!(found[0].bytes, REPORT.len() as u64 + 3);
    for one in &found {
        one.remove().unwrap();
    }
    let left: Vec<_> = [&shop[..], &[bank]]
        .concat()
        .iter()
        .map(|run| run.exists())
        .collect();
    assert_eq!(left, [false, false, true, true, true]);
}

#[test]
fn what_the_lab_did_not_write_is_kept() {
    let reports = tempfile::tempdir().unwrap();
    let reports = reports.path();
    let elsewhere = tempfile::tempdir().unwrap();
    let linked = run(elsewhere.path(), 1, "shop");
    write(&reports.join("notes/report.json"), REPORT, 29);
    write(
        &reports.join("2026-06-01T00-00-00.000-notes/notes.md"),
        "notes",
        29,
    );
    write(
        &reports.join("2026-06-01T00-00-00.001-data/report.json"),
        "[]",
        29,
    );
    write(&reports.join("2026-06-01T00-00-00.002-file"), "{}", 29);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&linked, reports.join("2026-06-01T00-00-00.003-shop")).unwrap();
        let through = run(reports, 2, "shop");
        fs::remove_dir_all(through.join("slow")).unwrap();
        std::os::unix::fs::symlink(&linked, through.join("slow")).unwrap();
    }
    let found = retention(0, 0).run_directories(reports, now()).unwrap();
    let names: Vec<_> = paths(&found)
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        if cfg!(unix) {
            &["2026-06-02T00-00-00.000-shop"][..]
        } else {
            &[]
        }
    );
    for one in &found {
        one.remove().unwrap();
    }
    assert!(linked.join("slow/record.jsonl").exists() && linked.join("report.json").exists());
}

#[test]
fn a_run_that_goes_on_is_kept_and_one_that_was_killed_is_not() {
    let reports = tempfile::tempdir().unwrap();
    let directory = reports.path().join("2026-06-01T00-00-00.000-shop");
    write(&directory.join("slow/record.jsonl"), "{}\n", 0);
    write(&directory.join("fast/record.jsonl"), "{}\n", 3);
    let removable = || {
        retention(0, 0)
            .run_directories(reports.path(), now())
            .unwrap()
    };
    assert_eq!(removable(), []);
    write(&directory.join("slow/record.jsonl"), "{}\n", 2);
    assert_eq!(paths(&removable()), [directory]);
}

#[test]
fn only_rotated_files_of_a_journal_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let old = [
        "journal.jsonl.1",
        "journal.jsonl-20260501",
        "journal.jsonl.2.gz",
        "journal.jsonl.2026-05-01",
    ];
    let kept = [
        "journal.jsonl",
        "journal.jsonl.bak",
        "journal.jsonl2",
        "journal.jsonl.1.txt",
        "journal.jsonl-",
        "another.jsonl.1",
    ];
    for name in old.iter().chain(&kept) {
        write(&path(name), "{}\n", 40);
    }
    write(&path("journal.jsonl.4"), "{}\n", 20);
    let journal = path("journal.jsonl");
    let found = retention(0, 30).rotated_journals(&journal, now()).unwrap();
    let mut expected = old.map(path);
    expected.sort();
    assert_eq!(paths(&found), expected);
    for one in &found {
        one.remove().unwrap();
    }
    assert!(journal.exists() && kept.iter().all(|name| path(name).exists()));
    assert!(
        retention(0, 30)
            .rotated_journals(Path::new("/"), now())
            .is_err()
    );
}
