//! Response bodies that faults may strike.

mod chaos_body;
mod treatable;
mod treated;

pub use chaos_body::ChaosBody;
pub use treatable::TreatableBody;
pub use treated::TreatedBody;
pub(crate) use treated::{Observed, Treatment};
