//! Failures, as the caller sees them.

use std::fmt;
use std::io::ErrorKind;

use serde::Serialize;

use super::{GrpcCode, HttpStatus, InvalidFault, SqlState};
use crate::human::TaggedEnum;

/// A failure as the caller sees it, in terms that every adapter translates.
///
/// The last three carry a native code, which only adapters of that protocol can apply.
///
/// ```
/// use chaos_core::Failure;
///
/// let teapot = Failure::status(418)?;
/// assert_eq!(teapot.to_string(), "HTTP status 418");
/// assert!(Failure::status(200).is_err());
/// # Ok::<(), chaos_core::InvalidFault>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Failure {
    /// The service is unavailable.
    Unavailable,
    /// The service is overloaded.
    Overloaded,
    /// The connection was refused.
    Refused,
    /// The connection was reset.
    Reset,
    /// The connection was closed before the operation was complete.
    Closed,
    /// The operation took too long.
    TimedOut,
    /// A circuit breaker is open.
    CircuitOpen,
    /// A transaction lost a deadlock.
    Deadlock,
    /// A transaction could not be serialised with another.
    SerializationConflict,
    /// A row with that key exists.
    UniqueViolation,
    /// A row that is referred to does not exist, or is still referred to.
    ForeignKeyViolation,
    /// A row breaks a check constraint.
    CheckViolation,
    /// A query was cancelled.
    QueryCancelled,
    /// All connections are in use.
    TooManyConnections,
    /// Writes are not allowed.
    ReadOnly,
    /// There is no space left on the disk.
    DiskFull,
    /// An internal error occurred.
    Internal,
    /// The caller lacks the permission.
    PermissionDenied,
    /// The requested item does not exist.
    NotFound,
    /// An HTTP status.
    Status(HttpStatus),
    /// A gRPC status code.
    Grpc(GrpcCode),
    /// An SQLSTATE.
    SqlState(SqlState),
}

impl Failure {
    /// Creates a failure with an HTTP status.
    ///
    /// # Errors
    ///
    /// When `status` is not between 400 and 599.
    pub fn status(status: u16) -> Result<Self, InvalidFault> {
        HttpStatus::new(status).map(Self::Status)
    }

    /// Creates a failure with a gRPC status code.
    ///
    /// # Errors
    ///
    /// When `code` is not between 1 and 16.
    pub fn grpc(code: u8) -> Result<Self, InvalidFault> {
        GrpcCode::new(code).map(Self::Grpc)
    }

    /// Creates a failure with an SQLSTATE.
    ///
    /// # Errors
    ///
    /// When `code` is not five characters of `0`–`9` and `A`–`Z`, or starts with `00`.
    pub fn sql_state(code: &str) -> Result<Self, InvalidFault> {
        SqlState::new(code).map(Self::SqlState)
    }

    /// Parses what [`Display`](fmt::Display) prints.
    #[must_use]
    pub fn from_display(words: &str) -> Option<Self> {
        let native = |prefix| words.strip_prefix(prefix);
        if let Some(status) = native("HTTP status ") {
            return Self::status(status.parse().ok()?).ok();
        }
        if let Some(code) = native("gRPC code ") {
            return Self::grpc(code.parse().ok()?).ok();
        }
        if let Some(state) = native("SQLSTATE ") {
            return Self::sql_state(state).ok();
        }
        <Self as TaggedEnum>::NAMES
            .iter()
            .map(|(_, failure)| *failure)
            .find(|failure| failure.to_string() == words)
    }

    /// The nearest kind of I/O error.
    ///
    /// It is never `Interrupted` or `WouldBlock`, which I/O loops retry forever.
    #[must_use]
    pub fn io_kind(self) -> ErrorKind {
        match self {
            Self::Unavailable => ErrorKind::HostUnreachable,
            Self::Overloaded => ErrorKind::ResourceBusy,
            Self::Refused => ErrorKind::ConnectionRefused,
            Self::Reset => ErrorKind::ConnectionReset,
            Self::Closed => ErrorKind::UnexpectedEof,
            Self::TimedOut => ErrorKind::TimedOut,
            Self::Deadlock => ErrorKind::Deadlock,
            Self::UniqueViolation => ErrorKind::AlreadyExists,
            Self::ForeignKeyViolation | Self::CheckViolation => ErrorKind::InvalidInput,
            Self::TooManyConnections => ErrorKind::QuotaExceeded,
            Self::ReadOnly => ErrorKind::ReadOnlyFilesystem,
            Self::DiskFull => ErrorKind::StorageFull,
            Self::PermissionDenied => ErrorKind::PermissionDenied,
            Self::NotFound => ErrorKind::NotFound,
            Self::CircuitOpen
            | Self::SerializationConflict
            | Self::QueryCancelled
            | Self::Internal
            | Self::Status(_)
            | Self::Grpc(_)
            | Self::SqlState(_) => ErrorKind::Other,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
            Self::Refused => "connection refused",
            Self::Reset => "connection reset",
            Self::Closed => "connection closed",
            Self::TimedOut => "timed out",
            Self::CircuitOpen => "circuit open",
            Self::Deadlock => "deadlock",
            Self::SerializationConflict => "serialization conflict",
            Self::UniqueViolation => "unique violation",
            Self::ForeignKeyViolation => "foreign key violation",
            Self::CheckViolation => "check violation",
            Self::QueryCancelled => "query cancelled",
            Self::TooManyConnections => "too many connections",
            Self::ReadOnly => "read only",
            Self::DiskFull => "disk full",
            Self::Internal => "internal error",
            Self::PermissionDenied => "permission denied",
            Self::NotFound => "not found",
            Self::Status(status) => return write!(f, "HTTP status {status}"),
            Self::Grpc(code) => return write!(f, "gRPC code {code}"),
            Self::SqlState(state) => return write!(f, "SQLSTATE {state}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_failure_makes_io_loops_retry() {
        for failure in [
            Failure::Unavailable,
            Failure::Overloaded,
            Failure::QueryCancelled,
            Failure::TimedOut,
            Failure::Internal,
        ] {
            let kind = failure.io_kind();
            assert!(
                !matches!(kind, ErrorKind::Interrupted | ErrorKind::WouldBlock),
                "{failure}"
            );
        }
    }

    #[test]
    fn failures_map_to_matching_io_kinds() {
        assert_eq!(Failure::Refused.io_kind(), ErrorKind::ConnectionRefused);
        assert_eq!(Failure::Reset.io_kind(), ErrorKind::ConnectionReset);
        assert_eq!(Failure::TimedOut.io_kind(), ErrorKind::TimedOut);
        assert_eq!(Failure::DiskFull.io_kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn files_hold_names_and_native_codes() {
        for (failure, text) in [
            (
                Failure::SerializationConflict,
                r#""serialization_conflict""#,
            ),
            (Failure::status(503).unwrap(), r#"{"status":503}"#),
            (Failure::grpc(14).unwrap(), r#"{"grpc":14}"#),
            (
                Failure::sql_state("40P01").unwrap(),
                r#"{"sql_state":"40P01"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&failure).unwrap(), text);
            assert_eq!(serde_json::from_str::<Failure>(text).unwrap(), failure);
        }
    }
}
