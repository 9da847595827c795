//! What is tried again, how often and after which pauses.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use backon::ExponentialBuilder;

/// Pauses that grow, three unless said, and differ from one key to the next, so that those who failed together don't come back together.
///
/// They are the same in every run: the key is the only seed.
pub(crate) fn pauses(key: &str) -> ExponentialBuilder {
    let mut seed = DefaultHasher::new();
    key.hash(&mut seed);
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(10))
        .with_max_delay(Duration::from_millis(500))
        .with_jitter()
        .with_jitter_seed(seed.finish())
}

/// Whether a database that failed so may well not do so again: it was in somebody's way, or the connection broke.
///
/// All that is asked of the database may be asked twice, also when the first time did happen and nobody heard of it.
pub(crate) fn is_worth_it(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => match error.code().as_deref() {
            // Serialization failure, deadlock, lock not available.
            Some("40001" | "40P01" | "55P03") => true,
            // SQLITE_BUSY and SQLITE_LOCKED, whatever the details; SQLSTATEs are longer.
            Some(code) if code.len() < 5 => code
                .parse()
                .is_ok_and(|code: u32| matches!(code & 0xff, 5 | 6)),
            _ => false,
        },
        _ => false,
    }
}
