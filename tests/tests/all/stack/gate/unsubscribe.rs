//! List mail on the real template: what its recipient's mail program does with the header fields of the mail that went out.

use serde_json::json;
use tests::{Stack, unique};

const FORM: &str = "application/x-www-form-urlencoded";

fn call(stack: &Stack, method: &str, url: &str, body: &str) -> tests::Answer {
    let kind = if body.is_empty() { vec![] } else { vec![("content-type", FORM.to_owned())] };
    stack.raw(method, url, "", kind, body)
}

#[test]
fn one_click_in_the_mail_that_went_out_ends_mail_to_its_recipient() {
    let stack = Stack::running().organization();
    let (owner, address) = (stack.text("/owner/session"), "success+list@simulator.amazonses.com");
    let body =
        json!({"to": [address], "subject": unique("news"), "text": "All that is new.", "unsubscribe": true});
    let two = json!({"to": [address, "b@else.example"], "subject": "s", "text": "t", "unsubscribe": true});
    let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    stack.post(&path, stack.text("/agent_token"), &two).refused(422, "one_recipient_needed");

    let held = stack.submit_body(&body);
    let read = format!("/v1/approvals/{}", held.approval);
    let seen = stack.get(&read, stack.text("/approver/session")).expect(200).to_string();
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let accepted = stack.accepted(&held.message);
    let eml = accepted[0]["message_id"].as_str().unwrap();
    let sent = std::fs::read(format!("{}/{eml}.eml", stack.text("/outbox"))).unwrap();
    let parsed = mail::parse(&sent);
    let field = |name: &str| parsed.headers.iter().find(|it| it.name == name).unwrap().value.clone();
    assert_eq!(field("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let way = field("List-Unsubscribe");
    assert!(seen.contains(way.trim_matches(['<', '>'])), "whoever approves is shown it: {seen}");
    let url = way.strip_prefix('<').unwrap().strip_suffix('>').unwrap();

    // Scanners look, and programs say something else: nothing becomes of it.
    let page = call(&stack, "GET", url, "");
    assert_eq!((page.status, page.header("set-cookie")), (200, None));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert_eq!(call(&stack, "HEAD", url, "").status, 200);
    assert_eq!(call(&stack, "POST", url, "List-Unsubscribe=Yes").status, 400);
    assert_eq!(call(&stack, "POST", &format!("{url}0"), "List-Unsubscribe=One-Click").status, 404);
    let suppressed = || stack.get("/v1/suppressions", owner).expect(200)["data"].as_array().unwrap().clone();
    assert!(suppressed().is_empty());

    for _ in 0..2 {
        assert_eq!(call(&stack, "POST", url, "List-Unsubscribe=One-Click").status, 200);
    }
    let all = suppressed();
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["address"], &all[0]["source"], &all[0]["message_id"]),
        (&json!(address), &json!("unsubscribed"), &json!(held.message))
    );
    stack.post(&path, stack.text("/agent_token"), &body).refused(422, "recipient_suppressed");
    stack.until("its event", || {
        let events = stack.get("/v1/events?types=suppression.created", owner).expect(200);
        events["data"].as_array().filter(|all| all.len() == 1).map(|_| ())
    });
}
