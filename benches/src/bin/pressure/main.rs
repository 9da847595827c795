//! How accurate pressure is, how late it stops, what it leaves, and how a service feels it.
//!
//! `cargo run --release -p chaos-benches --bin pressure`, or with the names of some parts behind `--`: `cpu`, `stops`,
//! `quota`, `memory`, `growth`, `killed`, `service`. On Linux.

#![allow(clippy::print_stdout, reason = "tables are what this prints")]

#[cfg(target_os = "linux")]
mod cpu;
#[cfg(target_os = "linux")]
mod group;
#[cfg(target_os = "linux")]
mod killed;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod proc;
#[cfg(target_os = "linux")]
mod service;
#[cfg(target_os = "linux")]
mod stops;

#[cfg(target_os = "linux")]
fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    match wanted.first().map(String::as_str) {
        Some("--spin") => proc::spin(),
        Some("--victim") => killed::victim(&wanted[1]),
        Some("--grow") => memory::grow_in_child(&wanted[1]),
        Some("--client") => service::client(&wanted[1]),
        Some("--service-in") => service::in_group(&wanted[1]),
        Some("--stops-in") => stops::in_group(&wanted[1]),
        _ => {}
    }
    println!("load before: {}", proc::load());
    let parts: [(&str, fn()); 7] = [
        ("cpu", cpu::all),
        ("stops", stops::all),
        ("quota", stops::under_quota),
        ("memory", memory::back),
        ("growth", memory::growth),
        ("killed", killed::all),
        ("service", service::all),
    ];
    for (name, run) in parts {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            println!("\n## {name}\n");
            run();
        }
    }
    println!("\nload after: {}", proc::load());
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this reads /proc, which only Linux has");
}
