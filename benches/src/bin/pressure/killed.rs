//! What processes leave that are killed at any moment.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chaos_core::{Consent, Pressure, Rate};

use crate::proc::{own, processes_that_know};

const KILLS: u64 = 200;

/// Whatever the victim starts has this in its environment, too.
const PLACE: &str = "CHAOS_BENCH_PLACE";

/// What the victim says when all its pressures are on.
const ON: &str = "all are on";

pub(crate) fn all() {
    let directory = std::env::temp_dir().join(format!("chaos-killed-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("the directory of temporary files is writable");
    let place = directory.to_str().expect("it is plain");
    let before = mounts();
    let (mut random, mut files, mut processes, mut were_on) =
        (88_172_645_463_325_252_u64, 0, BTreeSet::new(), 0);
    for round in 0..KILLS {
        let mut child = own(&["--victim", place])
            .env(PLACE, place)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        // Every other one while it starts and grows, the others once all is there.
        if round % 2 == 1 {
            let mut told = String::new();
            let output = child.stdout.take().expect("it is piped");
            let _ = BufReader::new(output).read_line(&mut told);
            assert_eq!(told.trim(), ON, "the pressures did not come about");
            were_on += 1;
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_micros(random % 100_000));
        child.kill().expect("it is a child");
        child.wait().expect("it ends");
        files += left_in(&directory);
        processes.extend(processes_that_know(place));
    }
    let mounts: Vec<_> = mounts().difference(&before).cloned().collect();
    println!(
        "{KILLS} kills, {were_on} of them with all pressures on, left {files} files, {} mounts, {} processes",
        mounts.len(),
        processes.len()
    );
    assert_eq!(files, 0, "files are left in {place}");
    assert!(mounts.is_empty(), "mounts are left: {mounts:?}");
    assert!(processes.is_empty(), "processes are left: {processes:?}");
    std::fs::remove_dir(directory).expect("it is empty");
}

fn left_in(directory: &Path) -> usize {
    std::fs::read_dir(directory)
        .expect("it was made above")
        .count()
}

/// Everything that is mounted.
fn mounts() -> BTreeSet<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("Linux has it");
    mounts.lines().map(str::to_owned).collect()
}

/// Takes of everything until it is killed.
pub(crate) fn victim(place: &str) -> ! {
    let percent = |percent: f64| Rate::percent(percent).expect("it is a percentage");
    let consent = Consent::because("a bench on this machine");
    let pressures = [
        Pressure::disk_fill(128 << 20)
            .reserve(Rate::NEVER)
            .directory(place)
            .consent(consent),
        Pressure::disk_io(2, 1 << 20)
            .directory(place)
            .reserve(Rate::NEVER),
        Pressure::memory(64 << 20),
        Pressure::cpu(1, percent(50.0)),
        Pressure::threads(20),
        Pressure::descriptors(percent(90.0)),
    ];
    let all = pressures.map(|pressure| pressure.start().expect("there is room"));
    for pressure in &all {
        while !pressure.was_reached() {
            assert!(pressure.ended().is_none(), "{:?}", pressure.ended());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    println!("{ON}");
    let _ = std::io::stdout().flush();
    loop {
        std::thread::park();
    }
}
