//! The command as its users see it: files, output and exit codes.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use chaos_admin::{Address, Admin, AdminServer};
use chaos_core::{ChaosManager, Environment, Role};
use chaos_tower::ChaosLayer;
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A shop whose payments can fail, with its API, and a suite that makes them fail.
struct Shop {
    chaos: ChaosManager,
    url: String,
    directory: tempfile::TempDir,
    _admin: AdminServer,
}

impl Shop {
    async fn open() -> Self {
        Self::open_at("127.0.0.1:0", None).await
    }

    async fn open_at(address: &str, socket: Option<PathBuf>) -> Self {
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
            .route("/health", get(async || "well"))
            .layer(ChaosLayer::server(&chaos, "shop"));
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let directory = tempfile::tempdir().unwrap();
        let socket = socket.unwrap_or_else(|| directory.path().join("chaos.sock"));
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

    /// Writes a suite whose fault lasts so many seconds.
    fn suite(&self, inject: &str) -> PathBuf {
        let admin = self.path("chaos.sock");
        let text = format!(
            "\
version: 1
target: {{ url: '{}', admin: 'unix:{}' }}
load: {{ per_second: 100, requests: [{{ path: /orders }}] }}
steady_state: [{{ http: /health }}]
stages: {{ baseline: 1s, inject: {inject}, recover: 20s, cooldown: 0s }}
scenarios:
  - name: refused payments
    why: does an order survive a bank that refuses?
    experiments:
      - name: refused
        fault: {{ error: refused }}
        blast_radius: {{ points_at: payments, rate: 20% }}
",
            self.url,
            admin.display()
        );
        let path = self.path("suite.yaml");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn run(&self, inject: &str) -> Command {
        let mut command = lab(["run"]);
        command
            .arg(self.suite(inject))
            .current_dir(self.directory.path());
        command
    }

    /// The record of the only run.
    fn record(&self) -> PathBuf {
        let mut runs = std::fs::read_dir(self.path("chaos-reports")).unwrap();
        let suite = runs.next().unwrap().unwrap().path();
        suite.join("refused-payments").join("record.jsonl")
    }

    async fn is_clean(&self, expected: bool) {
        while self.chaos.overview().running.is_empty() != expected {
            tokio::task::yield_now().await;
        }
    }
}

fn lab<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chaos-lab"));
    command.args(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
        .env_remove("CHAOS_LAB_ADMIN")
        .env_remove("CHAOS_LAB_TOKEN");
    command
}

/// Waits for the command without holding up the runtime that serves its target.
async fn finish(child: Child) -> (Option<i32>, String, String) {
    let wait = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let Output {
        status,
        stdout,
        stderr,
    } = wait.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn output(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn judge(record: &Path) -> (Option<i32>, String) {
    let output = lab(["judge"]).arg(record).output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

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
    std::fs::write(&worse, text.replace("\"ok\":true", "\"ok\":false")).unwrap();
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

#[tokio::test]
async fn an_interrupt_leaves_the_target_clean_and_a_report() {
    let shop = Shop::open().await;
    let child = shop.run("60s").spawn().unwrap();
    shop.is_clean(false).await;
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let (code, stdout, stderr) = finish(child).await;
    assert_eq!(code, Some(3), "{stderr}");
    assert!(shop.chaos.overview().running.is_empty());
    assert!(
        stdout.starts_with("# refused payments: aborted\n\ninterrupted by SIGINT.\n"),
        "{stdout}"
    );
}

#[tokio::test]
async fn a_killed_command_leaves_the_target_clean_and_a_record() {
    let shop = Shop::open().await;
    let mut child = shop.run("60s").spawn().unwrap();
    shop.is_clean(false).await;
    child.kill().unwrap();
    child.wait().unwrap();
    // By the lease, on the clock of the target.
    shop.is_clean(true).await;
    let (code, judged) = judge(&shop.record());
    assert_eq!(code, Some(3));
    assert!(judged.contains("the record ends in the stage "), "{judged}");
}

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

const TOKEN: &str = "a-token-of-16-characters";

/// The API of the shop, but nothing can be stopped: each `DELETE` is noted, and gets no reply.
async fn deaf_to_stops(chaos: &ChaosManager) -> (String, mpsc::UnboundedReceiver<()>) {
    let (noted, stops) = mpsc::unbounded_channel();
    let ignore = move |request: Request, next: Next| {
        let noted = noted.clone();
        async move {
            if request.method() == Method::DELETE {
                noted.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            next.run(request).await
        }
    };
    let admin = Admin::new(chaos)
        .token(Role::Operator, "anna", TOKEN)
        .unwrap();
    let api = admin.router().unwrap().layer(from_fn(ignore));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, api).await });
    (address, stops)
}

#[tokio::test]
async fn a_second_interrupt_exits_at_once_whatever_hangs() {
    let shop = Shop::open().await;
    let (api, mut stops) = deaf_to_stops(&shop.chaos).await;
    let mut child = shop.run("60s");
    let child = child.args(["--admin", &api, "--token", TOKEN]).spawn();
    let child = child.unwrap();
    shop.is_clean(false).await;
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::INT).unwrap();
    stops.recv().await.unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let (code, _, stderr) = finish(child).await;
    assert_eq!(code, Some(130), "{stderr}");
    shop.is_clean(true).await;
}

/// Serves a shop for the test below until it is killed.
#[tokio::test]
#[ignore = "it is a program, which a test starts"]
async fn program_that_serves_a_shop() {
    let (Ok(address), Ok(socket)) = (std::env::var("SHOP_ADDRESS"), std::env::var("SHOP_SOCKET"))
    else {
        return;
    };
    let _shop = Shop::open_at(&address, Some(socket.into())).await;
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_target_that_the_suite_starts_ends_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("shop.sock");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let program = std::env::current_exe().unwrap();
    let suite = directory.path().join("shop.yaml");
    let text = format!(
        "\
version: 1
target:
  url: 'http://{address}'
  admin: 'unix:{}'
  command: ['{}', --exact, program_that_serves_a_shop, --ignored]
load: {{ per_second: 100, requests: [{{ path: /orders }}] }}
stages: {{ baseline: 1s, inject: 1s, recover: 0s, cooldown: 0s }}
scenarios:
  - name: slow payments
    experiments:
      - {{ name: slow, fault: {{ latency: 1ms }}, blast_radius: {{ points_at: payments }} }}
",
        socket.display(),
        program.display()
    );
    std::fs::write(&suite, text).unwrap();
    let mut command = lab(["run"]);
    command.arg(&suite).current_dir(directory.path());
    command
        .env("SHOP_ADDRESS", &address)
        .env("SHOP_SOCKET", &socket);
    let (_, stdout, stderr) = finish(command.spawn().unwrap()).await;
    assert!(stdout.contains("slow payments"), "{stdout}{stderr}");
    assert!(std::net::TcpStream::connect(&address).is_err());
    let mut never = lab(["run"]);
    let text = std::fs::read_to_string(&suite).unwrap();
    std::fs::write(&suite, text.replace("--exact", "--no-such-flag")).unwrap();
    never.arg(&suite).current_dir(directory.path());
    let (code, stderr) = output(never);
    assert_eq!(code, Some(4), "{stderr}");
    assert!(stderr.contains("before it answered"), "{stderr}");
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
