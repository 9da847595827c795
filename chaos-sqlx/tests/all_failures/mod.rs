//! Every failure that can be injected into a database.

use chaos_sqlx::Failure;

/// Returns every failure, and SQLSTATEs that end sessions, that don't, and one that is only a warning.
pub(crate) fn all_failures() -> Vec<Failure> {
    let mut failures = vec![
        Failure::Unavailable,
        Failure::Overloaded,
        Failure::Refused,
        Failure::Reset,
        Failure::Closed,
        Failure::TimedOut,
        Failure::CircuitOpen,
        Failure::Deadlock,
        Failure::SerializationConflict,
        Failure::UniqueViolation,
        Failure::ForeignKeyViolation,
        Failure::CheckViolation,
        Failure::QueryCancelled,
        Failure::TooManyConnections,
        Failure::ReadOnly,
        Failure::DiskFull,
        Failure::Internal,
        Failure::PermissionDenied,
        Failure::NotFound,
    ];
    for state in [
        "57P01", "57P03", "40001", "22012", "01000", "HY000", "ABCDE",
    ] {
        failures.push(Failure::sql_state(state).unwrap());
    }
    failures
}
