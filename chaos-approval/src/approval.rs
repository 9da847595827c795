//! Approvals: signed requests.

use std::fmt;
use std::str::FromStr;

use ssh_key::{LineEnding, PublicKey, SshSig};

use crate::{ApprovalRequest, InvalidApproval};

/// The namespace of the signatures: that of `ssh-keygen -Y sign -n chaos-rs`.
pub const NAMESPACE: &str = "chaos-rs";

/// An approval: a request, followed by an SSH signature over its text.
///
/// Reading it verifies nothing; [`SshVerifier`](crate::SshVerifier) does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The text as it was signed, which another version may have written differently.
    text: String,
    request: ApprovalRequest,
    signature: SshSig,
}

impl Approval {
    /// Joins a request and the output of `ssh-keygen -Y sign -n chaos-rs` over its text.
    ///
    /// # Errors
    ///
    /// When the output is no SSH signature.
    pub fn new(request: &ApprovalRequest, signature: &str) -> Result<Self, InvalidApproval> {
        format!("{request}{signature}").parse()
    }

    /// The signed request.
    pub fn request(&self) -> &ApprovalRequest {
        &self.request
    }

    pub(crate) fn signature(&self) -> &SshSig {
        &self.signature
    }

    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verify(NAMESPACE, self.text.as_bytes(), &self.signature)
            .is_ok()
    }
}

impl fmt::Display for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signature = self.signature.to_pem(LineEnding::LF);
        write!(f, "{}{}", self.text, signature.map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Approval {
    type Err = InvalidApproval;

    fn from_str(text: &str) -> Result<Self, InvalidApproval> {
        const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
        // A checkout may have changed the ends of lines.
        let text = text.trim().replace("\r\n", "\n");
        let (text, signature) = text.split_at(text.find(BEGIN).unwrap_or(text.len()));
        let signed =
            |_| InvalidApproval::new("signature", "the output of `ssh-keygen -Y sign`", signature);
        Ok(Self {
            request: text.parse()?,
            text: format!("{}\n", text.trim_end()),
            signature: SshSig::from_pem(format!("{}\n", signature.trim_end())).map_err(signed)?,
        })
    }
}
