//! Explorations through the public interface.

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
