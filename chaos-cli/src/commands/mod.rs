//! What each command does.

pub(crate) mod approve;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod judge;
pub(crate) mod list;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod steer;
pub(crate) mod targets;
