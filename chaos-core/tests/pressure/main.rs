//! Pressure from within: it is felt, it is accurate enough, and it gives everything back.

#![cfg(target_os = "linux")]

mod child;
mod clock;
mod control_group;
mod cpu;
mod descriptors;
mod disk;
mod experiments;
mod gauges;
mod halt_file;
mod killed;
mod memory;
mod patience;
mod promised;
mod runtime;
mod threads;
