//! Which requests are admitted, and in which role.

mod closed_sessions;
mod limits;
mod origin;
mod session;
mod tokens;

use chaos_core::{Actor, Role};
use http::request::Parts;
use http::{HeaderMap, header};

pub(crate) use tokens::Tokens;

use crate::problem::Problem;
use limits::Limits;
use origin::Hosts;

/// The way on which a request came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    /// A unix socket, with the user at its other end, if the system tells it.
    Unix {
        user: Option<u32>,
    },
    Tcp,
    /// A router of the service itself.
    #[cfg(feature = "axum")]
    Mounted,
}

/// Decides which requests are admitted.
#[derive(Debug)]
pub(crate) struct Access {
    tokens: Tokens,
    hosts: Hosts,
    limits: Limits,
}

/// An admitted client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) role: Role,
}

impl Client {
    pub(crate) fn actor(&self) -> Actor {
        Actor::Remote {
            name: self.name.clone(),
            role: self.role,
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A halt, which every client may do.
    ToHalt,
    /// Something that needs a role.
    For(Role),
}

/// The name that a client without a token gives itself.
pub(crate) const ACTOR: &str = "chaos-actor";

/// The longest name that a client may give itself.
const LONGEST_NAME: usize = 64;

impl Access {
    pub(crate) fn new(tokens: Tokens, hosts: Vec<String>) -> Self {
        Self {
            tokens,
            hosts: Hosts::new(hosts),
            limits: Limits::new(),
        }
    }

    pub(crate) fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Admits a request that needs a role, or says why not.
    pub(crate) fn admit(
        &self,
        request: &Parts,
        transport: &Transport,
        asked: Asked,
    ) -> Result<Client, Problem> {
        self.hosts.check(request)?;
        let client = match self.identify(request, transport, asked) {
            Ok(client) => client,
            Err(problem) => {
                self.limits.failed_login()?;
                return Err(problem);
            }
        };
        // Nothing may keep anybody from halting.
        let Asked::For(needed) = asked else {
            return Ok(client);
        };
        self.limits.request(client.role, &request.method)?;
        if client.role < needed {
            let detail = match self.has_tokens() {
                true => format!(
                    "`{}` is a {}, and this needs an {needed}",
                    client.name, client.role
                ),
                false => "without tokens, only the unix socket may do this".to_owned(),
            };
            return Err(Problem::new(403, "not permitted", detail));
        }
        Ok(client)
    }

    /// Refuses a request for a file of the page that comes to a foreign host.
    ///
    /// A link on another site may lead to the page: its files are the same for all readers.
    pub(crate) fn admit_reader(&self, request: &Parts) -> Result<(), Problem> {
        self.hosts.check_host(request).map(drop)
    }

    /// The header that opens a session for an admitted client; none without tokens, where no client has one.
    pub(crate) fn open_session(&self, request: &Parts) -> Result<Option<String>, Problem> {
        let opened = self.has_tokens().then(|| self.tokens.open_session(request));
        opened.transpose()
    }

    /// Closes the session of a browser, and returns the header that removes its cookie.
    pub(crate) fn close_session(&self, request: &Parts) -> String {
        self.tokens.close_sessions(request);
        session::closed(request)
    }

    fn identify(
        &self,
        request: &Parts,
        transport: &Transport,
        asked: Asked,
    ) -> Result<Client, Problem> {
        if self.has_tokens() {
            return self.tokens.identify(request);
        }
        let given = match given_name(&request.headers) {
            // A halt under no name is better than none.
            Err(_) if asked == Asked::ToHalt => None,
            given => given?,
        };
        Ok(match transport {
            Transport::Unix { user } => {
                let user = user.map(|user| format!("uid {user}"));
                Client {
                    name: match (given, user) {
                        (Some(name), Some(user)) => format!("{name}, {user}"),
                        (Some(name), None) => name.to_owned(),
                        (None, Some(user)) => user,
                        (None, None) => "unix socket".to_owned(),
                    },
                    role: Role::Operator,
                }
            }
            _ => Client {
                name: given.unwrap_or("loopback").to_owned(),
                role: Role::Viewer,
            },
        })
    }
}

/// The name that a client gives itself.
fn given_name(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut names = headers.get_all(ACTOR).iter();
    let Some(name) = names.next() else {
        return Ok(None);
    };
    let name = name.to_str().ok().filter(|_| names.next().is_none());
    name.filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME)
        .map(Some)
        .ok_or_else(|| {
            Problem::new(
                400,
                "invalid name",
                format!(
                    "expected at most {LONGEST_NAME} characters of ASCII in one header `{ACTOR}`"
                ),
            )
        })
}

/// The reply to a request without a valid token.
fn unauthorized(detail: &str) -> Problem {
    Problem::new(401, "no valid token", detail).header(header::WWW_AUTHENTICATE, "Bearer")
}
