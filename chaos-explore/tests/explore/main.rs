//! Exploring finds what a test does not survive, all of it, and says how.

mod endings;
mod environment;
mod exhaustive;
mod findings;
mod history;
mod limits;
mod panics;
mod requests;
mod time;
mod varying;
