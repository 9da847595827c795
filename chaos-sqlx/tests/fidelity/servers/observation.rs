//! What a caller sees of a failure and after it, and the comparison of two such observations.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sqlx::Error;

/// What a caller sees of a failure and after it, as named fields.
#[derive(Debug, Default)]
pub(crate) struct Observation(Vec<(&'static str, String)>);

impl Observation {
    pub(crate) fn record(&mut self, field: &'static str, value: impl Into<String>) {
        self.0.push((field, value.into()));
    }

    pub(crate) fn record_result<T>(&mut self, field: &'static str, result: Result<T, Error>) {
        self.record(
            field,
            match result {
                Ok(_) => "ok".to_owned(),
                Err(Error::Database(error)) => {
                    format!("{} {}", error.code().unwrap_or_default(), error.message())
                }
                // End of file, broken pipe or reset: which one is a race in the operating system.
                Err(Error::Io(_)) => "the connection is lost".to_owned(),
                Err(error) => format!("{error:?}"),
            },
        );
    }

    /// Records the fields that errors of all databases have.
    pub(crate) fn record_error(&mut self, error: &Error) {
        let debug = format!("{error:?}");
        let variant = debug.split(['(', ' ', '{']).next().unwrap_or_default();
        self.record("variant", variant);
        if let Error::Io(error) = error {
            self.record("io kind", format!("{:?}", error.kind()));
            self.record("message", error.to_string());
        }
        if let Error::Database(error) = error {
            self.record("code", format!("{:?}", error.code()));
            self.record("kind", format!("{:?}", error.kind()));
            self.record("constraint", format!("{:?}", error.constraint()));
            self.record("table", format!("{:?}", error.table()));
            self.record("message", error.message());
            self.record(
                "transient in connect phase",
                error.is_transient_in_connect_phase().to_string(),
            );
        }
    }

    /// Replaces a name that differs from run to run by a placeholder.
    pub(crate) fn replace_name(&mut self, name: &str, placeholder: &str) {
        for (_, value) in &mut self.0 {
            *value = value.replace(name, placeholder);
        }
    }

    fn fields(&self) -> BTreeSet<&'static str> {
        self.0.iter().map(|(field, _)| *field).collect()
    }

    fn get(&self, field: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(name, _)| *name == field)?;
        Some(value)
    }
}

/// Compares two observations field by field; the error lists the fields that contradict `differing`.
#[expect(clippy::print_stdout, reason = "the comparison is printed on request")]
pub(crate) fn compare(
    name: &str,
    real: &Observation,
    injected: &Observation,
    differing: &[&str],
) -> Result<(), String> {
    let mut wrong = String::new();
    let mut table = format!("{name}\n");
    for field in real.fields().union(&injected.fields()) {
        let (real, injected) = (real.get(field), injected.get(field));
        let mark = match (real == injected, differing.contains(field)) {
            (true, false) => "equal",
            (false, true) => "imitation",
            (true, true) => "EQUAL, BUT DECLARED AS DIFFERENT",
            (false, false) => "DIFFERENT",
        };
        let line = format!("  {field}: {mark}\n    real     {real:?}\n    injected {injected:?}\n");
        if mark.starts_with(char::is_uppercase) {
            wrong += &line;
        }
        let _ = write!(table, "{line}");
    }
    if std::env::var_os("CHAOS_FIDELITY").is_some() {
        println!("{table}");
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{name}\n{wrong}"))
    }
}
