//! Every cell of the table, observed beside the real failure in the same run.

use crate::injected::Injected;
use crate::observed::Observed;
use crate::real_cell::Real;
use crate::table::{Cell, Column, Count, Row, cell};
use crate::table_in_docs::markdown;

async fn real(row: Row, column: Column) -> Observed {
    let real = Real::of(row, column).await;
    let (look, url) = (real.look(row), real.url());
    match column {
        Column::ServerToHyper | Column::HyperLayer | Column::Connector => {
            look.hyper(Row::hyper(), url).await
        }
        Column::ServerHttp2 => {
            let client = row.reqwest().http2_prior_knowledge().build();
            look.reqwest(client.expect("a client"), url).await
        }
        _ => {
            let client = row.reqwest().build().expect("a client");
            look.reqwest(client, url).await
        }
    }
}

/// What is wrong with the declaration of a cell; nothing, mostly.
async fn complaint(row: Row, column: Column) -> Option<String> {
    let declared = cell(row, column);
    let (injected, real) = tokio::join!(Injected::of(row, column), real(row, column));
    let Some(injected) = injected else {
        let impossible = matches!(declared, Cell::Impossible(_));
        return (!impossible).then(|| "nothing can be injected".to_owned());
    };
    if let Observed::Broken(error) = &real {
        return Some(format!("the real one was to arrive whole: {error}"));
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

async fn all_are_as_declared(column: Column) {
    let mut wrong = Vec::new();
    for row in Row::ALL {
        if let Some(complaint) = complaint(row, column).await {
            wrong.push(format!("{row:?}: {complaint}"));
        }
    }
    assert!(wrong.is_empty(), "{column:?}\n{}", wrong.join("\n"));
}

macro_rules! each_column {
    ($($name:ident $column:ident)*) => {$(
        #[tokio::test]
        async fn $name() {
            all_are_as_declared(Column::$column).await;
        }
    )*};
}

each_column! {
    a_server_seen_by_reqwest ServerToReqwest
    a_server_seen_by_hyper_util ServerToHyper
    a_server_of_http2 ServerHttp2
    a_layer_around_hyper_utils_client HyperLayer
    a_layer_around_reqwest ReqwestLayer
    a_client_of_reqwest_on_connections_of_ours ReqwestClient
    a_connector_of_hyper_util Connector
    a_relay Relay
}

#[test]
#[allow(
    clippy::print_stdout,
    reason = "what the docs have to say is copied from here"
)]
fn most_can_not_be_told_from_the_real_ones_and_the_docs_say_which() {
    let (table, count) = (markdown(), Count::of_all());
    println!("{table}\n{count:?}");
    assert!(count.share_of_equal() >= 0.8, "{count:?}");
    assert_eq!(include_str!("../../src/what_the_caller_sees.md"), table);
}
