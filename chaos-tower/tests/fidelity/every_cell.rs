//! Observes every cell of the table: the injected failure beside the real one.

use crate::injected::Injected;
use crate::observation::Observed;
use crate::real_cells::Real;
use crate::table::{Cell, Column, Count, Row, cell};
use crate::table_markdown::markdown;

async fn real(row: Row, column: Column) -> Observed {
    let real = Real::of(row, column).await;
    let (observer, url) = (real.observer(row), real.url());
    match column {
        Column::ServerToHyper | Column::HyperLayer | Column::Connector => {
            observer.hyper(Row::hyper(), url).await
        }
        Column::ServerHttp2 => {
            let client = row.reqwest().http2_prior_knowledge().build();
            observer.reqwest(client.expect("a client"), url).await
        }
        _ => {
            let client = row.reqwest().build().expect("a client");
            observer.reqwest(client, url).await
        }
    }
}

/// Returns how a cell differs from its declaration, if it does.
async fn mismatch(row: Row, column: Column) -> Option<String> {
    let declared = cell(row, column);
    let (injected, real) = tokio::join!(Injected::of(row, column), real(row, column));
    let Some(injected) = injected else {
        let impossible = matches!(declared, Cell::Impossible(_));
        return (!impossible).then(|| "nothing can be injected".to_owned());
    };
    if let Observed::Broken(error) = &real {
        return Some(format!("the real body should be complete: {error}"));
    }
    if injected.times == 0 {
        return Some("nothing was injected".to_owned());
    }
    if row == Row::ResetAfterWork && injected.worked != 1 {
        return Some(format!("the work was done {} times", injected.worked));
    }
    let right = match declared {
        Cell::Equal => injected.observed == real,
        Cell::Imitation(_) => injected.observed != real,
        Cell::Impossible(_) => false,
    };
    let seen = &injected.observed;
    (!right).then(|| format!("{declared:?}\n  injected {seen:?}\n  real     {real:?}"))
}

async fn assert_all_as_declared(column: Column) {
    let mut wrong = Vec::new();
    for row in Row::ALL {
        if let Some(mismatch) = mismatch(row, column).await {
            wrong.push(format!("{row:?}: {mismatch}"));
        }
    }
    assert!(wrong.is_empty(), "{column:?}\n{}", wrong.join("\n"));
}

macro_rules! each_column {
    ($($name:ident $column:ident)*) => {$(
        #[tokio::test]
        async fn $name() {
            assert_all_as_declared(Column::$column).await;
        }
    )*};
}

each_column! {
    reqwest_sees_a_server_as_declared ServerToReqwest
    hyper_util_sees_a_server_as_declared ServerToHyper
    reqwest_sees_an_http2_server_as_declared ServerHttp2
    a_layer_around_hyper_utils_client_is_as_declared HyperLayer
    a_layer_around_reqwest_is_as_declared ReqwestLayer
    requests_of_a_client_of_reqwest_are_as_declared ReqwestClient
    connections_of_a_client_of_reqwest_are_as_declared ReqwestConnections
    a_connector_of_hyper_util_is_as_declared Connector
    a_relay_is_as_declared Relay
}

#[test]
#[allow(clippy::print_stdout, reason = "the docs are copied from this output")]
fn most_injected_failures_equal_real_ones_and_the_docs_list_the_others() {
    let (table, count) = (markdown(), Count::of_all());
    println!("{table}\n{count:?}");
    assert!(count.share_of_equal() >= 0.8, "{count:?}");
    assert_eq!(include_str!("../../src/what_the_caller_sees.md"), table);
}
