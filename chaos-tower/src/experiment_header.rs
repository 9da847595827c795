//! The header of a response that names the experiments that struck its request.

use http::{HeaderName, HeaderValue};

/// Whether responses name the experiments that struck their requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ExperimentHeader {
    #[default]
    Omitted,
    Included,
}

pub(crate) const NAME: HeaderName = HeaderName::from_static("x-chaos-experiment");

/// The names of the experiments, each once, with `?` for what is no plain text in a page or a header.
pub(crate) fn value<'a>(experiments: impl IntoIterator<Item = &'a str>) -> HeaderValue {
    let mut names: Vec<_> = experiments.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_.,:/#()".contains(c);
    let plain = |c: char| if is_plain(c) { c } else { '?' };
    let text: String = names.join(", ").chars().map(plain).collect();
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_experiment_is_named_once_and_in_plain_text() {
        assert_eq!(value(["slow", "broken #2", "slow"]), "broken #2, slow");
        let hostile = value(["<b onload=\"x\">\r\nset-cookie: é&'`"]);
        assert_eq!(hostile, "?b onload??x????set-cookie: ????");
    }
}
