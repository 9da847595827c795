//! Orders of events, against a model without cryptography.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use chaos_approval::{ApprovalRequest, SshVerifier};
use chaos_core::policy::{ApprovalRules, ApproverRole, AskedStart};
use chaos_core::{Actor, Environment, Experiment, Policy, Risk, Role};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::people::{BEA, CARL, DORA, EVE, Person, experiment, hours};

/// Those with keys; eve is never an approver.
const PEOPLE: [Person; 4] = [BEA, CARL, DORA, EVE];
const ASKERS: [&str; 3] = ["anna", "bea", "carl"];
const NOTICE: u64 = 10;

#[derive(Debug, Clone)]
enum Step {
    Ask {
        by: usize,
        from: u64,
        length: u64,
        is_consenting: bool,
    },
    Approve {
        request: usize,
        by: usize,
    },
    Tamper {
        approval: usize,
    },
    Change {
        version: u8,
        risk: Risk,
    },
    Pass {
        hours: u64,
    },
    RemoveKey {
        of: usize,
    },
    RestoreKey {
        of: usize,
    },
    Start {
        by: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    // What is approved should often suffice at last, or the refusals before would show little.
    let risk = prop_oneof![
        1 => Just(Risk::Low),
        1 => Just(Risk::Moderate),
        3 => Just(Risk::High),
        1 => Just(Risk::Critical),
    ];
    prop_oneof![
        3 => (0..3_usize, 0..9_u64, 5..60_u64, prop::bool::weighted(0.8)).prop_map(
            |(by, from, length, is_consenting)| Step::Ask { by, from, length, is_consenting }
        ),
        5 => (0..4_usize, 0..4_usize).prop_map(|(request, by)| Step::Approve { request, by }),
        1 => any::<usize>().prop_map(|approval| Step::Tamper { approval }),
        1 => (0..2_u8, risk).prop_map(|(version, risk)| Step::Change { version, risk }),
        3 => (0..12_u64).prop_map(|hours| Step::Pass { hours }),
        1 => (0..4_usize).prop_map(|of| Step::RemoveKey { of }),
        2 => (0..4_usize).prop_map(|of| Step::RestoreKey { of }),
        6 => (0..3_usize).prop_map(|by| Step::Start { by }),
    ]
}

/// What the model knows of a request.
#[derive(Debug, Clone, Copy)]
struct Asked {
    what: (u8, Risk),
    by: usize,
    asked: u64,
    from: u64,
    until: u64,
    is_consenting: bool,
}

#[derive(Debug, Clone, Copy)]
struct Approved {
    asked: Asked,
    by: usize,
    is_tampered: bool,
}

/// The model, beside the texts that the service gets.
struct World {
    /// In hours.
    now: u64,
    what: (u8, Risk),
    is_approver: [bool; 4],
    asked: Vec<(Asked, ApprovalRequest)>,
    approved: Vec<(Approved, String)>,
}

impl World {
    fn at(hour: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + hours(hour)
    }

    fn experiment(&self) -> Experiment {
        experiment(self.what.1).label("version", self.what.0.to_string())
    }

    /// Whether the model lets it start.
    fn may_start(&self, starter: Option<&str>) -> bool {
        let suffices = |approved: &Approved| {
            let Approved {
                asked,
                by,
                is_tampered,
            } = approved;
            let is_valid = asked.what == self.what
                && !is_tampered
                && self.is_approver[*by]
                && (asked.from..asked.until).contains(&self.now);
            let name = PEOPLE[*by].0;
            let is_by_another_executive =
                *by > 0 && ASKERS[asked.by] != name && starter != Some(name);
            let is_announced = asked.is_consenting && self.now >= asked.asked + NOTICE;
            is_valid && (self.what.1 == Risk::Moderate || is_by_another_executive && is_announced)
        };
        self.what.1 == Risk::Low || self.approved.iter().any(|(approved, _)| suffices(approved))
    }

    /// Whether the service lets it start.
    fn starts(&self, by: &Actor) -> bool {
        let roles = [
            ApproverRole::Sre,
            ApproverRole::Executive,
            ApproverRole::Executive,
        ];
        let people = PEOPLE.into_iter().zip(roles).zip(self.is_approver);
        let approvers = people.filter(|(_, is_approver)| *is_approver);
        // A policy can't be without approvers.
        let fay = Person("fay").approver(ApproverRole::Sre);
        let approvers = approvers
            .map(|((person, role), _)| person.approver(role))
            .chain([fay]);
        let rules = ApprovalRules::new(approvers).unwrap().notice(hours(NOTICE));
        let approvals: Vec<_> = self.approved.iter().map(|(_, text)| text.clone()).collect();
        let start = AskedStart {
            experiment: &self.experiment(),
            by,
            at: Self::at(self.now),
            approvals: &approvals,
        };
        let policy = Policy::new().approvals(rules);
        policy
            .check_approval(Some(&SshVerifier), Environment::Staging, &start)
            .is_ok()
    }

    /// Takes a step; returns whether a start was allowed, if it is one.
    fn take(&mut self, step: &Step) -> Result<Option<bool>, TestCaseError> {
        match *step {
            Step::Ask {
                by,
                from,
                length,
                is_consenting,
            } => {
                let from = self.now + from;
                let asked = Asked {
                    what: self.what,
                    by,
                    asked: self.now,
                    from,
                    until: from + length,
                    is_consenting,
                };
                let request =
                    ApprovalRequest::new(&self.experiment(), ASKERS[by], Self::at(self.now))
                        .unwrap();
                let request = request
                    .valid(Self::at(from), Self::at(asked.until))
                    .unwrap();
                let consent = if is_consenting { "so be it" } else { "" };
                self.asked.push((asked, request.consent(consent)));
            }
            Step::Approve { request, by } if !self.asked.is_empty() => {
                // The latest ones, mostly.
                let (asked, request) = &self.asked[self.asked.len().saturating_sub(request + 1)];
                let approved = Approved {
                    asked: *asked,
                    by,
                    is_tampered: false,
                };
                self.approved.push((approved, PEOPLE[by].approves(request)));
            }
            Step::Tamper { approval } if !self.approved.is_empty() => {
                let approval = approval % self.approved.len();
                let (approved, text) = &mut self.approved[approval];
                approved.is_tampered = true;
                *text = text.replace("consent: \"", "consent: \"and ");
            }
            Step::Approve { .. } | Step::Tamper { .. } => {}
            Step::Change { version, risk } => self.what = (version, risk),
            Step::Pass { hours } => self.now += hours,
            Step::RemoveKey { of } => self.is_approver[of] = false,
            Step::RestoreKey { of } => self.is_approver[of] = PEOPLE[of] != EVE,
            Step::Start { by } => {
                let names = [None, Some("carl"), Some("otto")];
                let role = Role::Operator;
                let remote = |name: &str| Actor::Remote {
                    name: name.to_owned(),
                    role,
                };
                let actor = names[by].map_or(Actor::Code, remote);
                let expected = self.may_start(names[by]);
                prop_assert_eq!(
                    self.starts(&actor),
                    expected,
                    "{:?} at {} by {}",
                    self.what,
                    self.now,
                    actor
                );
                return Ok(Some(expected));
            }
        }
        Ok(None)
    }
}

#[test]
fn a_start_succeeds_only_if_the_model_says_so() {
    let (allowed, refused) = (Cell::new(0), Cell::new(0));
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::with_cases(CASES)
    };
    let checked = TestRunner::new(config).run(&prop::collection::vec(step(), 1..60), |steps| {
        let mut world = World {
            now: 0,
            what: (0, Risk::High),
            is_approver: [true, true, true, false],
            asked: Vec::new(),
            approved: Vec::new(),
        };
        for step in &steps {
            let is_high = world.what.1 > Risk::Moderate;
            match world.take(step)? {
                Some(true) if is_high => allowed.set(allowed.get() + 1),
                Some(false) => refused.set(refused.get() + 1),
                _ => {}
            }
        }
        Ok(())
    });
    checked.unwrap_or_else(|failed| panic!("{failed}"));
    // Otherwise it would have shown little.
    assert!(
        allowed.get() > CASES / 10 && refused.get() > CASES,
        "{allowed:?} {refused:?}"
    );
}

const CASES: u32 = 400;
