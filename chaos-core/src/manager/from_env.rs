//! Starts a manager from environment variables.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use super::ChaosManager;
use super::inner::Inner;
use crate::{Environment, Error, ExperimentFile};

impl Inner {
    pub(super) fn from_env() -> Result<ChaosManager, Error> {
        from_variables(|name| env::var_os(name))
    }
}

/// The same as `from_env`, for any set of variables.
pub(super) fn from_variables(
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<ChaosManager, Error> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let text = |name: &'static str, expected: &'static str| {
        variable(name)
            .map(|value| {
                value
                    .into_string()
                    .map_err(|found| invalid(name, expected, &found.to_string_lossy()))
            })
            .transpose()
    };
    const ENVIRONMENTS: &str = "`development`, `test`, `staging` or `production`";
    const SWITCH: &str = "`on` or `off`";

    let mut builder = ChaosManager::builder()
        .unstated_environment(Environment::Production)
        .seed(seed(text("CHAOS_SEED", SEED)?)?)
        .instance(text("CHAOS_INSTANCE", "a name in Unicode")?.unwrap_or_else(instance));
    if let Some(environment) = text("CHAOS_ENVIRONMENT", ENVIRONMENTS)? {
        builder = builder.environment(
            environment
                .parse()
                .map_err(|_| invalid("CHAOS_ENVIRONMENT", ENVIRONMENTS, &environment))?,
        );
    }
    if let Some(path) = variable("CHAOS_HALT_FILE") {
        builder = builder.halt_file(PathBuf::from(path));
    }
    match text("CHAOS", SWITCH)?.as_deref() {
        Some("off") => return builder.switched_off().try_build(),
        None | Some("on") => {}
        Some(other) => return Err(invalid("CHAOS", SWITCH, other)),
    }
    if let Some(file) = variable("CHAOS_FILE").map(PathBuf::from) {
        builder = builder.experiments(ExperimentFile::read(file)?.into_experiments());
    }
    builder.try_build()
}

fn invalid(variable: &'static str, expected: &'static str, found: &str) -> Error {
    Error::Variable {
        variable,
        expected,
        found: found.to_owned(),
    }
}

const SEED: &str = "a whole number from 0 to 18446744073709551615";

/// Parses the seed, or draws a random one; every run logs it, so that it can be repeated.
fn seed(given: Option<String>) -> Result<u64, Error> {
    use std::hash::{BuildHasher, RandomState};
    match given {
        None => Ok(RandomState::new().hash_one("seed")),
        Some(found) => found
            .parse()
            .map_err(|_| invalid("CHAOS_SEED", SEED, &found)),
    }
}

fn instance() -> String {
    let host = env::var("HOSTNAME").unwrap_or_default();
    format!("{host}:{}", std::process::id())
}
