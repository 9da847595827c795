//! Runs fault-injection experiments unattended: by a schedule, by chance, or by a feature flag.
//!
//! All of it drives a target through the [`Control`](chaos_lab::control::Control) of the lab, so what is started runs under
//! a lease and ends by itself on the clock of the target.

pub mod schedule;
