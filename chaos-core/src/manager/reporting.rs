//! What a manager reports about itself, its sites and its experiments.

use super::{ChaosManager, OutcomeWatch};
use crate::explain::Explanation;
use crate::journal::{JournalEntry, JournalPage};
use crate::status::{ExperimentStatus, Overview, SiteStatus};
use crate::{Operation, Policy};

impl ChaosManager {
    /// The seed of all draws; a manager with the same seed repeats them.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.0.seed()
    }

    /// The rules about which experiments may start; none if there is no policy, or injection is compiled out.
    #[must_use]
    pub fn policy(&self) -> Option<&Policy> {
        self.0.policy()
    }

    /// The state of the manager itself.
    #[must_use]
    pub fn overview(&self) -> Overview {
        self.0.overview()
    }

    /// The state of all experiments: recently ended, running and waiting.
    #[must_use]
    pub fn status(&self) -> Vec<ExperimentStatus> {
        self.0.status()
    }

    /// Counts the outcomes at all sites, in windows of a second, until the watch is dropped.
    ///
    /// Without a watch, outcomes are counted only where a condition judges them.
    ///
    /// ```
    /// # use chaos_core::{BlastRadius, ChaosManager, Fault};
    /// let chaos = ChaosManager::new();
    /// let watch = chaos.watch_outcomes();
    /// // … requests come in, some of them with a fault …
    /// for site in watch.outcomes() {
    ///     for second in &site.windows {
    ///         println!("{}: {} of the treated failed", site.service, second.treated.failed);
    ///     }
    /// }
    /// ```
    pub fn watch_outcomes(&self) -> OutcomeWatch {
        self.0.watch_outcomes()
    }

    /// All registered sites, by name.
    #[must_use]
    pub fn sites(&self) -> Vec<SiteStatus> {
        self.0.sites()
    }

    /// Explains for each experiment whether it would hit an operation now, and if not, why.
    ///
    /// It changes no cap, pattern or sequence. An operation without a [`Scope`](crate::Scope) is treated as the next in
    /// the site's sequence.
    ///
    /// ```
    /// # use chaos_core::{BlastRadius, ChaosManager, Fault};
    /// let chaos = ChaosManager::new();
    /// let _site = chaos.site("pms");
    /// let _guard = chaos.inject(BlastRadius::points_at("pms").operation("cancel"), Fault::Panic)?;
    /// let why = chaos.explain("pms", "reserve").to_string();
    /// assert!(why.contains("the operation does not match `cancel`"), "{why}");
    /// # Ok::<(), chaos_core::Error>(())
    /// ```
    #[must_use]
    pub fn explain<'a>(&self, service: &str, operation: impl Into<Operation<'a>>) -> Explanation {
        let operation = operation.into();
        let answers = self.0.answers(service, &operation);
        Explanation {
            service: service.to_owned(),
            operation: operation.name().to_owned(),
            caveats: self.0.caveats(service, &operation, &answers),
            answers,
        }
    }

    /// Returns once every journal sink has taken and stored all entries so far.
    ///
    /// A sink that hangs prevents this from returning.
    pub async fn flushed(&self) {
        self.0.flushed().await;
    }

    /// The latest journal entries, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.0.journal_entries()
    }

    /// The journal from a number on: up to [256](JournalPage::MAX_ENTRIES) entries, and where entries were lost.
    ///
    /// The first entry has the number 0, and each page says where the next one begins. That page is empty until another
    /// entry is recorded, for which [`journal_reached`](Self::journal_reached) waits. Neither of them delays an operation,
    /// whatever the number of readers.
    ///
    /// ```no_run
    /// # use chaos_core::ChaosManager;
    /// use chaos_core::journal::JournalItem;
    ///
    /// # async fn follow(chaos: ChaosManager) {
    /// let mut next = 0;
    /// loop {
    ///     chaos.journal_reached(next).await;
    ///     let page = chaos.journal_since(next);
    ///     for item in &page.items {
    ///         match item {
    ///             JournalItem::Entry(entry) => println!("{entry:?}"),
    ///             JournalItem::Gap { first, last } => println!("lost: {first} to {last}"),
    ///             _ => {}
    ///         }
    ///     }
    ///     next = page.next;
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn journal_since(&self, number: u64) -> JournalPage {
        self.0.journal_since(number)
    }

    /// Returns once an entry with this number, or a later one, was recorded.
    ///
    /// A dedicated thread wakes all tasks that wait, so a waker that blocks delays other tasks, but no operation.
    pub async fn journal_reached(&self, number: u64) {
        self.0.journal_reached(number).await;
    }
}
