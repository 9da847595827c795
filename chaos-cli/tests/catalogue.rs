//! Names of the catalogue on the command line.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use chaos_admin::{Address, Admin, AdminServer};
use chaos_core::{ChaosManager, Environment};
use chaos_tower::ChaosLayer;
use tokio::net::TcpListener;

/// A shop that depends on payments, with its API.
struct Shop {
    chaos: ChaosManager,
    url: String,
    directory: tempfile::TempDir,
    _admin: AdminServer,
}

impl Shop {
    async fn open() -> Self {
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        let payments = chaos.site("payments");
        let orders = async move || match payments.point("charge").await {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::BAD_GATEWAY,
        };
        let app = Router::new()
            .route("/orders", get(orders))
            .layer(ChaosLayer::server(&chaos, "shop"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("chaos.sock");
        let admin = Admin::new(&chaos).listen(Address::Unix(socket));
        Self {
            _admin: admin.serve().unwrap(),
            chaos,
            url,
            directory,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs the command, without holding up the runtime that serves the shop.
    async fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let admin = format!("unix:{}", self.path("chaos.sock").display());
        let mut command = lab("run");
        command
            .args(arguments)
            .args(["--target", &self.url, "--admin", &admin])
            .current_dir(self.directory.path());
        let output = tokio::task::spawn_blocking(move || output(command));
        output.await.unwrap()
    }

    /// The table of the only report of a suite.
    fn report(&self) -> String {
        let mut suites = std::fs::read_dir(self.path("chaos-reports")).unwrap();
        let suite = suites.next().unwrap().unwrap().path();
        std::fs::read_to_string(suite.join("report.md")).unwrap()
    }
}

fn lab(command: &str) -> Command {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_chaos-lab"));
    lab.arg(command)
        .env_remove("CHAOS_LAB_ADMIN")
        .env_remove("CHAOS_LAB_TOKEN")
        .stdin(Stdio::null());
    lab
}

fn output(mut command: Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn write_suite(path: &Path) {
    let suite = "\
version: 1
load: { per_second: 50, requests: [{ path: /orders }] }
stages: { baseline: 1s, inject: 1s, recover: 0s, cooldown: 0s }
scenarios:
  - { catalogue: fallback }
  - { catalogue: deadlock }
  - name: own
    experiments:
      - { name: own, fault: { error: refused }, blast_radius: { points_at: payments } }
";
    std::fs::write(path, suite).unwrap();
}

#[tokio::test]
async fn names_need_no_file_and_what_can_not_be_run_is_reported_in_its_place() {
    let shop = Shop::open().await;
    let names = ["cpu", "unavailable", "deadlock", "unavailable"];
    let options = ["--path", "/orders", "--scale", "0.01", "--duration", "2s"];
    let (code, stdout, stderr) = shop.run(&[&names[..], &options].concat()).await;
    assert_eq!(code, Some(5), "{stdout}{stderr}");
    let report = shop.report();
    let rows: Vec<_> = report
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    let expected = [
        "| cpu (medium) | not run | acts on the whole process, which needs a consent: `--consent",
        "| [unavailable at scale 0.01](unavailable-at-scale-0-01/report.md) | ",
        "| deadlock | not run | needs a database site that can apply error in phase before; the target has point payments",
    ];
    for (row, expected) in rows[1..].iter().zip(expected) {
        assert!(row.starts_with(expected), "{row}");
    }
    assert!(
        rows[2].contains("`error` at `GET /orders` of shop: "),
        "{}",
        rows[2]
    );
    let inject = stdout
        .lines()
        .find(|line| line.starts_with("| inject"))
        .unwrap();
    assert!(inject.starts_with("| inject | 2"), "{inject}");
}

#[tokio::test]
async fn names_that_a_file_lacks_are_those_of_the_catalogue_and_have_its_load() {
    let shop = Shop::open().await;
    write_suite(&shop.path("suite.yaml"));
    let (_, stdout, stderr) = shop
        .run(&[
            "suite.yaml",
            "random_failure",
            "own",
            "--intensity",
            "heavy",
        ])
        .await;
    let report = shop.report();
    let all = stdout + &stderr + &report;
    assert!(
        report.contains("| [random-failure (heavy)](random-failure--heavy-/report.md) | "),
        "{all}"
    );
    assert!(report.contains("| [own](own/report.md) | "), "{all}");
    assert!(!report.contains("fallback"), "{all}");
    assert!(all.contains("| inject | 1"), "{all}");
}

#[tokio::test]
async fn a_dry_run_decides_and_applies_nothing() {
    let shop = Shop::open().await;
    write_suite(&shop.path("suite.yaml"));
    let (code, stdout, stderr) = shop.run(&["suite.yaml", "--dry-run"]).await;
    assert_eq!(code, Some(5), "{stdout}{stderr}");
    let report = shop.report();
    assert!(
        report.contains("| not run | the experiment `fallback at point payments` was a dry run |"),
        "{report}"
    );
    assert!(
        report.contains("| not run | the experiment `own` was a dry run |"),
        "{report}"
    );
    assert!(
        stdout.contains("| inject | 1 s | 0 of ") || stdout.contains("| 0 of 5"),
        "{stdout}"
    );
    let decided = shop
        .chaos
        .status()
        .into_iter()
        .map(|status| status.injected);
    assert!(decided.sum::<u64>() > 0);
}

#[tokio::test]
async fn what_makes_no_sense_exits_with_2_and_says_what_there_is() {
    let shop = Shop::open().await;
    write_suite(&shop.path("suite.yaml"));
    let expected: [(&[&str], &str); 8] = [
        (
            &["smoke", "--at", "paymets"],
            "the target has no site named \"paymets\"; it has point payments, server shop",
        ),
        (
            &["smok"],
            "the catalogue has nothing named \"smok\" (did you mean \"smoke\"?); it has the suites smoke, standard, stress,",
        ),
        (&["smok"], "a file has an extension, or `./` before it"),
        (
            &["suite.yaml", "smok"],
            "the suite has no scenario \"smok\", but own; the catalogue has nothing named \"smok\" (did you mean \"smoke\"?)",
        ),
        (
            &["suite.yaml", "--path", "/orders"],
            "a file says itself what `--path` would say",
        ),
        (
            &["smoke", "--path", "orders"],
            "the path `orders` does not start with `/`",
        ),
        (
            &["smoke", "--scale", "0"],
            "expected a factor between 0.01 and 100, such as 0.1",
        ),
        (
            &["smoke", "--intensity", "brutal"],
            "unknown variant `brutal`, expected one of `light`, `medium`, `heavy`",
        ),
    ];
    for (arguments, problem) in expected {
        let (code, _, stderr) = shop.run(arguments).await;
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains(problem), "{stderr}");
    }
}

#[test]
fn the_catalogue_is_listed_and_explained() {
    let run = |command, arguments: &[&str]| {
        let mut command = lab(command);
        command.args(arguments);
        let (code, stdout, stderr) = output(command);
        assert_eq!(code, Some(0), "{stderr}");
        stdout
    };
    let all = run("list", &[]);
    for line in [
        "network: does the service keep its promises while the network is bad?\n  network-latency (light, medium, heavy; risk moderate): ",
        "\n  fallback (medium; risk moderate): does the service have an answer without its dependency?\n",
        "\nsmoke, smoke-test: a first look within minutes",
        "\nall: everything\n",
    ] {
        assert!(all.contains(line), "{line}: {all}");
    }
    let smoke = run("list", &["smoke_test"]);
    assert_eq!(smoke.lines().count(), 5, "{smoke}");
    let explained = run("explain", &["database-outage"]);
    for line in [
        "database-outage\n  does the service survive an outage of its database",
        "\n  strikes database: every query fails as unavailable; ",
        "\n  risk in staging: moderate\n",
        "\n  light, for 10s: {\"fault\":{\"error\":\"unavailable\"}}\n",
    ] {
        assert!(explained.contains(line), "{line}: {explained}");
    }
    let directory = tempfile::tempdir().unwrap();
    let suite = directory.path().join("suite.yaml");
    write_suite(&suite);
    let suite = suite.to_str().unwrap();
    assert!(run("list", &[suite]).starts_with("fallback (medium; risk moderate): "));
    assert!(run("explain", &[suite]).contains("\nown\n  own: injects error\n"));
    assert!(run("validate", &[suite]).ends_with("is valid; scenarios: 3\n"));
    assert!(run("validate", &["smoke"]).ends_with("is valid; scenarios: 5\n"));
}
