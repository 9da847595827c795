//! Writes pages for `.ci/page`, and reports for `.ci/pdf`.

use std::fs;
use std::path::PathBuf;

use super::beside_earlier_runs;
use super::made_up::{Target, run, suite};
use super::texts::hostile;
use crate::report::{Format, WrittenReport};

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

/// The reports go to directories in that of `CHAOS_REPORTS`, as runs leave them, for `.ci/pdf`.
#[test]
#[ignore = "writes files that another program is to read"]
fn reports_are_written() {
    let directory = PathBuf::from(std::env::var_os("CHAOS_REPORTS").expect("CHAOS_REPORTS is set"));
    let typst = "#panic(\"1\") $x$ @a *b* _c_ \\d [e] <f> // g /* h ~ -- = i \u{1b}";
    let mut one = run(typst, Target::IsDown, 1);
    one.fates[0].operation = format!("GET /{}", "a_long_path/".repeat(20));
    one.caveats.push(typst.to_owned());
    let reports = [
        (
            "failed",
            WrittenReport::Run(Box::new(run("payments refused", Target::Fails, 1))),
        ),
        ("typst", WrittenReport::Run(Box::new(one))),
        (
            "suite",
            WrittenReport::Suite(Box::new(suite("standard", 45))),
        ),
        ("markup", WrittenReport::Suite(Box::new(hostile().0))),
    ];
    for (name, report) in reports {
        let directory = directory.join(name);
        fs::create_dir_all(&directory).unwrap();
        for format in [Format::Html, Format::Json] {
            fs::write(
                directory.join(format.file_name()),
                report.written_in(format),
            )
            .unwrap();
        }
    }
}
