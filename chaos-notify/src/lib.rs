//! Notifications about fault-injection experiments: webhooks with the payload of Slack, and e-mail.
//!
//! A [`Notifier`] writes each [`Message`] to an outbox, a directory, and removes it once its receiver has accepted it. What a
//! process leaves there is sent by the next one with the same outbox. A message thus arrives at least once, with the same
//! id each time: in the header `idempotency-key` of webhooks, and in `X-Chaos-Id` and `Message-ID` of e-mails.
//!
//! Addresses of webhooks and passwords are read from variables or files, and are in no message, error or file of the outbox.

mod address;
mod courier;
mod email;
mod message;
mod notifications;
mod notifier;
#[cfg(test)]
mod notifier_tests;
mod outbox;
mod receiver;
mod secret;
mod slack;
mod webhook;
#[cfg(test)]
mod webhook_tests;

pub use message::{Message, Occasion};
pub use notifications::{Notifications, notify_schema};
pub use notifier::Notifier;
