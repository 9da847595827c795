//! Resource pressure from within: the process feels a starved machine, and gets everything back.

mod builder;
mod details;
mod end;
mod error;
mod form;
mod guard;
mod kind;
mod level;
mod resource;
mod start;
mod told;

#[cfg(feature = "inject")]
mod engine;
#[cfg(not(feature = "inject"))]
#[path = "engine_off.rs"]
mod engine;

pub use builder::Pressure;
pub use end::PressureEnd;
pub use error::{InvalidPressure, PressureError, Shortage};
pub use guard::PressureGuard;
pub use kind::PressureKind;
pub use level::{PressureChange, PressureLevel, PressureUnit};

pub(crate) use engine::{Prepared, Skews};
pub(crate) use told::Told;

#[cfg(test)]
mod tests;
