//! Readers of `/proc`.

use std::fs;

/// Ticks of processor time per second.
const TICKS: f64 = 100.0;

/// Returns the load of the machine.
pub(crate) fn load() -> String {
    fs::read_to_string("/proc/loadavg")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Returns the processor seconds of this process's threads with a name.
pub(crate) fn used_by_threads(name: &str) -> f64 {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux has it");
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("stat")).ok())
        .filter(|stat| stat.contains(&format!("({name})")))
        .map(|stat| seconds(&stat, 11) + seconds(&stat, 12))
        .sum()
}

/// Returns the number of threads that belong to a pressure.
pub(crate) fn threads_of_pressure() -> usize {
    let names = [
        "cpu",
        "memory",
        "leak",
        "disk_io",
        "disk_fill",
        "descriptors",
        "threads",
        "runtime_workers",
        "blocking_pool",
        "notifier",
    ];
    let tasks = fs::read_dir("/proc/self/task").expect("Linux has it");
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter_map(|name| name.trim().strip_prefix("chaos-").map(str::to_owned))
        // The system truncates thread names to 15 bytes.
        .filter(|truncated| names.iter().any(|name| name.starts_with(truncated)))
        .count()
}

/// Returns the processes with `text` in their environment or command line; children inherit the environment.
pub(crate) fn processes_with(text: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("Linux has it");
    let contains = |file: &str, id: &str| {
        let content = fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
        content
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    processes
        .filter_map(|process| process.ok()?.file_name().into_string().ok())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|id| contains("environ", id) || contains("cmdline", id))
        .collect()
}

/// Returns the processor seconds of children that have ended.
pub(crate) fn used_by_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux has it");
    seconds(&stat, 13) + seconds(&stat, 14)
}

fn seconds(stat: &str, field: usize) -> f64 {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_ascii_whitespace().nth(field);
    ticks
        .and_then(|ticks| ticks.parse::<f64>().ok())
        .unwrap_or(0.0)
        / TICKS
}

/// Returns the mapped and the resident bytes of this process.
pub(crate) fn memory() -> (u64, u64) {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let mut pages = statm
        .split(' ')
        .filter_map(|pages| pages.parse::<u64>().ok());
    let page = rustix::param::page_size() as u64;
    let mut next = || pages.next().unwrap_or(0) * page;
    (next(), next())
}
