//! Approvals as a service sees them.

mod hashes;
mod orders;
mod people;
mod refusals;
mod signers;
mod ssh_keygen;
mod starts;
