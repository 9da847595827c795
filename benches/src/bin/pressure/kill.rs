//! What processes leave behind when they are killed at any moment.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chaos_core::{Consent, Pressure, Rate};

use crate::child;
use crate::proc::processes_with;

const KILLS: u64 = 200;

/// Set for the victim, and so inherited by all of its children.
const DIRECTORY: &str = "CHAOS_BENCH_DIRECTORY";

/// The message of the victim when all of its pressures are reached.
const ALL_REACHED: &str = "all pressures are reached";

pub(crate) fn run() {
    let directory = std::env::temp_dir().join(format!("chaos-killed-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("the temporary directory is writable");
    let path = directory.to_str().expect("the path is valid UTF-8");
    let before = mounts();
    let (mut random, mut files, mut processes, mut all_reached) =
        (88_172_645_463_325_252_u64, 0, BTreeSet::new(), 0);
    for round in 0..KILLS {
        let mut child = child::command(&["--victim", path])
            .env(DIRECTORY, path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        // Every other victim is killed while it starts, the others once all pressures are reached.
        if round % 2 == 1 {
            let mut message = String::new();
            let output = child.stdout.take().expect("the output is piped");
            let _ = BufReader::new(output).read_line(&mut message);
            assert_eq!(message.trim(), ALL_REACHED);
            all_reached += 1;
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_micros(random % 100_000));
        child.kill().expect("the child can be killed");
        child.wait().expect("the child ends");
        files += count_files(&directory);
        processes.extend(processes_with(path));
    }
    let mounts: Vec<_> = mounts().difference(&before).cloned().collect();
    println!(
        "{KILLS} kills, {all_reached} of them with all pressures reached, left {files} files, {} mounts, {} processes",
        mounts.len(),
        processes.len()
    );
    assert_eq!(files, 0, "files are left in {path}");
    assert!(mounts.is_empty(), "mounts are left: {mounts:?}");
    assert!(processes.is_empty(), "processes are left: {processes:?}");
    std::fs::remove_dir(directory).expect("the directory is empty");
}

fn count_files(directory: &Path) -> usize {
    std::fs::read_dir(directory)
        .expect("the directory exists")
        .count()
}

/// Returns all mounts.
fn mounts() -> BTreeSet<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("Linux has it");
    mounts.lines().map(str::to_owned).collect()
}

/// Starts pressures of all kinds and waits to be killed.
pub(crate) fn victim(directory: &str) -> ! {
    let percent = |percent: f64| Rate::percent(percent).expect("the percentage is valid");
    let consent = Consent::by("a benchmark on this machine").expect("it has a name");
    let pressures = [
        Pressure::disk_fill(128 << 20)
            .reserve(Rate::NEVER)
            .directory(directory)
            .consent(consent),
        Pressure::disk_io(2, 1 << 20)
            .directory(directory)
            .reserve(Rate::NEVER),
        Pressure::memory(64 << 20),
        Pressure::cpu(1, percent(50.0)),
        Pressure::threads(20),
        Pressure::descriptors(percent(90.0)),
    ];
    let all = pressures.map(|pressure| pressure.start().expect("the pressure fits"));
    for pressure in &all {
        while !pressure.took_effect() {
            assert!(pressure.ended().is_none(), "{:?}", pressure.ended());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    println!("{ALL_REACHED}");
    let _ = std::io::stdout().flush();
    loop {
        std::thread::park();
    }
}
