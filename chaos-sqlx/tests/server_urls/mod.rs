//! The servers that tests may use.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::hash::{BuildHasher, RandomState};
use std::io::Write as _;

/// The URL of a Postgres, or a word about what is left out.
pub(crate) fn postgres() -> Option<String> {
    server("CHAOS_TEST_POSTGRES_URL")
}

/// The URL of a MySQL or MariaDB, or a word about what is left out.
pub(crate) fn mysql() -> Option<String> {
    server("CHAOS_TEST_MYSQL_URL")
}

fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        // Not by `eprintln`, of which nothing is seen when a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "left out: {test}, because {variable} is not set"
        );
    }
    url
}

/// A name that nobody else has.
pub(crate) fn name() -> String {
    let random = RandomState::new().hash_one(std::process::id());
    format!("chaos_{random:016x}")
}
