//! The trash: what is in it is in no list, comes back as it was, and is deleted for good after 30 days or when somebody says so.

use serde_json::{Value, json};
use tests::{Answer, Stack, unique};

use super::inbound::{Mailbox, bytes, event};

const OWNER: &str = "/owner/token";

fn mail(to: &str, subject: &str, rest: &str, text: &str) -> Vec<u8> {
    format!("From: Ann <ann@example.org>\r\nTo: {to}\r\nSubject: {subject}\r\n{rest}\r\n{text}\r\n")
        .into_bytes()
}

fn call(stack: &Stack, method: &str, path: &str) -> Answer {
    stack.call(method, path, stack.text(OWNER), None)
}

fn ids(stack: &Stack, path: &str) -> Vec<String> {
    let page = stack.get(path, stack.text(OWNER)).expect(200);
    page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn id(mail: &Value) -> String {
    mail["id"].as_str().unwrap().to_owned()
}

fn thread_path(mail: &Value) -> String {
    format!("/v1/threads/{}", mail["thread_id"].as_str().unwrap())
}

/// Where a mail lies in the table once it is in the trash.
fn key(stack: &Stack, mail: &Value) -> Value {
    let inbox = mail["inbox_id"].as_str().unwrap();
    let pk = format!("{}/{inbox}/trash", stack.text("/organization_id"));
    json!({"pk": {"S": pk}, "sk": {"S": id(mail)}})
}

fn stored(stack: &Stack, mail: &Value) -> Value {
    stack.dynamodb("GetItem", json!({"ConsistentRead": true, "Key": key(stack, mail)}))["Item"].clone()
}

/// Runs the job until nothing is left of a mail but that it was there.
fn purge(stack: &Stack, mail: &Value) {
    stack.until("deleted for good", || {
        stack.invoke("countersign-background-purge", &json!({}));
        Some(()).filter(|()| stored(stack, mail)["state"]["S"] == "gone")
    });
}

fn conversation(stack: &Stack, mailbox: &Mailbox<'_>) -> (Value, Value) {
    let (first, second) = (unique("t").replace(' ', "-"), unique("t").replace(' ', "-"));
    let subject = unique("Trash");
    let rest = format!("Message-ID: <{first}@example.org>\r\n");
    let one = mailbox.take(&mail(&mailbox.address, &subject, &rest, "One"));
    let rest = format!("Message-ID: <{second}@example.org>\r\nIn-Reply-To: <{first}@example.org>\r\n");
    let two = mailbox.take(&mail(&mailbox.address, &format!("Re: {subject}"), &rest, "Two"));
    assert_eq!(one["thread_id"], two["thread_id"]);
    let body = json!({"add_labels": ["To do"]});
    stack.call("PATCH", &mailbox.path(&two), stack.text(OWNER), Some(&body)).expect(200);
    (one, two)
}

#[test]
fn a_mail_in_the_trash_is_in_no_list_and_comes_back_as_it_was() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let (one, two) = conversation(&stack, &mailbox);
    let base = format!("/v1/inboxes/{}/messages", mailbox.id);
    let before = stack.get(&thread_path(&two), stack.text(OWNER)).expect(200);
    let trashed = call(&stack, "DELETE", &mailbox.path(&two)).expect(200);
    assert_eq!((&trashed["id"], &trashed["labels"]), (&two["id"], &json!(["To do"])));
    let at = |name: &str| trashed[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at("deletes_at").duration_since(at("trashed_at")).as_hours(), 30 * 24);
    // Again, it is as it is.
    assert_eq!(call(&stack, "DELETE", &mailbox.path(&two)).expect(200), trashed);
    assert_eq!(ids(&stack, &base), [id(&one)]);
    assert!(ids(&stack, &format!("{base}?label=To%20do")).is_empty());
    for (path, wanted) in [
        (format!("{base}?unread=true"), vec![id(&one)]),
        (format!("{base}?label=trash"), vec![id(&two)]),
        (format!("{base}?label=trash&subject=re:&unread=true"), vec![id(&two)]),
        (format!("{base}?label=trash&direction=outbound"), vec![]),
        ("/v1/messages".to_owned(), vec![id(&one)]),
        ("/v1/messages?label=trash".to_owned(), vec![id(&two)]),
    ] {
        stack.until("the index follows", || Some(()).filter(|()| ids(&stack, &path) == wanted));
    }
    let wait = format!("{base}/wait?timeout=0&after={}", id(&one));
    assert!(ids(&stack, &wait).is_empty());
    let thread = stack.get(&thread_path(&two), stack.text(OWNER)).expect(200);
    assert_eq!(
        (&thread["message_count"], &thread["unread_count"], &thread["labels"], &thread["preview"]),
        (&json!(1), &json!(1), &json!([]), &json!("One"))
    );
    // By its id it is there, and its bytes are.
    let seen = mailbox.get(&two);
    assert_eq!((&seen["trashed_at"], seen["text"].as_str().unwrap().trim()), (&trashed["trashed_at"], "Two"));
    let names = json!({"messages": [{"inbox_id": mailbox.id, "message_id": id(&two)}]});
    let named = stack.post("/v1/messages/batch", stack.text(OWNER), &names).expect(200);
    assert_eq!(named["data"][0]["trashed_at"], trashed["trashed_at"]);
    let body = json!({"add_labels": ["more"]});
    stack.call("PATCH", &mailbox.path(&two), stack.text(OWNER), Some(&body)).refused(409, "message_in_trash");
    let mut change = names;
    change["read"] = json!(true);
    let named = stack.post("/v1/messages/batch", stack.text(OWNER), &change).expect(200);
    assert_eq!(named["failed"][0]["code"], "message_in_trash");

    let restored = call(&stack, "POST", &format!("{}/restore", mailbox.path(&two))).expect(200);
    assert_eq!((&restored["labels"], &restored["read"]), (&json!(["To do"]), &json!(false)));
    assert!(restored.get("trashed_at").is_none(), "{restored}");
    assert_eq!(call(&stack, "POST", &format!("{}/restore", mailbox.path(&two))).expect(200), restored);
    assert_eq!(ids(&stack, &base), [id(&two), id(&one)]);
    assert_eq!(ids(&stack, &format!("{base}?label=To%20do")), [id(&two)]);
    stack.until("the index follows", || {
        Some(()).filter(|()| stack.get(&thread_path(&two), stack.text(OWNER)).expect(200) == before)
    });
}

#[test]
fn a_conversation_goes_into_the_trash_and_comes_back() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let (one, two) = conversation(&stack, &mailbox);
    let path = thread_path(&one);
    let before = stack.get(&path, stack.text(OWNER)).expect(200);
    let threads = format!("/v1/inboxes/{}/threads", mailbox.id);
    let mut sum = 0;
    stack.until("all of it", || {
        let moved = call(&stack, "DELETE", &path).expect(200);
        assert_eq!((&moved["left"], &moved["complete"]), (&json!([]), &json!(true)));
        sum += moved["moved"].as_u64().unwrap();
        Some(()).filter(|()| sum == 2)
    });
    assert_eq!(call(&stack, "DELETE", &path).expect(200)["moved"], 0);
    call(&stack, "GET", &path).refused(404, "not_found");
    stack.until("the index follows", || Some(()).filter(|()| ids(&stack, &threads).is_empty()));
    assert!(mailbox.mails().is_empty());
    stack.until("the index follows", || {
        call(&stack, "POST", &format!("{path}/restore")).expect(200);
        Some(()).filter(|()| mailbox.mails().len() == 2)
    });
    let after = stack.until("the index follows", || {
        let found = stack.get(&path, stack.text(OWNER)).expect(200);
        Some(found).filter(|found| found["messages"]["data"].as_array().unwrap().len() == 2)
    });
    for name in
        ["subject", "preview", "last_from", "message_count", "unread_count", "labels", "last_message_at"]
    {
        assert_eq!(after[name], before[name], "{name}");
    }
    // A new mail finds the conversation, though all that it had is in the trash.
    call(&stack, "DELETE", &mailbox.path(&one)).expect(200);
    call(&stack, "DELETE", &mailbox.path(&two)).expect(200);
    let answered = two["internet_message_id"].as_str().unwrap();
    let rest = format!("In-Reply-To: <{answered}>\r\n");
    let three = mailbox.take(&mail(&mailbox.address, "Re: Trash", &rest, "Three"));
    assert_eq!(three["thread_id"], one["thread_id"]);
    let thread = stack.get(&path, stack.text(OWNER)).expect(200);
    assert_eq!((&thread["message_count"], &thread["preview"]), (&json!(1), &json!("Three")));
}

#[test]
fn what_may_still_go_stays_until_it_is_called_off() {
    let stack = Stack::running().organization();
    let held = stack.submit("ann@example.org", &unique("Held"), "Hello");
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
    let seen = stack.get(&path, stack.text(OWNER)).expect(200);
    for ask in [path.clone(), format!("{path}?permanent=true")] {
        let refused = call(&stack, "DELETE", &ask);
        refused.refused(409, "message_not_ended");
        assert_eq!(refused.body["error"]["details"]["approval_id"], json!(held.approval));
    }
    let moved = call(&stack, "DELETE", &thread_path(&seen)).expect(200);
    assert_eq!(
        (&moved["moved"], &moved["left"][0]["message_id"], &moved["left"][0]["code"]),
        (&json!(0), &json!(held.message), &json!("message_not_ended"))
    );
    let cancel = format!("/v1/approvals/{}/cancel", held.approval);
    stack.post(&cancel, stack.text("/agent_token"), &json!({})).expect(200);
    call(&stack, "DELETE", &path).expect(200);
    // Whoever looks at the approval sees the mail still.
    let approval = format!("/v1/approvals/{}", held.approval);
    assert_eq!(stack.get(&approval, stack.text(OWNER)).expect(200)["status"], "cancelled");
}

#[test]
fn a_report_reaches_a_mail_that_went_and_is_in_the_trash() {
    let stack = Stack::running().organization();
    let held = stack.submit("success@simulator.amazonses.com", &unique("Went"), "Hello");
    stack.approve(&held).expect(200);
    let went = stack.message_with_status(&held.message, "delivered");
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
    call(&stack, "DELETE", &path).expect(200);
    let mut report: Value =
        serde_json::from_str(include_str!("../../../../../events/background-settle.json")).unwrap();
    report["detail"]["delivery"]["recipients"] = json!(["other@example.org"]);
    let tags = &mut report["detail"]["mail"]["tags"];
    for (name, value) in [
        ("organization_id", stack.text("/organization_id")),
        ("inbox_id", stack.inbox()),
        ("message_id", &held.message),
    ] {
        tags[name] = json!([value]);
    }
    stack.invoke("countersign-background-settle", &report);
    let seen = stack.get(&path, stack.text(OWNER)).expect(200);
    let told = |mail: &Value| mail["recipients"].to_string().contains("other@example.org");
    assert!(seen["trashed_at"].is_string() && told(&seen) && !told(&went), "{seen}");
    assert!(told(&call(&stack, "POST", &format!("{path}/restore")).expect(200)));
}

#[test]
fn what_is_deleted_for_good_is_gone_with_its_bytes_and_does_not_come_back() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let file = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\n\
        Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF\r\n--b--\r\n";
    let subject = unique("Deleted");
    let raw = format!("From: ann@example.org\r\nTo: {}\r\nSubject: {subject}\r\n{file}", mailbox.address);
    let one = mailbox.take(raw.as_bytes());
    let path = mailbox.path(&one);
    let raw = stack.get(&format!("{path}/raw"), stack.text(OWNER)).header("location").unwrap().to_owned();
    let attachment = format!("/v1/attachments/{}", one["attachments"][0]["id"].as_str().unwrap());
    let file =
        stack.get(&attachment, stack.text(OWNER)).expect(200)["download_url"].as_str().unwrap().to_owned();
    assert_eq!((bytes(&raw).0, bytes(&file).0), (200, 200));

    assert_eq!(call(&stack, "DELETE", &format!("{path}?permanent=true")).status, 204);
    let gone = |path: &str| stack.get(path, stack.text(OWNER)).refused(404, "not_found");
    for path in [&path, &format!("{path}/raw"), &attachment, &thread_path(&one)] {
        gone(path);
    }
    call(&stack, "DELETE", &path).refused(404, "not_found");
    call(&stack, "POST", &format!("{path}/restore")).refused(404, "not_found");
    assert!(ids(&stack, &format!("/v1/inboxes/{}/messages?label=trash", mailbox.id)).is_empty());
    // SES tells of it again, before and after its bytes are gone.
    let (_, ses_id) = raw.split_once("/inbound/").unwrap();
    let again =
        event(ses_id.split_once('?').unwrap().0, one["created_at"].as_str().unwrap(), &mailbox.address);
    stack.invoke("countersign-inbound-receive", &again);
    assert!(mailbox.mails().is_empty());
    purge(&stack, &one);
    let left = stored(&stack, &one);
    assert!(left.get("message").is_none() && left["ttl"]["N"].is_string(), "{left}");
    assert_eq!((bytes(&raw).0, bytes(&file).0), (404, 404));
    stack.invoke("countersign-inbound-receive", &again);
    assert!(mailbox.mails().is_empty());
    let entries = stack.until("written down", || {
        let found = stack.get("/v1/audit?action=message.delete", stack.text(OWNER)).expect(200);
        Some(found).filter(|found| !found["data"].as_array().unwrap().is_empty())
    });
    assert_eq!(entries["data"][0]["target"], one["id"]);
    assert_eq!(stack.get("/v1/audit/verify", stack.text(OWNER)).expect(200)["verified"], true);
}

#[test]
fn a_mail_of_ours_that_is_deleted_leaves_a_receipt_that_holds() {
    let stack = Stack::running().organization();
    let held = stack.submit("success@simulator.amazonses.com", &unique("Kept"), "Hello");
    stack.approve(&held).expect(200);
    let went = stack.message_with_status(&held.message, "delivered");
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
    let sealed = json!({"inbox_id": stack.inbox(), "id": held.message});
    assert_eq!(call(&stack, "DELETE", &format!("{path}?permanent=true")).status, 204);
    purge(&stack, &sealed);
    let receipt = stack.receipt(&held.approval, stack.text(OWNER)).expect(200);
    assert!(receipt.to_string().contains(&held.digest), "{receipt}");
    call(&stack, "GET", &path).refused(404, "not_found");
    assert_eq!(went["digest"], held.digest);
}

#[test]
fn after_thirty_days_it_is_gone_before_the_job_has_deleted_it() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let one = mailbox.take(&mail(&mailbox.address, &unique("Old"), "", "Old"));
    call(&stack, "DELETE", &mailbox.path(&one)).expect(200);
    let over = "1000000000000";
    stack.dynamodb(
        "UpdateItem",
        json!({
            "Key": key(&stack, &one),
            "UpdateExpression": "SET look_at = :over, watch_at = :over, message.trash.deletes_at = :over",
            "ExpressionAttributeValues": {":over": {"N": over}},
        }),
    );
    call(&stack, "GET", &mailbox.path(&one)).refused(404, "not_found");
    call(&stack, "POST", &format!("{}/restore", mailbox.path(&one))).refused(404, "not_found");
    assert!(ids(&stack, &format!("/v1/inboxes/{}/messages?label=trash", mailbox.id)).is_empty());
    purge(&stack, &one);
    assert!(stored(&stack, &one).get("message").is_none());
}

#[test]
fn whoever_may_not_reaches_nothing_in_the_trash() {
    let stack = Stack::running().organization();
    let (one, two) = (Mailbox::new(&stack), Mailbox::new(&stack));
    let first = one.take(&mail(&one.address, &unique("First"), "", "One"));
    let second = two.take(&mail(&two.address, &unique("Second"), "", "Two"));
    call(&stack, "DELETE", &two.path(&second)).expect(200);
    let body = json!({"name": "one", "scopes": ["messages.read", "messages.modify"], "inbox_ids": [one.id]});
    let limited = stack.post("/v1/tokens", stack.text(OWNER), &body).expect(201);
    let limited = limited["token"].as_str().unwrap();
    for (method, path) in [
        ("DELETE", two.path(&second)),
        ("DELETE", format!("{}?permanent=true", two.path(&second))),
        ("POST", format!("{}/restore", two.path(&second))),
        ("DELETE", thread_path(&second)),
        ("POST", format!("{}/restore", thread_path(&second))),
    ] {
        stack.call(method, &path, limited, None).refused(404, "not_found");
    }
    stack.call("DELETE", &one.path(&first), limited, None).expect(200);
    stack.until("the index follows", || {
        let listed = stack.get("/v1/messages?label=trash", limited).expect(200)["data"].clone();
        let listed = listed.as_array().unwrap().clone();
        assert!(listed.iter().all(|mail| mail["id"] == first["id"]), "{listed:?}");
        Some(()).filter(|()| listed.len() == 1)
    });
    stack.call("DELETE", &one.path(&first), stack.text("/agent_token"), None).refused(403, "missing_scope");
    for body in [json!({"add_labels": ["trash"]}), json!({"remove_labels": ["Trash"]})] {
        let refused = stack.call("PATCH", &one.path(&first), stack.text(OWNER), Some(&body));
        refused.refused(422, "invalid_label");
        assert!(refused.body["error"]["message"].as_str().unwrap().contains("restore"), "{}", refused.body);
    }
    call(&stack, "DELETE", &format!("{}?permanent=yes", one.path(&first))).refused(422, "wrong_type");
    stack.get("/v1/threads?label=trash", stack.text(OWNER)).refused(422, "invalid_label");
}

#[test]
fn many_trash_and_restore_mails_of_one_conversation_at_once_and_it_counts_each_once() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let subject = unique("Beside");
    let first = unique("b").replace(' ', "-");
    let rest = format!("Message-ID: <{first}@example.org>\r\n");
    let mut mails = vec![mailbox.take(&mail(&mailbox.address, &subject, &rest, "0"))];
    for n in 1..5 {
        let rest = format!("Message-ID: <{n}-{first}@example.org>\r\nIn-Reply-To: <{first}@example.org>\r\n");
        mails.push(mailbox.take(&mail(&mailbox.address, &format!("Re: {subject}"), &rest, &n.to_string())));
    }
    let at_once = |method: &str, suffix: &str| {
        std::thread::scope(|scope| {
            for one in &mails {
                let (stack, path) = (&stack, format!("{}{suffix}", mailbox.path(one)));
                scope.spawn(move || {
                    stack.until("done", || Some(()).filter(|()| call(stack, method, &path).status == 200));
                });
            }
        });
    };
    at_once("DELETE", "");
    call(&stack, "GET", &thread_path(&mails[0])).refused(404, "not_found");
    at_once("POST", "/restore");
    let thread = stack.get(&thread_path(&mails[0]), stack.text(OWNER)).expect(200);
    assert_eq!(
        (&thread["message_count"], &thread["unread_count"], &thread["preview"]),
        (&json!(5), &json!(5), &json!("4"))
    );
}
