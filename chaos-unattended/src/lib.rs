//! Runs fault-injection experiments unattended: by a schedule, by chance, or by a feature flag.
//!
//! All of it drives a target through the [`Control`](chaos_lab::control::Control) of the lab, so what is started runs under
//! a lease and ends by itself on the clock of the target.

mod flag;
mod leased;
mod monkey;
pub mod schedule;
mod schema;
mod zone;

pub use flag::{FlagEvent, follow_flag};
pub use monkey::{Monkey, MonkeyEvent, Strike};
pub use schema::{monkey_schema, schedule_schema};
pub use zone::rules;
