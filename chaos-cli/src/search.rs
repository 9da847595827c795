//! Searches this machine for a target.

use std::time::Duration;

use chaos_lab::Process;
use chaos_lab::control::ControlError;
use chaos_lab::discovery::{State, look_at_ports};

use crate::exit::Usage;

/// How long a target that the lab starts or ends may take for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The variable that names the port of the target, and no other is asked then.
const NAMED: &str = "CHAOS_TARGET_PORT";

/// The ports of common frameworks.
const COMMON: [u16; 5] = [8000, 5000, 5001, 3000, 8080];

/// The value of an environment variable, if it has one.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The ports at which services are looked for.
pub(crate) fn ports(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<u16>, Usage> {
    let mut ports = Vec::new();
    for name in [NAMED, "APP_PORT"] {
        let value = variable(name).map(|text| {
            let port = text.parse::<u16>();
            port.map_err(|_| Usage(format!("{name} has `{text}`, which is no port")))
        });
        ports.extend(value.transpose()?);
    }
    ports.extend(COMMON);
    let all = ports.clone();
    let mut place = 0..;
    ports.retain(|port| !all[..place.next().unwrap_or_default()].contains(port));
    Ok(ports)
}

/// The addresses of APIs that variables name, with their variables.
pub(crate) fn admins(variable: impl Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    let names = ["CHAOS_LAB_ADMIN", "CHAOS_ADMIN"].into_iter();
    let named = names.filter_map(|name| Some((name, variable(name)?)));
    let addresses = named.flat_map(|(name, list)| {
        let addresses = list.split(',').map(|one| (name, one.trim().to_owned()));
        addresses.collect::<Vec<_>>()
    });
    addresses.collect()
}

/// A search for the only healthy service.
pub(crate) struct Search(Vec<u16>);

impl Search {
    /// A search at all ports, or the one that is named.
    pub(crate) fn new() -> Result<Self, Usage> {
        let mut ports = ports(variable)?;
        if variable(NAMED).is_some() {
            ports.truncate(1);
        }
        Ok(Self(ports))
    }

    /// Leaves out the ports at which something listens already, so that only what starts now is found.
    pub(crate) async fn without_others(mut self) -> Result<Self, Usage> {
        let found = look_at_ports(&self.0).await;
        let mut closed = found.iter().map(|one| one.state == State::Closed);
        self.0.retain(|_| closed.next().unwrap_or(false));
        if self.0.is_empty() {
            let taken = "something listens already where the target is looked for; `chaos-lab targets` shows it";
            return Err(Usage(taken.to_owned()));
        }
        Ok(self)
    }

    /// Finds the URL of the service, and waits for it if it is about to start.
    pub(crate) async fn find(&self, child: Option<&mut Process>) -> anyhow::Result<String> {
        let look = async || self.healthy().await;
        let found = match child {
            Some(child) => child.answer(PATIENCE, look).await?,
            None => look().await?,
        };
        Ok(only(found)?)
    }

    async fn healthy(&self) -> Result<Vec<String>, ControlError> {
        let found = look_at_ports(&self.0).await.into_iter();
        let healthy = found.filter(|one| one.state.is_healthy());
        let urls: Vec<_> = healthy.map(|one| one.url).collect();
        if urls.is_empty() {
            let ports: Vec<_> = self.0.iter().map(u16::to_string).collect();
            return Err(ControlError::Unreachable {
                address: format!("a target at 127.0.0.1:{}", ports.join(", :")),
                problem: "nothing there is healthy; `chaos-lab targets` says why".to_owned(),
            });
        }
        Ok(urls)
    }
}

/// The only URL.
fn only(mut urls: Vec<String>) -> Result<String, Usage> {
    if let [_] = urls[..] {
        return Ok(urls.remove(0));
    }
    let urls = urls.join(", ");
    Err(Usage(format!(
        "several services answer: {urls}; choose one with `--target URL` or {NAMED}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_are_named_come_first_and_only_once() {
        let named = |name: &str| match name {
            NAMED => Some("5000".to_owned()),
            "APP_PORT" => Some("4000".to_owned()),
            _ => None,
        };
        let expected = [5000, 4000, 8000, 5001, 3000, 8080];
        assert_eq!(ports(named).unwrap(), expected);
        let wrong = ports(|name| (name == "APP_PORT").then(|| "80a".to_owned()));
        let error = wrong.unwrap_err().to_string();
        assert_eq!(error, "APP_PORT has `80a`, which is no port");
    }

    #[test]
    fn a_target_is_not_guessed_among_several() {
        let urls = |ports: &[&str]| {
            ports
                .iter()
                .map(|port| format!("http://a:{port}"))
                .collect()
        };
        assert_eq!(only(urls(&["1"])).unwrap(), "http://a:1");
        let error = only(urls(&["1", "2"])).unwrap_err().to_string();
        assert!(error.starts_with("several services answer: http://a:1, http://a:2; "));
    }

    #[test]
    fn apis_are_named_by_variables_with_lists() {
        let named = |name: &str| (name == "CHAOS_ADMIN").then(|| "unix:/a, 127.0.0.1:1".to_owned());
        let expected = ["unix:/a", "127.0.0.1:1"].map(|one| ("CHAOS_ADMIN", one.to_owned()));
        assert_eq!(admins(named), expected);
    }
}
