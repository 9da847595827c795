//! Load, faults, and a table of what came of them.

mod injections;
mod judged;
mod load;
mod requests;
mod serving;
mod showing;
mod step;
mod table;
mod watched;

pub(crate) use injections::Injections;
pub(crate) use serving::serve;
pub(crate) use showing::show;
