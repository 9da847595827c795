//! Environment variables.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use crate::{Error, human};

const PREFIX: &str = "CHAOS_";

/// The variables that are read; [`ChaosManager::from_env`](crate::ChaosManager::from_env) documents them.
const NAMES: [&str; 7] = [
    "CHAOS_FILE",
    "CHAOS_WATCH",
    "CHAOS_SEED",
    "CHAOS_ENVIRONMENT",
    "CHAOS_INSTANCE",
    "CHAOS_HALT_FILE",
    "CHAOS_POLICY",
];

/// Environment variables with a value.
pub(super) struct Variables(BTreeMap<String, OsString>);

impl Variables {
    pub(super) fn of_process() -> Self {
        let unicode =
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self::new(unicode)
    }

    pub(super) fn new(all: impl IntoIterator<Item = (String, OsString)>) -> Self {
        let all = all.into_iter();
        Self(all.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The names that are probably misspelt, each with the one that was meant.
    pub(super) fn misspelt(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let names = self.0.keys().map(String::as_str);
        names.filter_map(|name| Some((name, meant_by(name)?)))
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).map(PathBuf::from)
    }

    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, Error> {
        let parsed = self.0.get(name).map(|value| {
            let parsed = value.to_str().and_then(|text| text.parse().ok());
            parsed.ok_or_else(|| invalid(name, expected, &value.to_string_lossy()))
        });
        parsed.transpose()
    }
}

/// The variable that a misspelt or shortened name stands for.
///
/// Other variables that begin with `CHAOS_` belong to other programs.
fn meant_by(name: &str) -> Option<&'static str> {
    if NAMES.contains(&name) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let Some(given) = upper.strip_prefix(PREFIX) else {
        return NAMES
            .into_iter()
            .find(|known| strsim::osa_distance(&upper, known) == 1);
    };
    NAMES.into_iter().find(|known| {
        let known = &known[PREFIX.len()..];
        let is_short_form = given.len() >= 3 && known.starts_with(given);
        is_short_form || human::is_slip(given, known)
    })
}

pub(super) fn invalid(variable: &'static str, expected: &'static str, found: &str) -> Error {
    Error::Variable {
        variable,
        expected,
        found: found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_or_shortened_name_has_a_meaning() {
        for (name, meant) in [
            ("CHAOS_ENVIROMENT", "CHAOS_ENVIRONMENT"),
            ("CHAOS_ENVIRONEMNT", "CHAOS_ENVIRONMENT"),
            ("CHAOS_ENV", "CHAOS_ENVIRONMENT"),
            ("chaos_environment", "CHAOS_ENVIRONMENT"),
            ("CHAOS_FIEL", "CHAOS_FILE"),
            ("CHAOS_FILES", "CHAOS_FILE"),
            ("CHAOS_HALTFILE", "CHAOS_HALT_FILE"),
            ("CHAOS_SEDE", "CHAOS_SEED"),
            ("CHOAS_FILE", "CHAOS_FILE"),
            ("CHAOSFILE", "CHAOS_FILE"),
            ("CHAOS_POLCIY", "CHAOS_POLICY"),
        ] {
            assert_eq!(meant_by(name), Some(meant), "{name}");
        }
    }

    #[test]
    fn names_of_others_and_known_names_mean_nothing_else() {
        let of_others = [
            "CHAOS",
            "CHAOS_REPLAY",
            "CHAOS_TEST_POSTGRES_URL",
            "CHAOS_FILTER",
            "CHAOS_SIZE",
            "CHAOS_E",
            "CHAOS_",
            "ENVIRONMENT",
        ];
        for name in NAMES.into_iter().chain(of_others) {
            assert_eq!(meant_by(name), None, "{name}");
        }
    }
}
