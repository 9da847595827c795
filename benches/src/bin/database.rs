//! Compares the cost of a query through a `ChaosPool` with that of a query through the bare pool.
//!
//! `cargo run --release -p chaos-benches --bin database`
//!
//! All variants use the same pool, with one connection to SQLite in memory, and everything runs on one processor:
//! SQLite has its own thread, and the placement of that thread outweighs everything else. Blocks of queries alternate;
//! the printed figure is the median of the ratios of adjacent blocks. The bare pool is also compared with itself, to
//! show the noise. Instructions are counted by valgrind: (count of 2N queries − count of N) / N.

#![allow(clippy::print_stdout, reason = "a table is what this prints")]

use std::error::Error;
use std::time::Instant;

use chaos_sqlx::{BlastRadius, ChaosManager, ChaosPool, Failure, Fault, Rate};
use instructions::{Counted, instructions_of_this};
use rustix::thread::{CpuSet, sched_setaffinity};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

// Not in the library: another module there would change the codegen units of its services, and so their inlining.
#[path = "../instructions.rs"]
mod instructions;

const PAIRS: usize = 401;
const BLOCK: u32 = 200;
const COUNTED: u64 = 20_000;

/// The pool that a query goes through.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Bare,
    Ours,
    /// An experiment affects the database, but its rate is too low to hit a query.
    Missed,
}

struct Pools {
    bare: SqlitePool,
    ours: ChaosPool<sqlx::Sqlite>,
    missed: ChaosPool<sqlx::Sqlite>,
}

impl Pools {
    async fn ask(&self, way: Way, times: u32) -> Result<(), sqlx::Error> {
        for _ in 0..times {
            let query = sqlx::query("SELECT 1");
            match way {
                Way::Bare => query.fetch_one(&self.bare).await?,
                Way::Ours => query.fetch_one(&self.ours).await?,
                Way::Missed => query.fetch_one(&self.missed).await?,
            };
        }
        Ok(())
    }

    /// Returns the sorted ratios of the time through `way` to the time through the bare pool.
    async fn quotients(&self, way: Way) -> Result<Vec<f64>, sqlx::Error> {
        let mut quotients = Vec::with_capacity(PAIRS);
        for pair in 0..PAIRS {
            // The order alternates, because the second block runs on a warmer machine.
            let order = if pair % 2 == 0 {
                [Way::Bare, way]
            } else {
                [way, Way::Bare]
            };
            let mut took = [0.0; 2];
            for (took, way) in took.iter_mut().zip(order) {
                let start = Instant::now();
                self.ask(way, BLOCK).await?;
                *took = start.elapsed().as_secs_f64();
            }
            let [first, second] = took;
            quotients.push(if pair % 2 == 0 {
                second / first
            } else {
                first / second
            });
        }
        quotients.sort_by(f64::total_cmp);
        Ok(quotients)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut one = CpuSet::new();
    one.set(0);
    sched_setaffinity(None, &one)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let chaos = ChaosManager::new();
        let bare = SqlitePoolOptions::new()
            .max_connections(1)
            .connect("sqlite::memory:")
            .await?;
        let pools = Pools {
            ours: ChaosPool::new(bare.clone(), &chaos, "orders-db"),
            missed: ChaosPool::new(bare.clone(), &chaos, "other-db"),
            bare,
        };
        let spared = BlastRadius::queries_on("other-db").rate(Rate::percent(1e-9)?);
        let _spares = chaos.inject(spared, Fault::error(Failure::Deadlock))?;

        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if let [way, times] = arguments.as_slice() {
            let way = match way.as_str() {
                "Bare" => Way::Bare,
                "Ours" => Way::Ours,
                _ => Way::Missed,
            };
            return Ok(pools.ask(way, times.parse()?).await?);
        }
        pools.ask(Way::Bare, 10 * BLOCK).await?;
        println!(
            "| `SELECT 1` | times the bare pool, median (quartiles) | instructions |\n|---|---|---|"
        );
        for way in [Way::Bare, Way::Ours, Way::Missed] {
            let quotients = pools.quotients(way).await?;
            let instructions = instructions_of_this(&format!("{way:?}"), COUNTED, Counted::Process)
                .map_or_else(|error| error.to_string(), |count| format!("{count:.0}"));
            println!(
                "| {way:?} | {:.4} ({:.4}, {:.4}) | {instructions} |",
                quotients[PAIRS / 2],
                quotients[PAIRS / 4],
                quotients[PAIRS * 3 / 4]
            );
        }
        Ok(())
    })
}
