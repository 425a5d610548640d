//! Finding mail: filters, labels, what was read, and lists over all inboxes.

use serde_json::{Value, json};
use tests::{Answer, Stack, unique};

use super::inbound::Mailbox;

const OWNER: &str = "/owner/token";

fn ids(answer: Answer) -> Vec<String> {
    let page = answer.expect(200);
    page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn list(stack: &Stack, path: &str) -> Vec<String> {
    ids(stack.get(path, stack.text(OWNER)))
}

fn patch(stack: &Stack, path: &str, body: &Value) -> Answer {
    stack.call("PATCH", path, stack.text(OWNER), Some(body))
}

fn mail(from: &str, to: &str, subject: &str, rest: &str) -> Vec<u8> {
    format!("From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n{rest}").into_bytes()
}

const FILE: &str = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\n\
    Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF\r\n--b--\r\n";

#[test]
fn a_list_has_what_all_filters_take() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let plain = "\r\nHello\r\n";
    let one = mailbox.take(&mail("Ann <ann@example.org>", &mailbox.address, "An offer", plain));
    let two = mailbox.take(&mail("Bob <bob@example.net>", &mailbox.address, "Re: ÜBER alles", FILE));
    let three = mailbox.take(&mail("ann@example.net", "others@example.org", "Hello", plain));
    let base = format!("/v1/inboxes/{}/messages", mailbox.id);
    let id = |mail: &Value| mail["id"].as_str().unwrap().to_owned();
    let (first, second, third) = (id(&one), id(&two), id(&three));
    let at = |mail: &Value| mail["created_at"].as_str().unwrap().to_owned();
    for (filter, wanted) in [
        (String::new(), vec![&third, &second, &first]),
        ("?direction=inbound&status=received".to_owned(), vec![&third, &second, &first]),
        ("?direction=outbound".to_owned(), vec![]),
        ("?status=delivered".to_owned(), vec![]),
        ("?from=ANN".to_owned(), vec![&third, &first]),
        ("?from=ann@example.org".to_owned(), vec![&first]),
        (format!("?to={}", mailbox.address.to_uppercase()), vec![&second, &first]),
        ("?subject=%C3%BCber".to_owned(), vec![&second]),
        ("?has_attachment=true".to_owned(), vec![&second]),
        ("?has_attachment=false&limit=1".to_owned(), vec![&third]),
        // Half open: the first instant belongs to it, the last does not.
        (format!("?after={}&before={}", at(&two), at(&three)), vec![&second]),
        (format!("?after={}", at(&two)), vec![&third, &second]),
        (format!("?before={}", at(&two)), vec![&first]),
        // A span that ends before it begins, and ones beyond all time, have nothing or everything.
        (format!("?after={}&before={}", at(&three), at(&one)), vec![]),
        ("?after=9999-12-30T00:00:00Z".to_owned(), vec![]),
        (
            "?after=-009000-01-01T00:00:00Z&before=9999-12-30T00:00:00.5Z".to_owned(),
            vec![&third, &second, &first],
        ),
        ("?unread=true".to_owned(), vec![&third, &second, &first]),
        ("?unread=false".to_owned(), vec![]),
    ] {
        assert_eq!(
            list(&stack, &format!("{base}{filter}")),
            wanted.into_iter().cloned().collect::<Vec<_>>(),
            "{filter}"
        );
        if !filter.contains("limit") {
            // Page by page it is the same.
            let mut seen = vec![];
            let join = if filter.is_empty() { "?" } else { "&" };
            let (mut cursor, mut pages) = (String::new(), 0);
            loop {
                let page =
                    stack.get(&format!("{base}{filter}{join}limit=1{cursor}"), stack.text(OWNER)).expect(200);
                seen.extend(page["data"].as_array().unwrap().iter().map(id));
                pages += 1;
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
                assert!(pages < 10);
            }
            assert_eq!(seen, list(&stack, &format!("{base}{filter}")), "{filter}");
        }
    }
}

#[test]
fn what_was_read_and_labelled_is_found_so_and_a_conversation_shows_it() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let subject = unique("Labels");
    let first = mailbox.take(&mail(
        "ann@example.org",
        &mailbox.address,
        &subject,
        "Message-ID: <l1@example.org>\r\nDate: Tue, 10 Nov 26 10:15:24 +0100\r\n\r\nOne\r\n",
    ));
    let reply = "Message-ID: <l2@example.org>\r\nIn-Reply-To: <l1@example.org>\r\n\r\nTwo\r\n";
    let second = mailbox.take(&mail("ann@example.org", &mailbox.address, &format!("Re: {subject}"), reply));
    assert_eq!((&first["read"], &first["labels"]), (&json!(false), &json!([])));
    assert_eq!(first["date"], "2026-11-10T09:15:24Z");
    assert_eq!(second["in_reply_to"], "l1@example.org");
    assert_eq!(second["internet_message_id"], "l2@example.org");
    let thread = format!("/v1/threads/{}", first["thread_id"].as_str().unwrap());
    let shown = |names: &[&str]| {
        let found = stack.get(&thread, stack.text(OWNER)).expect(200);
        names.iter().map(|name| found[*name].clone()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&["unread_count", "labels", "message_count"]), [json!(2), json!([]), json!(2)]);

    let marked =
        patch(&stack, &mailbox.path(&first), &json!({"add_labels": ["To do", "invoice"], "read": true}))
            .expect(200);
    assert_eq!((&marked["read"], &marked["labels"]), (&json!(true), &json!(["To do", "invoice"])));
    // Again, it is as it is.
    let again =
        patch(&stack, &mailbox.path(&first), &json!({"add_labels": ["invoice"], "read": true})).expect(200);
    assert_eq!(again, marked);
    assert_eq!(shown(&["unread_count", "labels"]), [json!(1), json!(["To do", "invoice"])]);
    let base = format!("/v1/inboxes/{}", mailbox.id);
    let (one, two) = (first["id"].as_str().unwrap().to_owned(), second["id"].as_str().unwrap().to_owned());
    assert_eq!(list(&stack, &format!("{base}/messages?label=To%20do")), [one.as_str()]);
    stack.until("the index follows", || {
        Some(()).filter(|()| list(&stack, &format!("{base}/messages?unread=true")) == [two.as_str()])
    });
    assert_eq!(list(&stack, &format!("{base}/messages?unread=false")), [one.as_str()]);

    // The conversation as a whole.
    let marked =
        patch(&stack, &thread, &json!({"add_labels": ["To do"], "remove_labels": ["invoice"], "read": true}))
            .expect(200);
    assert_eq!((&marked["unread_count"], &marked["labels"]), (&json!(0), &json!(["To do"])));
    assert_eq!(list(&stack, &format!("{base}/messages?label=To%20do")), [two.as_str(), one.as_str()]);
    assert!(list(&stack, &format!("{base}/messages?label=invoice")).is_empty());
    let id = first["thread_id"].as_str().unwrap();
    for (filter, found) in
        [("label=To%20do", true), ("label=invoice", false), ("unread=true", false), ("unread=false", true)]
    {
        assert_eq!(
            list(&stack, &format!("{base}/threads?{filter}")).contains(&id.to_owned()),
            found,
            "{filter}"
        );
    }
    patch(&stack, &mailbox.path(&second), &json!({"remove_labels": ["To do"], "read": false})).expect(200);
    assert_eq!(
        shown(&["unread_count", "labels"]),
        [json!(1), json!(["To do"])],
        "the other mail has it still"
    );
}

#[test]
fn the_labels_of_an_inbox_are_listed_each_once_as_long_as_a_mail_has_it() {
    let stack = Stack::running().organization();
    let (here, elsewhere) = (Mailbox::new(&stack), Mailbox::new(&stack));
    let labels = |inbox: &Mailbox<'_>, query: &str| {
        stack.get(&format!("/v1/inboxes/{}/labels{query}", inbox.id), stack.text(OWNER)).expect(200)
    };
    let names = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|it| it["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels(&here, ""), json!({"data": [], "next_cursor": null}));
    let paths: Vec<_> = ["one", "two"]
        .into_iter()
        .map(|subject| {
            let rest = format!("Message-ID: <{subject}@example.org>\r\n\r\nHello\r\n");
            here.path(&here.take(&mail("ann@example.org", &here.address, subject, &rest)))
        })
        .collect();
    for path in &paths {
        patch(&stack, path, &json!({"add_labels": ["todo", "To do", "Ärger"]})).expect(200);
    }
    assert_eq!(names(&labels(&here, "")), ["To do", "todo", "Ärger"]);
    let first = labels(&here, "?limit=2");
    assert_eq!(names(&first), ["To do", "todo"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(names(&labels(&here, &format!("?limit=2&cursor={cursor}"))), ["Ärger"]);
    // A cursor of the mails of a label, or of another inbox, is none of this list.
    let mails = format!("/v1/inboxes/{}/messages?label=todo&limit=1", here.id);
    let other = stack.get(&mails, stack.text(OWNER)).expect(200)["next_cursor"].as_str().unwrap().to_owned();
    for (inbox, cursor) in [(&here, other.as_str()), (&elsewhere, cursor)] {
        let path = format!("/v1/inboxes/{}/labels?cursor={cursor}", inbox.id);
        stack.get(&path, stack.text(OWNER)).refused(422, "invalid_cursor");
    }
    patch(&stack, &paths[0], &json!({"remove_labels": ["todo", "To do"]})).expect(200);
    patch(&stack, &paths[1], &json!({"remove_labels": ["To do"]})).expect(200);
    assert_eq!(names(&labels(&here, "")), ["todo", "Ärger"]);
    assert_eq!(names(&labels(&elsewhere, "")), [""; 0]);
}

#[test]
fn many_label_one_conversation_at_once_and_each_counts() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let first = mailbox.take(&mail(
        "ann@example.org",
        &mailbox.address,
        "Many",
        "Message-ID: <m@example.org>\r\n\r\nOne\r\n",
    ));
    let path = mailbox.path(&first);
    std::thread::scope(|scope| {
        for n in 0..6 {
            let (stack, path) = (&stack, &path);
            scope.spawn(move || {
                let label = format!("label {n}");
                stack.until("labelled", || {
                    let answer = patch(stack, path, &json!({"add_labels": [label]}));
                    // Losing again and again is said, and may be repeated.
                    Some(()).filter(|()| answer.status == 200)
                });
            });
        }
    });
    let wanted = json!(["label 0", "label 1", "label 2", "label 3", "label 4", "label 5"]);
    assert_eq!(mailbox.get(&first)["labels"], wanted);
    let thread =
        stack.get(&format!("/v1/threads/{}", first["thread_id"].as_str().unwrap()), stack.text(OWNER));
    assert_eq!(thread.expect(200)["labels"], wanted);
    // So it is where each labels another mail of it.
    let more: Vec<Value> = (0..4)
        .map(|n| {
            let rest =
                format!("Message-ID: <m{n}@example.org>\r\nIn-Reply-To: <m@example.org>\r\n\r\nMore\r\n");
            mailbox.take(&mail("ann@example.org", &mailbox.address, "Re: Many", &rest))
        })
        .collect();
    let label_all = |body: &Value| {
        std::thread::scope(|scope| {
            for one in &more {
                let (stack, mailbox) = (&stack, &mailbox);
                scope.spawn(move || {
                    stack.until("labelled", || {
                        Some(()).filter(|()| patch(stack, &mailbox.path(one), body).status == 200)
                    });
                });
            }
        });
        let path = format!("/v1/threads/{}", first["thread_id"].as_str().unwrap());
        let found = stack.get(&path, stack.text(OWNER)).expect(200);
        (found["labels"].as_array().unwrap().contains(&json!("shared")), found["unread_count"].clone())
    };
    assert_eq!(label_all(&json!({"add_labels": ["shared"], "read": true})), (true, json!(1)));
    assert_eq!(
        label_all(&json!({"remove_labels": ["shared"], "read": false})),
        (false, json!(5)),
        "each is counted once"
    );
}

#[test]
fn lists_over_all_inboxes_have_what_the_credential_may_read() {
    let stack = Stack::running().organization();
    let (one, two) = (Mailbox::new(&stack), Mailbox::new(&stack));
    let first = one.take(&mail("ann@example.org", &one.address, "First", "\r\nHello\r\n"));
    let second = two.take(&mail("ann@example.org", &two.address, "Second", "\r\nHello\r\n"));
    let third = one.take(&mail("ann@example.org", &one.address, "Third", "\r\nHello\r\n"));
    let text = |mail: &Value, name: &str| mail[name].as_str().unwrap().to_owned();
    let messages = [&third, &second, &first].map(|mail| text(mail, "id"));
    let threads = [&third, &second, &first].map(|mail| text(mail, "thread_id"));
    stack.until("the index follows", || Some(()).filter(|()| list(&stack, "/v1/messages") == messages));
    stack.until("the index follows", || Some(()).filter(|()| list(&stack, "/v1/threads") == threads));
    assert_eq!(list(&stack, "/v1/messages?subject=second"), messages[1..2]);
    assert_eq!(list(&stack, "/v1/threads?subject=second"), threads[1..2]);
    let after = text(&second, "created_at");
    assert_eq!(list(&stack, &format!("/v1/messages?after={after}")), messages[..2]);
    assert_eq!(list(&stack, &format!("/v1/threads?after={after}")), threads[..2]);
    // Page by page.
    for path in ["/v1/messages", "/v1/threads"] {
        let page = stack.get(&format!("{path}?limit=2"), stack.text(OWNER)).expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = stack.get(&format!("{path}?limit=2&cursor={cursor}"), stack.text(OWNER)).expect(200);
        assert_eq!(
            (rest["data"].as_array().unwrap().len(), &rest["next_cursor"]),
            (1, &Value::Null),
            "{path}"
        );
        // A cursor of the other list is none of this one.
        let other = if path == "/v1/messages" { "/v1/threads" } else { "/v1/messages" };
        stack.get(&format!("{other}?cursor={cursor}"), stack.text(OWNER)).refused(422, "invalid_cursor");
        let inbox = format!("/v1/inboxes/{}/messages?cursor={cursor}", one.id);
        stack.get(&inbox, stack.text(OWNER)).refused(422, "invalid_cursor");
        // Nor is one that was altered.
        let mut altered = cursor.to_owned().into_bytes();
        let last = altered.len() - 3;
        altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        stack.get(&format!("{path}?cursor={altered}"), stack.text(OWNER)).refused(422, "invalid_cursor");
    }
    // A token that is limited to one inbox sees that one, and marks nothing in the other.
    let body =
        json!({"name": "reader", "scopes": ["messages.read", "messages.modify"], "inbox_ids": [one.id]});
    let made = stack.post("/v1/tokens", stack.text(OWNER), &body).expect(201);
    let token = made["token"].as_str().or(made["secret"].as_str()).unwrap();
    assert_eq!(ids(stack.get("/v1/messages", token)), [messages[0].clone(), messages[2].clone()]);
    assert_eq!(ids(stack.get("/v1/threads?limit=1", token)), threads[..1]);
    for path in [two.path(&second), format!("/v1/threads/{}", threads[1])] {
        stack.call("PATCH", &path, token, Some(&json!({"read": true}))).refused(404, "not_found");
    }
    stack.call("PATCH", &one.path(&third), token, Some(&json!({"read": true}))).expect(200);
}

#[test]
fn a_conversation_shows_what_came_and_what_went_not_what_waits() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let came = mailbox.take(&mail(
        "Ann <ann@example.org>",
        &mailbox.address,
        "Shown",
        "Message-ID: <s@example.org>\r\n\r\nThe question\r\n",
    ));
    let thread = format!("/v1/threads/{}", came["thread_id"].as_str().unwrap());
    let reply = format!("{}/reply", mailbox.path(&came));
    let asked = stack.post(&reply, stack.text("/agent_token"), &json!({"text": "The answer"})).expect(202);
    let shown = || stack.get(&thread, stack.text(OWNER)).expect(200);
    let waits = shown();
    assert_eq!((&waits["preview"], &waits["message_count"]), (&json!("The question"), &json!(2)));
    assert_eq!(waits["last_from"]["address"], "ann@example.org");
    stack.approve(&tests::Held::of(&asked)).expect(200);
    let went = stack.until("it is shown", || Some(shown()).filter(|it| it["preview"] == "The answer"));
    assert_eq!((&went["last_from"]["address"], &went["message_count"]), (&json!(mailbox.address), &json!(2)));
    // A conversation comes with what each mail says that is new.
    let quoting = "In-Reply-To: <s@example.org>\r\n\r\nThank you!\r\n\r\nOn 1 Nov 2026, Agent wrote:\r\n> The answer\r\n";
    mailbox.take(&mail("Ann <ann@example.org>", &mailbox.address, "Re: Shown", quoting));
    let turns = shown()["messages"]["data"].clone();
    let texts: Vec<_> =
        turns.as_array().unwrap().iter().map(|turn| turn["new_text"].as_str().unwrap().trim()).collect();
    assert_eq!(texts, ["The question", "The answer", "Thank you!"]);
    assert!(turns.as_array().unwrap().iter().all(|turn| turn["text_left_out"] == json!(false)));
}

#[test]
fn bad_filters_and_marks_are_named() {
    let stack = Stack::running();
    let mailbox = Mailbox::new(&stack);
    let base = format!("/v1/inboxes/{}/messages", mailbox.id);
    for (query, code) in [
        ("direction=up", "unknown_choice"),
        ("status=gone", "unknown_status"),
        ("unread=yes", "wrong_type"),
        ("has_attachment=1", "wrong_type"),
        ("label=%20x", "invalid_label"),
        ("label=unread", "invalid_label"),
        ("after=yesterday", "invalid_time"),
        ("from=", "required"),
        ("folder=x", "unknown_field"),
        ("direction=up&unread=yes", "invalid_request"),
    ] {
        stack.get(&format!("{base}?{query}"), stack.text(OWNER)).refused(422, code);
    }
    stack.get("/v1/threads?direction=inbound", stack.text(OWNER)).refused(422, "unknown_field");
    let mail = mailbox.take(&mail("ann@example.org", &mailbox.address, "Marks", "\r\nHello\r\n"));
    let path = mailbox.path(&mail);
    let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
    for (body, code) in [
        (json!({}), "required"),
        (json!({"read": "yes"}), "wrong_type"),
        (json!({"add_labels": "x"}), "wrong_type"),
        (json!({"add_labels": ["a\nb"]}), "invalid_label"),
        (json!({"add_labels": ["\u{202e}x"]}), "invalid_label"),
        (json!({"add_labels": ["x"], "remove_labels": ["x"]}), "invalid_label"),
        (json!({"add_labels": many}), "too_many"),
        (json!({"read": true, "starred": true}), "unknown_field"),
    ] {
        patch(&stack, &path, &body).refused(422, code);
    }
    patch(&stack, &path, &json!({"add_labels": many[..12].to_vec()})).expect(200);
    patch(&stack, &path, &json!({"add_labels": many[10..].to_vec()})).refused(422, "too_many");
    assert_eq!(mailbox.get(&mail)["labels"].as_array().unwrap().len(), 12, "nothing was added");
    patch(&stack, &path.replace("/msg_", "/thr_"), &json!({"read": true})).refused(422, "invalid_id");
    // A mail that goes out is read.
    let held = stack.submit("ann@example.org", &unique("Read"), "Hello");
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
    assert_eq!(patch(&stack, &path, &json!({"read": false})).expect(200)["read"], json!(true));
}

#[test]
fn whoever_waits_hears_of_a_mail_as_it_comes_and_of_nothing_when_the_time_is_up() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let wait = |query: &str| {
        let path = format!("/v1/inboxes/{}/messages/wait?{query}", mailbox.id);
        stack.get(&path, stack.text(OWNER)).expect(200)["data"].as_array().unwrap().clone()
    };
    assert!(wait("timeout=0").is_empty());
    let first = mailbox.take(&mail("Ann <ann@example.org>", &mailbox.address, "First", "\r\nHello\r\n"));
    let id = first["id"].as_str().unwrap();
    assert_eq!(
        wait(&format!("after={}&timeout=0", first["created_at"].as_str().unwrap()))[0]["id"],
        first["id"]
    );
    assert!(wait(&format!("after={id}&timeout=0")).is_empty(), "what was seen is not told again");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(&format!("after={id}&from=bob&subject=awaited")));
        mailbox.deliver(&mail("ann@example.org", &mailbox.address, "Awaited", "\r\nNot from Bob\r\n"));
        mailbox.deliver(&mail("bob@example.org", &mailbox.address, "Awaited", "\r\nFrom Bob\r\n"));
        let found = waiting.join().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&found[0]["preview"], &found[0]["from"]["address"]),
            (&json!("From Bob"), &json!("bob@example.org"))
        );
    });
    let both: Vec<_> =
        wait(&format!("after={id}&timeout=0")).iter().map(|mail| mail["preview"].clone()).collect();
    assert_eq!(both.len(), 2);
    for (query, code) in
        [("timeout=26", "invalid_timeout"), ("after=soon", "invalid_time"), ("after=msg_x", "invalid_id")]
    {
        let path = format!("/v1/inboxes/{}/messages/wait?{query}", mailbox.id);
        stack.get(&path, stack.text(OWNER)).refused(422, code);
    }
    // An inbox of somebody else is none.
    let other = Stack::running();
    let path = format!("/v1/inboxes/{}/messages/wait?timeout=1", mailbox.id);
    other.get(&path, other.text(OWNER)).refused(404, "not_found");
}

#[test]
fn a_report_about_a_mail_is_shown_as_one() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let rest = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt could not be delivered.\r\n\
        --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n\
        Original-Recipient: rfc822;sales@example.net\r\nFinal-Recipient: rfc822; bob@inside.example.net\r\nAction: failed\r\n\
        Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\
        --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <offer-12@example.com>\r\nSubject: Offer\r\n--b--\r\n";
    let got = mailbox.take(&mail("MAILER-DAEMON@example.net", &mailbox.address, "Undelivered", rest));
    let report = &got["report"];
    assert_eq!(
        (&report["kind"], &report["original_message_id"]),
        (&json!("delivery"), &json!("offer-12@example.com"))
    );
    assert_eq!(
        report["recipients"],
        json!([{"original_recipient": "sales@example.net", "final_recipient": "bob@inside.example.net", "action": "failed",
            "status": "5.1.1", "permanent": true, "diagnostic": "550 5.1.1 no such user"}])
    );
    assert_eq!((&got["automatic"], &got["subject"]), (&json!(true), &json!("Undelivered")));
    assert!(!got["text"].as_str().unwrap().contains("offer-12"));
}

#[test]
fn whoever_asked_for_a_mail_learns_why_it_was_rejected() {
    let stack = Stack::running().organization();
    let held = stack.submit("ann@example.org", &unique("Rejected"), "Hello");
    let body = json!({"digest": held.digest, "reason": "The price is last year's."});
    let path = format!("/v1/approvals/{}/reject", held.approval);
    stack.post(&path, stack.text("/approver/session"), &body).expect(200);
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
    let seen = stack.get(&path, stack.text("/agent_token")).expect(200);
    assert_eq!(
        (&seen["status"], &seen["rejection_reason"]),
        (&json!("rejected"), &json!("The price is last year's."))
    );
}
