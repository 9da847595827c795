//! E-mail.

use std::time::SystemTime;

use http::Uri;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail};
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::address::{host, is_loopback};
use crate::message::{Message, Occasion};
use crate::receiver::{Deliver, ReceiverName, Undelivered};
use crate::secret::Secret;

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// A receiver of e-mails.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Email {
    /// The name, unique in the file.
    pub(crate) name: ReceiverName,
    /// The occasions of messages; defaults to all.
    pub(crate) on: Option<Vec<Occasion>>,
    /// The server: `smtps://HOST`, or `smtp://HOST` for STARTTLS; `smtp://HOST?tls=none` only for this machine.
    #[schemars(with = "String")]
    server: Server,
    /// The name of the account, a secret like `password`.
    #[schemars(with = "Option<String>")]
    user: Option<Secret>,
    /// The password of the account: `$NAME` is the value of a variable, `file:PATH` that of a file.
    #[schemars(with = "Option<String>")]
    password: Option<Secret>,
    /// The sender.
    #[schemars(with = "String")]
    from: Address,
    /// The recipients.
    #[schemars(with = "Vec<String>", length(min = 1))]
    to: Vec<Address>,
}

/// A server of e-mail, and how it is reached.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Server {
    host: String,
    builder: AsyncSmtpTransportBuilder,
}

/// An address of e-mail.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Address(Mailbox);

impl TryFrom<String> for Server {
    type Error = String;

    fn try_from(url: String) -> Result<Self, String> {
        let expected = "expected smtps://HOST, smtp://HOST for STARTTLS, or smtp://HOST?tls=none for this machine";
        let uri: Uri = url.parse().map_err(|_| expected)?;
        // An account in the URL would be a secret that is written out.
        let host = host(&uri).filter(|_| !url.contains('@')).ok_or(expected)?;
        let builder = match (uri.scheme_str(), uri.query()) {
            (Some("smtps"), None) => Transport::relay(host),
            (Some("smtp"), None) => Transport::starttls_relay(host),
            (Some("smtp"), Some("tls=none")) if is_loopback(host) => {
                Ok(Transport::builder_dangerous(host).port(25))
            }
            _ => return Err(expected.to_owned()),
        };
        let mut builder = builder.map_err(|error| error.to_string())?;
        if let Some(port) = uri.port_u16() {
            builder = builder.port(port);
        }
        let host = host.to_owned();
        Ok(Self { host, builder })
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let problem = |_| format!("expected an address such as `anna@example.org`, found `{text}`");
        text.parse().map(Self).map_err(problem)
    }
}

impl Email {
    /// The problem that no single value shows, with its key.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.to.is_empty() {
            return Err((".to", "expected an address, found none"));
        }
        match self.user.is_some() == self.password.is_some() {
            true => Ok(()),
            false => Err(("", "expected both `user` and `password`, or neither")),
        }
    }

    /// A message as an e-mail, which is the same each time.
    fn mail(&self, message: &Message) -> Result<Mail, lettre::error::Error> {
        let id = format!("<{}@{}>", message.id, self.from.0.email.domain());
        let mut mail = Mail::builder()
            .from(self.from.0.clone())
            .message_id(Some(id))
            .date(SystemTime::from(message.time))
            .subject(message.title.as_str())
            .header(ContentType::TEXT_PLAIN);
        for Address(to) in &self.to {
            mail = mail.to(to.clone());
        }
        for (name, value) in [
            ("X-Chaos-Id", &*message.id),
            ("Auto-Submitted", "auto-generated"),
        ] {
            let name = HeaderName::new_from_ascii_str(name);
            mail = mail.raw_header(HeaderValue::new(name, value.to_owned()));
        }
        mail.body(format!("{}\n\n{}", message.title, message.lines()))
    }
}

impl Deliver for Email {
    async fn deliver(&self, message: &Message) -> Result<(), Undelivered> {
        let Server { host, builder } = &self.server;
        let problem = |error: &dyn ToString| format!("{host}: {}", error.to_string());
        let mail = self.mail(message);
        let mail = mail.map_err(|error| Undelivered::ForGood(problem(&error)))?;
        let mut builder = builder.clone();
        if let (Some(Secret(user)), Some(Secret(password))) = (&self.user, &self.password) {
            let [user, password] = [user, password].map(|one| one.expose_secret().to_owned());
            builder = builder.credentials(Credentials::new(user, password));
        }
        let sent = builder.build::<Tokio1Executor>().send(mail).await;
        sent.map(drop).map_err(|error| match error.is_permanent() {
            true => Undelivered::ForGood(problem(&error)),
            false => Undelivered::ForNow(problem(&error)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn email() -> Email {
        serde_json::from_value(json!({
            "name": "team",
            "server": "smtp://[::1]:8025?tls=none",
            "from": "chaos@example.org",
            "to": ["sre@example.org", "Ben <ben@example.org>"],
        }))
        .unwrap()
    }

    #[test]
    fn a_name_adds_no_header() {
        let mut message = Message::new(Occasion::Start, "");
        // As in a file of the outbox that was changed by hand.
        message.title = "a\r\nBcc: eve@example.org\r\n\r\n<b>ü".to_owned();
        message.id = "1\r\nBcc: eve@example.org".to_owned();
        let mail = email().mail(&message).unwrap().formatted();
        let mail = String::from_utf8(mail).unwrap();
        let (headers, _) = mail.split_once("\r\n\r\n").unwrap();
        let names: Vec<_> = headers
            .lines()
            .filter_map(|line| line.split_once(':'))
            .collect();
        assert!(!names.iter().any(|(name, _)| *name == "Bcc"), "{headers}");
    }

    #[test]
    fn an_email_is_the_same_each_time() {
        let message = Message::new(Occasion::Start, "slow payments").fact("target", "orders");
        let [one, again] = [(); 2].map(|()| email().mail(&message).unwrap().formatted());
        assert_eq!(one, again);
        let text = String::from_utf8(one).unwrap();
        let id = &message.id;
        for part in [
            &*format!("X-Chaos-Id: {id}\r\n"),
            &format!("Message-ID: <{id}@example.org>\r\n"),
            "Subject: slow payments\r\n",
            "To: sre@example.org, Ben <ben@example.org>\r\n",
            "target: orders",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn only_this_machine_is_talked_to_without_encryption() {
        let server = |url: &str| Server::try_from(url.to_owned());
        for fit in [
            "smtps://a",
            "smtp://a:587",
            "smtps://a:465",
            "smtp://127.0.0.1:8025?tls=none",
        ] {
            server(fit).unwrap();
        }
        for unfit in [
            "smtp://a?tls=none",
            "http://a",
            "a",
            "smtps://",
            "smtps://u:p@a",
            "smtp://a?tls=opportunistic",
        ] {
            let error = server(unfit).unwrap_err();
            assert!(
                error.starts_with("expected smtps://HOST"),
                "{unfit}: {error}"
            );
        }
    }
}
