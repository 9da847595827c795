//! Whose signature an approval has, whatever it suffices for.

use chaos_approval::SshVerifier;
use chaos_core::{Environment, Risk};

use super::people::{BEA, CARL, EVE, asked_ago, experiment, policy};
use super::refusals::{approval, high};

#[test]
fn a_signer_is_found_whatever_an_approval_suffices_for_and_none_of_junk() {
    let policy = policy();
    let high = high();
    let signer = |approval: &str| {
        let signer = policy.signer(Some(&SshVerifier), Environment::Staging, &high, approval);
        signer.map(|approver| approver.unwrap().name.clone())
    };
    // An executive and a period of notice are needed, and it has expired.
    let expired = asked_ago(&high, 200);
    assert_eq!(signer(&BEA.approves(&expired)).unwrap(), "bea");
    let other = asked_ago(&experiment(Risk::Moderate), 80);
    let moved = approval().replace("ten orders", "all orders");
    for (approval, why) in [
        ("junk", "unreadable"),
        (&EVE.approves(&expired), "no approver"),
        (&CARL.approves(&other), "has changed"),
        (&moved, "forged"),
    ] {
        let refused = signer(approval).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}
