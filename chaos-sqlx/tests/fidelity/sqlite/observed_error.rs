//! The fields of an error that are compared.

use sqlx::Error;
use sqlx::error::DatabaseError;

/// The fields of an error that are compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ObservedError {
    /// The variant of `sqlx::Error`.
    variant: &'static str,
    code: Option<String>,
    /// The kind that sqlx assigns.
    kind: Option<String>,
    /// Whether it is the driver's own error type.
    downcasts: bool,
    constraint: Option<String>,
    message: String,
    /// Present in errors of the connection.
    io: Option<(std::io::ErrorKind, Option<i32>)>,
}

impl ObservedError {
    /// Observes an error of a database whose driver has the error type `E`.
    pub(crate) fn of<E: DatabaseError>(error: &Error) -> Self {
        let database = error.as_database_error();
        Self {
            variant: match error {
                Error::Database(_) => "Database",
                Error::Io(_) => "Io",
                Error::PoolTimedOut => "PoolTimedOut",
                Error::PoolClosed => "PoolClosed",
                Error::Protocol(_) => "Protocol",
                Error::WorkerCrashed => "WorkerCrashed",
                _ => "other",
            },
            code: database.and_then(|error| error.code().map(Into::into)),
            kind: database.map(|error| format!("{:?}", error.kind())),
            downcasts: database.is_some_and(|error| error.try_downcast_ref::<E>().is_some()),
            constraint: database.and_then(|error| error.constraint().map(Into::into)),
            message: error.to_string(),
            io: match error {
                Error::Io(error) => Some((error.kind(), error.raw_os_error())),
                _ => None,
            },
        }
    }
}
