//! Ten thousand events for twenty endpoints of which five hang (`tests::crowd`): in virtual time, without the stack.

use tests::crowd::Crowd;

/// Measures, prints, and says whether the gates hold.
pub(crate) fn hold() -> bool {
    let crowd = Crowd { events: 10_000, a_second: 100, endpoints: 20, hang: 5, minutes: 15 };
    let took = runtime::environment::stopwatch();
    let report = crowd.run();
    println!("{crowd:?}");
    for (name, per_mille) in
        [("half", 500), ("95 of 100", 950), ("99 of 100", 990), ("999 of 1000", 999), ("all", 1_000)]
    {
        println!(
            "    {name:<12} of what healthy endpoints were told came within {:>6} ms",
            report.waited(per_mille)
        );
    }
    let told = report.waits.len() as u64;
    println!(
        "    {told} deliveries, {} missing or twice; {} attempts written down",
        report.wrong, report.attempts
    );
    println!("    {} calls hung, {} deliveries wait for endpoints that hang", report.hung, report.left);
    for (call, count) in &report.calls {
        println!("    {count:>8} {call}");
    }
    println!("    {} calls of AWS for {told} deliveries", report.all_calls());
    println!("    {} ms of real time", took());
    report.broken(crowd).iter().for_each(|gate| println!("    OVER THE GATE: {gate}"));
    report.broken(crowd).is_empty()
}
