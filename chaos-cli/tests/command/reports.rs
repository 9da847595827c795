//! What is reported of a run, and compared.

use std::path::Path;

use crate::shop::Shop;
use crate::{finish, judge, lab};

/// Prints a report, from the directory of the shop.
fn report(shop: &Shop, arguments: &[&str]) -> String {
    let mut command = lab(["report"]);
    command.args(arguments).current_dir(shop.directory.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_violated_objective_exits_with_1_and_the_report_names_operation_and_fault() {
    let shop = Shop::open().await;
    let (code, stdout, stderr) = finish(shop.run("3s").spawn().unwrap()).await;
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(
        stdout.starts_with("# refused payments: violated\n"),
        "{stdout}"
    );
    assert!(
        stdout.contains("the fault `error` at `charge` of payments"),
        "{stdout}"
    );
    let stages: Vec<_> = stderr.lines().collect();
    let expected = ["baseline", "inject", "recover", "cooldown"];
    assert_eq!(
        stages,
        expected.map(|stage| format!("refused payments: {stage}"))
    );
    let record = shop.record();
    let (code, judged) = judge(&record);
    assert_eq!(code, Some(1));
    assert!(stdout.starts_with(judged.trim_end()), "{judged}");

    let run = record.parent().unwrap();
    assert_eq!(report(&shop, &[run.to_str().unwrap()]), judged);
    std::fs::create_dir(shop.path("chaos-reports/1999-12-31T23-59-59.999-suite")).unwrap();
    let suite = report(&shop, &[]);
    assert!(suite.starts_with("# suite: violated\n"), "{suite}");
    let summary = format!("{}\n\nThe reports are in chaos-reports/", suite.trim_end());
    assert!(stdout.contains(&summary), "{stdout}");
    assert!(
        suite
            .contains("| [refused payments](refused-payments/report.md) | violated | error rate: "),
        "{suite}"
    );
    let written = std::fs::read_to_string(run.parent().unwrap().join("report.json")).unwrap();
    assert_eq!(report(&shop, &["--json"]).trim_end(), written);
    for (format, file) in [
        ("markdown", "report.md"),
        ("html", "report.html"),
        ("json", "report.json"),
        ("junit", "junit.xml"),
        ("prometheus", "metrics.prom"),
    ] {
        let written = std::fs::read_to_string(run.parent().unwrap().join(file)).unwrap();
        let printed = report(&shop, &["--format", format]);
        assert_eq!(printed.trim_end(), written.trim_end(), "{format}");
    }

    let (code, compared) = compare(run.parent().unwrap(), &record, &shop.path("page.html"));
    assert_eq!(code, Some(0), "{compared}");
    assert!(compared.starts_with("# No regression"), "{compared}");
    let worse = shop.path("worse.jsonl");
    let text = std::fs::read_to_string(&record).unwrap();
    let (before, since) = text.split_once("\"stage\":\"inject\"").unwrap();
    let since = since.replace("\"ok\":true", "\"ok\":false");
    std::fs::write(&worse, format!("{before}\"stage\":\"inject\"{since}")).unwrap();
    let page = shop.path("comparison.html");
    assert_eq!(compare(run, &worse, &page).0, Some(1));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("regression"), "{page}");
    assert_eq!(
        compare(&shop.path("chaos-reports"), &worse, &shop.path("page.html")).0,
        Some(2)
    );
}

fn compare(a: &Path, b: &Path, page: &Path) -> (Option<i32>, String) {
    let output = lab(["compare"])
        .args([a, b])
        .arg("--html")
        .arg(page)
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat());
    (output.status.code(), text.unwrap())
}
