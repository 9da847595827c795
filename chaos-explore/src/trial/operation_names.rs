//! The names of operations, with the parts replaced that differ in each run.

use std::sync::Arc;

use chaos_core::OperationGlob;

/// The patterns that name the operations they match.
#[derive(Debug, Default, Clone)]
pub(crate) struct OperationNames(Vec<OperationGlob>);

impl OperationNames {
    pub(crate) fn add(&mut self, glob: OperationGlob) {
        self.0.push(glob);
    }

    /// Returns the first pattern that matches the name, or the name itself.
    pub(crate) fn name(&self, name: &str) -> Arc<str> {
        let glob = self.0.iter().find(|glob| glob.matches(name));
        glob.map_or(name, OperationGlob::as_str).into()
    }
}
