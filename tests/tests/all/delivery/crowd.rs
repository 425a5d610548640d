//! Many events for endpoints of which some hang. `make bench` has ten times as many.

use tests::crowd::Crowd;

#[test]
fn of_twenty_endpoints_five_hang_and_the_others_are_told_of_a_thousand_events_within_seconds() {
    let crowd = Crowd { events: 1_000, a_second: 100, endpoints: 20, hang: 5, minutes: 5 };
    let report = crowd.run();
    assert_eq!(report.broken(crowd), Vec::<String>::new());
    assert_eq!(report.waits.len(), 15_000);
    assert!(report.waited(1_000) < 5_000, "{} ms", report.waited(1_000));
    assert!(report.hung >= 5, "{} calls hung", report.hung);
    assert!(report.left > 4_000, "what hangs is told later: {}", report.left);
}
