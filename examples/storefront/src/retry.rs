//! Retries: the backoff between attempts, and which database errors are retried.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use backon::ExponentialBuilder;

/// Returns an exponential backoff of three retries, whose jitter is seeded by the key and thus reproducible.
pub(crate) fn backoff(key: &str) -> ExponentialBuilder {
    let mut seed = DefaultHasher::new();
    key.hash(&mut seed);
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(10))
        .with_max_delay(Duration::from_millis(500))
        .with_jitter()
        .with_jitter_seed(seed.finish())
}

/// Whether a retry may succeed after this error: a conflict with another transaction, or a lost connection.
///
/// All database operations are idempotent, so they may be retried after a commit whose reply was lost.
pub(crate) fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => match error.code().as_deref() {
            // Serialization failure, deadlock, lock not available.
            Some("40001" | "40P01" | "55P03") => true,
            // The primary codes SQLITE_BUSY and SQLITE_LOCKED; a SQLSTATE has five characters.
            Some(code) if code.len() < 5 => code
                .parse()
                .is_ok_and(|code: u32| matches!(code & 0xff, 5 | 6)),
            _ => false,
        },
        _ => false,
    }
}
