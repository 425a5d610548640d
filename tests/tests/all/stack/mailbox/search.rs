//! Finding mail by its words, over HTTP: at once and once it is indexed, with operators, and for nobody else.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Answer, Stack, unique};

use super::inbound::Mailbox;

const PATH: &str = "/v1/messages/search";
const OWNER: &str = "/owner/token";

fn ask(stack: &Stack, body: &Value) -> Answer {
    stack.post(PATH, stack.text(OWNER), body)
}

fn ids(answer: Answer) -> Vec<String> {
    let page = answer.expect(200);
    page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn find(stack: &Stack, query: &str) -> Vec<String> {
    ids(ask(stack, &json!({ "query": query })))
}

fn id(mail: &Value) -> String {
    mail["id"].as_str().unwrap().to_owned()
}

/// How many segments an inbox has.
fn segments(stack: &Stack, inbox: &str) -> usize {
    let pk = format!("{}/{inbox}/search", stack.text("/organization_id"));
    let found = stack.dynamodb("GetItem", json!({"Key": {"pk": {"S": pk}, "sk": {"S": "search"}}}));
    found["Item"]["segments"]["L"].as_array().map_or(0, Vec::len)
}

fn plain(from: &str, to: &str, subject: &str, text: &str) -> Vec<u8> {
    let rest =
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit";
    format!("From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n{rest}\r\n\r\n{text}\r\n").into_bytes()
}

const FILE: &str = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nPlease look.\r\n--b\r\n\
    Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=Quartalsbericht.pdf\r\n\r\n%PDF\r\n--b--\r\n";

#[test]
fn mail_is_found_by_its_words_before_and_after_it_is_indexed() {
    let stack = Stack::running().organization();
    let mailbox = Mailbox::new(&stack);
    let one = mailbox.take(&plain(
        "Ann Lee <ann@example.org>",
        &mailbox.address,
        "Invoice for July",
        "The amount is due Friday. Gr\u{fc}\u{df}e aus K\u{f6}ln",
    ));
    // No index yet, or one: it is found at once.
    assert_eq!(find(&stack, "invoice"), [id(&one)]);
    let two = mailbox.take(&plain(
        "bob@example.net",
        &mailbox.address,
        "Re: lunch",
        "\u{8acb}\u{6c42}\u{66f8}\u{3092}\u{304a}\u{9001}\u{308a}\u{3057}\u{307e}\u{3059} invoice",
    ));
    let file = format!("From: carol@example.net\r\nTo: {}\r\nSubject: A file\r\n{FILE}", mailbox.address);
    let three = mailbox.take(file.as_bytes());
    let (first, second, third) = (id(&one), id(&two), id(&three));
    let all = || {
        for (query, wanted) in [
            ("invoice", vec![&second, &first]),
            ("subject:invoice", vec![&first]),
            ("from:ann@example.org", vec![&first]),
            ("from:lee", vec![&first]),
            ("\"due friday\"", vec![&first]),
            ("\"friday due\"", vec![]),
            ("invoice -lunch", vec![&first]),
            ("GRUSSE koln", vec![&first]),
            ("\u{8acb}\u{6c42}\u{66f8}", vec![&second]),
            ("has:attachment", vec![&third]),
            ("filename:quartalsbericht", vec![&third]),
            ("is:unread", vec![&third, &second, &first]),
            ("is:read", vec![]),
            ("label:todo", vec![]),
            ("after:2020-01-01 before:9000-01-01 invoice", vec![&second, &first]),
            ("before:2020-01-01", vec![]),
            ("nowhere", vec![]),
        ] {
            assert_eq!(find(&stack, query), wanted.into_iter().cloned().collect::<Vec<_>>(), "{query}");
        }
    };
    all();
    // The function that keeps the index has had all three.
    // An execution beside this one may have them, and what has waited longer than they.
    stack.within(Duration::from_mins(3), "an index", || {
        stack.invoke("countersign-inbound-index", &json!({}));
        let pk = format!("{}/{}/search", stack.text("/organization_id"), mailbox.id);
        let found = stack.dynamodb("GetItem", json!({"Key": {"pk": {"S": pk}, "sk": {"S": "search"}}}));
        let known = found["Item"]["known"]["L"].as_array()?.len();
        (known == 3).then_some(())
    });
    all();
    assert!(segments(&stack, &mailbox.id) >= 1);
    // Highlights say where, in characters.
    let found = ask(&stack, &json!({"query": "invoice gr\u{fc}\u{df}e from:ann"})).expect(200);
    assert_eq!(found["complete"], true);
    let highlights = &found["data"][0]["highlights"];
    assert_eq!(highlights["subject"][0], json!({"text": "Invoice for July", "matches": [[0, 7]]}));
    assert_eq!(highlights["from"][0]["matches"], json!([[0, 3], [9, 12]]));
    let text = highlights["text"][0]["text"].as_str().unwrap();
    let place = &highlights["text"][0]["matches"][0];
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let (from, to) = (number(&place[0]), number(&place[1]));
    assert_eq!(text.chars().skip(from).take(to - from).collect::<String>(), "Gr\u{fc}\u{df}e");
    // What was marked since is found as it stands.
    let path = mailbox.path(&two);
    let marks = json!({"read": true, "add_labels": ["todo"]});
    stack.call("PATCH", &path, stack.text(OWNER), Some(&marks)).expect(200);
    assert_eq!(find(&stack, "is:read label:todo"), std::slice::from_ref(&second));
    assert_eq!(find(&stack, "invoice -label:todo"), std::slice::from_ref(&first));
    // Page by page it is the same, by either order.
    for sort in ["date", "relevance"] {
        let (mut seen, mut cursor) = (vec![], Value::Null);
        loop {
            let body = json!({"query": "invoice", "limit": 1, "sort": sort, "cursor": cursor});
            let page = ask(&stack, &body).expect(200);
            seen.extend(page["data"].as_array().unwrap().iter().map(id));
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
            assert!(seen.len() < 5, "{seen:?}");
            let other = json!({"query": "lunch", "limit": 1, "sort": sort, "cursor": cursor});
            ask(&stack, &other).refused(422, "invalid_cursor");
        }
        let whole = ids(ask(&stack, &json!({"query": "invoice", "sort": sort})));
        assert_eq!(seen, whole, "{sort}");
        assert_eq!(seen.len(), 2);
    }
    // Of more weight in a subject.
    assert_eq!(ids(ask(&stack, &json!({"query": "invoice", "sort": "relevance"})))[0], first);
}

#[test]
fn a_search_finds_nothing_of_others() {
    let stack = Stack::running().organization();
    let (one, two) = (Mailbox::new(&stack), Mailbox::new(&stack));
    let word = unique("Secret").replace([' ', '-'], "");
    let first = one.take(&plain("ann@example.org", &one.address, "First", &word));
    let second = two.take(&plain("ann@example.org", &two.address, "Second", &word));
    assert_eq!(find(&stack, &word), [id(&second), id(&first)]);
    let only = json!({"query": word, "inbox_ids": [one.id]});
    assert_eq!(ids(ask(&stack, &only)), [id(&first)]);
    let body = json!({"name": "reader", "scopes": ["messages.read"], "inbox_ids": [one.id]});
    let made = stack.post("/v1/tokens", stack.text(OWNER), &body).expect(201);
    let token = made["token"].as_str().unwrap();
    assert_eq!(ids(stack.post(PATH, token, &json!({"query": word}))), [id(&first)]);
    stack.post(PATH, token, &json!({"query": word, "inbox_ids": [two.id]})).refused(422, "unknown_inbox");
    // Another organization: neither by its words nor by the inbox.
    let other = Stack::running().organization();
    assert_eq!(find(&other, &word), Vec::<String>::new());
    ask(&other, &only).refused(422, "unknown_inbox");
}

#[test]
fn a_query_that_can_not_be_asked_says_where_it_is_wrong() {
    let stack = Stack::running().organization();
    for (query, place) in [
        ("invoice \"due", "(at character 9)"),
        ("is:starred", "(at character 1)"),
        ("a has:stars", "(at character 3)"),
        ("x before:tomorrow", "(at character 3)"),
        ("from: ann", "(at character 1)"),
        ("", "(at character 1)"),
        ("...", "(at character 1)"),
        (&"word ".repeat(10_000), "(at character 2001)"),
        (&"word ".repeat(65), "(at character 321)"),
    ] {
        let answer = ask(&stack, &json!({ "query": query }));
        answer.refused(422, "invalid_query");
        let message =
            answer.body["error"]["message"].to_string() + &answer.body["error"]["details"].to_string();
        assert!(message.contains(place), "{query:.20}: {}", answer.body);
    }
    for (body, code) in [
        (json!({}), "required"),
        (json!({"query": 1}), "wrong_type"),
        (json!({"query": "x", "limit": 0}), "invalid_limit"),
        (json!({"query": "x", "limit": 101}), "invalid_limit"),
        (json!({"query": "x", "sort": "size"}), "unknown_choice"),
        (json!({"query": "x", "inbox_ids": []}), "empty_list"),
        (json!({"query": "x", "inbox_ids": ["inb_1"]}), "invalid_id"),
        (json!({"query": "x", "cursor": "x"}), "invalid_cursor"),
        (json!({"query": "x", "colour": "red"}), "unknown_field"),
    ] {
        ask(&stack, &body).refused(422, code);
    }
}
