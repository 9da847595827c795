//! What panicked on the thread of a run, in whichever task.

use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

thread_local! {
    /// What panicked on this thread, if it is one of a run.
    static NOTED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Notes the panics of this thread from now on, in place of printing them.
///
/// The hook is put before the process's own once and for all; threads that are not of a run are left to that.
pub(super) fn note() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let noted = NOTED.try_with(|noted| match noted.try_borrow_mut().as_deref_mut() {
                Ok(Some(noted)) => {
                    noted.push(describe(info));
                    true
                }
                _ => false,
            });
            if !noted.unwrap_or(false) {
                usual(info);
            }
        }));
    });
    NOTED.set(Some(Vec::new()));
}

/// What has panicked since, but for what was injected.
pub(super) fn noted() -> Vec<String> {
    let noted = NOTED.with_borrow_mut(|noted| noted.as_mut().map(std::mem::take));
    let mut noted = noted.unwrap_or_default();
    noted.retain(|panic| !panic.starts_with("injected panic "));
    noted
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("panicked");
    match info.location() {
        Some(at) => format!("{message} ({}:{})", at.file(), at.line()),
        None => message.to_owned(),
    }
}
