//! The options that announce a run.

use chaos_lab::announce::{Announced, Grafana, InvalidAnnouncement, Matcher, Silence};
use clap::Args;

use crate::search::variable;

/// The variable with the token of Grafana, which must be in no list of processes.
const GRAFANA_TOKEN: &str = "CHAOS_GRAFANA_TOKEN";

/// Where a run is announced.
#[derive(Debug, Args)]
pub(crate) struct Announce {
    /// Annotates the injections in the Grafana at this URL; the variable CHAOS_GRAFANA_TOKEN has its token.
    #[arg(long, value_name = "URL")]
    grafana: Option<String>,
    /// Silences alerts in the Alertmanager at this URL while the scenarios are run.
    #[arg(long, value_name = "URL", requires = "silence_matchers")]
    silence: Option<String>,
    /// A label that the silenced alerts have, such as `service=orders`; with several, they have all of them.
    #[arg(
        long = "silence-matcher",
        value_name = "LABEL=VALUE",
        requires = "silence"
    )]
    silence_matchers: Vec<Matcher>,
}

impl Announce {
    pub(crate) fn announced(&self) -> Result<Announced, InvalidAnnouncement> {
        let token = variable(GRAFANA_TOKEN);
        let grafana = self.grafana.as_ref();
        let grafana = grafana.map(|url| Grafana::at(url, token.as_deref()));
        let silence = self.silence.as_ref();
        let silence = silence.map(|url| Silence::at(url, self.silence_matchers.clone()));
        Ok(Announced {
            grafana: grafana.transpose()?,
            silence: silence.transpose()?,
        })
    }
}
