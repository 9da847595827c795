//! What the command refuses.

use crate::shop::Shop;
use crate::{finish, lab, output};

#[test]
fn a_target_that_is_not_there_exits_with_4() {
    let (code, stderr) = output(lab(["status", "--admin", "unix:/nowhere/chaos.sock"]));
    assert_eq!(code, Some(4));
    assert!(
        stderr.starts_with("error: unix:/nowhere/chaos.sock can't be reached: "),
        "{stderr}"
    );
}

#[test]
fn what_makes_no_sense_exits_with_2_and_says_where() {
    let directory = tempfile::tempdir().unwrap();
    let suite = directory.path().join("suite.yaml");
    std::fs::write(&suite, "version: 1\nscenarios: []\n").unwrap();
    let suite = suite.to_str().unwrap();
    let expected = [
        (
            lab(["validate", suite]),
            "suite.yaml:2:12: scenarios: expected at least one scenario",
        ),
        (lab(["validate", "/nowhere.yaml"]), "/nowhere.yaml"),
        (lab(["judge", "/nowhere.jsonl"]), "/nowhere.jsonl"),
        (lab(["report", "/nowhere"]), "/nowhere: No such file"),
        (lab(["report", "--reports", "/nowhere"]), "/nowhere"),
        (lab(["run"]), "<SUITE>"),
        (
            lab(["status", "--admin", "a:1", "--token", "two\nlines"]),
            "the token has characters",
        ),
        (
            lab(["status", "--admin", "somewhere"]),
            "is no address such as",
        ),
    ];
    for (command, problem) in expected {
        let (code, stderr) = output(command);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(problem), "{stderr}");
        assert!(stderr.matches("(os error").count() <= 1, "{stderr}");
    }
}

#[tokio::test]
async fn a_name_that_runs_nothing_can_not_be_stopped() {
    let shop = Shop::open().await;
    let admin = format!("unix:{}", shop.path("chaos.sock").display());
    let mut command = lab(["stop", "slwo", "--admin", &admin]);
    let (code, _, stderr) = finish(command.spawn().unwrap()).await;
    assert_eq!(code, Some(2));
    assert_eq!(stderr, "error: no experiment named `slwo` runs\n");
}
