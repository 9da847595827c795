//! Settings of a manager from environment variables.

use std::env;

use super::builder::ChaosManagerBuilder;
use super::start_policy::StartPolicy;
use super::variables::{Variables, invalid};
use crate::{Environment, Error, ExperimentFile, Policy};

const ENVIRONMENTS: &str = "`development`, `test`, `staging` or `production`";
const SEED: &str = "a whole number from 0 to 18446744073709551615";
const SWITCH: &str = "`on` or `off`";

impl ChaosManagerBuilder {
    /// Takes over what the variables say, in place of what was set before.
    pub(super) fn overridden_by(mut self, variables: &Variables) -> Result<Self, Error> {
        for (misspelt, meant) in variables.misspelt() {
            tracing::warn!(
                "the environment variable {misspelt} has no effect; did you mean `{meant}`?"
            );
        }
        self.seed = variables.parsed("CHAOS_SEED", SEED)?.or(self.seed);
        self.seed.get_or_insert_with(random_seed);
        let named = variables.parsed("CHAOS_INSTANCE", "a name in Unicode")?;
        self.instance = named.or(self.instance);
        self.instance.get_or_insert_with(instance);
        let stated = variables.parsed("CHAOS_ENVIRONMENT", ENVIRONMENTS)?;
        self.environment = stated.or(self.environment);
        self.unstated = Environment::Production;
        self.halt_file = variables.path("CHAOS_HALT_FILE").or(self.halt_file);
        match variables.parsed::<String>("CHAOS", SWITCH)?.as_deref() {
            Some("off") => {
                self.start_policy = StartPolicy::SWITCHED_OFF;
                return Ok(self);
            }
            None | Some("on") => {}
            Some(other) => return Err(invalid("CHAOS", SWITCH, other)),
        }
        if let Some(file) = variables.path("CHAOS_POLICY") {
            self.policy = Some(Policy::read(file)?);
        }
        self.watched_file = variables.path("CHAOS_WATCH").or(self.watched_file);
        Ok(match variables.path("CHAOS_FILE") {
            Some(file) => self.experiments(ExperimentFile::read(file)?),
            None => self,
        })
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
