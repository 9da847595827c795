//! Runs that do not end in real time.

use std::time::Duration;

use chaos_explore::explore;

/// As a worker that spins, such as on a channel whose sender is gone.
#[test]
fn a_stuck_baseline_names_its_last_operations() {
    for (in_task, last) in [
        (false, "`bank/point charge #1`, `bank/point reserve #1`"),
        (true, "`bank/point charge #1`"),
    ] {
        let report = explore(async |chaos| chaos.site("bank"))
            .act(async move |bank| {
                let hangs = async move {
                    let _ = bank.point("reserve").await;
                    let _ = bank.point("charge").await;
                    std::thread::park();
                };
                match in_task {
                    true => tokio::spawn(hangs).await.unwrap(),
                    false => hangs.await,
                }
            })
            .verify(async |_, ()| {})
            .stuck_after(Duration::from_millis(500))
            .report();
        let text = report.to_markdown();
        let heading = format!("real time (last operations: {last})");
        assert!(text.contains(&heading), "{text}");
        assert!(!text.contains("0 operations"), "{text}");
    }
}
