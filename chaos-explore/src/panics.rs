//! What panicked in a run, in whichever task.

use std::cell::RefCell;
use std::panic::{self, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    /// Where the panics of this thread are noted, if it is one of a run.
    static NOTED: RefCell<Option<Panics>> = const { RefCell::new(None) };
}

/// What panicked in one run, on its own thread and on those that do its blocking work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Panics(Arc<Mutex<Vec<String>>>);

impl Panics {
    /// Notes the panics of this thread from now on, in place of printing them.
    pub(crate) fn note_here(&self) {
        NOTED.set(Some(self.clone()));
    }

    /// Takes what has panicked since, but for what was injected.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut noted = std::mem::take(&mut *self.lock());
        noted.retain(|panic| !panic.starts_with("injected panic "));
        noted
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a hook before the process's own, unless it is there; threads that are not of a run are left to that.
pub(crate) fn hook() {
    static HOOKS: Mutex<usize> = Mutex::new(0);
    let mut hooks = HOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever has set a hook since has taken ours away, unless theirs calls it.
    if *hooks > 0 && is_noted() {
        return;
    }
    *hooks += 1;
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let noted = NOTED.try_with(|noted| match noted.try_borrow().as_deref() {
            Ok(Some(noted)) => {
                noted.lock().push(describe(info));
                true
            }
            _ => false,
        });
        if !noted.unwrap_or(false) {
            usual(info);
        }
    }));
}

/// Whether panics are noted still, which nothing but a panic can tell.
fn is_noted() -> bool {
    let tried = Panics::default();
    let before = NOTED.replace(Some(tried.clone()));
    let _ = catch_unwind(|| panic!("tried whether panics are noted"));
    NOTED.set(before);
    !tried.take().is_empty()
}

/// What a panic said that unwound with this.
pub(crate) fn said(payload: &(dyn std::any::Any + Send)) -> String {
    let said = payload.downcast_ref::<&str>().copied();
    let said = said.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    said.unwrap_or("panicked").to_owned()
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("panicked");
    match info.location() {
        Some(at) => format!("{message} ({}:{})", at.file(), at.line()),
        None => message.to_owned(),
    }
}
