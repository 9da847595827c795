//! Real failures beside injected ones, field by field; what the docs say of them is checked here.

mod on_servers;
mod seen;
mod sqlite;
mod table;
mod table_in_docs;

use table::{Cell, Column, Row, cell};

/// What is wrong with the declaration of a cell; nothing, mostly.
fn complaint<T: PartialEq + std::fmt::Debug>(
    declared: Cell,
    real: Option<&T>,
    injected: Option<&T>,
) -> Option<String> {
    let right = match declared {
        Cell::Equal => injected.is_some() && injected == real,
        Cell::Imitation(_) => injected.is_some() && injected != real,
        Cell::Impossible(_) => injected.is_none(),
    };
    (!right).then(|| format!("{declared:?}\n  injected {injected:#?}\n  real     {real:#?}"))
}

#[tokio::test]
async fn sqlite_fails_as_it_is_declared() {
    let mut wrong = Vec::new();
    for row in Row::ALL {
        let (real, injected) = (sqlite::real(row).await, sqlite::injected(row).await);
        let declared = cell(row, Column::Sqlite);
        if let Some(complaint) = complaint(declared, real.as_ref(), injected.as_ref()) {
            wrong.push(format!("{row:?}: {complaint}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pinned, because it is so of sqlx 0.9 and SQLite: when a version does better, docs and drivers are to follow.
#[tokio::test]
async fn after_a_transaction_that_sqlite_has_ended_sqlx_loses_commits() {
    for row in [Row::DiskFull, Row::QueryCancelled] {
        for observed in [sqlite::real(row).await, sqlite::injected(row).await] {
            assert!(observed.unwrap().lost_a_commit(), "{row:?}");
        }
    }
    let whole = sqlite::real(Row::QueryCancelledOfRead).await.unwrap();
    assert!(!whole.lost_a_commit());
}

#[test]
#[allow(
    clippy::print_stdout,
    reason = "what the docs have to say is copied from here"
)]
fn the_docs_say_what_was_seen() {
    let table = table_in_docs::markdown();
    println!("{table}");
    assert_eq!(include_str!("../../src/what_the_caller_sees.md"), table);
}
