//! A spreadsheet of 10,000 rows, of which 300 are wrong, while whoever makes its mails is killed again and again: no mail twice, none lost, and
//! none that goes before somebody approved it. Before that, what a thousand rows take of AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use runtime::environment::{setting, stopwatch};
use serde_json::{Value, json};
use tests::{Stack, unique};

/// So many rows, where the environment does not say.
const ROWS: usize = 10_000;
/// Of so many rows one is wrong.
const WRONG: usize = 33;
/// Whoever makes the mails is killed after so many of their calls, each time anew.
const KILLED_AFTER: usize = 900;
/// For a sheet of that size.
const LIMIT: Duration = Duration::from_hours(1);
const WORKER: &str = "countersign-background-uploads";

fn sheet(rows: usize) -> String {
    let row = |n: usize| match n % WRONG {
        7 => format!("nobody {n},Person {n}\r\n"),
        _ => format!("success+{n}@simulator.amazonses.com,Person {n}\r\n"),
    };
    format!("Email,Name\r\n{}", (0..rows).map(row).collect::<String>())
}

fn good(rows: usize) -> usize {
    (0..rows).filter(|n| n % WRONG != 7).count()
}

/// Uploads a sheet, and confirms it.
fn confirm(stack: &Stack, rows: usize) -> String {
    let id = stack.upload_sheet("clients.csv", sheet(rows).as_bytes());
    until(stack, &id, "ready");
    let plan = json!({
        "mapping": {"to": "Email"}, "subject": format!("{} {{{{name}}}}", unique("For")),
        "text": "Hello {{name}},\n\nyour card is ready. Come by when you like.\n",
    });
    stack.post(&format!("/v1/uploads/{id}/confirm"), stack.text("/editor/session"), &plan).expect(202);
    id
}

fn until(stack: &Stack, id: &str, status: &str) -> Value {
    stack.within(LIMIT, &format!("an upload that is {status}"), || {
        let upload = stack.get(&format!("/v1/uploads/{id}"), stack.text("/editor/session")).body;
        assert_ne!(upload["status"], "failed", "{upload}");
        (upload["status"] == status).then_some(upload)
    })
}

/// What a thousand rows take.
fn cost(stack: &Stack) {
    let since = stack.control("GET", "/ledger", None)["last"].as_u64().unwrap_or(0);
    let id = confirm(stack, 1_000);
    until(stack, &id, "imported");
    let ledger = stack.control("GET", &format!("/ledger?since={since}&function={WORKER}"), None);
    let calls = ledger["calls"].as_array().cloned().unwrap_or_default();
    let units = |kind: &str| calls.iter().filter_map(|call| call["capacity"][kind].as_f64()).sum::<f64>();
    println!(
        "1,000 rows: {} calls, {:.0} read units, {:.0} write units",
        calls.len(),
        units("read"),
        units("write")
    );
    let mut by_name = BTreeMap::<&str, usize>::new();
    for call in &calls {
        *by_name.entry(call["operation"].as_str().unwrap_or_default()).or_default() += 1;
    }
    println!("    {by_name:?}");
}

/// Kills the worker until the upload is imported; how often.
fn import_with_kills(stack: &Stack, id: &str) -> u64 {
    let mut kills = 0;
    let clock =
        serde_json::from_str(include_str!("../../../../events/background-sweep.json")).unwrap_or_default();
    loop {
        let fault = stack.fault(&json!({"kind": "kill_after", "function": WORKER, "skip": KILLED_AFTER}));
        // As the clock of every minute does.
        stack.invoke(WORKER, &clock);
        kills += fault.fired();
        let upload = stack.get(&format!("/v1/uploads/{id}"), stack.text("/editor/session")).body;
        if upload["status"] == "imported" {
            return kills;
        }
        // Whoever died had said for two minutes ahead that they are at it.
        let key = format!("{}/{id}", stack.text("/organization_id"));
        stack.dynamodb(
            "UpdateItem",
            json!({
                "Key": {"pk": {"S": key}, "sk": {"S": "upload"}},
                "UpdateExpression": "SET look_at = :then, watch_at = :then",
                "ConditionExpression": "attribute_exists(look_at)",
                "ExpressionAttributeValues": {":then": {"N": "1000"}},
            }),
        );
    }
}

/// Whether each good row has one mail that waits, and no other mail is there; and whether each goes once when it is approved.
pub(super) fn hold(stack: &Stack) -> bool {
    let rows = setting("UPLOAD_ROWS").and_then(|text| text.parse().ok()).unwrap_or(ROWS);
    let stack = &stack.organization();
    cost(stack);
    let elapsed = stopwatch();
    let id = confirm(stack, rows);
    let kills = import_with_kills(stack, &id);
    println!("{rows} rows: mails are made in {} s, with {kills} kills", elapsed() / 1_000);
    let editor = stack.text("/editor/session");
    let all = stack.walk(&format!("/v1/uploads/{id}/rows?limit=100"), editor);
    let made: Vec<_> = all.iter().filter(|row| row["status"] == "imported").collect();
    let different: BTreeSet<_> = made.iter().filter_map(|row| row["message_id"].as_str()).collect();
    let early = made.iter().filter(|row| row["message_status"] != "pending_approval").count();
    let listed =
        stack.walk(&format!("/v1/inboxes/{}/messages?limit=100", stack.inbox()), stack.text("/owner/token"));
    // Those of the thousand rows before are there too.
    let expected = good(rows) + good(1_000);
    println!(
        "    rows with a mail {} of {}, different mails {}, in the inbox {} of {expected}, not waiting {early}",
        made.len(),
        good(rows),
        different.len(),
        listed.len()
    );
    made.len() == good(rows) && different.len() == made.len() && listed.len() == expected && early == 0
}
