//! The options of runs that take scenarios from the catalogue, or change those of a suite.

use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_core::{Consent, Environment};
use chaos_lab::catalogue::{Binding, Intensity, Scale};
use clap::Args;
use serde_json::json;

use super::read::read;

/// The longest stage.
const LONGEST: Duration = Duration::from_secs(86_400);

#[derive(Debug, Args)]
pub(crate) struct Adjustments {
    /// How hard scenarios of the catalogue strike: light, medium or heavy.
    #[arg(long, value_parser = read::<Intensity>)]
    pub(crate) intensity: Option<Intensity>,
    /// A service that scenarios of the catalogue strike, instead of all that fit; may be repeated.
    #[arg(long, value_name = "SERVICE")]
    pub(crate) at: Vec<String>,
    /// Multiplies all times of the scenarios, such as 0.1 to try a suite.
    #[arg(long)]
    pub(crate) scale: Option<Scale>,
    /// The length of the stage with the fault, such as 60s.
    #[arg(long, value_parser = length)]
    pub(crate) duration: Option<Duration>,
    /// Only decides and journals what would be struck, and applies no fault.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The name and the reason of a consent, such as 'anna: game day', for scenarios of the catalogue that need one.
    #[arg(long, value_parser = consent, value_name = "NAME: REASON")]
    pub(crate) consent: Option<Consent>,
    /// A path that the load asks for where no file says it; may be repeated, and defaults to /.
    #[arg(long)]
    pub(crate) path: Vec<String>,
}

impl Adjustments {
    pub(crate) fn binding(&self, environment: Option<Environment>) -> Binding {
        let mut binding = Binding::default();
        binding.intensity = self.intensity;
        binding.at.clone_from(&self.at);
        binding.consent.clone_from(&self.consent);
        binding.environment = environment;
        binding.scale = self.scale;
        binding.inject = self.duration;
        binding.is_dry_run = self.dry_run;
        binding
    }
}

fn length(text: &str) -> Result<Duration, String> {
    let HumanDuration(length) = read(text).map_err(|error| error.to_string())?;
    if length.is_zero() || length > LONGEST {
        return Err("expected a time above zero, and at most a day".to_owned());
    }
    Ok(length)
}

/// A consent, by the rules that files have for it.
fn consent(text: &str) -> Result<Consent, serde_json::Error> {
    let (who, why) = text.split_once(':').unwrap_or((text, ""));
    serde_json::from_value(match why.trim() {
        "" => json!({ "who": who.trim() }),
        why => json!({ "who": who.trim(), "why": why }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consent_has_a_name_and_perhaps_a_reason() {
        let given = |text| consent(text).map(|consent| consent.to_string()).ok();
        assert_eq!(given("anna: game day: 2").unwrap(), "anna (game day: 2)");
        assert_eq!(given("anna").unwrap(), "anna");
        for none in ["", ": game day", "no"] {
            assert_eq!(given(none), None, "{none}");
        }
    }

    #[test]
    fn a_length_makes_sense() {
        assert_eq!(length("1m30s"), Ok(Duration::from_secs(90)));
        for wrong in ["0s", "25h", "soon", "-1s"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
