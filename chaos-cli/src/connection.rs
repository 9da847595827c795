//! Reaches the target of a command.

use anyhow::Result;
use chaos_approval::SshVerifier;
use chaos_core::{ChaosManager, Environment, Policy};
use chaos_lab::Process;
use chaos_lab::control::{ControlError, RemoteControl, TargetRelay};
use chaos_lab::discovery::{Found, look_at};
use chaos_lab::scenario::{Suite, Target};

use crate::arguments::{Connection, TargetAddress, TargetOptions, Token, Whereabouts};
use crate::exit::Usage;
use crate::output::note;
use crate::search::{PATIENCE, Search, admins, variable};

/// More than the injections between two looks at the journal.
const JOURNAL_ENTRIES: usize = 10_000;

/// How a target is driven.
pub(crate) enum Reached {
    Api(RemoteControl),
    Relay(TargetRelay),
}

impl Connection {
    pub(crate) fn open(&self) -> Result<RemoteControl> {
        open(&self.admin, &self.token)
    }
}

pub(crate) fn open(address: &str, Token { token }: &Token) -> Result<RemoteControl> {
    let control = RemoteControl::new(address)?;
    Ok(match token {
        Some(token) => control.token(token)?,
        None => control,
    })
}

impl TargetOptions {
    /// The target of a run: what the options name, or else what the suite names; without a URL if it is searched for.
    pub(crate) fn of(&self, suite: &Suite) -> Result<Target, Usage> {
        let is_named = self.address.target.is_some();
        let of_suite = match &self.environment {
            None => suite.target.as_ref(),
            Some(name) => match suite.environments.get(name) {
                Some(target) => Some(target),
                // A suite that names no environments has one target, which may be in any.
                None if (is_named || suite.environments.is_empty())
                    && name.parse::<Environment>().is_ok() =>
                {
                    suite.target.as_ref()
                }
                None => {
                    let known: Vec<_> = suite.environments.keys().map(String::as_str).collect();
                    let known = match &known[..] {
                        [] => "none".to_owned(),
                        known => known.join(", "),
                    };
                    let problem =
                        format!("no environment is named `{name}`; the suite has: {known}");
                    return Err(Usage(problem));
                }
            },
        };
        let missing = "the suite names no `target`, and `--target` is not given; `--target auto` searches this machine";
        let mut target = match of_suite {
            Some(target) => target.clone(),
            None if is_named => Target::at(""),
            None => return Err(Usage(missing.to_owned())),
        };
        if let Some(Whereabouts::Url(url)) = &self.address.target {
            target.url.clone_from(url);
        }
        if let Some(command) = &self.spawn {
            target.command.clone_from(&command.0);
        }
        if let Some(admin) = &self.address.admin {
            target.admin = Some(admin.clone());
        }
        Ok(target)
    }

    /// A search for the target, if it is to be found; one that is about to start is not there yet.
    pub(crate) async fn search(&self, target: &Target) -> Result<Option<Search>, Usage> {
        match (&self.address.target, target.command.is_empty()) {
            (Some(Whereabouts::Auto), true) => Search::new().map(Some),
            (Some(Whereabouts::Auto), false) => Search::new()?.without_others().await.map(Some),
            _ => Ok(None),
        }
    }

    /// Waits for a target that was started, and opens the way to drive it; approvals come with every start.
    pub(crate) async fn reach(
        &self,
        target: &mut Target,
        search: Option<&Search>,
        mut child: Option<&mut Process>,
        approvals: &[String],
    ) -> Result<Reached> {
        if let Some(search) = search {
            target.url = search.find(child.as_deref_mut()).await?;
            note(&format!("the target is {}", target.url));
        }
        // What is found on this machine may have its API where the variable of services says, other targets may not.
        let mut of_shell = Vec::new();
        if search.is_some() {
            of_shell.extend(admins(variable).into_iter().map(|(_, address)| address));
        }
        let awaited = of_shell.first().filter(|_| child.is_some());
        if let Some(admin) = target.admin.as_ref().or(awaited) {
            let control = open(admin, &self.address.token)?.approved_by(approvals);
            if let Some(child) = child {
                child.ready(&control, PATIENCE).await?;
            }
            return Ok(Reached::Api(control));
        }
        let answering = async || answering(&target.url).await;
        let found = match child {
            Some(child) => child.answer(PATIENCE, answering).await?,
            None => answering().await?,
        };
        let addresses = [vec![found.address], of_shell].concat();
        if let Some((address, control)) = self.address.api(addresses).await? {
            note(&format!("the API of the target is at {address}"));
            return Ok(Reached::Api(control.approved_by(approvals)));
        }
        let chaos = self.manager()?;
        let relay = TargetRelay::open(&chaos, target, approvals).await?;
        let environment = match chaos.overview().environment {
            Some(environment) => environment.to_string(),
            None => "production, as `--env` names none".to_owned(),
        };
        note(&format!(
            "`--admin` is not given, and no API of the target answers: a relay strikes its connections (`streams_to: target`), and the environment is {environment}"
        ));
        Ok(Reached::Relay(relay))
    }

    /// The manager of a relay, with the rules that hold in this shell.
    fn manager(&self) -> Result<ChaosManager> {
        let mut chaos = ChaosManager::builder().keep_entries(JOURNAL_ENTRIES);
        let stated = match &self.environment {
            Some(name) => name.parse().ok(),
            None => {
                let named = variable("CHAOS_ENVIRONMENT");
                named.map(|name| name.parse()).transpose()?
            }
        };
        if let Some(environment) = stated {
            chaos = chaos.environment(environment);
        }
        if let Some(path) = variable("CHAOS_HALT_FILE") {
            chaos = chaos.halt_file(path);
        }
        if let Some(path) = variable("CHAOS_POLICY") {
            let policy = Policy::read(path)?;
            chaos = chaos.policy(policy).approval_verifier(SshVerifier);
        }
        Ok(chaos.try_build()?)
    }
}

async fn answering(url: &str) -> Result<Found, ControlError> {
    let found = look_at(url).await?;
    if found.state.answers() {
        return Ok(found);
    }
    let state = found.state.to_string();
    Err(ControlError::Unreachable(found.url, state))
}

impl TargetAddress {
    /// The API that is named, or else the first that answers at one of these addresses, and its address.
    pub(crate) async fn api(
        &self,
        addresses: impl IntoIterator<Item = String>,
    ) -> Result<Option<(String, RemoteControl)>> {
        if let Some(admin) = &self.admin {
            return Ok(Some((admin.clone(), open(admin, &self.token)?)));
        }
        for address in addresses {
            if let Ok(control) = open(&address, &self.token)
                && control.answers().await
            {
                return Ok(Some((address, control)));
            }
        }
        Ok(None)
    }
}
