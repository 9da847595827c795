//! Compares injected failures with real ones, field by field, and checks the table in the docs against the result.

mod fidelity_table;
mod markdown_table;
mod servers;
mod sqlite;

use fidelity_table::{Fidelity, TableColumn, TableRow, declared_fidelity};

/// Describes a declaration that the comparison contradicts.
fn contradiction<T: PartialEq + std::fmt::Debug>(
    declared: Fidelity,
    real: Option<&T>,
    injected: Option<&T>,
) -> Option<String> {
    let is_right = match declared {
        Fidelity::Equal => injected.is_some() && injected == real,
        Fidelity::Imitation(_) => injected.is_some() && injected != real,
        Fidelity::Unsupported(_) => injected.is_none(),
    };
    (!is_right).then(|| format!("{declared:?}\n  injected {injected:#?}\n  real     {real:#?}"))
}

#[tokio::test]
async fn injected_failures_of_sqlite_are_as_faithful_as_declared() {
    let mut wrong = Vec::new();
    for row in TableRow::ALL {
        let (real, injected) = (
            sqlite::real_failure(row).await,
            sqlite::injected_failure(row).await,
        );
        let declared = declared_fidelity(row, TableColumn::Sqlite);
        if let Some(contradiction) = contradiction(declared, real.as_ref(), injected.as_ref()) {
            wrong.push(format!("{row:?}: {contradiction}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// True of sqlx 0.9 and SQLite; when a version does better, the docs and the driver have to follow.
#[tokio::test]
async fn after_a_transaction_that_sqlite_has_ended_sqlx_loses_commits() {
    for row in [TableRow::DiskFull, TableRow::QueryCancelled] {
        for observation in [
            sqlite::real_failure(row).await,
            sqlite::injected_failure(row).await,
        ] {
            assert!(observation.unwrap().lost_a_commit(), "{row:?}");
        }
    }
    let cancelled_read = sqlite::real_failure(TableRow::QueryCancelledOfRead).await;
    assert!(!cancelled_read.unwrap().lost_a_commit());
}

#[test]
#[allow(clippy::print_stdout, reason = "the docs are updated from this output")]
fn the_docs_contain_the_declared_table() {
    let table = markdown_table::markdown();
    println!("{table}");
    assert_eq!(include_str!("../../src/what_the_caller_sees.md"), table);
}
