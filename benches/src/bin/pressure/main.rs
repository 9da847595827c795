//! Measures the accuracy of pressure, the latency of its stops, what it leaves behind, and its effect on a service.
//!
//! Run it on Linux with `cargo run --release -p chaos-benches --bin pressure`. Names of parts after `--` select those
//! parts: `cpu`, `stops`, `quota`, `memory`, `growth`, `killed`, `service`.

#![allow(clippy::print_stdout, reason = "the result is printed as tables")]

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod cpu;
#[cfg(target_os = "linux")]
mod kill;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod proc;
#[cfg(target_os = "linux")]
mod quantile;
#[cfg(target_os = "linux")]
mod service;
#[cfg(target_os = "linux")]
mod stop_latency;

#[cfg(target_os = "linux")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--spin") => child::spin(),
        Some("--victim") => kill::victim(&arguments[1]),
        Some("--grow") => memory::grow_in_child(&arguments[1]),
        Some("--client") => service::client(&arguments[1]),
        Some("--service-in") => service::in_group(&arguments[1]),
        Some("--stops-in") => stop_latency::in_group(&arguments[1]),
        _ => {}
    }
    println!("load before: {}", proc::load());
    let parts: [(&str, fn()); 7] = [
        ("cpu", cpu::run),
        ("stops", stop_latency::run),
        ("quota", stop_latency::run_under_quota),
        ("memory", memory::run_release),
        ("growth", memory::run_growth),
        ("killed", kill::run),
        ("service", service::run),
    ];
    for (name, run) in parts {
        if arguments.is_empty() || arguments.iter().any(|argument| argument == name) {
            println!("\n## {name}\n");
            run();
        }
    }
    println!("\nload after: {}", proc::load());
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this benchmark reads /proc, which only Linux has");
}
