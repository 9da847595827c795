//! The manager of the whole process, for those who want one.

use once_cell::sync::OnceCell;

use super::ChaosManager;
use crate::Error;

/// The one manager of this process, made by [`ChaosManager::from_env`] at the first call.
///
/// For code that a manager can't be handed to. Nothing in this crate uses it, and tests are better off with a
/// manager each.
///
/// # Errors
///
/// As for [`ChaosManager::from_env`]; the next call tries again.
pub fn process_wide() -> Result<&'static ChaosManager, Error> {
    static MANAGER: OnceCell<ChaosManager> = OnceCell::new();
    MANAGER.get_or_try_init(ChaosManager::from_env)
}
