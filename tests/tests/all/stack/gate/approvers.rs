//! Many approvers at one queue, in the console.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::Stack;
use tests::approvers::{crew, fill, work_through};

/// People who decide, and mails. `make bench` has 500 of these.
const PEOPLE: usize = 19;
const MAILS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn alone_nineteen_approvers_at_one_queue_decide_each_mail_once_and_meet_no_error() {
    let stack = Stack::running();
    let (inside, sessions) = tokio::task::spawn_blocking(move || crew(&stack, PEOPLE)).await.unwrap();
    let mails = fill(&inside, MAILS).await;
    let decided = work_through(&inside, &sessions).await;
    assert!(decided.troubles.is_empty(), "{:?}", decided.troubles);
    let approved: BTreeSet<&str> = decided.approved.iter().map(String::as_str).collect();
    assert_eq!(
        (approved.len(), decided.approved.len()),
        (MAILS, MAILS),
        "each once: {} came late",
        decided.late
    );
    tokio::task::spawn_blocking(move || {
        let listed = inside.walk("/v1/approvals?status=approved", inside.text("/owner/session"));
        let votes = |approval: &Value| approval["votes"].as_array().map_or(0, Vec::len);
        assert_eq!(listed.iter().map(votes).collect::<Vec<_>>(), vec![1; MAILS]);
        for (message, _) in &mails {
            inside.message_with_status(message, "delivered");
            assert_eq!(inside.accepted(message).len(), 1, "{message}");
        }
    })
    .await
    .unwrap();
}
