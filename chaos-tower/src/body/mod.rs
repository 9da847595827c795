//! Response bodies that faults can be injected into.

mod byte_faults;
mod chaos_body;
mod context;
mod faulty;
mod injectable;
mod kind;
mod outcome;

pub use chaos_body::ChaosBody;
pub(crate) use context::{BodyContext, BodyErrors};
pub use faulty::FaultyBody;
pub use injectable::InjectableBody;
pub(crate) use kind::BodyKind;
pub(crate) use outcome::BodyOutcome;
