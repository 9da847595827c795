//! Held connections and locks that are released while the runtime that took them is blocked.

use std::time::Duration;

use chaos_sqlx::Fault;
use sqlite_fixture::{SqliteFixture, collateral_experiment, connections, eventually, operation};
use sqlx::Executor;

mod sqlite_fixture;

/// Long enough for whatever does not depend on the blocked runtime, even on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// Creates a runtime that makes progress only during `block_on`, and is blocked otherwise.
fn blockable_runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

/// Holds the two connections of a pool, and blocks the runtime before or after their callers release them.
fn hold_on_a_blocked_runtime(released: Released) {
    let (blocked, other) = (blockable_runtime(), tokio::runtime::Runtime::new().unwrap());
    let fixture = other.block_on(SqliteFixture::with_connections(2));
    let hold = collateral_experiment(Fault::hold_connections(connections(2)), operation("PING"));
    let guard = fixture.chaos.start(hold).unwrap();
    let callers = blocked.block_on(async {
        let mut caller = fixture.db.acquire().await.unwrap();
        let callers = [fixture.db.acquire().await.unwrap()];
        caller.ping().await.unwrap();
        callers.into_iter().chain([caller])
    });
    // Closed, because a connection on its way back to the pool can't be held.
    let release = async {
        for caller in callers {
            caller.close().await.unwrap();
        }
    };
    match released {
        Released::BeforeTheBlock => blocked.block_on(async {
            release.await;
            eventually(|| fixture.db.size() == 2 && fixture.db.num_idle() == 0).await;
        }),
        Released::DuringTheBlock => other.block_on(release),
    }
    assert_eq!(guard.in_flight(), 1);
    fixture.chaos.halt();
    other.block_on(async {
        let halted = tokio::time::timeout(SOON, fixture.chaos.halted()).await;
        halted.expect("connections are still held");
        let free = tokio::time::timeout(SOON, fixture.open_connections(2)).await;
        free.expect("the pool has no free connections");
    });
    assert_eq!(guard.in_flight(), 0);
}

/// When callers release their connections.
#[derive(Debug, Clone, Copy)]
enum Released {
    BeforeTheBlock,
    DuringTheBlock,
}

#[test]
fn connections_are_released_while_their_runtime_is_blocked() {
    hold_on_a_blocked_runtime(Released::BeforeTheBlock);
}

#[test]
fn connections_that_become_free_while_the_runtime_is_blocked_stay_available() {
    hold_on_a_blocked_runtime(Released::DuringTheBlock);
}

#[cfg(target_os = "linux")]
#[test]
fn a_lock_is_released_while_the_runtime_of_its_caller_is_blocked() {
    let runtime = blockable_runtime();
    let other = tokio::runtime::Runtime::new().unwrap();
    let fixture = other.block_on(SqliteFixture::with_connections(2));
    let experiment = collateral_experiment(Fault::hold_lock(), operation("INSERT orders"));
    let guard = fixture.chaos.start(experiment).unwrap();
    let insert = runtime.spawn({
        let db = fixture.db.clone();
        async move { db.execute("INSERT INTO orders VALUES (4, 'salt')").await }
    });
    // Until the lock's thread has started; from then on the runtime is blocked.
    runtime.block_on(async {
        guard.wait_for(1).await.unwrap();
        while !has_thread("chaos-lock") {
            tokio::task::yield_now().await;
        }
    });
    fixture.chaos.halt();
    let halted = async { tokio::time::timeout(SOON, fixture.chaos.halted()).await };
    other.block_on(halted).unwrap();
    insert.abort();
}

#[cfg(target_os = "linux")]
fn has_thread(name: &str) -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let has_name = |task: std::io::Result<std::fs::DirEntry>| {
        let comm = std::fs::read_to_string(task.ok()?.path().join("comm")).ok()?;
        Some(comm.trim() == name)
    };
    tasks.filter_map(has_name).any(|has_name| has_name)
}
