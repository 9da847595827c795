//! The demonstration: the storefront under one fault after another, and what its customers see of them.

#![allow(clippy::print_stdout, reason = "printing is what a demonstration does")]

mod demo;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chaos_core::{ChaosManager, Environment};
use chaos_tower::ChaosListener;
use demo::Injections;
use storefront::{BoxError, Settings, Storefront};
use tokio::net::TcpListener;
use tokio::sync::watch;

const USAGE: &str = "storefront            show what faults do to a service, in less than a minute
storefront --serve [chaos.yaml]    serve until Ctrl-C, with the faults of a file that is watched";

/// What is asked of it.
enum Wish {
    Show,
    Serve(PathBuf),
}

fn wish() -> Option<Wish> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Some(Wish::Show),
        ["--serve"] => Some(Wish::Serve("chaos.yaml".into())),
        ["--serve", file] => Some(Wish::Serve(file.into())),
        _ => None,
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let Some(wish) = wish() else {
        println!("{USAGE}");
        return Ok(ExitCode::FAILURE);
    };
    let (stop, mut stopped) = watch::channel(());
    let told_to_stop = storefront::told_to_stop();
    tokio::spawn(async move {
        told_to_stop.await;
        stop.send_replace(());
        // As long as it is not dropped, nobody takes its end for an order.
        std::future::pending::<()>().await;
    });

    let injections = Injections::default();
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .journal_to(injections.clone())
        .build();
    let settings = Settings {
        bank_takes: Duration::from_millis(200),
        acquire_timeout: Duration::from_millis(500),
        ..Settings::default()
    };
    let shop = Arc::new(Storefront::start(&chaos, settings).await?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let listener = ChaosListener::new(listener, &chaos, "storefront");
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn({
        let shop = Arc::clone(&shop);
        async move {
            let ended = async {
                let _ = ended.await;
            };
            shop.serve(listener, ended).await
        }
    });

    let shown = tokio::select! {
        shown = async {
            match wish {
                Wish::Show => demo::show(&chaos, &injections, &url).await,
                Wish::Serve(file) => demo::serve(&chaos, &file, &url).await,
            }
        } => shown,
        _ = stopped.changed() => {
            println!("\nstopping");
            Ok(())
        }
    };
    // First halt, then drain: what is held is let go, so it does not hold up the end.
    chaos.halt();
    let _ = end.send(());
    server.await??;
    shop.close().await;
    shown?;
    Ok(ExitCode::SUCCESS)
}
