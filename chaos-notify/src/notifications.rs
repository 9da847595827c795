//! The file of notifications: what is sent to which receivers.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use chaos_core::adapter::{Document, FormatVersion, read_document_file};
use chaos_core::error::FileError;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Value;

use crate::courier::attempt;
use crate::email::Email;
use crate::message::{Message, Occasion};
use crate::receiver::{Deliver, Receiver, Undelivered};
use crate::webhook::Webhook;

/// The receivers of notifications, with the secrets that they need.
#[derive(Debug)]
pub struct Notifications {
    pub(crate) outbox: PathBuf,
    pub(crate) receivers: Vec<Receiver<Means>>,
}

/// The receivers as they are written.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "Notifications of chaos-lab")]
#[serde(deny_unknown_fields)]
struct NotifyFile {
    #[expect(dead_code, reason = "only its presence matters")]
    version: FormatVersion,
    /// The directory of messages that are not delivered yet; defaults to `chaos-outbox`.
    outbox: Option<PathBuf>,
    /// Webhooks that take the payload of Slack.
    #[serde(default)]
    webhooks: Vec<Webhook>,
    /// Receivers of e-mails.
    #[serde(default)]
    emails: Vec<Email>,
}

/// How a receiver is reached.
#[derive(Debug)]
pub(crate) enum Means {
    Webhook(Webhook),
    Email(Email),
}

impl Deliver for Means {
    async fn deliver(&self, message: &Message) -> Result<(), Undelivered> {
        match self {
            Self::Webhook(webhook) => webhook.deliver(message).await,
            Self::Email(email) => email.deliver(message).await,
        }
    }
}

impl Document for NotifyFile {
    fn check(&self) -> Result<(), FileError> {
        let about = |key: String, problem: &str| Err(FileError::about(&key, problem));
        for (index, email) in self.emails.iter().enumerate() {
            let located = |(key, problem)| about(format!("emails[{index}]{key}"), problem);
            email.check().or_else(located)?;
        }
        let webhooks = self.webhooks.iter().map(|one| &one.name).enumerate();
        let webhooks = webhooks.map(|(index, name)| (format!("webhooks[{index}].name"), name));
        let emails = self.emails.iter().map(|one| &one.name).enumerate();
        let emails = emails.map(|(index, name)| (format!("emails[{index}].name"), name));
        let mut names = HashSet::new();
        for (key, name) in webhooks.chain(emails) {
            if !names.insert(name) {
                return about(
                    key,
                    "expected a unique name, found that of an earlier receiver",
                );
            }
        }
        match names.is_empty() {
            true => about(
                "webhooks".to_owned(),
                "expected some, or `emails`, found neither",
            ),
            false => Ok(()),
        }
    }
}

impl Notifications {
    /// Reads the file at `path`, and the secrets that it names; the extension selects the format.
    ///
    /// # Errors
    ///
    /// When the file or a secret can't be read, or makes no sense. The error has file, line, key and what was expected.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        read_document_file::<NotifyFile>(path).map(Self::from)
    }

    /// Sends a message of the occasion [`Test`](Occasion::Test) to each receiver once, past the outbox.
    ///
    /// Returns what came of it, by the names of the receivers.
    pub async fn test(&self) -> Vec<(String, Result<(), String>)> {
        let message = Message::new(Occasion::Test, "This is a test of chaos-lab.");
        let mut results = Vec::new();
        for receiver in &self.receivers {
            let result = attempt(&receiver.means, &message).await;
            let result = result.map_err(|undelivered| undelivered.to_string());
            results.push((receiver.name.to_string(), result));
        }
        results
    }
}

impl From<NotifyFile> for Notifications {
    fn from(file: NotifyFile) -> Self {
        let webhooks = file.webhooks.into_iter().map(|one| Receiver {
            name: one.name.clone(),
            on: one.on.clone(),
            means: Means::Webhook(one),
        });
        let emails = file.emails.into_iter().map(|one| Receiver {
            name: one.name.clone(),
            on: one.on.clone(),
            means: Means::Email(one),
        });
        Self {
            receivers: webhooks.chain(emails).collect(),
            outbox: file.outbox.unwrap_or_else(|| "chaos-outbox".into()),
        }
    }
}

/// Returns the JSON Schema (draft 2020-12) of the file that [`Notifications::read`] reads.
#[must_use]
pub fn notify_schema() -> Value {
    SchemaGenerator::default()
        .into_root_schema_for::<NotifyFile>()
        .into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chaos_core::Format;
    use chaos_core::adapter::read_document;

    use super::*;

    fn parse(text: &str) -> Result<Notifications, FileError> {
        let directory = tempfile::tempdir().unwrap();
        let secret = directory.path().join("secret");
        fs::write(&secret, "https://s3cret.example.org").unwrap();
        let text = text.replace("SECRET", &format!("file:{}", secret.display()));
        read_document::<NotifyFile>(&text, Format::Yaml, "notify.yaml").map(Notifications::from)
    }

    #[test]
    fn the_reference_is_valid_and_names_the_defaults() {
        let mut reference = fs::read_to_string("../docs/notify.yaml").unwrap();
        for secret in [
            "$SLACK_URL",
            "file:/run/secrets/pager",
            "$SMTP_USER",
            "file:/run/secrets/smtp",
        ] {
            assert!(reference.contains(secret), "{secret}");
            reference = reference.replace(secret, "SECRET");
        }
        let plain = parse(&reference).unwrap();
        let written = parse(&reference.replace("# outbox", "outbox")).unwrap();
        assert_eq!(plain.outbox, written.outbox);
        let names = plain.receivers.iter().map(|one| one.name.to_string());
        assert_eq!(names.collect::<Vec<_>>(), ["ops", "pager", "team"]);
    }

    #[test]
    fn what_makes_no_sense_is_named_without_secrets() {
        let ops = "version: 1\nwebhooks:\n  - { name: ops, url: SECRET }\n";
        let team = "version: 1\nemails:\n  - { name: a, server: smtps://a, from: a@b.c, to: [";
        let cases = [
            (
                "version: 1".to_owned(),
                "notify.yaml:1:1: webhooks: expected some, or `emails`, found neither",
            ),
            (
                format!("{ops}  - {{ name: ops, url: SECRET }}"),
                "notify.yaml:4:13: webhooks[1].name: expected a unique name, found that of an earlier receiver",
            ),
            (
                ops.replace("SECRET", "https://s3cret"),
                "notify.yaml:3:23: webhooks[0].url: expected `$NAME` for a variable or `file:PATH` for a file, as a secret is not written out",
            ),
            (
                ops.replace("SECRET", "$CHAOS_UNSET"),
                "notify.yaml:3:23: webhooks[0].url: the variable CHAOS_UNSET can't be read: environment variable not found",
            ),
            (
                ops.replace("ops", "a.b"),
                "notify.yaml:3:13: webhooks[0].name: expected a name of the characters A-Z, a-z, 0-9, `-` and `_`",
            ),
            (
                format!("{team}] }}"),
                "notify.yaml:3:52: emails[0].to: expected an address, found none",
            ),
            (
                format!("{team}nobody] }}"),
                "notify.yaml:3:53: emails[0].to[0]: expected an address such as `anna@example.org`, found `nobody`",
            ),
            (
                format!("{team}a@b.c], user: SECRET }}"),
                "notify.yaml:3:5: emails[0]: expected both `user` and `password`, or neither",
            ),
        ];
        for (text, problem) in cases {
            let error = parse(&text).unwrap_err().to_string();
            assert_eq!(error, problem, "{text}");
        }
    }

    #[test]
    fn secrets_are_in_no_debug_text() {
        let text = "version: 1\nwebhooks: [{ name: ops, url: SECRET }]\nemails: [{ name: a, server: smtps://a, user: SECRET, password: SECRET, from: a@b.c, to: [a@b.c] }]";
        let shown = format!("{:?}", parse(text).unwrap());
        assert!(!shown.contains("https://s3cret"), "{shown}");
    }

    /// The published schema is that of this version.
    #[test]
    fn the_published_schema_is_current() {
        let current = serde_json::to_string_pretty(&notify_schema()).unwrap() + "\n";
        let path = "../docs/schemas/notify.json";
        if std::env::var_os("CHAOS_WRITE_SCHEMAS").is_some() {
            fs::write(path, &current).unwrap();
        }
        let published = fs::read_to_string(path).unwrap_or_default();
        assert_eq!(published, current, "CHAOS_WRITE_SCHEMAS=1 writes it");
    }
}
