//! Processes in small control groups. Creating one needs root and writable groups; otherwise these tests are skipped.

use std::fs;
use std::path::{Path, PathBuf};

use chaos_core::error::PressureError;
use chaos_core::{Pressure, Rate};

use crate::child;
use crate::memory::{exhaust_descriptors, resident_mib};
use crate::wait::wait_until;

const MIB: u64 = 1 << 20;

const GROUP: &str = "CHAOS_PRESSURE_GROUP";

/// A control group that is removed when it is dropped.
struct Group(PathBuf);

impl Group {
    /// Creates a group with a memory limit, or returns `None` where that is not possible.
    fn with_memory(bytes: u64, test: &str) -> Option<Self> {
        let test = test.replace("::", "-");
        let name = format!("chaos-test-{}-{test}", std::process::id());
        let versions = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            ("/sys/fs/cgroup", "memory.max"),
        ];
        versions.into_iter().find_map(|(parent, limit)| {
            if !Path::new(parent).join("cgroup.procs").exists() {
                return None;
            }
            let group = Self(Path::new(parent).join(&name));
            fs::create_dir(&group.0).ok()?;
            fs::write(group.0.join(limit), bytes.to_string()).ok()?;
            Some(group)
        })
    }

    /// Returns how many processes in the group were killed because it was out of memory.
    fn oom_kills(&self) -> u64 {
        let events = ["memory.oom_control", "memory.events"]
            .into_iter()
            .find_map(|name| fs::read_to_string(self.0.join(name)).ok())
            .unwrap();
        let line = events.lines().find(|line| line.starts_with("oom_kill "));
        line.unwrap()["oom_kill ".len()..].trim().parse().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Runs the body of a test in a child process in a group with a memory limit, and checks that it is not killed.
fn in_group(bytes: u64, body: impl FnOnce()) {
    let test = child::test_of(&body);
    if child::is_child_of(test) {
        enter_group();
        return body();
    }
    let Some(group) = Group::with_memory(bytes, test) else {
        child::report_skipped(
            "no control group can be created; tests of process limits replace it",
        );
        return;
    };
    let mut child = child::start(test, &[(GROUP, &group.0)]);
    let status = child.wait().unwrap();
    assert_eq!(group.oom_kills(), 0);
    assert!(status.success(), "{status}");
}

/// Moves this child process into its group.
fn enter_group() {
    let group = PathBuf::from(std::env::var_os(GROUP).unwrap());
    fs::write(group.join("cgroup.procs"), std::process::id().to_string()).unwrap();
}

#[test]
fn pressure_in_a_small_group_is_refused_or_backs_off() {
    in_group(768 * MIB, || {
        let refused = Pressure::memory(1024 * MIB).start().unwrap_err();
        let PressureError::NoRoom { shortage, .. } = &refused else {
            panic!("{refused}");
        };
        assert!(shortage.limit.contains("chaos-test"), "{refused}");
        let pressure = Pressure::memory(400 * MIB).start().unwrap();
        // Memory that it has not taken yet is committed.
        let refused = Pressure::memory(400 * MIB).start().unwrap_err();
        assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
        wait_until("everything is taken", || pressure.was_reached());
        // The program grows, and the pressure gives memory back.
        let mut own = Vec::new();
        for _ in 0..20 {
            own.push(vec![1_u8; 20 << 20]);
            wait_until("memory is given back", || resident_mib() < 768 - 100);
        }
        assert!(pressure.level().achieved < (300 * MIB) as f64);
        assert_eq!(pressure.ended(), None);
        drop(own);
    });
}

#[test]
fn the_full_memory_share_is_taken_in_a_quiet_group() {
    in_group(600 * MIB, || {
        let all = Pressure::memory_share(Rate::ALWAYS).start().unwrap();
        wait_until("everything is taken", || all.was_reached());
        let level = all.level();
        // All but the reserve, the cushion above it, and the memory of this program.
        assert!(
            level.requested >= (600 - 128 - 64 - 40) as f64 * MIB as f64,
            "{level}"
        );
        assert!(resident_mib() < 600 - 128, "the reserve is left");
    });
}

#[test]
fn pressure_is_refused_when_the_group_is_unreadable() {
    in_group(400 * MIB, || {
        let mut open = exhaust_descriptors();
        for free in 0..8 {
            let refused = Pressure::memory(700 * MIB).start().unwrap_err();
            let message = refused.to_string();
            assert!(
                message.contains("can't read") || message.contains("chaos-test"),
                "with {free} descriptors: {message}"
            );
            let refused = Pressure::threads(u32::MAX).start().unwrap_err();
            assert!(
                matches!(refused, PressureError::System { .. }),
                "with {free} descriptors: {refused}"
            );
            drop(open.pop());
        }
    });
}
