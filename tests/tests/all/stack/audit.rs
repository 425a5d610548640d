//! The audit log on a real table: chained from its stream, proved, tampered with, and checked by the verifier that needs no
//! trust in any of it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tests::{Stack, unique};

use super::access::stranger;

/// A call of the table's service, past every function.
fn dynamodb(stack: &Stack, operation: &str, mut call: Value) -> Value {
    call["TableName"] = stack.text("/table").into();
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x";
    let headers = vec![
        ("authorization", scope.to_owned()),
        ("x-amz-target", format!("DynamoDB_20120810.{operation}")),
        ("content-type", "application/x-amz-json-1.0".to_owned()),
    ];
    stack.raw("POST", stack.text("/aws_endpoint"), "", headers, call.to_string()).expect(200)
}

fn verify(stack: &Stack, token: &str) -> Value {
    stack.get("/v1/audit/verify", token).expect(200)
}

/// The whole log that a filter takes, newest first.
fn log(stack: &Stack, token: &str, filter: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let page = stack.get(&format!("/v1/audit?limit=100{filter}{cursor}"), token).expect(200);
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// A new organization's owner, and the organization, once what made them is chained.
fn organization(stack: &Stack) -> (String, String) {
    let token = stranger(stack);
    let me = stack.get("/v1/me", &token).expect(200);
    // Made, its owner made, signed in.
    stack.until("chained beginning", || (log(stack, &token, "").len() == 3).then_some(()));
    (token, me["organization"]["id"].as_str().unwrap().to_owned())
}

#[test]
fn a_sent_mail_is_in_the_log_and_the_chain_holds() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let held = stack.submit("success@simulator.amazonses.com", &unique("audited"), "text");
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let approved = stack.until("chained approval", || {
        let list = stack.get(&format!("/v1/audit?target={}", held.approval), owner).expect(200);
        list["data"].as_array()?.iter().find(|entry| entry["action"] == "approval.approve").cloned()
    });
    assert_eq!(approved["details"]["digest"], held.digest);
    assert!(approved["actor"]["member_id"].is_string(), "a person answers for it: {approved}");
    let actions = stack.until("chained delivery", || {
        let of_mail = log(&stack, owner, &format!("&target={}", held.message));
        let actions: Vec<_> = of_mail.iter().map(|entry| entry["action"].clone()).collect();
        (of_mail.iter().any(|entry| entry["details"]["to"] == "delivered")).then_some(actions)
    });
    assert!(actions.contains(&json!("message.submit")) && actions.contains(&json!("message.status")));
    let mut next = json!(1);
    while !next.is_null() {
        let part = stack.get(&format!("/v1/audit/verify?from={next}"), owner).expect(200);
        assert_eq!((&part["verified"], &part["problem"]), (&json!(true), &Value::Null), "{part}");
        next = part["next"].clone();
    }
}

#[test]
fn a_hundred_changes_at_once_are_chained_once_each_without_a_gap() {
    let stack = Stack::running();
    let (token, _) = organization(&stack);
    let made: BTreeSet<String> = std::thread::scope(|scope| {
        let some = || -> Vec<String> {
            let make = |_| {
                stack.post("/v1/inboxes", &token, &json!({})).expect(201)["id"].as_str().unwrap().to_owned()
            };
            (0..20).map(make).collect()
        };
        let threads: Vec<_> = (0..5).map(|_| scope.spawn(some)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(made.len(), 100);
    let chained = stack.until("all in the chain", || {
        let entries = log(&stack, &token, "&action=inbox.create");
        (entries.len() >= 100).then_some(entries)
    });
    let targets: BTreeSet<_> = chained.iter().map(|e| e["target"].as_str().unwrap().to_owned()).collect();
    assert_eq!((chained.len(), targets), (100, made));
    let found = verify(&stack, &token);
    assert_eq!((&found["verified"], &found["entries"]), (&json!(true), &json!(103)), "{found}");
    let all: Vec<_> =
        log(&stack, &token, "").iter().map(|entry| entry["sequence"].as_u64().unwrap()).collect();
    assert_eq!(all, (1..=103).rev().collect::<Vec<_>>());
}

#[test]
fn a_record_that_is_delivered_again_changes_nothing() {
    let stack = Stack::running();
    let (token, org) = organization(&stack);
    let before = verify(&stack, &token);
    let entry = log(&stack, &token, "")[0]["id"].as_str().unwrap().to_owned();
    let key = json!({"pk": {"S": format!("{org}/{entry}")}, "sk": {"S": "audit"}});
    let item = dynamodb(&stack, "GetItem", json!({"Key": key}))["Item"].clone();
    assert!(item["sequence"]["N"].is_string() && item.get("watch").is_none(), "{item}");
    let record = json!({"eventName": "INSERT", "dynamodb": {"NewImage": item, "SequenceNumber": "1"}});
    let event = json!({"Records": [record, record]});
    let function = "countersign-background-chain";
    let url = format!("{}/2015-03-31/functions/{function}/invocations", stack.text("/aws_endpoint"));
    let json = vec![("content-type", "application/json".to_owned())];
    for _ in 0..2 {
        let answer = stack.raw("POST", &url, "", json.clone(), event.to_string()).expect(200);
        assert_eq!(answer, json!({"batchItemFailures": []}));
    }
    assert_eq!(verify(&stack, &token), before);
    // An entry that the stream lost: unwatched, unplaced, an hour old. The schedule's call finds it.
    let lost = "aud_01kdw0000000000000000000000".get(..30).unwrap();
    let mut item = item;
    for (name, value) in
        [("pk", format!("{org}/{lost}")), ("id", lost.to_owned()), ("watch", "audit/0".to_owned())]
    {
        item[name] = json!({"S": value});
    }
    item["watch_at"] = json!({"N": "1767225600000"});
    item["kind"] = json!({"S": "lost"});
    item.as_object_mut().unwrap().remove("sequence");
    item.as_object_mut().unwrap().remove("ttl");
    dynamodb(&stack, "PutItem", json!({"Item": item}));
    stack.until("caught up", || {
        stack.raw("POST", &url, "", json.clone(), "{}").expect(200);
        (log(&stack, &token, "")[0]["id"] == lost).then_some(())
    });
    let after = verify(&stack, &token);
    assert_eq!((&after["verified"], &after["entries"]), (&json!(true), &json!(4)), "{after}");
}

#[test]
fn a_row_that_was_tampered_with_is_named() {
    let stack = Stack::running();
    let (token, org) = organization(&stack);
    let key =
        |sequence: u64| json!({"pk": {"S": format!("{org}/audit")}, "sk": {"S": format!("{sequence:016}")}});
    let read = |sequence| dynamodb(&stack, "GetItem", json!({"Key": key(sequence)}))["Item"].clone();
    let put = |item: &Value| dynamodb(&stack, "PutItem", json!({"Item": item}));
    let problem = || {
        let found = verify(&stack, &token);
        assert_eq!(found["verified"], found["problem"].is_null());
        (
            found["problem"]["sequence"].as_u64().unwrap_or(0),
            found["problem"]["code"].as_str().unwrap_or("").to_owned(),
        )
    };
    let is = |sequence, code: &str| (sequence, code.to_owned());
    assert_eq!(problem(), is(0, ""));
    let second = read(2);
    for (path, value) in [
        ("/entry/M/target/S", "mem_someoneelse"),
        ("/entry/M/action/S", "member.delete"),
        ("/entry/M/at/N", "1"),
        ("/entry/M/actor/M/kind/S", "nobody"),
        ("/hash/S", "sha256:00"),
        ("/sequence/N", "3"),
        ("/chained_at/N", "1796115600000"),
    ] {
        let mut changed = second.clone();
        *changed.pointer_mut(path).unwrap_or_else(|| panic!("{path} in {second}")) = value.into();
        put(&changed);
        assert_eq!(problem(), is(2, "hash_mismatch"), "{path}");
        stack.get("/v1/audit", &token).expect(200);
    }
    dynamodb(&stack, "DeleteItem", json!({"Key": key(2)}));
    assert_eq!(problem(), is(2, "gap"));
    put(&second);
    let third = read(3);
    dynamodb(&stack, "DeleteItem", json!({"Key": key(3)}));
    assert_eq!(problem(), is(3, "truncated"));
    put(&third);
    let head = json!({"pk": {"S": format!("{org}/audit-head")}, "sk": {"S": "head"}});
    let stored = dynamodb(&stack, "GetItem", json!({"Key": head}))["Item"].clone();
    for (path, value, sequence) in [("/sequence/N", "2", 2), ("/hash/S", "x", 0)] {
        let mut changed = stored.clone();
        *changed.pointer_mut(path).unwrap() = value.into();
        put(&changed);
        assert_eq!(problem(), is(sequence, "head_mismatch"), "{path}");
    }
    put(&stored);
    assert_eq!(problem(), is(0, ""));
}

/// The offline verifier's exit code and what it says.
fn offline(arguments: &[&str]) -> (Option<i32>, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/verify-audit.py");
    let done = Command::new("python3").arg(script).args(arguments).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn the_offline_verifier_agrees_and_believes_nothing() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let held = stack.submit("success@simulator.amazonses.com", &unique("receipt"), "A secret body");
    let path = format!("/v1/approvals/{}/receipt", held.approval);
    let pending = stack.get(&path, stack.text("/viewer/token")).expect(200);
    let told: Value = serde_json::from_str(pending["receipt"].as_str().unwrap()).unwrap();
    assert_eq!((&told["approval"]["status"], &told["approval"]["votes"]), (&json!("pending"), &json!([])));
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    stack.until("chained approval", || {
        let list =
            stack.get(&format!("/v1/audit?target={}&action=approval.", held.approval), owner).expect(200);
        (!list["data"].as_array()?.is_empty()).then_some(())
    });
    let answer = stack.get(&path, stack.text("/viewer/token"));
    let name = format!("attachment; filename=\"receipt-{}.json\"", held.approval);
    assert_eq!(answer.header("content-disposition"), Some(&*name));
    let receipt = answer.expect(200);
    let text = receipt["receipt"].as_str().unwrap();
    assert!(!text.contains("secret body") && !text.contains("simulator.amazonses"), "{text}");
    let told: Value = serde_json::from_str(text).unwrap();
    assert_eq!(told["approval"]["votes"][0]["by"]["email"], stack.text("/approver/email"));
    assert_eq!(told["approval"]["votes"][0]["digest"], held.digest);
    assert!(told["message"]["provider_id"].is_string() && told["message"]["status"] == "delivered", "{told}");

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique("audit").replace(' ', "-"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let receipt_file = file("receipt.json", &receipt.to_string());
    let log_file = file("log.jsonl", "");
    let (code, said) = offline(&[
        "--api",
        stack.text("/api_url"),
        "--token",
        owner,
        "--save",
        &log_file,
        "--receipt",
        &receipt_file,
    ]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("is in the chain, and 1 of its 1 votes"), "{said}");
    let key_file = file("key.pem", receipt["public_key"].as_str().unwrap());
    let (code, said) = offline(&[&log_file, "--receipt", &receipt_file, "--public-key", &key_file]);
    assert_eq!(code, Some(0), "{said}");

    let saved = std::fs::read_to_string(&log_file).unwrap();
    let mut lines: Vec<_> = saved.lines().map(str::to_owned).collect();
    assert!(lines.len() >= 3);
    let broken = |lines: &[String], what: &str| {
        let (code, said) = offline(&[&file("broken.jsonl", &lines.join("\n"))]);
        assert_eq!(code, Some(1), "{what}: {said}");
        assert!(said.contains("BROKEN"), "{said}");
    };
    let middle = lines.len() / 2;
    let line = lines[middle].clone();
    for (path, value) in [
        ("/target", json!("apr_other")),
        ("/at", json!("2026-01-01T00:00:00.000Z")),
        ("/details", json!({"x": "y"})),
        ("/action", json!("approval.reject")),
    ] {
        let mut entry: Value = serde_json::from_str(&line).unwrap();
        *entry.pointer_mut(path).unwrap() = value;
        lines[middle] = entry.to_string();
        broken(&lines, path);
    }
    lines.remove(middle);
    broken(&lines, "a missing line");

    for (from, to) in
        [("\\\"approved\\\"", "\\\"rejected\\\""), (&*held.digest, &*format!("sha256:{}", "0".repeat(64)))]
    {
        let forged = receipt.to_string().replace(from, to);
        assert_ne!(forged, receipt.to_string(), "{from}");
        let (code, said) = offline(&["--receipt", &file("forged.json", &forged)]);
        assert_eq!(code, Some(1), "{said}");
    }
    let other_key = file("other.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    assert_eq!(offline(&["--receipt", &receipt_file, "--public-key", &other_key]).0, Some(1));
}

#[test]
fn a_bad_question_about_the_log_is_named() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let long = "x".repeat(101);
    for (query, field, code) in [
        ("/v1/audit?from=soon", "from", "invalid_time"),
        ("/v1/audit?to=2026-13-01T00:00:00Z", "to", "invalid_time"),
        (&*format!("/v1/audit?target={long}"), "target", "too_long"),
        ("/v1/audit?limit=0", "limit", "invalid_limit"),
        ("/v1/audit?cursor=x", "cursor", "invalid_cursor"),
        ("/v1/audit/verify?from=0", "from", "invalid_sequence"),
        ("/v1/audit/verify?from=9&to=8", "to", "invalid_sequence"),
        ("/v1/audit/verify?from=x", "from", "invalid_sequence"),
        ("/v1/audit/verify?from=999999999999", "from", "beyond_the_head"),
    ] {
        let answer = stack.get(query, owner);
        answer.refused(422, code);
        assert_eq!(answer.body["error"]["details"]["fields"][0]["field"], field, "{query}");
    }
    let none = stack.get("/v1/audit?target=nothing&from=2200-01-01T00:00:00Z", owner).expect(200);
    assert_eq!(none["data"], json!([]));
}

/// Fault rules concern the whole stack: this runs alone.
#[test]
fn alone_the_chain_holds_whatever_becomes_of_its_function_between_two_calls() {
    let stack = Stack::running();
    let (token, _) = organization(&stack);
    let mut made = 3;
    for operation in ["TransactWriteItems", "BatchGetItem"] {
        for (kind, times) in [
            ("kill_before", 1),
            ("kill_after", 1),
            ("drop_after", 1),
            ("drop_after", 4),
            ("duplicate", 1),
            ("error_500", 4),
            ("throttle", 4),
        ] {
            let rule = json!({
                "service": "dynamodb", "operation": operation, "kind": kind, "times": times,
                "function": "countersign-background-chain",
            });
            let fault = stack.fault(&rule);
            stack.post("/v1/inboxes", &token, &json!({})).expect(201);
            made += 1;
            stack.until(&format!("entry that is chained in spite of {kind} at {operation}"), || {
                (log(&stack, &token, "").len() >= made).then_some(())
            });
            assert!(fault.fired() >= 1, "{kind} at {operation}");
            let found = verify(&stack, &token);
            assert_eq!(
                (&found["verified"], &found["entries"]),
                (&json!(true), &json!(made)),
                "{kind}: {found}"
            );
        }
    }
}
