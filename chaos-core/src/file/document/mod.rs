//! A parsed file: the values of any format, with their positions.

mod deserialize;
mod node;
mod parse;
mod value;
mod value_error;

pub(super) use node::Node;
pub(super) use parse::parse;
