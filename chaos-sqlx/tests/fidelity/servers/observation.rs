//! What a caller sees.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sqlx::Error;

/// What a caller sees of a failure and after it.
#[derive(Debug, Default)]
pub(crate) struct Seen(Vec<(&'static str, String)>);

impl Seen {
    pub(crate) fn note(&mut self, field: &'static str, value: impl Into<String>) {
        self.0.push((field, value.into()));
    }

    pub(crate) fn result<T>(&mut self, field: &'static str, result: Result<T, Error>) {
        self.note(
            field,
            match result {
                Ok(_) => "ok".to_owned(),
                Err(Error::Database(error)) => {
                    format!("{} {}", error.code().unwrap_or_default(), error.message())
                }
                // Whether it is the end, a broken pipe or a reset is a race in the system.
                Err(Error::Io(_)) => "the connection is gone".to_owned(),
                Err(error) => format!("{error:?}"),
            },
        );
    }

    /// What all databases' errors have.
    pub(crate) fn error(&mut self, error: &Error) {
        let debug = format!("{error:?}");
        let variant = debug.split(['(', ' ', '{']).next().unwrap_or_default();
        self.note("variant", variant);
        if let Error::Io(error) = error {
            self.note("io kind", format!("{:?}", error.kind()));
            self.note("message", error.to_string());
        }
        if let Error::Database(error) = error {
            self.note("code", format!("{:?}", error.code()));
            self.note("kind", format!("{:?}", error.kind()));
            self.note("constraint", format!("{:?}", error.constraint()));
            self.note("table", format!("{:?}", error.table()));
            self.note("message", error.message());
            self.note(
                "transient in connect phase",
                error.is_transient_in_connect_phase().to_string(),
            );
        }
    }

    /// Puts a word in the place of a name that is another in every run.
    pub(crate) fn call(&mut self, name: &str, word: &str) {
        for (_, value) in &mut self.0 {
            *value = value.replace(name, word);
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

/// Compares field by field; what comes back says what is wrong.
#[expect(clippy::print_stdout, reason = "what is seen is to be looked at")]
pub(crate) fn compare(row: &str, real: &Seen, ours: &Seen, differ: &[&str]) -> Result<(), String> {
    let mut wrong = String::new();
    let mut table = format!("{row}\n");
    for field in real.fields().union(&ours.fields()) {
        let (theirs, ours) = (real.get(field), ours.get(field));
        let mark = match (theirs == ours, differ.contains(field)) {
            (true, false) => "equal",
            (false, true) => "imitation",
            (true, true) => "EQUAL, BUT LISTED",
            (false, false) => "DIFFERENT",
        };
        let line = format!("  {field}: {mark}\n    real {theirs:?}\n    ours {ours:?}\n");
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
        Err(format!("{row}\n{wrong}"))
    }
}
