//! What processes leave that are killed at any moment.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chaos_core::{Consent, Pressure, Rate};

use crate::proc::own;

const KILLS: u64 = 200;

pub(crate) fn all() {
    let place = std::env::temp_dir().join(format!("chaos-killed-{}", std::process::id()));
    std::fs::create_dir_all(&place).expect("the directory of temporary files is writable");
    let mounts = || {
        std::fs::read_to_string("/proc/self/mountinfo")
            .unwrap_or_default()
            .lines()
            .count()
    };
    let (before, mut random, mut files, mut processes) =
        (mounts(), 88_172_645_463_325_252_u64, 0, 0);
    for _ in 0..KILLS {
        let place = place.to_str().expect("it is plain");
        let mut child = own(&["--victim", place])
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_micros(random % 100_000));
        let id = child.id();
        child.kill().expect("it is a child");
        child.wait().expect("it ends");
        files += std::fs::read_dir(place).map_or(0, Iterator::count);
        processes += usize::from(Path::new(&format!("/proc/{id}")).exists());
    }
    let mounts = mounts().abs_diff(before);
    println!("{KILLS} kills left {files} files, {mounts} mounts, {processes} processes");
    let _ = std::fs::remove_dir_all(place);
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
    let _all = pressures.map(|pressure| pressure.start().expect("there is room"));
    loop {
        std::thread::park();
    }
}
