//! Writes pages for `.ci/page`.

use std::fs;
use std::path::PathBuf;

use super::beside_earlier_runs;
use super::made_up::{Target, run, suite};
use super::texts::hostile;

/// The pages go to the directory in `CHAOS_PAGES`.
#[test]
#[ignore = "writes files that browsers are to open"]
fn pages_are_written() {
    let directory = PathBuf::from(std::env::var_os("CHAOS_PAGES").expect("CHAOS_PAGES is set"));
    fs::create_dir_all(&directory).unwrap();
    let write = |name: &str, page: String| fs::write(directory.join(name), page).unwrap();
    write(
        "one.html",
        run("payments refused", Target::Fails, 1).to_html(),
    );
    write(
        "met.html",
        run("slow payments", Target::Absorbs, 1).to_html(),
    );
    let page = suite("standard", 45).to_html();
    assert!(page.len() < 400_000, "{} bytes", page.len());
    write("suite.html", page);
    write("trend.html", beside_earlier_runs().to_html());
    write("markup.html", hostile().0.to_html());
}
