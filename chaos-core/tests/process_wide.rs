//! The optional manager of a process is created once.

#[test]
fn every_call_returns_the_same_manager() {
    let first = chaos_core::process_wide().unwrap();
    assert!(std::ptr::eq(first, chaos_core::process_wide().unwrap()));
}
