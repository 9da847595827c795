//! The public keys of approvers.

use chaos_core::error::FileError;
use chaos_core::policy::{ApprovalRules, Approver};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, PublicKey};

/// The approvers of a policy, each with a key that verifies signatures.
pub(crate) struct ApproverKeys<'r>(Vec<(&'r Approver, PublicKey)>);

impl<'r> ApproverKeys<'r> {
    /// Reads the keys, or reports the first that can't be used.
    pub(crate) fn of(rules: &'r ApprovalRules) -> Result<Self, FileError> {
        let mut keys: Vec<(&Approver, PublicKey)> = Vec::new();
        for (at, approver) in rules.approvers().iter().enumerate() {
            let wrong = |problem: String| {
                FileError::about(&format!("approvals.approvers[{at}].key"), problem)
            };
            let key = PublicKey::from_openssh(approver.key.trim()).map_err(|error| {
                wrong(format!(
                    "expected a public key as `ssh-keygen` writes it to a `.pub` file: {error}"
                ))
            })?;
            if !matches!(key.algorithm(), Algorithm::Ed25519 | Algorithm::SkEd25519) {
                let found = key.algorithm();
                return Err(wrong(format!(
                    "expected a key of `ssh-keygen -t ed25519` or `-t ed25519-sk`, found `{found}`"
                )));
            }
            if let Some((earlier, _)) = keys
                .iter()
                .find(|(_, known)| known.key_data() == key.key_data())
            {
                return Err(wrong(format!(
                    "expected a key of its own, found that of {:?}",
                    earlier.name
                )));
            }
            keys.push((approver, key));
        }
        Ok(Self(keys))
    }

    pub(crate) fn of_signer(&self, signer: &KeyData) -> Option<(&'r Approver, &PublicKey)> {
        let mut keys = self.0.iter();
        let (approver, key) = keys.find(|(_, key)| key.key_data() == signer)?;
        Some((approver, key))
    }
}
