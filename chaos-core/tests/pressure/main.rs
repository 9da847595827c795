//! Pressure from within: it is felt, it is accurate enough, and it gives everything back.

#![cfg(target_os = "linux")]

mod child;
mod cpu;
mod descriptors;
mod memory;
mod patience;
mod threads;
