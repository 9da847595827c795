//! Explorations through the public interface.

mod endings;
mod environment;
mod exhaustive;
mod failed_without_faults;
mod fault_choice;
mod findings;
mod gaps;
mod history;
mod json;
mod kept_findings;
mod limits;
mod panics;
mod report_hints;
mod report_text;
mod requests;
mod slow_peers;
mod stuck;
mod tasks_left;
mod time;
mod varying;
