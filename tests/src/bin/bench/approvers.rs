//! Nineteen people at one queue of 500 mails in the console. Nobody may meet an error, and no mail is decided twice; times are printed, and
//! nothing is asserted of them.

use std::collections::BTreeSet;

use runtime::environment::stopwatch;
use tests::Stack;
use tests::approvers::{crew, fill, work_through};

const PEOPLE: usize = 19;
const MAILS: usize = 500;

/// Whether each mail was approved once, and nobody met an error.
pub(super) fn hold(stack: &Stack) -> bool {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (inside, sessions) = crew(stack, PEOPLE);
    runtime.block_on(fill(&inside, MAILS));
    let elapsed = stopwatch();
    let decided = runtime.block_on(work_through(&inside, &sessions));
    let seconds = elapsed() / 1_000;
    let different: BTreeSet<_> = decided.approved.iter().collect();
    println!(
        "{PEOPLE} approvers at {MAILS} mails: {} approved, {} twice, {} came late, {} requests in {seconds} s",
        different.len(),
        decided.approved.len() - different.len(),
        decided.late,
        decided.requests
    );
    for trouble in decided.troubles.iter().take(5) {
        println!("  {}", trouble.chars().take(300).collect::<String>());
    }
    decided.troubles.is_empty() && different.len() == MAILS && decided.approved.len() == MAILS
}
