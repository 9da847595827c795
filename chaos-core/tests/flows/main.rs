//! The effects of flows on passing bytes.

mod direction;
mod experiments;
mod striking;
