//! Failures of servers.
//!
//! Every row provokes the real failure, injects ours, and compares what the caller sees of it and after it, field by
//! field. A field that differs has to be listed in its row, and one that is listed has to differ. With
//! `CHAOS_FIDELITY` set, all fields are printed.

mod acquiring;
mod comparing;
mod mysql;
mod postgres;
mod row;
mod scene;
mod seen;

#[path = "../../servers/mod.rs"]
mod servers;
