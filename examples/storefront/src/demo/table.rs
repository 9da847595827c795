//! The table, live on a terminal and line by line elsewhere.

use std::io::{IsTerminal, Write, stdout};
use std::time::Duration;

use chaos_core::pressure::PressureLevel;

use super::requests::Stretch;

/// Where the table is printed to.
#[derive(Debug)]
pub(crate) enum Table {
    /// The last line is written over again and again.
    Live,
    /// No line is ever changed.
    Plain,
}

/// How wide any terminal is: a line that is broken can't be written over.
const WIDTH: usize = 79;

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) before: &'a Stretch,
    pub(crate) during: &'a Stretch,
    pub(crate) after: &'a Stretch,
    pub(crate) tally: Tally,
    /// How far it came: a pressure has no operations to inject anything into.
    pub(crate) pressure: &'a [PressureLevel],
    pub(crate) remark: &'a str,
}

/// What became of what was injected.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) injected: u64,
    /// In requests that were served all the same.
    pub(crate) absorbed: u64,
    /// In requests that failed.
    pub(crate) surfaced: u64,
    /// In whatever is no request of ours, or has not ended.
    pub(crate) unknown: u64,
}

impl Table {
    pub(crate) fn begin() -> Self {
        println!(
            "{:<36} {:>5} {:>6}  {:^19}  {:^19}  injected > absorbed > surfaced > unknown",
            "", "req/s", "errors", "p50 in ms", "p99 in ms"
        );
        println!("{:<50} before|during|after  before|during|after", "");
        if stdout().is_terminal() {
            Self::Live
        } else {
            Self::Plain
        }
    }

    /// Shows how it stands, in no more than a narrow line: on a terminal only.
    pub(crate) fn progress(&self, text: &str) {
        if let Self::Live = self {
            print!("\r\x1b[2K{}", text.chars().take(WIDTH).collect::<String>());
            let _ = stdout().flush();
        }
    }

    /// Prints a line that stays.
    pub(crate) fn line(&self, text: &str) {
        self.progress("");
        println!("{text}");
    }
}

impl Row<'_> {
    pub(crate) fn text(&self) -> String {
        let Self {
            name,
            before,
            during,
            after,
            tally,
            pressure,
            remark,
        } = self;
        let three = |of: fn(&Stretch) -> Duration| {
            let shown = |stretch: &Stretch| format!("{:.0}", of(stretch).as_secs_f64() * 1e3);
            format!(
                "{:>6}|{:>6}|{:>5}",
                shown(before),
                shown(during),
                shown(after)
            )
        };
        let came_of_it = if pressure.is_empty() {
            let Tally {
                injected,
                absorbed,
                surfaced,
                unknown,
            } = tally;
            format!("{injected:>8}   {absorbed:>8}   {surfaced:>8}   {unknown:>7}")
        } else {
            format!("{:<40}", reached(pressure))
        };
        format!(
            "{name:<36} {:>5.0} {:>6}  {}  {}  {came_of_it}  {remark}",
            during.per_second,
            during.failed,
            three(Stretch::p50),
            three(Stretch::p99),
        )
    }
}

/// How far pressures are, in words.
pub(crate) fn reached(pressure: &[PressureLevel]) -> String {
    let levels: Vec<_> = pressure.iter().map(ToString::to_string).collect();
    levels.join(", ")
}
