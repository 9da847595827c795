//! The limits on this process.

/// The limits on this process, those of its control groups included, as [`process_limits`](super::process_limits) reads them.
///
/// ```
/// # #[cfg(all(feature = "inject", target_os = "linux"))] {
/// let limits = chaos_core::pressure::process_limits()?;
/// println!("{} cores by {}", limits.cores, limits.cores_set_by);
/// # }
/// # Ok::<(), chaos_core::pressure::PressureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProcessLimits {
    /// The number of cores that it may use.
    pub cores: f64,
    /// What sets that number.
    pub cores_set_by: String,
    /// The bytes of memory that are left for it.
    pub memory_left: u64,
    /// The limit that leaves no more.
    pub memory_set_by: String,
    /// The number of file descriptors that it may still open, if that is limited.
    pub descriptors_left: Option<u64>,
}
