//! What `/proc` tells, and children of this very program.

use std::fs;
use std::hint::black_box;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// So many ticks of processor time make a second.
const TICKS: f64 = 100.0;

/// How busy the machine is.
pub(crate) fn load() -> String {
    fs::read_to_string("/proc/loadavg")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Burns a core for ever.
pub(crate) fn spin() -> ! {
    let mut number = 1_u64;
    loop {
        number = black_box(number.wrapping_mul(3));
    }
}

/// This program once more.
pub(crate) fn own(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("it runs"));
    command.args(arguments);
    command
}

/// Children that end with this.
pub(crate) struct Children(Vec<Child>);

impl Children {
    /// So many that burn a core each.
    pub(crate) fn spinning(count: usize) -> Self {
        let spinner = || {
            own(&["--spin"])
                .stdout(Stdio::null())
                .spawn()
                .expect("it starts")
        };
        Self((0..count).map(|_| spinner()).collect())
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The processor seconds of this process' threads of that name.
pub(crate) fn used_by_threads(name: &str) -> f64 {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux has it");
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("stat")).ok())
        .filter(|stat| stat.contains(&format!("({name})")))
        .map(|stat| ticks(&stat, 11) + ticks(&stat, 12))
        .sum()
}

/// How many threads there are that belong to a pressure.
pub(crate) fn threads_of_pressure() -> usize {
    let pressures = [
        "cpu",
        "memory",
        "leak",
        "disk_io",
        "disk_fill",
        "descriptors",
        "threads",
        "runtime_workers",
        "blocking_pool",
        "tells",
    ];
    let tasks = fs::read_dir("/proc/self/task").expect("Linux has it");
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter_map(|name| name.trim().strip_prefix("chaos-").map(str::to_owned))
        // The system knows the first 15 letters of a name.
        .filter(|name| pressures.iter().any(|one| one.starts_with(name)))
        .count()
}

/// The processes that were told of this in their environment, as whatever they start is.
pub(crate) fn processes_that_know(what: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("Linux has it");
    let knows = |file: &str, id: &str| {
        let text = fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
        text.windows(what.len()).any(|part| part == what.as_bytes())
    };
    processes
        .filter_map(|process| process.ok()?.file_name().into_string().ok())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|id| knows("environ", id) || knows("cmdline", id))
        .collect()
}

/// The processor seconds of children that have ended.
pub(crate) fn used_by_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux has it");
    ticks(&stat, 13) + ticks(&stat, 14)
}

fn ticks(stat: &str, field: usize) -> f64 {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_ascii_whitespace().nth(field);
    ticks
        .and_then(|ticks| ticks.parse::<f64>().ok())
        .unwrap_or(0.0)
        / TICKS
}

/// Bytes of this process, mapped and in memory.
pub(crate) fn memory() -> (u64, u64) {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let mut pages = statm
        .split(' ')
        .filter_map(|pages| pages.parse::<u64>().ok());
    let page = rustix::param::page_size() as u64;
    let mut next = || pages.next().unwrap_or(0) * page;
    (next(), next())
}

/// The value below which this share of them is.
pub(crate) fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share) as usize)
        .copied()
        .unwrap_or_default()
}
