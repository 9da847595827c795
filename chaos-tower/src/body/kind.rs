//! The kind of body that follows the head of a response.

/// The kind of body that follows the head of a response.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// No body.
    Empty,
    /// All bytes are in memory already.
    Buffered,
    /// Bytes are produced while the body is polled.
    Streaming,
}
