//! Finds the faults that a test does not survive.
//!
//! Tests inject the faults that their authors thought of. `explore` (feature `explore`) takes an ordinary test and finds
//! those that nobody thought of: it records each operation of a first run, then runs the test again for each fault at
//! each of them, before it, after it, in its midst, once or for good, and then for pairs of faults.
//!
//! ```
//! use std::io;
//! use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//!
//! use chaos_core::Site;
//! use chaos_explore::{Exploration, explore};
//!
//! struct Shop {
//!     bank: Site,
//!     charged: AtomicU32,
//! }
//!
//! impl Shop {
//!     async fn checkout(&self) -> io::Result<()> {
//!         let charge = async || {
//!             self.charged.fetch_add(1, Relaxed);
//!             io::Result::Ok(())
//!         };
//!         match self.bank.around("charge", charge()).await {
//!             Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
//!                 self.bank.around("charge", charge()).await // it was never charged: try again
//!             }
//!             paid => paid,
//!         }
//!     }
//! }
//!
//! fn exploration() -> Exploration {
//!     explore(async |chaos| Shop { bank: chaos.site("bank"), charged: AtomicU32::new(0) }) // a world for each run
//!         .act(async |shop| {
//!             // Only this runs under faults.
//!             let paid = tokio::time::timeout(std::time::Duration::from_secs(5), shop.checkout()).await;
//!             paid.is_ok_and(|paid| paid.is_ok())
//!         })
//!         .verify(async |shop, paid| {
//!             // They are over, and the shop may recover.
//!             let charged = shop.charged.load(Relaxed);
//!             assert!(charged == 1 || !paid, "paid, and charged {charged} times");
//!             assert!(charged <= 1, "charged {charged} times");
//!         })
//!         .depth(2) // single faults, then pairs
//! }
//!
//! // #[test]
//! fn checkout_never_charges_twice() {
//!     exploration().run();
//! }
//! # checkout_never_charges_twice();
//! ```
//!
//! What is found is the fewest faults that bring it about, as one line that replays it (in `CHAOS_REPLAY`, or with
//! `exploration().replay(…)` as a regression test). Each run has a thread, a runtime and a clock of its own. From the act
//! on, time is virtual: it stands while anything is done and jumps while nothing is, so hours of latency take no time.
//! What works on an answer elsewhere holds the clock if it is a database behind a `ChaosPool`, runs in `spawn_blocking`,
//! or is a server on the run's own runtime, behind a socket too; for anything else there is `in_real_time`.
//!
//! What the other crates wrap is explored as well; their features of that name do nothing but turn this one on. Faults
//! of phase `during` reach bodies and rows; of streams, only their opening is explored.
//

mod exploration;
mod faults;
mod history;
mod placement;
mod report;
mod runner;
mod search;
mod trial;
mod world;

pub use exploration::Exploration;
pub use faults::Faults;
pub use history::{History, HistoryError};
pub use placement::Placement;
pub use placement::fault_case::FaultCase;
pub use placement::invalid::InvalidPlacement;
pub use placement::operation_id::OperationId;
pub use report::fate::{Fate, FaultFate};
pub use report::finding::Finding;
pub use report::problem::{Problem, TestPart};
pub use report::{Difference, Pruned, Report, Unexplored};
pub use world::{Act, World, explore};
