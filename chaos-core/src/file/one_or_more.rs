//! Reads a single experiment, or a file of them.

use super::contents::Contents;
use super::document;
use super::error::FileError;
use super::format::Format;
use super::read::{check_size, deserialize, located, read_document};
use crate::Experiment;

/// Parses and checks a single experiment, or a file of them.
pub(super) fn read_one_or_more(
    text: &str,
    format: Format,
    origin: &str,
) -> Result<Contents<'static>, FileError> {
    check_size(text.len()).map_err(|error| error.in_file(origin))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = document::parse(text, format).map_err(|error| error.in_file(origin))?;
    if document.has_any_key(&["version", "experiments", "approvals"]) {
        return read_document(text, format, origin);
    }
    let experiment = deserialize::<Experiment>(&document).and_then(|experiment| {
        let checked = experiment.check();
        checked
            .map(|()| experiment)
            .map_err(|invalid| FileError::about(invalid.key(), invalid.problem()))
    });
    let experiment = experiment.map_err(|error| located(error, &document, text).in_file(origin))?;
    Ok(Contents::new(vec![experiment], &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "name: slow\nfault: { latency: 2s }\nblast_radius: { calls_to: payments }\n";

    fn read(text: &str) -> Result<Vec<Experiment>, String> {
        let read = read_one_or_more(text, Format::Yaml, "body");
        read.map(|contents| contents.experiments.into_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn one_experiment_is_read_as_a_file_of_it() {
        let file = format!(
            "version: 1\nexperiments:\n  - {}",
            ONE.trim_end().replace('\n', "\n    ")
        );
        assert_eq!(read(ONE).unwrap(), read(&file).unwrap());
    }

    #[test]
    fn approvals_belong_to_a_file() {
        let file = format!(
            "version: 1\napprovals: [text]\nexperiments:\n  - {}",
            ONE.trim_end().replace('\n', "\n    ")
        );
        let read = read_one_or_more(&file, Format::Yaml, "body").unwrap();
        assert_eq!(&*read.approvals, ["text".to_owned()]);
        let error = self::read(&format!("{ONE}approvals: [text]\n")).unwrap_err();
        assert!(error.contains("version"), "{error}");
    }

    #[test]
    fn an_error_has_the_position_and_key_of_either_form() {
        let error = read(&ONE.replace("2s", "soon")).unwrap_err();
        assert!(error.starts_with("body:2:19: fault.latency"), "{error}");
        let error = read(&format!("{ONE}owners: anna\n")).unwrap_err();
        assert!(error.starts_with("body:4:1: owners"), "{error}");
        let error = read("name: slow\nfault: panic\n").unwrap_err();
        assert!(error.contains("blast_radius"), "{error}");
        let error = read("version: 2\nexperiments: []\n").unwrap_err();
        assert!(error.starts_with("body:1:10: version"), "{error}");
        assert!(read("[]").is_err() && read("").is_err());
    }
}
