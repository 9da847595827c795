//! Resource pressure from within: the process feels a starved machine, and gets everything back.

mod builder;
mod end;
mod error;
mod form;
mod guard;
mod kind;
mod level;
mod notification;
mod resource;
mod start;

#[cfg(feature = "inject")]
mod engine;
#[cfg(not(feature = "inject"))]
mod engine_off;
#[cfg(not(feature = "inject"))]
use engine_off as engine;

pub use builder::Pressure;
pub use end::PressureEnd;
pub use error::{InvalidPressure, PressureError, Shortage};
pub use guard::PressureGuard;
pub use kind::PressureKind;
pub use level::{PressureChange, PressureLevel, PressureUnit};

pub(crate) use engine::{ClockSkews, PreparedPressure};
pub(crate) use notification::Notification;

#[cfg(test)]
mod tests;
