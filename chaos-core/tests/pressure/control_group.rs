//! A process in a small control group, where one can be made: by the superuser, with groups that may be written.

use std::fs;
use std::path::{Path, PathBuf};

use chaos_core::error::PressureError;
use chaos_core::{Pressure, Rate};

use crate::child;
use crate::memory::{exhaust_descriptors, resident};
use crate::patience::wait_until;

const MIB: u64 = 1 << 20;

const PLACE: &str = "CHAOS_PRESSURE_PLACE";

/// A group of this test's own, which is removed at the end.
struct Group(PathBuf);

impl Group {
    /// One that may use so much memory; none where it can't be made.
    fn with_memory(bytes: u64, role: &str) -> Option<Self> {
        let role = role.replace("::", "-");
        let name = format!("chaos-test-{}-{role}", std::process::id());
        let versions = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            ("/sys/fs/cgroup", "memory.max"),
        ];
        versions.into_iter().find_map(|(above, limit)| {
            if !Path::new(above).join("cgroup.procs").exists() {
                return None;
            }
            let group = Self(Path::new(above).join(&name));
            fs::create_dir(&group.0).ok()?;
            fs::write(group.0.join(limit), bytes.to_string()).ok()?;
            Some(group)
        })
    }

    /// How many processes in it were killed for want of memory.
    fn killed(&self) -> u64 {
        let told = ["memory.oom_control", "memory.events"]
            .into_iter()
            .find_map(|name| fs::read_to_string(self.0.join(name)).ok())
            .unwrap();
        let line = told.lines().find(|line| line.starts_with("oom_kill "));
        line.unwrap()["oom_kill ".len()..].trim().parse().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// What a child does in a group of its own.
fn lives_in(bytes: u64, role: &str) {
    let Some(group) = Group::with_memory(bytes, role) else {
        child::left_out("no control group can be made here; limits of the process stand in for it");
        return;
    };
    let mut child = child::start(role, &[(PLACE, &group.0)]);
    let ended = child.wait().unwrap();
    assert_eq!(group.killed(), 0);
    assert!(ended.success(), "{ended}");
}

/// Goes into the group that was made for this child.
fn enter_group() {
    let group = PathBuf::from(std::env::var_os(PLACE).unwrap());
    fs::write(group.join("cgroup.procs"), std::process::id().to_string()).unwrap();
}

#[test]
fn a_child_in_a_small_group_is_refused_or_backs_off_and_is_never_killed() {
    lives_in(768 * MIB, "control_group::is_small");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn is_small() {
    assert!(child::plays("control_group::is_small"));
    enter_group();
    let refused = Pressure::memory(1024 * MIB).start().unwrap_err();
    let PressureError::NoRoom { shortage, .. } = &refused else {
        panic!("{refused}");
    };
    assert!(shortage.limit.contains("chaos-test"), "{refused}");
    let pressure = Pressure::memory(400 * MIB).start().unwrap();
    // What it has not yet taken is there for nobody else.
    let refused = Pressure::memory(400 * MIB).start().unwrap_err();
    assert!(matches!(refused, PressureError::NoRoom { .. }), "{refused}");
    wait_until("all is taken", || pressure.was_reached());
    // The program itself grows, and the pressure makes room for it.
    let mut own = Vec::new();
    for _ in 0..20 {
        own.push(vec![1_u8; 20 << 20]);
        wait_until("it makes room", || resident() < 768 - 100);
    }
    assert!(pressure.level().achieved < (300 * MIB) as f64);
    assert_eq!(pressure.ended(), None);
    drop(own);
}

#[test]
fn a_child_in_a_quiet_group_gets_all_that_there_is() {
    lives_in(600 * MIB, "control_group::takes_all");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn takes_all() {
    assert!(child::plays("control_group::takes_all"));
    enter_group();
    let all = Pressure::memory_share(Rate::ALWAYS).start().unwrap();
    wait_until("all is taken", || all.was_reached());
    let level = all.level();
    // All but the reserve, what is given back before that is touched, and what this program takes itself.
    assert!(
        level.requested >= (600 - 128 - 64 - 40) as f64 * MIB as f64,
        "{level}"
    );
    assert!(resident() < 600 - 128, "the reserve is left");
}

#[test]
fn a_child_that_can_not_look_at_its_group_is_refused_and_is_never_killed() {
    lives_in(400 * MIB, "control_group::is_blind");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn is_blind() {
    assert!(child::plays("control_group::is_blind"));
    enter_group();
    let mut open = exhaust_descriptors();
    for free in 0..8 {
        let refused = Pressure::memory(700 * MIB).start().unwrap_err();
        let told = refused.to_string();
        assert!(
            told.contains("can't read") || told.contains("chaos-test"),
            "with {free} descriptors: {told}"
        );
        let refused = Pressure::threads(u32::MAX).start().unwrap_err();
        assert!(
            matches!(refused, PressureError::System { .. }),
            "with {free} descriptors: {refused}"
        );
        drop(open.pop());
    }
}
