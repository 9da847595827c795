//! Pools that have no connection to give.

use std::num::NonZeroU32;
use std::time::Duration;

use chaos_net::ChaosRelay;
use chaos_sqlx::{BlastRadius, ChaosDatabase, ChaosManager, ChaosPool, Experiment, Failure, Fault};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Error, MySql, Pool, Postgres};
use tokio::time::Instant;

use crate::on_servers::seen::{Seen, compare};
use crate::on_servers::servers::{self, name};
use crate::on_servers::{mysql, postgres};

const TIMEOUT: Duration = Duration::from_secs(1);

type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// A pool of one connection.
fn pool<DB: ChaosDatabase>(options: &Options<DB>) -> Pool<DB> {
    let pool = PoolOptions::new().max_connections(1);
    let pool = pool.acquire_timeout(TIMEOUT);
    pool.connect_lazy_with(options.clone())
}

/// What is seen of a pool that has no connection to give.
async fn see<T>(acquire: impl Future<Output = Result<T, Error>>) -> Seen {
    let mut seen = Seen::default();
    let start = Instant::now();
    let Err(error) = acquire.await else {
        panic!("there was a connection");
    };
    let took_its_time = start.elapsed() >= TIMEOUT;
    seen.error(&error);
    seen.note("took its time", took_its_time.to_string());
    seen
}

/// What is seen of one of ours, with a server that is well.
async fn inject<DB: ChaosDatabase>(options: &Options<DB>, fault: Fault) -> Seen {
    let chaos = ChaosManager::new();
    let pool = ChaosPool::new(pool::<DB>(options), &chaos, "db");
    let radius = BlastRadius::queries_on("db").operation("acquire");
    let experiment = Experiment::new("none to be had").fault(fault);
    let experiment = experiment.blast_radius(radius).allow_collateral();
    let running = chaos.start(experiment).unwrap();
    // Held are the connections that come free, which need not be at once.
    drop(pool.acquire().await);
    let seen = see(pool.acquire()).await;
    drop(running);
    drop(pool.acquire().await.unwrap());
    pool.close().await;
    seen
}

async fn exhausted<DB: ChaosDatabase>(options: &Options<DB>) -> Seen {
    let pool = pool::<DB>(options);
    let _held = pool.acquire().await.unwrap();
    see(pool.acquire()).await
}

/// A pool whose connections are reset before the server has said anything.
async fn reset<DB: ChaosDatabase>(address: String, to: impl FnOnce(u16) -> Options<DB>) -> Seen {
    let wire = ChaosManager::new();
    let relay = ChaosRelay::to(address).listen(&wire, "wire").await.unwrap();
    let radius = BlastRadius::streams_to("wire").operation("connect");
    let _reset = wire.inject(radius, Fault::reset()).unwrap();
    see(pool::<DB>(&to(relay.addr().port())).acquire()).await
}

fn all(results: impl IntoIterator<Item = Result<(), String>>) {
    let wrong: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn pools_of_postgres_fail_like_real_ones() {
    let Some(url) = servers::postgres() else {
        return;
    };
    let options: PgConnectOptions = url.parse().unwrap();
    let role = name();
    let mut other = PgConnection::connect_with(&options).await.unwrap();
    let sql = format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 0");
    postgres::run(&mut other, &sql).await.unwrap();

    let exhausted = exhausted::<Postgres>(&options).await;
    let refused = see(pool::<Postgres>(&options.clone().port(1)).acquire()).await;
    let too_many = see(pool::<Postgres>(&options.clone().username(&role)).acquire()).await;
    let address = format!("{}:{}", options.get_host(), options.get_port());
    let reset =
        reset::<Postgres>(address, |port| options.clone().host("127.0.0.1").port(port)).await;

    let ours = async |fault| inject::<Postgres>(&options, fault).await;
    let holding = ours(Fault::hold_connections(NonZeroU32::MIN)).await;
    let failing = ours(Fault::error(Failure::TimedOut)).await;
    let refusing = ours(Fault::error(Failure::Refused)).await;
    let limiting = ours(Fault::error(Failure::TooManyConnections)).await;
    let resetting = ours(Fault::reset()).await;
    postgres::run(&mut other, &format!("DROP ROLE {role}"))
        .await
        .unwrap();
    all([
        compare("pool exhausted / held", &exhausted, &holding, &[]),
        compare("pool exhausted / by rate", &exhausted, &failing, &[]),
        compare("refused", &refused, &refusing, &[]),
        compare("too many connections", &too_many, &limiting, &[]),
        compare("reset", &reset, &resetting, TOLD_AT_ONCE),
    ]);
}

/// The pool tells at once of what it does not try again.
const TOLD_AT_ONCE: &[&str] = &["io kind", "message", "took its time", "variant"];

#[tokio::test]
async fn pools_of_mysql_fail_like_real_ones() {
    let Some(url) = servers::mysql() else { return };
    let options: MySqlConnectOptions = url.parse().unwrap();
    let user = name();
    let mut other = MySqlConnection::connect_with(&options).await.unwrap();
    let sql = format!("CREATE USER {user}@'%' WITH MAX_USER_CONNECTIONS 1");
    mysql::run(&mut other, &sql).await.unwrap();
    let limited = MySqlConnectOptions::new().username(&user);
    let limited = limited.host(options.get_host()).port(options.get_port());
    let only = MySqlConnection::connect_with(&limited).await.unwrap();

    let exhausted = exhausted::<MySql>(&options).await;
    let refused = see(pool::<MySql>(&options.clone().port(1)).acquire()).await;
    let too_many = see(pool::<MySql>(&limited).acquire()).await;
    let address = format!("{}:{}", options.get_host(), options.get_port());
    let reset = reset::<MySql>(address, |port| options.clone().host("127.0.0.1").port(port)).await;

    let ours = async |fault| inject::<MySql>(&options, fault).await;
    let holding = ours(Fault::hold_connections(NonZeroU32::MIN)).await;
    let failing = ours(Fault::error(Failure::TimedOut)).await;
    let refusing = ours(Fault::error(Failure::Refused)).await;
    let limiting = ours(Fault::error(Failure::TooManyConnections)).await;
    let resetting = ours(Fault::reset()).await;
    only.close().await.unwrap();
    mysql::run(&mut other, &format!("DROP USER {user}@'%'"))
        .await
        .unwrap();
    let told_at_once = [
        "code",
        "constraint",
        "kind",
        "message",
        "table",
        "took its time",
        "transient in connect phase",
        "variant",
    ];
    all([
        compare("pool exhausted / held", &exhausted, &holding, &[]),
        compare("pool exhausted / by rate", &exhausted, &failing, &[]),
        compare("refused", &refused, &refusing, &[]),
        compare("too many connections", &too_many, &limiting, &told_at_once),
        compare("reset", &reset, &resetting, TOLD_AT_ONCE),
    ]);
}
