//! What pairs say about the truth: exact tests, with intervals of 95 %.

mod holm;
mod paired;
mod sign_test;

pub(crate) use holm::holm;
pub(crate) use paired::Discordant;
pub(crate) use sign_test::SignTest;
