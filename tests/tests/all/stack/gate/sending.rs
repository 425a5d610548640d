//! The main job for real: held, looked at, countersigned, sent once, followed.

use app::base::ports::Clock as _;
use runtime::environment::SystemClock;
use serde_json::{Value, json};
use tests::{Held, Stack, unique};

#[test]
fn a_held_mail_leaves_once_it_is_approved_byte_for_byte() {
    let stack = Stack::running();
    let body = json!({
        "to": ["Ann <success@simulator.amazonses.com>"], "bcc": ["hidden@example.org"],
        "subject": "Grüße — byte for byte", "text": "Hello\nthere", "html": "<p>Hello <b>there</b></p>",
    });
    let held = stack.submit_body(&body);
    let seen =
        stack.get(&format!("/v1/approvals/{}", held.approval), stack.text("/approver/session")).expect(200);
    assert_eq!(seen["digest"], held.digest);
    assert_eq!(seen["message"]["bcc"][0]["address"], "hidden@example.org");
    assert_eq!(seen["message"]["text"].as_str().unwrap().trim_end(), "Hello\nthere");
    assert!(seen["message"]["html"].as_str().unwrap().contains("<b>there</b>"));
    assert!(stack.accepted(&held.message).is_empty());
    assert_eq!(stack.approve(&held).expect(200)["status"], "approved");
    let message = stack.message_with_status(&held.message, "delivered");
    assert_eq!(message["recipients"].as_array().unwrap().len(), 2);
    let accepted = stack.accepted(&held.message);
    assert_eq!(accepted.len(), 1);
    let raw = format!("/v1/inboxes/{}/messages/{}/raw", stack.inbox(), held.message);
    let raw = stack.get(&raw, stack.text("/agent_token")).expect(200);
    let eml = accepted[0]["message_id"].as_str().unwrap();
    let outbox = std::fs::read(format!("{}/{eml}.eml", stack.text("/outbox"))).unwrap();
    assert_eq!(raw.as_str().unwrap().as_bytes(), outbox, "what was shown is what SES was given");
    let text = String::from_utf8(outbox).unwrap();
    assert!(
        !text.contains("hidden@") && !text.contains("\nDate:") && !text.contains("\nMessage-ID:"),
        "{text}"
    );
    // The digest is that of the sealed object; the mail's own hash is what SES got.
    assert_eq!(
        domain::base::digest::Digest::of(text.as_bytes()).hex(),
        accepted[0]["sha256"].as_str().unwrap()
    );
}

#[test]
fn a_reply_answers_its_mail_in_its_thread() {
    let stack = Stack::running();
    let subject = unique("A question");
    let mail = format!(
        "From: Ann <ann@example.org>\r\nTo: {}\r\nCc: bob@example.org\r\nSubject: {subject}\r\n\
         Message-ID: <{}@example.org>\r\n\r\nWhere is it?\r\n",
        stack.text("/inbox/address"),
        subject.replace(' ', "-"),
    );
    let received = stack.receive(&mail, &subject);
    let id = received["id"].as_str().unwrap();
    let path = format!("/v1/inboxes/{}/messages/{id}", stack.inbox());
    let agent = stack.text("/agent_token");
    let answer = stack.post(&format!("{path}/reply-all"), agent, &json!({"text": "On its way."})).expect(202);
    let (message, held) = (&answer["message"], Held::of(&answer));
    assert_eq!(message["subject"], format!("Re: {subject}"));
    assert_eq!(message["to"][0]["address"], "ann@example.org");
    assert_eq!(message["cc"][0]["address"], "bob@example.org");
    assert_eq!(message["thread_id"], received["thread_id"]);
    let seen =
        stack.get(&format!("/v1/approvals/{}", held.approval), stack.text("/approver/session")).expect(200);
    assert_eq!(seen["answered_message"]["id"], id);
    assert_eq!(seen["answered_message"]["text"].as_str().unwrap().trim(), "Where is it?");
    assert_eq!(seen["thread"].as_array().unwrap().len(), 2);
    let edit = json!({"digest": held.digest, "text": "On its way to you."});
    let path = format!("/v1/approvals/{}/edit", held.approval);
    let edited = stack.post(&path, stack.text("/approver/session"), &edit).expect(202);
    let held = Held::of(&edited);
    let path = format!("/v1/approvals/{}/approve", held.approval);
    stack.post(&path, stack.text("/owner/session"), &json!({"digest": held.digest})).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let accepted = stack.accepted(&held.message);
    let eml = accepted[0]["message_id"].as_str().unwrap();
    let sent = std::fs::read_to_string(format!("{}/{eml}.eml", stack.text("/outbox"))).unwrap();
    assert!(sent.contains(&format!("In-Reply-To: <{}@example.org>", subject.replace(' ', "-"))), "{sent}");
}

#[test]
fn a_reply_that_was_rejected_is_asked_for_again() {
    let stack = Stack::running();
    let subject = unique("A question");
    let mail = format!(
        "From: ann@example.org\r\nTo: {}\r\nSubject: {subject}\r\n\r\nWhere is it?\r\n",
        stack.text("/inbox/address")
    );
    let received = stack.receive(&mail, &subject);
    let messages = format!("/v1/inboxes/{}/messages", stack.inbox());
    let path = format!("{messages}/{}/reply", received["id"].as_str().unwrap());
    let held =
        Held::of(&stack.post(&path, stack.text("/agent_token"), &json!({"text": "Here."})).expect(202));
    let path = format!("/v1/approvals/{}/reject", held.approval);
    let verdict = json!({"digest": held.digest, "reason": "not yet"});
    stack.post(&path, stack.text("/approver/session"), &verdict).expect(200);
    let path = format!("{messages}/{}/send-again", held.message);
    let again = Held::of(&stack.post(&path, stack.text("/agent_token"), &json!({})).expect(202));
    let seen = stack.get(&format!("/v1/approvals/{}", again.approval), stack.text("/approver/session"));
    assert_eq!(seen.expect(200)["answered_message"]["id"], received["id"]);
}

#[test]
fn a_rejected_mail_never_leaves_and_says_why() {
    let stack = Stack::running();
    let held = stack.submit("success@simulator.amazonses.com", "to be rejected", "text");
    let path = format!("/v1/approvals/{}/reject", held.approval);
    let body = json!({"digest": held.digest, "reason": "The price is wrong."});
    let approver = stack.text("/approver/session");
    let rejected = stack.post(&path, approver, &body).expect(200);
    assert_eq!(
        (rejected["status"].as_str(), rejected["decision_reason"].as_str()),
        (Some("rejected"), Some("The price is wrong."))
    );
    stack.message_with_status(&held.message, "rejected");
    stack.approve(&held).refused(409, "approval_not_pending");
    assert!(stack.accepted(&held.message).is_empty());
    let listed = stack.get("/v1/approvals?status=rejected&limit=100", approver).expect(200);
    assert!(
        listed["data"].as_array().unwrap().iter().any(|approval| approval["id"] == held.approval.as_str())
    );
}

#[test]
fn send_at_is_waited_for() {
    let stack = Stack::running();
    let now = SystemClock.now();
    let send_at = now + jiff::SignedDuration::from_secs(6);
    let body = json!({
        "to": ["success@simulator.amazonses.com"], "subject": "later", "text": "t", "send_at": send_at.to_string(),
    });
    let held = stack.submit_body(&body);
    stack.approve(&held).expect(200);
    let scheduled = stack.message_with_status(&held.message, "scheduled");
    assert!(scheduled["due_at"].as_str().is_some());
    assert!(stack.accepted(&held.message).is_empty());
    let sent = stack.message_with_status(&held.message, "delivered");
    let sent_at: jiff::Timestamp = sent["sent_at"].as_str().unwrap().parse().unwrap();
    assert!(sent_at.as_second() >= send_at.as_second(), "{sent_at} before {send_at}");
}

#[test]
fn a_bounce_and_a_complaint_come_back() {
    // Of its own: whoever bounced gets no second mail of an organization.
    let stack = Stack::running().organization();
    for (to, status) in
        [("bounce@simulator.amazonses.com", "bounced"), ("complaint@simulator.amazonses.com", "complained")]
    {
        let held = stack.submit(to, status, "text");
        stack.approve(&held).expect(200);
        let message = stack.message_with_status(&held.message, status);
        assert_eq!(message["recipients"][0]["status"], status);
    }
}

#[test]
fn the_same_key_answers_alike_and_sends_once() {
    let stack = Stack::running();
    let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    let agent = stack.text("/agent_token");
    let key = unique("key").replace(' ', "-");
    let send = |text: &str| {
        let body =
            json!({"to": ["success@simulator.amazonses.com"], "subject": "once", "text": text}).to_string();
        stack.raw("POST", &path, agent, vec![("idempotency-key", key.clone())], body)
    };
    let first = send("one").expect(202);
    let again = send("one");
    assert_eq!((again.status, again.header("idempotent-replay")), (202, Some("true")));
    assert_eq!(again.body, first);
    send("two").refused(409, "idempotency_key_reused");
}

#[test]
fn the_same_key_many_times_at_once_makes_one_mail() {
    let stack = Stack::running();
    let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    let key = unique("burst").replace(' ', "-");
    let subject = unique("burst");
    let body =
        json!({"to": ["success@simulator.amazonses.com"], "subject": subject, "text": "t"}).to_string();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..12)
            .map(|_| {
                let headers = vec![("idempotency-key", key.clone())];
                scope.spawn(|| stack.raw("POST", &path, stack.text("/agent_token"), headers, &body))
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let ids: std::collections::BTreeSet<String> = answers
        .iter()
        .filter(|answer| answer.status == 202)
        .map(|answer| answer.body["message"]["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "one mail: {ids:?}");
    for answer in &answers {
        assert!(answer.status == 202 || answer.code() == "request_in_flight", "{}", answer.body);
    }
    let list =
        stack.get(&format!("/v1/inboxes/{}/messages?limit=100", stack.inbox()), stack.text("/agent_token"));
    let listed =
        list.expect(200)["data"].as_array().unwrap().iter().filter(|m| m["subject"] == subject).count();
    assert_eq!(listed, 1);
}

#[test]
fn many_approvers_at_once_make_one_decision_and_one_mail() {
    let stack = Stack::running();
    let held = stack.submit("success@simulator.amazonses.com", "decided at once", "text");
    let path = format!("/v1/approvals/{}", held.approval);
    let tokens = [stack.text("/approver/session"), stack.text("/owner/session")];
    let decided: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..16)
            .map(|i| {
                let verdict = if i % 4 == 3 { "reject" } else { "approve" };
                let (held, path, stack) = (&held, &path, &stack);
                scope.spawn(move || {
                    let body = json!({"digest": held.digest});
                    stack.post(&format!("{path}/{verdict}"), tokens[i % 2], &body)
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let outcomes: std::collections::BTreeSet<_> = decided
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.body["status"].to_string())
        .collect();
    assert_eq!(outcomes.len(), 1, "one outcome: {decided:?}");
    for answer in decided.iter().filter(|answer| answer.status != 200) {
        answer.refused(409, "approval_not_pending");
    }
    let approved = outcomes.contains("\"approved\"");
    stack.message_with_status(&held.message, if approved { "delivered" } else { "rejected" });
    assert_eq!(stack.accepted(&held.message).len(), usize::from(approved));
}

#[test]
fn two_local_inboxes_write_to_each_other() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let other = stack.post("/v1/inboxes", owner, &json!({"display_name": "Other"})).expect(201);
    let subject = unique("between inboxes");
    let held = stack.submit(other["address"].as_str().unwrap(), &subject, "from one to the other");
    stack.approve(&held).expect(200);
    let path = format!("/v1/inboxes/{}/messages", other["id"].as_str().unwrap());
    let received: Value = stack.until("mail in the other inbox", || {
        let list = stack.get(&path, owner).expect(200);
        list["data"].as_array()?.iter().find(|message| message["subject"] == subject).cloned()
    });
    assert_eq!(received["status"], "received");
    assert_eq!(received["from"]["address"], stack.text("/inbox/address"));
}

#[test]
fn an_answer_to_all_goes_to_everybody_once_and_not_to_ourselves() {
    let stack = Stack::running();
    let (subject, own) = (unique("To all"), stack.text("/inbox/address"));
    let (name, domain) = own.split_once('@').unwrap();
    let key = subject.replace(' ', "-");
    let mail = format!(
        "From: Ann <ann@example.org>\r\nTo: {own}, Ann <ANN@example.org>, {name}+tag@{domain}\r\n\
         Cc: bob@example.org, {}, bob+x@example.org, Bob <bob@EXAMPLE.org>\r\nSubject: {subject}\r\n\
         Message-ID: <\"{key} quoted\"+x/y=z$1@[192.0.2.7]>\r\nReferences: <root-{key}@example.org>\r\n\r\nHello\r\n",
        own.to_uppercase(),
    );
    let received = stack.receive(&mail, &subject);
    let path =
        format!("/v1/inboxes/{}/messages/{}/reply-all", stack.inbox(), received["id"].as_str().unwrap());
    let answer = stack.post(&path, stack.text("/agent_token"), &json!({"text": "Hello all"})).expect(202);
    let list = |name: &str| -> Vec<String> {
        let parties = answer["message"][name].as_array().unwrap();
        parties.iter().map(|party| party["address"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (list("to"), list("cc")),
        (
            vec!["ann@example.org".to_owned()],
            vec!["bob@example.org".to_owned(), "bob+x@example.org".to_owned()]
        )
    );
    // Named twice, over all three lists, in any case: one mail each.
    let body = json!({
        "to": ["a@example.org", "A@example.org"], "cc": ["a@EXAMPLE.org", "b@example.org"], "bcc": ["B@example.org", "c@example.org"],
        "subject": unique("Twice"), "text": "Hello",
    });
    let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    let answer = stack.post(&path, stack.text("/agent_token"), &body).expect(202);
    let found = ["to", "cc", "bcc"].map(|name| answer["message"][name].as_array().unwrap().len());
    assert_eq!(found, [1, 1, 1]);
}

const WITH_FILE: &str = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>The <b>offer</b> &lt;3 &amp; more</p>\r\n\
    --b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=offer.pdf\r\n\r\n%PDF-1\r\n--b--\r\n";

/// A received mail with HTML and a file, and its path.
fn received(stack: &Stack) -> (String, String) {
    let subject = unique("Offer");
    let mail = format!(
        "From: Ann Example <ann@example.org>\r\nTo: {}\r\nSubject: {subject}\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <{}@example.org>\r\n{WITH_FILE}",
        stack.text("/inbox/address"),
        subject.replace(' ', "-"),
    );
    let received = stack.receive(&mail, &subject);
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), received["id"].as_str().unwrap());
    (subject, path)
}

/// The mail of an answer of ours, as it would be received.
fn as_sealed(stack: &Stack, answer: &Value) -> mail::ParsedMail<'static> {
    let path =
        format!("/v1/inboxes/{}/messages/{}/raw", stack.inbox(), answer["message"]["id"].as_str().unwrap());
    let raw = stack.get(&path, stack.text("/agent_token")).expect(200);
    mail::parse(raw.as_str().unwrap().as_bytes()).into_owned()
}

#[test]
fn a_mail_is_passed_on_as_its_reader_saw_it_with_its_files() {
    let stack = Stack::running();
    let agent = stack.text("/agent_token");
    let (subject, path) = received(&stack);
    let forward = format!("{path}/forward");
    let body = json!({"to": ["bob@example.org"], "text": "For <you> & your files."});
    let answer = stack.post(&forward, agent, &body).expect(202);
    assert_eq!(answer["message"]["subject"], format!("Fwd: {subject}"));
    assert_eq!(answer["message"]["to"][0]["address"], "bob@example.org");
    let original = stack.get(&path, agent).expect(200);
    assert_eq!(answer["message"]["thread_id"], original["thread_id"]);
    let sealed = as_sealed(&stack, &answer);
    let text = sealed.text.clone().unwrap();
    assert!(text.starts_with("For <you> & your files.\n\n---------- Forwarded message ---------\nFrom: Ann Example <ann@example.org>\n"), "{text}");
    assert!(
        text.contains("Date: Mon, 2 Nov 2026 at 10:00 UTC\n") && text.contains("The offer <3 & more"),
        "{text}"
    );
    let html = sealed.html.clone().unwrap();
    assert!(html.contains("For &lt;you&gt; &amp; your files.") && html.contains("<b>offer</b>"), "{html}");
    let files: Vec<_> = sealed
        .attachments
        .iter()
        .map(|file| (file.filename.clone().unwrap(), file.contents.to_vec()))
        .collect();
    assert_eq!(files, [("offer.pdf".to_owned(), b"%PDF-1".to_vec())]);
    assert_eq!(answer["changes"], json!([]), "what is passed on needs no change of its own");
    let shown = format!("/v1/approvals/{}", answer["approval"]["id"].as_str().unwrap());
    let shown = stack.get(&shown, stack.text("/approver/session")).expect(200);
    assert_eq!((&shown["forwards"], &shown["answers"]), (&original["id"], &Value::Null));
    assert_eq!(shown["answered_message"]["id"], original["id"]);
    // Without a word of its own, and without the files.
    let to = "success@simulator.amazonses.com";
    let body = json!({"to": [to], "include_attachments": false, "subject": "As agreed"});
    let answer = stack.post(&forward, agent, &body).expect(202);
    assert_eq!(answer["message"]["subject"], "As agreed");
    let sealed = as_sealed(&stack, &answer);
    assert!(sealed.text.unwrap().starts_with("---------- Forwarded message ---------\n"));
    assert!(sealed.attachments.is_empty());
    // And on again, once it went, and not before: ours is passed on as it was sealed.
    let held = Held::of(&answer);
    let again = format!("/v1/inboxes/{}/messages/{}/forward", stack.inbox(), held.message);
    let refused = stack.post(&again, agent, &json!({"to": [to]}));
    refused.refused(409, "message_not_sent");
    assert_eq!(refused.body["error"]["details"]["status"], "pending_approval");
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let answer = stack.post(&again, agent, &json!({"to": ["carl@example.org"]})).expect(202);
    assert_eq!(answer["message"]["subject"], "Fwd: As agreed");
    assert_eq!(as_sealed(&stack, &answer).text.unwrap().matches("Forwarded message").count(), 2);

    stack.post(&forward, agent, &json!({"text": "to nobody"})).refused(422, "no_recipients");
    stack
        .post(&forward, agent, &json!({"to": ["bob@example.org"], "include_quote": true}))
        .refused(422, "unknown_field");
    let nothing = format!("/v1/inboxes/{}/messages/msg_01kc1x5e3r0000000000000001/forward", stack.inbox());
    stack.post(&nothing, agent, &json!({"to": ["bob@example.org"]})).refused(404, "not_found");
    // Whoever may not read mail has none passed on, and quotes none.
    let body = json!({"name": "sender", "scopes": ["messages.send"]});
    let made = stack.post("/v1/tokens", stack.text("/owner/session"), &body).expect(201);
    let token = made["token"].as_str().unwrap();
    stack.post(&forward, token, &json!({"to": ["bob@example.org"]})).refused(403, "missing_scope");
    let reply = format!("{path}/reply");
    stack.post(&reply, token, &json!({"text": "Hello", "include_quote": true})).refused(403, "missing_scope");
}

#[test]
fn an_answer_quotes_what_it_answers_where_it_is_asked_to() {
    let stack = Stack::running();
    let agent = stack.text("/agent_token");
    let (_, path) = received(&stack);
    let reply = format!("{path}/reply");
    let plain = stack.post(&reply, agent, &json!({"text": "Thank you."})).expect(202);
    assert_eq!(as_sealed(&stack, &plain).text.unwrap().trim_end(), "Thank you.");
    let body = json!({"text": "Thank you.", "html": "<p>Thank <i>you</i>.</p>", "include_quote": true});
    let answer = stack.post(&reply, agent, &body).expect(202);
    let sealed = as_sealed(&stack, &answer);
    let text = sealed.text.unwrap();
    assert!(
        text.starts_with(
            "Thank you.\n\nOn Mon, 2 Nov 2026 at 10:00 UTC, Ann Example <ann@example.org> wrote:\n"
        ),
        "{text}"
    );
    assert!(text.contains("> The offer <3 & more"), "{text}");
    assert_eq!(mail::extract_written("", &text), "Thank you.", "its reader finds the new part");
    let html = sealed.html.unwrap();
    assert!(
        html.contains("<blockquote") && html.contains("<b>offer</b>") && html.contains("<i>you</i>"),
        "{html}"
    );
    assert!(sealed.attachments.is_empty());
}

#[test]
fn what_a_caller_adds_goes_with_the_mail_or_stays_with_it() {
    let stack = Stack::running();
    let body = json!({
        "to": ["Ann <ann@Bücher.example>", "ann@xn--bcher-kva.example"],
        "subject": unique("An order"),
        "html": "<p>See <a href=\"https://example.com/order/42\">the order</a>.</p>",
        "headers": {"X-Order": "42 für Ann", "List-Unsubscribe": "<https://example.com/leave>"},
        "metadata": {"crm.id": "lead 42"},
        "tags": ["orders", "2026"],
    });
    let held = stack.submit_body(&body);
    let agent = stack.text("/agent_token");
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
    let message = stack.get(&path, agent).expect(200);
    assert_eq!(message["to"], json!([{"name": "Ann", "address": "ann@xn--bcher-kva.example"}]));
    assert_eq!(message["metadata"], json!({"crm.id": "lead 42"}));
    assert_eq!(message["tags"], json!(["2026", "orders"]));
    assert_eq!(message["text"], "See the order <https://example.com/order/42>.\n");

    // An edit of the HTML alone takes the text that was made of it along, and the fields and notes stay.
    let edit = json!({"digest": held.digest, "html": "<p>See <a href=\"https://example.com/order/43\">the order</a>.</p>"});
    let edited =
        stack.post(&format!("/v1/approvals/{}/edit", held.approval), stack.text("/approver/session"), &edit);
    let held = Held::of(&edited.expect(202));
    let message = stack.get(&path, agent).expect(200);
    assert_eq!(message["text"], "See the order <https://example.com/order/43>.\n");
    assert_eq!(message["metadata"], json!({"crm.id": "lead 42"}));
    let approve = format!("/v1/approvals/{}/approve", held.approval);
    stack.post(&approve, stack.text("/owner/session"), &json!({"digest": held.digest})).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let accepted = stack.accepted(&held.message);
    let eml = accepted[0]["message_id"].as_str().unwrap();
    let sent = std::fs::read(format!("{}/{eml}.eml", stack.text("/outbox"))).unwrap();
    let parsed = mail::parse(&sent);
    let header = |name: &str| {
        let mut found = parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        (found.next().map(|header| header.value.clone()), found.count())
    };
    assert_eq!(header("X-Order"), (Some("42 für Ann".to_owned()), 0));
    assert_eq!(header("List-Unsubscribe"), (Some("<https://example.com/leave>".to_owned()), 0));
    assert!(!parsed.text_from_html);
    let all = String::from_utf8_lossy(&sent);
    assert!(!all.contains("lead 42") && !all.contains("orders"), "notes are for no recipient: {all}");
}

#[test]
fn what_can_not_be_added_is_named_all_at_once() {
    let stack = Stack::running();
    let body = json!({
        "to": ["änn@example.com", "ann@exämple"], "subject": "s", "text": "t",
        "headers": {"Bcc": "x@example.com", "X-SES-Source-Arn": "x", "Auto-Submitted": "no", "X-A": 5},
        "metadata": {"a b": "x", "c": "line\nbreak", "d": "x".repeat(201)},
        "tags": ["a b", "good"],
    });
    let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    let problem = stack.post(&path, stack.text("/agent_token"), &body).expect(422);
    let mut named: Vec<_> = problem["error"]["details"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            (fault["field"].as_str().unwrap().to_owned(), fault["code"].as_str().unwrap().to_owned())
        })
        .collect();
    named.sort();
    let expected = [
        ("headers.Auto-Submitted", "header_not_allowed"),
        ("headers.Bcc", "header_not_allowed"),
        ("headers.X-A", "wrong_type"),
        ("headers.X-SES-Source-Arn", "header_not_allowed"),
        ("metadata.a b", "invalid_tag"),
        ("metadata.c", "control_character"),
        ("metadata.d", "too_long"),
        ("tags[0]", "invalid_tag"),
        ("to[0]", "address_not_ascii"),
        ("to[1]", "invalid_address"),
    ];
    let expected: Vec<_> = expected.map(|(field, code)| (field.to_owned(), code.to_owned())).into();
    assert_eq!(named, expected);
    // What only the written mail shows is named by the field as well.
    for (value, code) in [("a\u{202e}b", "control_character"), ("=?utf-8?q?x?=", "encoded_word")] {
        let body = json!({"to": ["ann@example.com"], "subject": "s", "text": "t", "headers": {"X-A": value}});
        let problem = stack.post(&path, stack.text("/agent_token"), &body).expect(422);
        assert_eq!(problem["error"]["code"], code, "{problem}");
        assert_eq!(problem["error"]["details"]["fields"][0]["field"], "headers.X-A");
    }
}

/// Alone, since no other mail goes meanwhile either.
#[test]
fn alone_a_mail_that_finds_no_place_in_the_account_s_rate_is_not_touched_and_goes_once_there_is_one() {
    let stack = Stack::running();
    let until = SystemClock.now().as_second() + 12;
    for second in until - 13..until {
        let place = json!({"pk": {"S": format!("send-rate/{second}")}, "sk": {"S": "places"}, "all": {"N": "1000000"}});
        stack.dynamodb("PutItem", json!({"Item": place}));
    }
    let held = stack.submit("success@simulator.amazonses.com", &unique("no place"), "text");
    stack.approve(&held).expect(200);
    let ticket = json!({
        "organization_id": stack.text("/organization_id"), "inbox_id": stack.inbox(),
        "message_id": held.message, "approval_id": held.approval, "digest": held.digest,
    });
    let refused = stack.invoke("countersign-dispatch-send", &ticket);
    assert_eq!(refused["errorType"], "Throttled", "{refused}");
    let waiting = stack.message_with_status(&held.message, "scheduled");
    assert_eq!(waiting["attempts"].as_u64().unwrap_or_default(), 0, "{waiting}");
    stack.message_with_status(&held.message, "delivered");
    assert!(SystemClock.now().as_second() >= until);
    assert_eq!(stack.accepted(&held.message).len(), 1);
}
