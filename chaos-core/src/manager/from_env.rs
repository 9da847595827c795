//! Settings of a manager from environment variables.

use std::env;

use super::builder::ChaosManagerBuilder;
use super::variables::{Variables, invalid};
use crate::{Environment, Error, ExperimentFile};

const ENVIRONMENTS: &str = "`development`, `test`, `staging` or `production`";
const SEED: &str = "a whole number from 0 to 18446744073709551615";
const SWITCH: &str = "`on` or `off`";

impl ChaosManagerBuilder {
    /// Takes over what the variables say, in place of what was set before.
    pub(super) fn overridden_by(self, variables: &Variables) -> Result<Self, Error> {
        for (misspelt, meant) in variables.misspelt() {
            tracing::warn!(
                "the environment variable {misspelt} has no effect; did you mean `{meant}`?"
            );
        }
        let mut builder = self.unstated_environment(Environment::Production);
        builder = match variables.text("CHAOS_SEED", SEED)? {
            Some(seed) => {
                let refused = |_| invalid("CHAOS_SEED", SEED, &seed);
                builder.seed(seed.parse().map_err(refused)?)
            }
            None => builder.seed_by_default(random_seed()),
        };
        builder = match variables.text("CHAOS_INSTANCE", "a name in Unicode")? {
            Some(instance) => builder.instance(instance),
            None => builder.instance_by_default(instance()),
        };
        if let Some(environment) = variables.text("CHAOS_ENVIRONMENT", ENVIRONMENTS)? {
            let refused = |_| invalid("CHAOS_ENVIRONMENT", ENVIRONMENTS, &environment);
            builder = builder.environment(environment.parse().map_err(refused)?);
        }
        if let Some(path) = variables.path("CHAOS_HALT_FILE") {
            builder = builder.halt_file(path);
        }
        match variables.text("CHAOS", SWITCH)?.as_deref() {
            Some("off") => return Ok(builder.switched_off()),
            None | Some("on") => {}
            Some(other) => return Err(invalid("CHAOS", SWITCH, other)),
        }
        if let Some(file) = variables.path("CHAOS_FILE") {
            builder = builder.experiments(ExperimentFile::read(file)?.into_experiments());
        }
        Ok(builder)
    }
}

/// Every run logs its seed, so that it can be repeated.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one("seed")
}

fn instance() -> String {
    let host = env::var("HOSTNAME").unwrap_or_default();
    format!("{host}:{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_named_after_its_host_and_process() {
        let process = format!(":{}", std::process::id());
        assert!(instance().ends_with(&process), "{}", instance());
    }
}
