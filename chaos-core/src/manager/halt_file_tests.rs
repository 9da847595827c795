use std::thread;

use super::*;

/// A bound against hanging, which judges no speed.
const FOREVER: Duration = Duration::from_secs(60);

struct Ignores;

impl ObeysHaltFile for Ignores {
    fn file_exists(&self, _path: &Path, _why_unchecked: Option<String>) {}

    fn file_is_gone(&self, _path: &Path) {}

    fn let_go(self: Arc<Self>) {}
}

fn watch(path: PathBuf) -> (HaltFile, bool) {
    let manager: Weak<Ignores> = Weak::new();
    HaltFile::watch(path, FOREVER, manager).unwrap()
}

fn free_path(name: &str) -> PathBuf {
    let name = format!("chaos halt file {name} {}", std::process::id());
    std::env::temp_dir().join(name)
}

#[test]
fn a_file_is_looked_for_in_its_directory() {
    assert!(!look(Path::new("no such file beside this crate")).unwrap());
    assert!(!look(&free_path("not there")).unwrap());
    assert!(look(Path::new("Cargo.toml")).unwrap());
    let error = look(Path::new("no such directory/halt")).unwrap_err();
    let text = "there is no directory no such directory";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_look_reports_a_change_once() {
    let path = free_path("looked at");
    let sight = Sight {
        path: path.clone(),
        last: Mutex::new(Last {
            exists: false,
            at: Instant::now(),
            problem: None,
            watched: true,
        }),
    };
    assert_eq!(sight.look_again(), Some(false));
    std::fs::write(&path, "").unwrap();
    assert_eq!(
        [sight.look_again(), sight.look_again()],
        [Some(true), Some(false)]
    );
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        [sight.look_again(), sight.look_again()],
        [Some(true), Some(false)]
    );
    sight.last().watched = false;
    assert_eq!(sight.look_again(), None);
}

#[test]
fn the_looking_thread_ends_with_the_watch() {
    let (file, exists) = watch(free_path("watched"));
    assert!(!exists);
    let sight = Arc::downgrade(&file.sight);
    drop(file);
    let start = Instant::now();
    while sight.strong_count() > 0 {
        assert!(start.elapsed() < FOREVER, "the thread still looks");
        thread::yield_now();
    }
}
