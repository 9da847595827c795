//! What is given back although the runtime that took it is blocked.

use std::time::Duration;

use chaos_sqlx::Fault;
use setting::{Setting, collateral, connections, eventually, on};
use sqlx::Executor;

mod setting;

/// What does not depend on the blocked runtime comes long before this, also on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// A runtime that is as good as blocked whenever nobody waits for something on it.
fn driven_from_here() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

/// Has a runtime hold the two connections of a pool, and then blocks it, when its callers let go or before they do.
fn held_by_a_blocked_runtime(callers_let_go: Order) {
    let (blocked, other) = (driven_from_here(), tokio::runtime::Runtime::new().unwrap());
    let setting = other.block_on(Setting::with_connections(2));
    let hold = collateral(Fault::hold_connections(connections(2)), on("PING"));
    let guard = setting.chaos.start(hold).unwrap();
    let callers = blocked.block_on(async {
        let mut caller = setting.db.acquire().await.unwrap();
        let callers = [setting.db.acquire().await.unwrap()];
        caller.ping().await.unwrap();
        callers.into_iter().chain([caller])
    });
    // Closed, because one that is on its way back to the pool is not held.
    let let_go = async {
        for caller in callers {
            caller.close().await.unwrap();
        }
    };
    match callers_let_go {
        Order::Before => blocked.block_on(async {
            let_go.await;
            eventually(|| setting.db.size() == 2 && setting.db.num_idle() == 0).await;
        }),
        Order::After => other.block_on(let_go),
    }
    assert_eq!(guard.in_flight(), 1);
    setting.chaos.halt();
    other.block_on(async {
        let halted = tokio::time::timeout(SOON, setting.chaos.halted()).await;
        halted.expect("it still holds connections");
        let free = tokio::time::timeout(SOON, setting.open(2)).await;
        free.expect("its connections are free");
    });
    assert_eq!(guard.in_flight(), 0);
}

/// When something happens, as a runtime sees it that is blocked.
#[derive(Debug, Clone, Copy)]
enum Order {
    Before,
    After,
}

#[test]
fn connections_are_given_back_while_the_runtime_that_holds_them_is_blocked() {
    held_by_a_blocked_runtime(Order::Before);
}

#[test]
fn connections_are_given_back_that_came_free_while_the_runtime_that_wanted_them_was_blocked() {
    held_by_a_blocked_runtime(Order::After);
}

#[cfg(target_os = "linux")]
#[test]
fn a_lock_is_given_back_while_the_runtime_of_its_caller_is_blocked() {
    let runtime = driven_from_here();
    let other = tokio::runtime::Runtime::new().unwrap();
    let setting = other.block_on(Setting::with_connections(2));
    let experiment = collateral(Fault::hold_lock(), on("INSERT orders"));
    let guard = setting.chaos.start(experiment).unwrap();
    let insert = runtime.spawn({
        let db = setting.db.clone();
        async move { db.execute("INSERT INTO orders VALUES (4, 'salt')").await }
    });
    // Until somebody takes the lock, who is the only one here; from then on nobody drives that runtime any more.
    runtime.block_on(async {
        guard.wait_for(1).await.unwrap();
        while !has_thread("chaos-lock") {
            tokio::task::yield_now().await;
        }
    });
    setting.chaos.halt();
    let halted = async { tokio::time::timeout(SOON, setting.chaos.halted()).await };
    other.block_on(halted).unwrap();
    insert.abort();
}

#[cfg(target_os = "linux")]
fn has_thread(name: &str) -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let is_it = |task: std::io::Result<std::fs::DirEntry>| {
        let comm = std::fs::read_to_string(task.ok()?.path().join("comm")).ok()?;
        Some(comm.trim() == name)
    };
    tasks.filter_map(is_it).any(|is| is)
}
