//! Runs fault-injection experiments unattended: by a schedule, by chance, or by a feature flag.
//!
//! All of it drives a target through the [`Control`](chaos_lab::control::Control) of the lab, so what is started runs under
//! a lease and ends by itself on the clock of the target.

mod clock;
mod flag;
mod leased;
mod monkey;
mod schema;

pub use clock::{Clock, SystemClock};
pub use flag::{FlagEvent, follow_flag};
pub use monkey::{Monkey, MonkeyEvent, Strike};
pub use schema::monkey_schema;
