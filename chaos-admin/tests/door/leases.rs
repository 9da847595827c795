//! The leases of experiments that are started through the API.

use chaos_core::{EndReason, ExperimentState};

use crate::{Door, SLOW};

#[test]
fn a_start_has_a_lease_that_can_be_chosen_and_renewed() {
    let door = Door::open();
    door.unix().post("/experiments", SLOW).expect(201);
    let lease =
        |door: &Door| door.unix().get("/experiments/slow").expect(200).json()["lease"].clone();
    assert_eq!(lease(&door)["length"], "10s");
    let renewed = door.unix().send("PUT", "/experiments/slow/lease", &[], "");
    assert_eq!(renewed.expect(200).json()["lease"], "10s");
    door.unix()
        .send("DELETE", "/experiments/slow", &[], "")
        .expect(204);
    door.unix()
        .send("PUT", "/experiments/slow/lease", &[], "")
        .expect(404);

    door.unix().post("/experiments?lease=1m", SLOW).expect(201);
    assert_eq!(lease(&door)["length"], "1m");
}

#[test]
fn a_lease_that_makes_no_sense_is_refused() {
    let door = Door::open();
    for lease in ["soon", "0s", "1ms", "1h", "-1s", ""] {
        let path = format!("/experiments?lease={lease}");
        let problem = door.unix().post(&path, SLOW).expect(400).json();
        assert_eq!(problem["parameter"], "lease", "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("lease: "), "{detail}");
        assert_eq!(detail.matches("expected").count(), 1, "{detail}");
    }
    assert!(door.chaos.status().is_empty());
}

#[tokio::test]
async fn an_experiment_ends_by_itself_unless_it_is_renewed() {
    let door = Door::open();
    door.unix()
        .post("/experiments?lease=100ms", SLOW)
        .expect(201);
    loop {
        let status = door.chaos.status();
        match &status[0].state {
            ExperimentState::Ended(reason) => {
                assert_eq!(*reason, EndReason::LeaseRanOut);
                return;
            }
            // The guardian ends it in real time.
            _ => tokio::task::yield_now().await,
        }
    }
}
