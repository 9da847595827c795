//! Child processes that run this program.

use std::hint::black_box;
use std::process::{Child, Command, Stdio};

/// Returns a command that runs this program.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the program has a path"));
    command.args(arguments);
    command
}

/// Keeps a core busy forever.
pub(crate) fn spin() -> ! {
    let mut number = 1_u64;
    loop {
        number = black_box(number.wrapping_mul(3));
    }
}

/// Child processes that are killed when this is dropped.
pub(crate) struct Children(Vec<Child>);

impl Children {
    /// Starts children that each keep a core busy.
    pub(crate) fn spinning(count: usize) -> Self {
        let spinner = || {
            command(&["--spin"])
                .stdout(Stdio::null())
                .spawn()
                .expect("the child starts")
        };
        Self((0..count).map(|_| spinner()).collect())
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
