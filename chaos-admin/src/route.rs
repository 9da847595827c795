//! One route of the API.

use std::future::Future;
use std::pin::Pin;

use chaos_core::Role;
use http::Method;

use crate::access::Asked;
use crate::call::Call;
use crate::reply::Replied;

/// The answer to a request.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Replied> + Send>>;

/// One route of the API.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    /// The path, with `{name}` for the only parameter.
    pub(crate) path: &'static str,
    /// The least role that may use it.
    pub(crate) role: Role,
    pub(crate) summary: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) body: Taken,
    pub(crate) success: Given,
    /// The statuses of its errors, besides those of every route.
    pub(crate) errors: &'static [u16],
    pub(crate) handler: fn(Call) -> Answer,
}

/// A parameter of the query or a header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) meaning: &'static str,
    pub(crate) form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Query,
    RequiredQuery,
    Header,
    RequiredHeader,
}

/// The form of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    /// An etag in quotes.
    Tag,
    Number,
    Flag,
    Duration,
}

/// The body that a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Nothing,
    /// An experiment, or a file of them.
    Experiments,
    /// A signature over a request for approval.
    Signature,
    /// Readings of a lab.
    Readings,
}

/// The successful reply of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    Json(u16),
    NoContent,
    Events,
    Text,
}

const BASE: &str = "/chaos/v1";

impl Route {
    /// The value of the parameter in a path that this route has; `None` for other paths.
    pub(crate) fn matches<'p>(&self, path: &'p str) -> Option<Option<&'p str>> {
        let path = path.strip_prefix(BASE)?;
        match self.path.split_once("{name}") {
            None => (path == self.path).then_some(None),
            Some((before, after)) => {
                let value = path.strip_prefix(before)?.strip_suffix(after)?;
                (!value.is_empty() && !value.contains('/')).then_some(Some(value))
            }
        }
    }

    pub(crate) fn full_path(&self) -> String {
        format!("{BASE}{}", self.path)
    }

    /// The names of the parameters that its query may have.
    pub(crate) fn queries(&self) -> Vec<&'static str> {
        let parameters = self.parameters.iter();
        let queries =
            parameters.filter(|one| matches!(one.place, Place::Query | Place::RequiredQuery));
        queries.map(|one| one.name).collect()
    }

    /// What its requests ask for.
    pub(crate) fn asked(&self) -> Asked {
        match self.path {
            "/halt" => Asked::ToHalt,
            _ => Asked::For(self.role),
        }
    }
}
