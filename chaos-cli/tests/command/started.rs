//! Targets that the command starts.

use crate::shop::Shop;
use crate::{finish, lab, output};

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
  command: ['{}', --exact, started::program_that_serves_a_shop, --ignored]
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
