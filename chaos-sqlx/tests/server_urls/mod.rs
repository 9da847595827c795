//! The URLs of the servers that tests may use.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::hash::{BuildHasher, RandomState};
use std::io::Write as _;

/// Returns the URL of Postgres; logs that the test is skipped if there is none.
pub(crate) fn postgres() -> Option<String> {
    server("CHAOS_TEST_POSTGRES_URL")
}

/// Returns the URL of MySQL or MariaDB; logs that the test is skipped if there is none.
pub(crate) fn mysql() -> Option<String> {
    server("CHAOS_TEST_MYSQL_URL")
}

fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        // The output of `eprintln` is hidden when a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: {test}, because {variable} is not set"
        );
    }
    url
}

/// Returns a name that no other test uses.
pub(crate) fn unique_name() -> String {
    let random = RandomState::new().hash_one(std::process::id());
    format!("chaos_{random:016x}")
}
