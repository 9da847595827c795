//! The handles of experiments that started together.

use std::ops::Deref;

use super::ExperimentGuard;

/// The handles of the experiments of a file, in their order there: dropping it ends them all.
///
/// It dereferences to a slice and is an iterator's source, so single guards can be read or taken out.
#[derive(Debug, Default)]
#[must_use = "dropping the guards ends all their experiments at once; `detach` leaves them to their time limits"]
pub struct ExperimentGuards(Vec<ExperimentGuard>);

impl ExperimentGuards {
    pub(super) fn new(guards: Vec<ExperimentGuard>) -> Self {
        Self(guards)
    }

    /// The guard of the experiment of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&ExperimentGuard> {
        self.iter().find(|guard| guard.name() == name)
    }

    /// Leaves all experiments running until their time limits.
    pub fn detach(self) {
        self.into_iter().for_each(ExperimentGuard::detach);
    }
}

impl Deref for ExperimentGuards {
    type Target = [ExperimentGuard];

    fn deref(&self) -> &[ExperimentGuard] {
        &self.0
    }
}

impl IntoIterator for ExperimentGuards {
    type Item = ExperimentGuard;
    type IntoIter = std::vec::IntoIter<ExperimentGuard>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a ExperimentGuards {
    type Item = &'a ExperimentGuard;
    type IntoIter = std::slice::Iter<'a, ExperimentGuard>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
