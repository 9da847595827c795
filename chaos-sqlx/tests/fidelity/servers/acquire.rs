//! Compares injected failures of `acquire` with real ones.

use std::num::NonZeroU32;
use std::time::Duration;

use chaos_net::ChaosRelay;
use chaos_sqlx::{BlastRadius, ChaosDatabase, ChaosManager, ChaosPool, Experiment, Failure, Fault};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Error, MySql, Pool, Postgres};
use tokio::time::Instant;

use super::observation::{Observation, compare};
use super::server_urls::{self, unique_name};
use super::{mysql, postgres};

const TIMEOUT: Duration = Duration::from_secs(1);

type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// Creates a pool of one connection.
fn pool<DB: ChaosDatabase>(options: &Options<DB>) -> Pool<DB> {
    let pool = PoolOptions::new().max_connections(1);
    let pool = pool.acquire_timeout(TIMEOUT);
    pool.connect_lazy_with(options.clone())
}

/// Observes a failed acquire.
async fn observe<T>(acquire: impl Future<Output = Result<T, Error>>) -> Observation {
    let mut observation = Observation::default();
    let start = Instant::now();
    let Err(error) = acquire.await else {
        panic!("a connection was acquired");
    };
    let waited = start.elapsed() >= TIMEOUT;
    observation.record_error(&error);
    observation.record("waited", waited.to_string());
    observation
}

/// Observes an injected failure, on a healthy server.
async fn inject<DB: ChaosDatabase>(options: &Options<DB>, fault: Fault) -> Observation {
    let chaos = ChaosManager::new();
    let pool = ChaosPool::new(pool::<DB>(options), &chaos, "db");
    let radius = BlastRadius::queries_on("db").operation("acquire");
    let experiment = Experiment::new("no connections").fault(fault);
    let experiment = experiment.blast_radius(radius).allow_collateral();
    let running = chaos.start(experiment).unwrap();
    // Connections are held as they become free, which may take a moment.
    drop(pool.acquire().await);
    let observation = observe(pool.acquire()).await;
    drop(running);
    drop(pool.acquire().await.unwrap());
    pool.close().await;
    observation
}

async fn exhausted<DB: ChaosDatabase>(options: &Options<DB>) -> Observation {
    let pool = pool::<DB>(options);
    let _held = pool.acquire().await.unwrap();
    observe(pool.acquire()).await
}

/// Observes a pool whose connections are reset before the server has sent anything.
async fn reset<DB: ChaosDatabase>(
    address: String,
    to: impl FnOnce(u16) -> Options<DB>,
) -> Observation {
    let wire = ChaosManager::new();
    let relay = ChaosRelay::to(address).listen(&wire, "wire").await.unwrap();
    let radius = BlastRadius::streams_to("wire").operation("connect");
    let _reset = wire.inject(radius, Fault::reset()).unwrap();
    observe(pool::<DB>(&to(relay.addr().port())).acquire()).await
}

fn assert_all_ok(results: impl IntoIterator<Item = Result<(), String>>) {
    let wrong: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn injected_acquire_failures_of_postgres_are_as_faithful_as_declared() {
    let Some(url) = server_urls::postgres() else {
        return;
    };
    let options: PgConnectOptions = url.parse().unwrap();
    let role = unique_name();
    let mut other = PgConnection::connect_with(&options).await.unwrap();
    let sql = format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 0");
    postgres::run(&mut other, &sql).await.unwrap();

    let exhausted = exhausted::<Postgres>(&options).await;
    let refused = observe(pool::<Postgres>(&options.clone().port(1)).acquire()).await;
    let too_many = observe(pool::<Postgres>(&options.clone().username(&role)).acquire()).await;
    let address = format!("{}:{}", options.get_host(), options.get_port());
    let reset =
        reset::<Postgres>(address, |port| options.clone().host("127.0.0.1").port(port)).await;

    let injected = async |fault| inject::<Postgres>(&options, fault).await;
    let holding = injected(Fault::hold_connections(NonZeroU32::MIN)).await;
    let failing = injected(Fault::error(Failure::TimedOut)).await;
    let refusing = injected(Fault::error(Failure::Refused)).await;
    let limiting = injected(Fault::error(Failure::TooManyConnections)).await;
    let resetting = injected(Fault::reset()).await;
    postgres::run(&mut other, &format!("DROP ROLE {role}"))
        .await
        .unwrap();
    assert_all_ok([
        compare("pool exhausted / held", &exhausted, &holding, &[]),
        compare("pool exhausted / by rate", &exhausted, &failing, &[]),
        compare("refused", &refused, &refusing, &[]),
        compare("too many connections", &too_many, &limiting, &[]),
        compare("reset", &reset, &resetting, REPORTED_AT_ONCE),
    ]);
}

/// The real pool returns errors at once that it does not retry.
const REPORTED_AT_ONCE: &[&str] = &["io kind", "message", "variant", "waited"];

#[tokio::test]
async fn injected_acquire_failures_of_mysql_are_as_faithful_as_declared() {
    let Some(url) = server_urls::mysql() else {
        return;
    };
    let options: MySqlConnectOptions = url.parse().unwrap();
    let user = unique_name();
    let mut other = MySqlConnection::connect_with(&options).await.unwrap();
    let sql = format!("CREATE USER {user}@'%' WITH MAX_USER_CONNECTIONS 1");
    mysql::run(&mut other, &sql).await.unwrap();
    let limited = MySqlConnectOptions::new().username(&user);
    let limited = limited.host(options.get_host()).port(options.get_port());
    let only = MySqlConnection::connect_with(&limited).await.unwrap();

    let exhausted = exhausted::<MySql>(&options).await;
    let refused = observe(pool::<MySql>(&options.clone().port(1)).acquire()).await;
    let too_many = observe(pool::<MySql>(&limited).acquire()).await;
    let address = format!("{}:{}", options.get_host(), options.get_port());
    let reset = reset::<MySql>(address, |port| options.clone().host("127.0.0.1").port(port)).await;

    let injected = async |fault| inject::<MySql>(&options, fault).await;
    let holding = injected(Fault::hold_connections(NonZeroU32::MIN)).await;
    let failing = injected(Fault::error(Failure::TimedOut)).await;
    let refusing = injected(Fault::error(Failure::Refused)).await;
    let limiting = injected(Fault::error(Failure::TooManyConnections)).await;
    let resetting = injected(Fault::reset()).await;
    only.close().await.unwrap();
    mysql::run(&mut other, &format!("DROP USER {user}@'%'"))
        .await
        .unwrap();
    let reported_at_once = [
        "code",
        "constraint",
        "kind",
        "message",
        "table",
        "transient in connect phase",
        "variant",
        "waited",
    ];
    assert_all_ok([
        compare("pool exhausted / held", &exhausted, &holding, &[]),
        compare("pool exhausted / by rate", &exhausted, &failing, &[]),
        compare("refused", &refused, &refusing, &[]),
        compare(
            "too many connections",
            &too_many,
            &limiting,
            &reported_at_once,
        ),
        compare("reset", &reset, &resetting, REPORTED_AT_ONCE),
    ]);
}
