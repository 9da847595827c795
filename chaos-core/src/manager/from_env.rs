//! A manager as the environment asks for it.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use super::ChaosManager;
use crate::compiled::compiled_in;
use crate::{Environment, Error, ExperimentFile};

impl ChaosManager {
    /// A manager as the environment variables ask for it; without any, nothing is armed.
    ///
    /// | variable | what |
    /// |---|---|
    /// | `CHAOS` | `on` (default) or `off`: refuses every experiment |
    /// | `CHAOS_FILE` | experiments to start, in YAML, TOML or JSON |
    /// | `CHAOS_SEED` | the seed of all draws; a fresh one unless said |
    /// | `CHAOS_ENVIRONMENT` | `development`, `test`, `staging` or `production` (default: everything needs consent) |
    /// | `CHAOS_INSTANCE` | this instance's name, for shares of instances; `$HOSTNAME` and the process id unless said |
    /// | `CHAOS_HALT_FILE` | a file whose existence halts everything |
    ///
    /// An experiment of the file whose conditions have no site to judge yet waits until one registers. One that
    /// matches no site yet runs, and the log says what it waits for and what it finds; a site whose name is nearly
    /// the one that it names is a warning. In a build without injection a leftover file is a warning.
    ///
    /// # Errors
    ///
    /// When a variable makes no sense, or the file can't be read whole: then nothing is started.
    pub fn from_env() -> Result<Self, Error> {
        from_variables(|name| env::var_os(name))
    }
}

/// As `from_env`, for any set of variables.
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
        if compiled_in().is_some() {
            builder = builder.experiments(ExperimentFile::read(file)?.into_experiments());
        } else {
            let file = file.display();
            tracing::warn!(%file, "CHAOS_FILE is set, but this build contains no fault injection: it is ignored");
        }
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

/// The seed asked for, else a fresh one: every run prints it, so it can be repeated.
fn seed(asked: Option<String>) -> Result<u64, Error> {
    use std::hash::{BuildHasher, RandomState};
    match asked {
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
