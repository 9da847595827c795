//! Documents of other crates are read like those of the core, with the same errors.

use std::collections::BTreeMap;

use chaos_core::Format;
use chaos_core::adapter::{
    Document, FormatVersion, HumanDuration, read_document, read_document_file,
};
use chaos_core::error::FileError;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rota {
    #[serde(rename = "version")]
    _version: FormatVersion,
    shifts: BTreeMap<String, Shift>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    lasts: HumanDuration,
}

impl Document for Rota {
    fn check(&self) -> Result<(), FileError> {
        match self
            .shifts
            .iter()
            .find(|(_, shift)| shift.lasts.0.is_zero())
        {
            Some((name, _)) => Err(FileError::about(
                &format!("shifts.{name}.lasts"),
                "expected a time longer than zero",
            )),
            None => Ok(()),
        }
    }
}

fn refused(text: &str, format: Format) -> String {
    let refused = read_document::<Rota>(text, format, "rota").unwrap_err();
    refused.to_string()
}

#[test]
fn a_problem_has_its_position_in_every_format() {
    let yaml = "version: 1\nshifts:\n  anna: { lasts: 8 }\n";
    let toml = "version = 1\n[shifts]\nanna = { lasts = 8 }\n";
    let json = "{\"version\": 1,\n\"shifts\": {\n\"anna\": { \"lasts\": 8 }}}";
    for (text, format, column) in [
        (yaml, Format::Yaml, 18),
        (toml, Format::Toml, 18),
        (json, Format::Json, 20),
    ] {
        assert_eq!(
            refused(text, format),
            format!(
                "rota:3:{column}: shifts.anna.lasts: expected a duration such as \"250ms\", found integer `8`"
            )
        );
    }
}

#[test]
fn a_check_names_the_key_and_the_reader_its_position() {
    let text = "version: 1\nshifts:\n  anna: { lasts: 8h }\n  ben: { lasts: 0s }\n";
    assert_eq!(
        refused(text, Format::Yaml),
        "rota:4:17: shifts.ben.lasts: expected a time longer than zero"
    );
}

#[test]
fn an_unknown_key_has_a_suggestion_and_another_version_comes_first() {
    let text = "version: 1\nshifts: { anna: { last: 8h } }";
    assert_eq!(
        refused(text, Format::Yaml),
        "rota:2:19: shifts.anna.last: unknown key `last`: did you mean `lasts`? (expected one of `lasts`)"
    );
    assert_eq!(
        refused("people: 3\nversion: 2", Format::Yaml),
        "rota:2:10: version: expected 1, the only version there is, found 2"
    );
}

#[test]
fn a_file_is_read_by_its_extension() {
    let path = std::env::temp_dir().join(format!("rota-{}.toml", std::process::id()));
    std::fs::write(&path, "version = 1\nshifts.anna.lasts = \"8h\"").unwrap();
    let rota: Rota = read_document_file(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(rota.shifts["anna"].lasts.0.as_secs(), 8 * 3600);
    let missing = read_document_file::<Rota>(&path).unwrap_err();
    assert!(missing.to_string().contains("can't be read"), "{missing}");
}
