//! What the service may lack, and what is made of its API then.

use std::any::Any;
use std::time::Duration;

use chaos_benches::control_group::Group;
use chaos_core::{Pressure, Rate};

use crate::blocked_workers::BlockedWorkers;
use crate::descriptor_hog::DescriptorHog;
use crate::starved_rounds::{self, Worst};
use crate::subscriber;

/// What the service lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Starved {
    Nothing,
    Workers,
    Descriptors,
    Memory,
    Processor,
    LogReader,
    Everything,
}

/// How late a reply or a halt may be.
pub(crate) const BAR: Duration = Duration::from_millis(100);

impl Starved {
    pub(crate) const ALL: [Self; 7] = [
        Self::Nothing,
        Self::Workers,
        Self::Descriptors,
        Self::Memory,
        Self::Processor,
        Self::LogReader,
        Self::Everything,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Workers => "every runtime worker",
            Self::Descriptors => "all descriptors, taken whenever one is free",
            Self::Memory => "memory: `Exhaust`, all but the reserve of a group",
            Self::Processor => "the processor: `Exhaust`, 4 spinners a core",
            Self::LogReader => "stdout's reader: a `tracing` subscriber",
            Self::Everything => "all of these",
        }
    }

    fn is(self, one: Self) -> bool {
        self == one || self == Self::Everything
    }

    /// The group of the process, which has little memory, so that the machine keeps the rest.
    fn group(self) -> Result<Option<Group>, String> {
        if !self.is(Self::Memory) {
            return Ok(None);
        }
        let group = Group::with_memory(512 << 20);
        group
            .map(Some)
            .ok_or_else(|| "no control group can be created".to_owned())
    }

    /// The pressures that are experiments, and so are stopped as well.
    pub(crate) fn pressures(self) -> Vec<Pressure> {
        let all = Rate::percent(100.0).expect("a rate");
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
        let memory = self.is(Self::Memory).then(|| Pressure::memory_share(all));
        let cpu = self
            .is(Self::Processor)
            .then(|| Pressure::cpu(4 * cores, all));
        memory.into_iter().chain(cpu).collect()
    }

    /// Takes everything else, until this is dropped.
    pub(crate) fn hold_up(self) -> Vec<Box<dyn Any>> {
        let mut held: Vec<Box<dyn Any>> = Vec::new();
        if self.is(Self::Workers) {
            held.push(Box::new(BlockedWorkers::block()));
        }
        if self.is(Self::Descriptors) {
            held.push(Box::new(DescriptorHog::start()));
        }
        if self.is(Self::LogReader) {
            held.push(Box::new(subscriber::hold_up()));
        }
        held
    }
}

/// Prints a row for each, and returns how many cells are above the bar.
pub(crate) fn print(rounds: usize) -> usize {
    println!("| starved of | status answered | halt in force | halt answered |");
    println!("|---|---|---|---|");
    let mut late = 0;
    for starved in Starved::ALL {
        let worst = starved.group().and_then(|group| {
            let path = group.as_ref().map(Group::path);
            starved_rounds::worst(starved, rounds, path)
        });
        match worst {
            Ok(worst) => late += print_row(starved.name(), &worst),
            Err(reason) if reason.starts_with("no control group") => {
                println!("| {} | skipped: {reason} |", starved.name());
            }
            Err(reason) => {
                println!("| {} | {reason} ! |", starved.name());
                late += 1;
            }
        }
    }
    late
}

fn print_row(name: &str, worst: &Worst) -> usize {
    print!("| {name} |");
    let mut late = 0;
    for took in [worst.status, worst.halt, worst.reply] {
        let mark = if took > BAR { " !" } else { "" };
        late += usize::from(took > BAR);
        print!(" {:.1} ms{mark} |", took.as_secs_f64() * 1e3);
    }
    println!();
    late
}
