//! Inboxes that are named anew, and that are deleted: at once for everybody, with all their mail by a job.

use serde_json::{Value, json};
use tests::listener::Listener;
use tests::{Stack, unique};

use super::inbound::{Mailbox, bytes};

const OWNER: &str = "/owner/token";

fn mail(to: &str, subject: &str) -> Vec<u8> {
    format!("From: ann@example.org\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nHello\r\n").into_bytes()
}

fn delete(stack: &Stack, id: &str, token: &str) -> tests::Answer {
    stack.call("DELETE", &format!("/v1/inboxes/{id}"), token, None)
}

/// What lies in a partition of the table.
fn partition(stack: &Stack, pk: &str) -> Vec<Value> {
    let query = json!({
        "ConsistentRead": true,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": format!("{}/{pk}", stack.text("/organization_id"))}},
    });
    stack.dynamodb("Query", query)["Items"].as_array().unwrap().clone()
}

/// Whether there is anything of its search index in the bucket.
fn has_segments(stack: &Stack, mailbox: &Mailbox<'_>) -> bool {
    let path = format!("?list-type=2&prefix=search/{}/{}/", stack.text("/organization_id"), mailbox.id);
    let listed = stack.s3("/bucket", "GET", &path, "");
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.body.to_string().contains("<Key>")
}

#[test]
fn an_inbox_gets_another_name_and_keeps_its_address() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let path = format!("/v1/inboxes/{}", mailbox.id);
    let patch = |body: &Value| stack.call("PATCH", &path, stack.text(OWNER), Some(body));
    let named = patch(&json!({"display_name": "Orders"})).expect(200);
    assert_eq!((&named["display_name"], &named["address"]), (&json!("Orders"), &json!(mailbox.address)));
    assert_eq!(patch(&json!({"display_name": "Orders"})).expect(200), named);
    assert_eq!(stack.get(&path, stack.text(OWNER)).expect(200), named);
    // A pause stays.
    stack.post(&format!("{path}/pause"), stack.text("/approver/token"), &json!({"reason": "x"})).expect(200);
    let bare = patch(&json!({"display_name": ""})).expect(200);
    assert!(bare["display_name"].is_null() && bare["paused"].is_object(), "{bare}");
    for (body, code) in [
        (json!({}), "required"),
        (json!({"display_name": "a\nb"}), "control_character"),
        (json!({"display_name": "x", "metadata": {}}), "unknown_field"),
        (json!({"display_name": "x", "address": "other@mail.example.com"}), "unknown_field"),
    ] {
        let refused = patch(&body);
        refused.refused(422, code);
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert_eq!(message.contains("keeps its address"), body.get("address").is_some(), "{message}");
    }
    let other = Mailbox::new(&stack);
    // Another organization's owner, and whoever may not.
    let (mine, elsewhere) = (json!({"display_name": "Mine"}), Stack::running());
    let stranger = elsewhere.text(OWNER);
    stack.call("PATCH", &path, stranger, Some(&mine)).refused(404, "not_found");
    delete(&stack, &mailbox.id, stranger).refused(404, "not_found");
    let agent = stack.text("/agent_token");
    stack.call("PATCH", &path, agent, Some(&mine)).refused(403, "missing_scope");
    delete(&stack, &other.id, agent).refused(403, "missing_scope");
    assert_eq!(delete(&stack, &other.id, stack.text(OWNER)).status, 204);
}

#[test]
fn a_deleted_inbox_is_gone_at_once_and_its_mail_after_it() {
    let stack = Stack::running().organization();
    let listener = Listener::start();
    let hook = json!({"url": listener.url, "events": ["inbox.deleted"]});
    stack.post("/v1/webhooks", stack.text(OWNER), &hook).expect(201);
    let mailbox = Mailbox::new(&stack);
    let subject = unique("Kept");
    let (one, two) =
        (mailbox.take(&mail(&mailbox.address, &subject)), mailbox.take(&mail(&mailbox.address, "Two")));
    let raw = stack.get(&format!("{}/raw", mailbox.path(&one)), stack.text(OWNER));
    let raw = raw.header("location").unwrap().to_owned();
    let draft = json!({"client_id": "a draft", "text": "Later."});
    let draft =
        stack.post(&format!("/v1/inboxes/{}/drafts", mailbox.id), stack.text(OWNER), &draft).expect(201);
    let label = json!({"add_labels": ["x"]});
    stack.call("PATCH", &mailbox.path(&one), stack.text(OWNER), Some(&label)).expect(200);
    stack.call("DELETE", &mailbox.path(&two), stack.text(OWNER), None).expect(200);
    let body = json!({"name": "reader", "scopes": ["messages.read"], "inbox_ids": [mailbox.id]});
    let reader = stack.post("/v1/tokens", stack.text(OWNER), &body).expect(201);
    let reader = reader["token"].as_str().unwrap().to_owned();

    // Each run works on what all the other tests received as well.
    stack.within(std::time::Duration::from_mins(3), "indexed", || {
        stack.invoke("countersign-inbound-index", &json!({}));
        has_segments(&stack, &mailbox).then_some(())
    });

    assert_eq!(delete(&stack, &mailbox.id, stack.text(OWNER)).status, 204);
    delete(&stack, &mailbox.id, stack.text(OWNER)).refused(404, "not_found");
    let base = format!("/v1/inboxes/{}", mailbox.id);
    let thread = format!("/v1/threads/{}", one["thread_id"].as_str().unwrap());
    for token in [stack.text(OWNER), &reader] {
        for path in [
            base.clone(),
            format!("{base}/messages"),
            format!("{base}/messages?label=trash"),
            format!("{base}/messages/wait?timeout=0"),
            format!("{base}/threads"),
            mailbox.path(&one),
            mailbox.path(&two),
            format!("{}/raw", mailbox.path(&one)),
            thread.clone(),
        ] {
            stack.get(&path, token).refused(404, "not_found");
        }
        for list in ["/v1/inboxes", "/v1/messages", "/v1/threads", "/v1/messages?label=trash"] {
            let listed = stack.get(list, token).expect(200)["data"].to_string();
            assert!(!listed.contains(&mailbox.id), "{list}: {listed}");
        }
    }
    let send = json!({"to": ["ann@example.org"], "text": "Hello"});
    stack.post(&format!("{base}/messages/send"), stack.text(OWNER), &send).refused(404, "not_found");
    let draft = draft["id"].as_str().unwrap();
    stack.get(&format!("/v1/drafts/{draft}"), stack.text(OWNER)).refused(404, "not_found");
    // Its address is nobody's, and nobody can have it, in no organization.
    let username = json!({"username": mailbox.address.split('@').next().unwrap()});
    let other = Stack::running().organization();
    for stack in [&stack, &other] {
        stack.post("/v1/inboxes", stack.text(OWNER), &username).refused(409, "address_taken");
    }
    mailbox.deliver(&mail(&mailbox.address, "Late"));

    stack.until("purged", || {
        stack.invoke("countersign-background-purge", &json!({}));
        let trash = partition(&stack, &format!("{}/trash", mailbox.id));
        let gone = trash.iter().filter(|item| item["state"]["S"] == "gone").count();
        Some(()).filter(|()| gone == 2 && trash.len() == 2)
    });
    for pk in ["messages", "labels", "inbox"] {
        assert!(partition(&stack, &format!("{}/{pk}", mailbox.id)).is_empty(), "{pk}");
    }
    assert!(partition(&stack, one["thread_id"].as_str().unwrap()).is_empty());
    assert_eq!(bytes(&raw).0, 404);
    // What search knew of it goes as well.
    stack.until("without an index", || {
        stack.invoke("countersign-background-purge", &json!({}));
        (!has_segments(&stack, &mailbox)).then_some(())
    });
    assert_eq!(partition(&stack, draft)[0]["state"]["S"], "deleted");
    // What is left is that it is being deleted: an hour after it that ends too.
    let purge = &partition(&stack, &format!("{}/purge", mailbox.id))[0];
    stack.dynamodb(
        "UpdateItem",
        json!({
            "Key": {"pk": purge["pk"], "sk": purge["sk"]},
            "UpdateExpression": "SET look_at = :over, watch_at = :over, deleted_at = :over",
            "ExpressionAttributeValues": {":over": {"N": "1000000000000"}},
        }),
    );
    stack.until("forgotten", || {
        stack.invoke("countersign-background-purge", &json!({}));
        Some(()).filter(|()| partition(&stack, &format!("{}/purge", mailbox.id)).is_empty())
    });
    stack.until("told", || {
        let hooks = stack.get("/v1/webhooks", stack.text(OWNER)).expect(200);
        let path = format!("/v1/webhooks/{}/deliveries", hooks["data"][0]["id"].as_str().unwrap());
        let told = stack.get(&path, stack.text(OWNER)).expect(200);
        Some(()).filter(|()| told["data"].to_string().contains("inbox.deleted"))
    });
    let entries = stack.until("written down", || {
        let found = stack.get("/v1/audit?action=inbox.delete", stack.text(OWNER)).expect(200);
        Some(found).filter(|found| found["data"].as_array().unwrap().len() == 1)
    });
    assert_eq!(entries["data"][0]["target"], json!(mailbox.id));
    // A token that names it lists what else it may see: nothing.
    assert_eq!(stack.get("/v1/inboxes", &reader).expect(200)["data"], json!([]));
}

#[test]
fn what_waits_in_a_deleted_inbox_is_called_off_and_nothing_leaves() {
    let stack = Stack::running().organization();
    let (held, let_go) = (
        stack.submit("ann@example.org", &unique("Waits"), "Hello"),
        stack.submit_body(&json!({
            "to": ["ann@example.org"], "subject": unique("Later"), "text": "Hello",
            "send_at": tests::in_seconds(3600),
        })),
    );
    stack.approve(&let_go).expect(200);
    assert_eq!(delete(&stack, stack.inbox(), stack.text(OWNER)).status, 204);
    for approval in [&held.approval, &let_go.approval] {
        let path = "/v1/approvals?limit=100&status=cancelled";
        stack.until("called off", || {
            stack.invoke("countersign-background-purge", &json!({}));
            let listed = stack.get(path, stack.text(OWNER)).expect(200)["data"].to_string();
            Some(()).filter(|()| listed.contains(approval))
        });
    }
    for held in [&held, &let_go] {
        assert!(stack.accepted(&held.message).is_empty());
    }
    stack.until("deleted", || {
        stack.invoke("countersign-background-purge", &json!({}));
        Some(()).filter(|()| partition(&stack, &format!("{}/messages", stack.inbox())).is_empty())
    });
    let receipt = stack.receipt(&held.approval, stack.text(OWNER)).expect(200);
    assert!(receipt.to_string().contains(&held.digest), "{receipt}");
}

#[test]
fn bytes_that_two_inboxes_have_go_with_the_last_of_them() {
    let stack = Stack::running().organization();
    let (one, two) = (Mailbox::new(&stack), Mailbox::new(&stack));
    let subject = unique("Both");
    let sent = mail(&format!("{}, {}", one.address, two.address), &subject);
    stack.smtp("ann@example.org", &[&one.address, &two.address], &sent);
    let (first, second) = (one.filled(1)[0].clone(), two.filled(1)[0].clone());
    let raw = stack.get(&format!("{}/raw", one.path(&first)), stack.text(OWNER));
    let raw = raw.header("location").unwrap().to_owned();
    for (mailbox, mail, left) in [(&one, &first, 200), (&two, &second, 404)] {
        let path = format!("{}?permanent=true", mailbox.path(mail));
        assert_eq!(stack.call("DELETE", &path, stack.text(OWNER), None).status, 204);
        stack.invoke("countersign-background-purge", &json!({}));
        assert_eq!(bytes(&raw).0, 200, "another may still be filing it");
        // It came more than 15 days ago.
        let pk = format!("{}/{}/trash", stack.text("/organization_id"), mailbox.id);
        let older = json!({
            "Key": {"pk": {"S": pk}, "sk": {"S": mail["id"]}},
            "UpdateExpression": "SET look_at = :over, watch_at = :over, message.created_at = :over",
            "ExpressionAttributeValues": {":over": {"N": "1000000000000"}},
        });
        stack.until("deleted", || {
            if partition(&stack, &format!("{}/trash", mailbox.id))[0]["state"]["S"] == "gone" {
                return Some(());
            }
            stack.dynamodb("UpdateItem", older.clone());
            stack.invoke("countersign-background-purge", &json!({}));
            None
        });
        assert_eq!(bytes(&raw).0, left);
    }
    assert!(one.mails().is_empty() && two.mails().is_empty());
}
