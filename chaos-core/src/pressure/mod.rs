//! Resource pressure from inside the process: the service experiences a starved machine and gets everything back.
//!
//! The files here are plain data and the public API. `engine/` reads limits, starts threads and takes resources;
//! `engine_off.rs` replaces it in builds without the feature `inject`.

mod builder;
mod end;
mod error;
mod form;
mod guard;
mod invalid;
mod kind;
mod level;
#[cfg(feature = "inject")]
mod notification;
mod process_limits;
mod resource;
mod shortage;
mod start;

#[cfg(feature = "inject")]
mod engine;
#[cfg(not(feature = "inject"))]
mod engine_off;
#[cfg(not(feature = "inject"))]
use engine_off as engine;

pub use builder::Pressure;
pub use end::PressureEnd;
pub use engine::process_limits;
pub use error::PressureError;
pub use guard::PressureGuard;
pub use invalid::InvalidPressure;
pub use kind::PressureKind;
pub use level::{PressureChange, PressureLevel, PressureUnit};
pub use process_limits::ProcessLimits;
pub use shortage::Shortage;

#[cfg(feature = "inject")]
pub(crate) use engine::{ClockSkews, PreparedPressure};
#[cfg(feature = "inject")]
pub(crate) use notification::Notification;

#[cfg(all(test, feature = "inject"))]
mod tests;
