//! An optional manager for the whole process.

use once_cell::sync::OnceCell;

use super::ChaosManager;
use crate::Error;

/// Returns the manager of this process, which the first call creates by [`ChaosManager::from_env`].
///
/// It is meant for code that can't be passed a manager. Nothing in this crate uses it; prefer one manager per test.
///
/// # Errors
///
/// The same as those of [`ChaosManager::from_env`]; the next call tries again.
pub fn process_wide() -> Result<&'static ChaosManager, Error> {
    static MANAGER: OnceCell<ChaosManager> = OnceCell::new();
    MANAGER.get_or_try_init(ChaosManager::from_env)
}
