//! The parameters of a query.

use std::borrow::Cow;

use http::Uri;
use percent_encoding::percent_decode_str;

use crate::problem::{Problem, invalid};

/// The value of a parameter, if it is given once.
pub(crate) fn value(uri: &Uri, name: &str) -> Result<Option<String>, Problem> {
    let mut values = pairs(uri)
        .filter(|(key, _)| decoded(key).is_ok_and(|key| key == name))
        .map(|(_, value)| decoded(value).map_err(|()| invalid(name, "text in UTF-8")));
    let first = values.next().transpose()?;
    if values.next().is_some() {
        return Err(invalid(name, "one value, found several"));
    }
    Ok(first)
}

/// Refuses parameters that are not known: a misspelt `dry_run` must not start anything.
pub(crate) fn check(uri: &Uri, known: &[&str]) -> Result<(), Problem> {
    for (key, _) in pairs(uri) {
        let name = decoded(key).unwrap_or_else(|()| key.to_owned());
        if !known.contains(&name.as_str()) {
            let expected = match known.is_empty() {
                true => "no parameter".to_owned(),
                false => known.join(", "),
            };
            return Err(Problem::new(
                400,
                "unknown parameter",
                format!("expected {expected}, found `{name}`"),
            )
            .with("parameter", name));
        }
    }
    Ok(())
}

fn pairs(uri: &Uri) -> impl Iterator<Item = (&str, &str)> {
    let pairs = uri.query().unwrap_or_default().split('&');
    pairs
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes a part of a query, in which a plus is a space.
fn decoded(text: &str) -> Result<String, ()> {
    let spaced: Cow<'_, str> = match text.contains('+') {
        true => text.replace('+', " ").into(),
        false => text.into(),
    };
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| ())
}
