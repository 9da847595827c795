//! Secrets, which stand in variables or files.

use std::env;
use std::fs::File;
use std::io::Read;

use secrecy::SecretString;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

const EXPECTED: &str =
    "expected `$NAME` for a variable or `file:PATH` for a file, as a secret is not written out";

/// The bytes of a file that are read; no secret is as long.
const LONGEST: u64 = 64 << 10;

/// A secret: `$NAME` is the value of a variable, `file:PATH` that of a file.
#[derive(Debug, Clone)]
pub(crate) struct Secret(pub(crate) SecretString);

impl Secret {
    fn read(text: &str) -> Result<Self, String> {
        let (found, what) = if let Some(path) = text.strip_prefix("file:") {
            let mut found = String::new();
            let read =
                File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut found));
            let found = read.map(|_| found).map_err(|error| error.to_string());
            (found, format!("the file {path}"))
        } else if let Some(name) = text.strip_prefix('$').filter(|name| is_name(name)) {
            let found = env::var(name).map_err(|error| error.to_string());
            (found, format!("the variable {name}"))
        } else {
            return Err(EXPECTED.to_owned());
        };
        let found = found.map_err(|error| format!("{what} can't be read: {error}"))?;
        // A file usually ends in a line feed.
        match found.trim() {
            "" => Err(format!("{what} is empty")),
            secret => Ok(Self(secret.into())),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The error of another type would show the value.
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom(EXPECTED))?;
        Self::read(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;
    use std::fs;

    #[test]
    fn a_secret_is_that_of_a_variable_or_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, "s3cret\n").unwrap();
        let read = |text: &str| Secret::read(text).map(|Secret(found)| found);
        let found = read(&format!("file:{}", path.display())).unwrap();
        assert_eq!(found.expose_secret(), "s3cret");
        let found = read("$CARGO_PKG_NAME").unwrap();
        assert_eq!(found.expose_secret(), "chaos-notify");
        fs::write(&path, "\n").unwrap();
        let empty = read(&format!("file:{}", path.display())).unwrap_err();
        assert!(empty.ends_with("secret is empty"), "{empty}");
    }

    #[test]
    fn a_secret_that_is_written_out_is_refused_and_not_shown() {
        for written in [
            json!("https://s3cret"),
            json!("$https://s3cret"),
            json!(53637),
        ] {
            let error = serde_json::from_value::<Secret>(written).unwrap_err();
            assert_eq!(error.to_string(), EXPECTED);
        }
    }
}
