//! What a flow does to the bytes that pass through it.

mod direction;
mod experiments;
mod striking;
