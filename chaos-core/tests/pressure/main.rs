//! Resource pressure: it takes effect, is accurate enough, and gives everything back.

#![cfg(target_os = "linux")]

mod child;
mod clock;
mod commitments;
mod control_group;
mod cpu;
mod descriptors;
mod disk;
mod experiments;
mod gauges;
mod halt_file;
mod kill;
mod memory;
mod runtime;
mod threads;
mod wait;
