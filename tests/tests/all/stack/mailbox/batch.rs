//! Mails that are named one by one: given, and marked, together.

use serde_json::{Value, json};
use tests::{Answer, Stack};

use super::inbound::Mailbox;
use crate::stack::people::access::stranger;

const OWNER: &str = "/owner/token";

fn mail(to: &str, subject: &str, rest: &str) -> Vec<u8> {
    format!("From: ann@example.org\r\nTo: {to}\r\nSubject: {subject}\r\n{rest}\r\nHello\r\n").into_bytes()
}

fn name(mail: &Value) -> Value {
    json!({"inbox_id": mail["inbox_id"], "message_id": mail["id"]})
}

fn ask(stack: &Stack, token: &str, names: &[Value], change: &Value) -> Answer {
    let mut body = change.clone();
    body["messages"] = json!(names);
    stack.post("/v1/messages/batch", token, &body)
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|mail| mail["id"].as_str().unwrap()).collect()
}

#[test]
fn mails_of_several_inboxes_are_given_together_each_once_in_the_order_asked_for() {
    let stack = Stack::running().organization();
    let (one, two) = (Mailbox::new(&stack), Mailbox::new(&stack));
    let first = one.take(&mail(&one.address, "First", ""));
    let second = two.take(&mail(&two.address, "Second", ""));
    let unknown = json!({"inbox_id": one.id, "message_id": "msg_01kc1x5e3r0000000000000003"});
    // It is there, in another inbox.
    let elsewhere = json!({"inbox_id": two.id, "message_id": first["id"]});
    let names = [name(&second), unknown.clone(), name(&first), name(&second), elsewhere.clone()];
    let got = ask(&stack, stack.text(OWNER), &names, &json!({})).expect(200);
    assert_eq!(ids(&got["data"]), [second["id"].as_str().unwrap(), first["id"].as_str().unwrap()]);
    assert_eq!((&got["data"][0]["subject"], &got["failed"]), (&json!("Second"), &json!([])));
    assert_eq!(got["not_found"], json!([unknown, elsewhere]));
    // What is not the caller's to see is not there, and is not changed.
    let body = json!({"name": "one", "scopes": ["messages.read", "messages.modify"], "inbox_ids": [one.id]});
    let limited = stack.post("/v1/tokens", stack.text(OWNER), &body).expect(201);
    let limited = limited["token"].as_str().unwrap();
    let got = ask(&stack, limited, &[name(&first), name(&second)], &json!({"read": true})).expect(200);
    assert_eq!(ids(&got["data"]), [first["id"].as_str().unwrap()]);
    assert_eq!(got["not_found"], json!([name(&second)]));
    assert_eq!(two.get(&second)["read"], json!(false));
    let got = ask(&stack, &stranger(&stack), &[name(&first)], &json!({"read": false})).expect(200);
    assert_eq!((&got["data"], &got["not_found"]), (&json!([]), &json!([name(&first)])));
    assert_eq!(one.get(&first)["read"], json!(true));
}

#[test]
fn many_mails_are_marked_at_once_and_their_conversations_count_each_once() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let mut names = vec![];
    let first = mailbox.take(&mail(&mailbox.address, "Long", "Message-ID: <b@example.org>\r\n"));
    names.push(name(&first));
    for n in 0..17 {
        let rest = format!("Message-ID: <b{n}@example.org>\r\nIn-Reply-To: <b@example.org>\r\n");
        names.push(name(&mailbox.take(&mail(&mailbox.address, "Re: Long", &rest))));
    }
    let alone = mailbox.take(&mail(&mailbox.address, "Alone", ""));
    names.push(name(&alone));
    names.push(name(&first));
    let change = json!({"add_labels": ["all"], "read": true});
    let got = ask(&stack, stack.text(OWNER), &names, &change).expect(200);
    assert_eq!((ids(&got["data"]).len(), &got["failed"]), (19, &json!([])));
    let marked = |mail: &Value| mail["read"] == json!(true) && mail["labels"] == json!(["all"]);
    assert!(got["data"].as_array().unwrap().iter().all(marked), "{got}");
    for (mail, count) in [(&first, 18), (&alone, 1)] {
        let path = format!("/v1/threads/{}", mail["thread_id"].as_str().unwrap());
        let thread = stack.get(&path, stack.text(OWNER)).expect(200);
        assert_eq!(
            (&thread["message_count"], &thread["unread_count"], &thread["labels"]),
            (&json!(count), &json!(0), &json!(["all"]))
        );
    }
    // Again, it is as it is.
    assert_eq!(ask(&stack, stack.text(OWNER), &names, &change).expect(200), got);
    let path = format!("/v1/inboxes/{}/messages?label=all&limit=100", mailbox.id);
    let listed = stack.get(&path, stack.text(OWNER)).expect(200);
    assert_eq!(ids(&listed["data"]).len(), 19);
}

#[test]
fn one_mail_that_can_t_be_marked_does_not_keep_the_others_of_its_conversation() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let first = mailbox.take(&mail(&mailbox.address, "Full", "Message-ID: <f@example.org>\r\n"));
    let rest = "Message-ID: <g@example.org>\r\nIn-Reply-To: <f@example.org>\r\n";
    let second = mailbox.take(&mail(&mailbox.address, "Re: Full", rest));
    let many: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    let change = json!({"add_labels": many});
    ask(&stack, stack.text(OWNER), &[name(&first)], &change).expect(200);
    let change = json!({"add_labels": ["one more"]});
    let got = ask(&stack, stack.text(OWNER), &[name(&first), name(&second)], &change).expect(200);
    assert_eq!(ids(&got["data"]), [second["id"].as_str().unwrap()]);
    let failed = &got["failed"][0];
    assert_eq!((&failed["message_id"], &failed["code"]), (&first["id"], &json!("too_many")));
    assert!(failed["message"].as_str().unwrap().contains("20"), "{failed}");
    assert_eq!(mailbox.get(&second)["labels"], json!(["one more"]));
    assert_eq!(mailbox.get(&first)["labels"].as_array().unwrap().len(), 20);
}

#[test]
fn bad_batches_are_named_and_a_reader_changes_nothing() {
    let stack = Stack::running();
    let one = json!({"inbox_id": stack.inbox(), "message_id": "msg_01kc1x5e3r0000000000000003"});
    let many: Vec<_> = (0..101).map(|_| one.clone()).collect();
    for (body, code) in [
        (json!({}), "required"),
        (json!({"messages": []}), "empty_list"),
        (json!({"messages": many}), "too_many"),
        (json!({"messages": ["msg_01kc1x5e3r0000000000000003"]}), "wrong_type"),
        (json!({"messages": [{"message_id": "msg_01kc1x5e3r0000000000000003"}]}), "required"),
        (
            json!({"messages": [{"inbox_id": "x", "message_id": "msg_01kc1x5e3r0000000000000003"}]}),
            "invalid_id",
        ),
        (json!({"messages": [one], "add_labels": ["x"], "remove_labels": ["x"]}), "invalid_label"),
        (json!({"messages": [one], "starred": true}), "unknown_field"),
    ] {
        stack.post("/v1/messages/batch", stack.text(OWNER), &body).refused(422, code);
    }
    let agent = stack.text("/agent_token");
    ask(&stack, agent, std::slice::from_ref(&one), &json!({})).expect(200);
    ask(&stack, agent, &[one], &json!({"read": true})).refused(403, "missing_scope");
}
