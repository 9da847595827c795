//! Tokens, which give clients their names and roles.

use std::time::SystemTime;

use chaos_core::Role;
use http::header;
use http::request::Parts;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::closed_sessions::ClosedSessions;
use super::session::{self, Session};
use super::{Client, unauthorized};
use crate::AdminError;
use crate::problem::Problem;

/// The tokens that are valid.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    known: Vec<Token>,
    closed: ClosedSessions,
}

#[derive(Debug)]
struct Token {
    name: String,
    role: Role,
    secret: SecretString,
}

/// The shortest token; shorter ones can be guessed.
const SHORTEST: usize = 16;

impl Tokens {
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn add(&mut self, role: Role, name: &str, token: &str) -> Result<(), AdminError> {
        if name.is_empty() || token.chars().count() < SHORTEST {
            return Err(AdminError::Token {
                origin: "token".to_owned(),
                entry: 1,
            });
        }
        self.known.push(Token {
            name: name.to_owned(),
            role,
            secret: token.into(),
        });
        Ok(())
    }

    /// Adds the entries `name:token` of a list, separated by commas or lines.
    pub(crate) fn add_list(
        &mut self,
        role: Role,
        list: &str,
        origin: &str,
    ) -> Result<(), AdminError> {
        let entries = list.split([',', '\n']).map(str::trim);
        for (at, entry) in entries.filter(|entry| !entry.is_empty()).enumerate() {
            let added = entry
                .split_once(':')
                .map(|(name, token)| self.add(role, name.trim(), token.trim()));
            if !matches!(added, Some(Ok(()))) {
                return Err(AdminError::Token {
                    origin: origin.to_owned(),
                    entry: at + 1,
                });
            }
        }
        Ok(())
    }

    /// The client that a request's token belongs to, or that of its session.
    pub(super) fn identify(&self, request: &Parts) -> Result<Client, Problem> {
        let token = match request.headers.contains_key(header::AUTHORIZATION) {
            true => self.given(request)?,
            false => {
                let sessions = Session::all_of(request, SystemTime::now());
                if sessions.is_empty() {
                    let expected = "expected one header `Authorization: Bearer …`";
                    return Err(unauthorized(expected));
                }
                let mut tokens = sessions.iter().filter_map(|session| self.opener(session));
                tokens
                    .next()
                    .ok_or_else(|| unauthorized("the session has ended"))?
            }
        };
        Ok(Client {
            name: token.name.clone(),
            role: token.role,
        })
    }

    /// The header that opens a session for the token of a request.
    pub(super) fn open_session(&self, request: &Parts) -> Result<String, Problem> {
        let token = self.given(request)?.secret.expose_secret();
        Ok(session::opened(
            request,
            token.as_bytes(),
            SystemTime::now(),
        ))
    }

    /// Closes the sessions that a request brings.
    pub(super) fn close_sessions(&self, request: &Parts) {
        for session in Session::all_of(request, SystemTime::now()) {
            // Others could crowd out what was closed.
            if self.opener(&session).is_some() {
                self.closed.add(session);
            }
        }
    }

    /// The token that has opened a session, unless the session was closed.
    fn opener(&self, session: &Session) -> Option<&Token> {
        let opener = self.matching(|token| session.is_of(token));
        opener.filter(|_| !self.closed.contains(session))
    }

    /// The token that a request brings in its header.
    fn given(&self, request: &Parts) -> Result<&Token, Problem> {
        let mut headers = request.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(header), None) = (headers.next(), headers.next()) else {
            return Err(unauthorized(
                "expected one header `Authorization: Bearer …`",
            ));
        };
        let given = match header.as_bytes().split_at_checked("Bearer ".len()) {
            Some((scheme, given)) if scheme.eq_ignore_ascii_case(b"Bearer ") => given,
            _ => return Err(unauthorized("expected the scheme `Bearer`")),
        };
        self.matching(|token| token.ct_eq(given).into())
            .ok_or_else(|| unauthorized("the token is not known"))
    }

    /// The first token that matches.
    ///
    /// Every token is compared, so that the time of the reply does not depend on which one matches.
    fn matching(&self, matches: impl Fn(&[u8]) -> bool) -> Option<&Token> {
        self.known.iter().fold(None, |found, token| {
            let matches = matches(token.secret.expose_secret().as_bytes());
            found.or(matches.then_some(token))
        })
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const ANNA: &str = "anna's secret of 16 characters";
    const BEN: &str = "ben's secret of 16 characters";

    fn tokens() -> Tokens {
        let mut tokens = Tokens::default();
        tokens.add(Role::Operator, "anna", ANNA).unwrap();
        tokens.add(Role::Viewer, "ben", BEN).unwrap();
        tokens
    }

    fn identified(authorization: Option<&str>) -> Result<Client, Problem> {
        let mut request = Request::builder();
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        tokens().identify(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_token_gives_its_name_and_role() {
        let anna = identified(Some(&format!("Bearer {ANNA}"))).unwrap();
        assert_eq!((anna.name.as_str(), anna.role), ("anna", Role::Operator));
        let ben = identified(Some(&format!("bearer {BEN}"))).unwrap();
        assert_eq!((ben.name.as_str(), ben.role), ("ben", Role::Viewer));
    }

    #[test]
    fn everything_else_is_unauthorized() {
        let cut = format!("Bearer {}", &ANNA[..ANNA.len() - 1]);
        for wrong in [
            None,
            Some(""),
            Some("Bearer "),
            Some("Basic YTpi"),
            Some(&cut),
        ] {
            let problem = identified(wrong).unwrap_err();
            assert_eq!(
                problem.status(),
                http::StatusCode::UNAUTHORIZED,
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        assert!(!format!("{:?}", tokens()).contains("secret of"));
    }
}
