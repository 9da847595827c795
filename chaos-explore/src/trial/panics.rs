//! The panics of a trial, in any of its tasks and threads.

use std::any::Any;
use std::cell::RefCell;
use std::mem;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    /// The log for the panics of this thread, if it belongs to a trial.
    static THREAD_LOG: RefCell<Option<PanicLog>> = const { RefCell::new(None) };
}

/// The panics of one trial, on its own thread and on its blocking threads.
#[derive(Debug, Clone, Default)]
pub(crate) struct PanicLog {
    panics: Arc<Mutex<Vec<LoggedPanic>>>,
    of_tasks: PanicsOfTasks,
}

/// A panic of a trial.
#[derive(Debug)]
pub(crate) struct LoggedPanic {
    /// The message and the location.
    pub(crate) message: String,
    pub(crate) origin: Origin,
}

/// The code that panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The world, the act or the verification itself.
    Test,
    /// A spawned task or blocking work, whose panic ends only the task.
    Task,
}

/// Whether panics of spawned tasks are a problem.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PanicsOfTasks {
    #[default]
    Reported,
    Allowed,
}

impl PanicLog {
    pub(crate) fn new(of_tasks: PanicsOfTasks) -> Self {
        Self {
            of_tasks,
            ..Self::default()
        }
    }

    /// Logs the panics of the current thread from now on, in place of printing them.
    pub(crate) fn attach_to_thread(&self) {
        THREAD_LOG.set(Some(self.clone()));
    }

    /// Takes the panics since the last call, without injected ones and those that are allowed.
    pub(crate) fn take(&self) -> Vec<LoggedPanic> {
        let mut panics = mem::take(&mut *self.lock());
        panics.retain(|panic| {
            let is_allowed =
                panic.origin == Origin::Task && self.of_tasks == PanicsOfTasks::Allowed;
            !is_allowed && !panic.message.starts_with("injected panic ")
        });
        panics
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LoggedPanic>> {
        self.panics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Installs a panic hook in front of the process's own, unless it is in place; other threads keep the process's hook.
pub(crate) fn install_hook() {
    static INSTALLED: Mutex<bool> = Mutex::new(false);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    // A hook that was set since the installation may have replaced this one, or may call it.
    if *installed && is_hook_reached() {
        return;
    }
    *installed = true;
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let logged = THREAD_LOG.try_with(|log| match log.try_borrow().as_deref() {
            Ok(Some(log)) => {
                log.lock().push(LoggedPanic {
                    message: describe(info),
                    origin: match tokio::task::try_id() {
                        Some(_) => Origin::Task,
                        None => Origin::Test,
                    },
                });
                true
            }
            _ => false,
        });
        if !logged.unwrap_or(false) {
            previous(info);
        }
    }));
}

/// Returns whether the installed hook is still called, which only a panic can show.
fn is_hook_reached() -> bool {
    let log = PanicLog::default();
    let previous = THREAD_LOG.replace(Some(log.clone()));
    let _ = catch_unwind(|| panic!("checks that the panic hook of chaos-explore is called"));
    THREAD_LOG.set(previous);
    !log.take().is_empty()
}

/// Drops the payload of a panic, which runs user code; a panic of that drop ends here.
pub(crate) fn dispose(payload: Box<dyn Any + Send>) {
    if let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // Leaked, as each drop may panic with another such payload.
        mem::forget(next);
    }
}

/// Returns the message of a panic with this payload.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    message.unwrap_or("panicked").to_owned()
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let message = message(info.payload());
    match info.location() {
        Some(at) => format!("{message} ({}:{})", at.file(), at.line()),
        None => message,
    }
}
