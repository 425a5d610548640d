//! The audit log on a real table: chained from its stream, proved, tampered with, and checked by the verifier that needs no
//! trust in any of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Timestamp;
use domain::ledger::audit::{Entry, Head};
use domain::people::access::{Actor, CalledThen};
use serde_json::{Value, json};
use tests::{Stack, unique};

use crate::stack::people::access::stranger;

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
    let item = stack.dynamodb("GetItem", json!({"Key": key}))["Item"].clone();
    assert!(item["sequence"]["N"].is_string() && item.get("watch").is_none(), "{item}");
    let example = include_str!("../../../../../events/background-chain.json");
    let mut record = serde_json::from_str::<Value>(example).unwrap()["Records"][0].clone();
    record["dynamodb"]["NewImage"] = item.clone();
    let event = json!({"Records": [record, record]});
    let function = "countersign-background-chain";
    for _ in 0..2 {
        assert_eq!(stack.invoke(function, &event), json!({"batchItemFailures": []}));
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
    stack.dynamodb("PutItem", json!({"Item": item}));
    stack.until("caught up", || {
        stack.invoke(function, &json!({}));
        (log(&stack, &token, "")[0]["id"] == lost).then_some(())
    });
    let after = verify(&stack, &token);
    assert_eq!((&after["verified"], &after["entries"]), (&json!(true), &json!(4)), "{after}");
}

/// Fault rules concern the whole stack: this runs alone.
#[test]
fn alone_a_row_that_was_tampered_with_is_named() {
    let stack = Stack::running();
    let (token, org) = organization(&stack);
    // What is altered here must not be anchored: the schedule may come at any moment.
    let rule = json!({"function": "countersign-background-anchor", "operation": "PutObject", "kind": "error_500", "times": 1000});
    let _unanchored = stack.fault(&rule);
    let key =
        |sequence: u64| json!({"pk": {"S": format!("{org}/audit")}, "sk": {"S": format!("{sequence:016}")}});
    let read = |sequence| stack.dynamodb("GetItem", json!({"Key": key(sequence)}))["Item"].clone();
    let put = |item: &Value| stack.dynamodb("PutItem", json!({"Item": item}));
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
    stack.dynamodb("DeleteItem", json!({"Key": key(2)}));
    assert_eq!(problem(), is(2, "gap"));
    put(&second);
    let third = read(3);
    stack.dynamodb("DeleteItem", json!({"Key": key(3)}));
    assert_eq!(problem(), is(3, "truncated"));
    put(&third);
    let head = json!({"pk": {"S": format!("{org}/audit-head")}, "sk": {"S": "head"}});
    let stored = stack.dynamodb("GetItem", json!({"Key": head}))["Item"].clone();
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
pub(crate) fn offline(arguments: &[&str]) -> (Option<i32>, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/verify-audit.py");
    let done = Command::new("python3").arg(script).args(arguments).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).unwrap())
}

/// Files in a folder of their own.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique("audit").replace(' ', "-"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
}

fn openssl(arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// The public half of the key that signs, from where it lies.
pub(crate) fn signing_key(stack: &Stack) -> String {
    let call = json!({"KeyId": stack.text("/signing_key")});
    let answer = stack.aws("/", "kms", Some("TrentService.GetPublicKey"), &call);
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        answer["PublicKey"].as_str().unwrap()
    )
}

/// What a receipt says.
fn told(receipt: &Value) -> Value {
    serde_json::from_str(receipt["receipt"].as_str().unwrap()).unwrap()
}

#[test]
fn the_offline_verifier_agrees_and_believes_nothing() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let held = stack.submit("success@simulator.amazonses.com", &unique("receipt"), "A secret body");
    let pending = told(&stack.receipt(&held.approval, stack.text("/viewer/token")).expect(200));
    assert_eq!(
        (&pending["approval"]["status"], &pending["approval"]["votes"]),
        (&json!("pending"), &json!([]))
    );
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let (answer, signed) = stack.until("receipt of a delivered mail", || {
        let answer = stack.receipt(&held.approval, stack.text("/viewer/token"));
        let signed = told(&answer.clone().expect(200));
        (signed["message"]["status"] == "delivered").then_some((answer, signed))
    });
    let name = format!("attachment; filename=\"receipt-{}.json\"", held.approval);
    assert_eq!(answer.header("content-disposition"), Some(&*name));
    let receipt = answer.expect(200);
    let text = receipt["receipt"].as_str().unwrap();
    assert!(!text.contains("secret body") && !text.contains("simulator.amazonses"), "{text}");
    assert!(receipt.get("public_key").is_none(), "a key beside a signature proves nothing");
    assert_eq!(signed["approval"]["votes"][0]["by"]["email"], stack.text("/approver/email"));
    assert_eq!(signed["approval"]["votes"][0]["digest"], held.digest);
    assert!(signed["message"]["steps"][0]["provider_id"].is_string(), "{signed}");

    let folder = Folder::new();
    let receipt_file = folder.file("receipt.json", &receipt.to_string());
    let key_file = folder.file("key.pem", &signing_key(&stack));
    let log_file = folder.path("log.jsonl");
    let (code, said) = offline(&[
        "--api",
        stack.text("/api_url"),
        "--token",
        owner,
        "--save",
        &log_file,
        "--receipt",
        &receipt_file,
        "--public-key",
        &key_file,
    ]);
    assert_eq!(code, Some(0), "{said}");
    let entries = signed["entries"].as_array().unwrap();
    assert!(entries.len() >= 4, "asked, approved, sent, delivered: {entries:?}");
    assert!(said.contains(&format!("all {} entries of it, and no others", entries.len())), "{said}");
    let with_log = [&*log_file, "--receipt", &receipt_file, "--public-key", &key_file];
    assert_eq!(offline(&with_log).0, Some(0));
    assert_eq!(offline(&["--receipt", &receipt_file, "--public-key", &key_file]).0, Some(0));
    // Without a key from outside nothing is checked.
    for arguments in [&["--receipt", &*receipt_file][..], &[&*log_file, "--receipt", &receipt_file]] {
        let (code, said) = offline(arguments);
        assert!(code == Some(2) && said.contains("--public-key"), "{said}");
    }

    let saved = std::fs::read_to_string(&log_file).unwrap();
    let mut lines: Vec<_> = saved.lines().map(str::to_owned).collect();
    assert!(lines.len() >= 3);
    let broken = |lines: &[String], what: &str| {
        let (code, said) = offline(&[&folder.file("broken.jsonl", &lines.join("\n"))]);
        assert_eq!(code, Some(1), "{what}: {said}");
        assert!(said.contains("BROKEN"), "{said}");
    };
    let middle = lines.len() / 2;
    let line = lines[middle].clone();
    for (path, value) in [
        ("/target", json!("apr_other")),
        ("/at", json!("2026-01-01T00:00:00.000Z")),
        ("/details", json!({"x": "y"})),
        ("/action", json!("approval.other")),
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
        let forged = folder.file("forged.json", &forged);
        let (code, said) = offline(&["--receipt", &forged, "--public-key", &key_file]);
        assert_eq!(code, Some(1), "{said}");
    }
    // A key that came with the receipt does not help whoever signed it.
    let (mine, public) = own_key(&folder);
    let mut foreign = sign(&folder, &mine, &signed);
    foreign["public_key"] = std::fs::read_to_string(&public).unwrap().into();
    let foreign = folder.file("foreign.json", &foreign.to_string());
    assert_eq!(offline(&["--receipt", &foreign, "--public-key", &key_file]).0, Some(1));
    assert_eq!(offline(&["--receipt", &foreign, "--public-key", &public]).0, Some(0));
    let none = folder.file("none.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    assert_eq!(offline(&["--receipt", &receipt_file, "--public-key", &none]).0, Some(1));
}

/// A key pair of our own: its private half, its public one.
fn own_key(folder: &Folder) -> (String, String) {
    let (mine, public) = (folder.path("mine.pem"), folder.path("mine.pub"));
    openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &mine]);
    openssl(&["pkey", "-in", &mine, "-pubout", "-out", &public]);
    (mine, public)
}

/// A receipt that says this, soundly signed.
fn sign(folder: &Folder, key: &str, says: &Value) -> Value {
    let text = says.to_string();
    let (path, signature) = (folder.file("text", &text), folder.path("signature"));
    openssl(&["dgst", "-sha256", "-sign", key, "-out", &signature, &path]);
    let signature = BASE64.encode(std::fs::read(&signature).unwrap());
    json!({"receipt": text, "signature": signature, "algorithm": "ECDSA_SHA_256", "key_id": "mine"})
}

/// What a forger signs who has the key: nothing that the chain does not say passes, and nothing that it says may be left out.
#[test]
fn a_receipt_that_is_signed_and_says_something_else_than_the_chain_is_broken() {
    let stack = Stack::running();
    let inside = stack.organization();
    let owner = inside.text("/owner/token");
    // A rejection that is not enough, and an approval by another.
    let terms = json!({"requirements": [{"quorum": 1, "roles": ["owner", "approver"]}], "rejections": 2});
    let rule = json!({"name": "two", "when": {"always": true}, "outcome": "hold", "terms": terms});
    inside.post("/v1/policies", owner, &json!({"name": "two", "rules": [rule]})).expect(201);
    let held = inside.submit("success@simulator.amazonses.com", &unique("forged"), "text");
    let reject = json!({"digest": held.digest, "reason": "too dear"});
    let path = |act: &str| format!("/v1/approvals/{}/{act}", held.approval);
    inside.post(&path("reject"), inside.text("/approver/token"), &reject).expect(200);
    inside.post(&path("approve"), owner, &json!({"digest": held.digest})).expect(200);
    inside.message_with_status(&held.message, "delivered");
    let signed = inside.until("receipt of a delivered mail", || {
        let signed = told(&inside.receipt(&held.approval, owner).expect(200));
        (signed["message"]["status"] == "delivered").then_some(signed)
    });
    assert_eq!(signed["approval"]["votes"].as_array().unwrap().len(), 2, "{signed}");
    assert_eq!(signed["approval"]["votes"][0]["reason"], "too dear");

    let folder = Folder::new();
    let (mine, public) = own_key(&folder);
    let log_file = folder.path("log.jsonl");
    let download = ["--api", inside.text("/api_url"), "--token", owner, "--save", &*log_file];
    assert_eq!(offline(&download).0, Some(0));
    let checked = |says: &Value, with_log: bool| {
        let file = folder.file("receipt.json", &sign(&folder, &mine, says).to_string());
        let mut arguments = vec!["--receipt", &*file, "--public-key", &*public];
        if with_log {
            arguments.insert(0, &*log_file);
        }
        offline(&arguments)
    };
    for with_log in [false, true] {
        let (code, said) = checked(&signed, with_log);
        assert_eq!(code, Some(0), "{said}");
    }
    let at = |name: &str| {
        let entries = signed["entries"].as_array().unwrap();
        entries.iter().position(|entry| entry["action"] == name).unwrap()
    };
    let (rejected, approved) = (at("approval.reject"), at("approval.approve"));
    // What the receipt alone gives away.
    let changes: [(&str, Value); 14] = [
        ("/approval/status", json!("rejected")),
        ("/approval/digest", json!(format!("sha256:{}", "0".repeat(64)))),
        ("/approval/revision", json!("2")),
        ("/approval/asked/by/member_id", json!("mem_x")),
        ("/approval/votes/0/verdict", json!("approve")),
        ("/approval/votes/0/reason", json!("cheap enough")),
        ("/approval/votes/0/stands", json!(false)),
        ("/approval/votes/1/role", json!("approver")),
        ("/approval/votes/1/at", json!("2026-01-01T00:00:00.000Z")),
        ("/approval/votes/1/entry/sequence", json!(1)),
        ("/approval/votes/1/by/member_id", json!("mem_x")),
        ("/message/status", json!("bounced")),
        ("/message/id", json!("msg_x")),
        ("/audit_head/sequence", json!(1)),
    ];
    for (path, value) in changes {
        let mut forged = signed.clone();
        let place = forged.pointer_mut(path).unwrap_or_else(|| panic!("{path} in {signed}"));
        assert_ne!(*place, value, "{path}");
        *place = value;
        let (code, said) = checked(&forged, false);
        assert_eq!(code, Some(1), "{path}: {said}");
    }
    for path in ["hash", "previous", "sequence", "at", "target", "details"] {
        let mut forged = signed.clone();
        forged["entries"][approved][path] = match path {
            "sequence" => json!(1),
            "details" => json!({}),
            _ => json!("sha256:0"),
        };
        assert_eq!(checked(&forged, false).0, Some(1), "{path}");
    }
    // A vote that is left out as a whole is nothing that a receipt alone can show: the chain does.
    let mut robbed = signed.clone();
    robbed["approval"]["votes"].as_array_mut().unwrap().remove(0);
    assert_eq!(checked(&robbed, false).0, Some(1), "its entry is there");
    robbed["entries"].as_array_mut().unwrap().remove(rejected);
    assert_eq!(checked(&robbed, false).0, Some(0));
    let (code, said) = checked(&robbed, true);
    assert!(code == Some(1) && said.contains("leaves out entry") && said.contains("a vote"), "{said}");
    // A vote that the chain does not have, in a form that holds in itself.
    let mut added = signed.clone();
    let mut entry = added["entries"][approved].clone();
    let last = signed["audit_head"]["sequence"].as_u64().unwrap();
    entry["sequence"] = json!(last + 1);
    added["entries"].as_array_mut().unwrap().push(entry);
    assert_eq!(checked(&added, true).0, Some(1));
    // The log of another organization, or one that ends before.
    let lines = std::fs::read_to_string(&log_file).unwrap();
    let (_, elsewhere) = organization(&stack);
    std::fs::write(&log_file, lines.replace(inside.text("/organization_id"), &elsewhere)).unwrap();
    assert_eq!(checked(&signed, true).0, Some(1));
    let older: Vec<_> = lines.lines().skip(2).collect();
    std::fs::write(&log_file, older.join("\n")).unwrap();
    assert_eq!(checked(&signed, true).0, Some(1));
}

/// What whoever writes the table puts into an approval's row is never signed.
#[test]
fn a_forged_row_gets_no_receipt() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let held = stack.submit("success@simulator.amazonses.com", &unique("row"), "text");
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    stack.receipt(&held.approval, owner).expect(200);
    let pk = format!("{}/{}", stack.text("/organization_id"), held.approval);
    let key = json!({"pk": {"S": pk}, "sk": {"S": "approval"}});
    let sound = stack.dynamodb("GetItem", json!({"Key": key}))["Item"].clone();
    let put = |item: &Value| stack.dynamodb("PutItem", json!({"Item": item}));
    let me = stack.get("/v1/me", owner).expect(200);
    let refused = |code: &str| {
        let answer = stack.receipt(&held.approval, owner);
        answer.refused(409, code);
        assert!(answer.body.get("signature").is_none());
    };
    let mut added = sound.clone();
    let mut vote = sound["votes"]["L"][0].clone();
    vote["M"]["member_id"] = json!({"S": me["member_id"]});
    added["votes"]["L"].as_array_mut().unwrap().push(vote);
    put(&added);
    refused("vote_not_chained");
    let mut robbed = sound.clone();
    robbed["votes"]["L"] = json!([]);
    put(&robbed);
    refused("vote_not_recorded");
    let mut other = sound.clone();
    other["digest"] = json!({"S": format!("sha256:{}", "0".repeat(64))});
    put(&other);
    refused("record_differs");
    put(&sound);
    stack.receipt(&held.approval, owner).expect(200);
}

/// The texts between these tags.
fn between(xml: &Value, tag: &str) -> Vec<String> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let parts = xml.as_str().unwrap().split(&open).skip(1);
    parts.map(|part| part.split(&close).next().unwrap().to_owned()).collect()
}

/// Copies an organization's anchors into a folder, as `aws s3 cp --recursive` does.
fn copied(stack: &Stack, org: &str) -> Folder {
    let folder = Folder::new();
    let listed = stack.s3("/anchor_bucket", "GET", &format!("?list-type=2&prefix=anchors/{org}/"), "").body;
    for key in between(&listed, "Key") {
        let document = stack.s3("/anchor_bucket", "GET", &format!("/{key}"), "").body;
        folder.file(key.rsplit('/').next().unwrap(), &document.to_string());
    }
    folder
}

/// Anchors whatever moved.
fn anchor(stack: &Stack) {
    let ran = stack.invoke("countersign-background-anchor", &json!({}));
    assert!(ran["anchored"].is_u64(), "{ran}");
}

/// A chain as it lies in the table, and how to write it anew.
struct Rows<'a> {
    stack: &'a Stack,
    org: &'a str,
    links: Vec<Value>,
    head: Value,
}

impl<'a> Rows<'a> {
    fn read(stack: &'a Stack, org: &'a str) -> Self {
        let query = json!({
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": format!("{org}/audit")}},
        });
        let links = stack.dynamodb("Query", query)["Items"].as_array().unwrap().clone();
        let key = json!({"pk": {"S": format!("{org}/audit-head")}, "sk": {"S": "head"}});
        let head = stack.dynamodb("GetItem", json!({"Key": key}))["Item"].clone();
        Self { stack, org, links, head }
    }

    fn put(&self, item: &Value) {
        self.stack.dynamodb("PutItem", json!({"Item": item}));
    }

    /// Writes the first `keep` links anew, each with its right hash behind the one before, and the head behind the last.
    /// The link in place `changed` gets another target.
    fn rewrite(&self, changed: usize, keep: usize) {
        let mut head = Head::genesis(self.org.parse().unwrap());
        for (place, link) in self.links.iter().enumerate().take(keep) {
            let mut link = link.clone();
            if place + 1 == changed {
                link["entry"]["M"]["target"] = json!({"S": "mem_someoneelse"});
            }
            let chained_at = millis(&link["chained_at"]);
            let chained = head.append(entry(&link["entry"]["M"]), chained_at);
            link["previous"] = json!({"S": chained.previous.to_string()});
            link["hash"] = json!({"S": chained.hash.to_string()});
            self.put(&link);
        }
        for link in self.links.iter().skip(keep) {
            let key = json!({"pk": link["pk"], "sk": link["sk"]});
            self.stack.dynamodb("DeleteItem", json!({"Key": key}));
        }
        let mut item = self.head.clone();
        item["sequence"] = json!({"N": head.sequence.to_string()});
        item["hash"] = json!({"S": head.hash.to_string()});
        item["at"] = json!({"N": head.at.as_millisecond().to_string()});
        self.put(&item);
    }

    fn restore(&self) {
        self.links.iter().chain([&self.head]).for_each(|item| self.put(item));
    }
}

fn millis(number: &Value) -> Timestamp {
    Timestamp::from_millisecond(number["N"].as_str().unwrap().parse().unwrap()).unwrap()
}

/// An entry as it is stored.
fn entry(stored: &Value) -> Entry {
    let text = |name: &str| stored[name]["S"].as_str().unwrap().to_owned();
    let actor = &stored["actor"]["M"];
    let part = |name: &str| actor[name]["S"].as_str().unwrap();
    let actor = match part("kind") {
        "member" => Actor::Member { member_id: part("member_id").parse().unwrap() },
        "token" => Actor::Token {
            token_id: part("token_id").parse().unwrap(),
            member_id: part("member_id").parse().unwrap(),
            name: CalledThen::default(),
        },
        _ => Actor::System,
    };
    let details = stored["details"]["M"].as_object().unwrap().iter();
    Entry {
        id: text("id").parse().unwrap(),
        organization_id: text("organization_id").parse().unwrap(),
        at: millis(&stored["at"]),
        actor,
        action: text("action"),
        target: text("target"),
        details: details
            .map(|(name, value)| (name.clone(), value["S"].as_str().unwrap().to_owned()))
            .collect(),
    }
}

/// A new organization whose chain has six links, anchored at the third, the fifth and the last.
fn anchored(stack: &Stack) -> (String, String) {
    let (token, org) = organization(stack);
    anchor(stack);
    for made in [2, 1] {
        let before = log(stack, &token, "").len();
        for _ in 0..made {
            stack.post("/v1/inboxes", &token, &json!({})).expect(201);
        }
        stack.until("chained inboxes", || (log(stack, &token, "").len() == before + made).then_some(()));
        anchor(stack);
    }
    (token, org)
}

/// Whoever can write every row writes the whole chain anew, so that it holds in itself: the anchors tell.
#[test]
fn alone_a_chain_that_was_written_anew_is_caught_by_its_anchors() {
    let stack = Stack::running();
    let (token, org) = anchored(&stack);
    let found = verify(&stack, &token);
    assert_eq!(found["verified"], json!(true), "{found}");
    assert!(found["anchors"]["agreeing"].as_u64() >= Some(3), "{found}");
    assert_eq!(found["anchors"]["newest"]["sequence"], 6);
    let rows = Rows::read(&stack, &org);
    assert_eq!(rows.links.len(), 6);
    let folder = Folder::new();
    let key = folder.file("key.pem", &signing_key(&stack));
    let anchors = copied(&stack, &org);
    let anchors = anchors.0.to_str().unwrap();
    let live = ["--api", stack.text("/api_url"), "--token", &*token];
    let with_anchors = [&live[..], &["--anchors", anchors, "--public-key", &*key]].concat();
    let (code, said) = offline(&with_anchors);
    assert!(code == Some(0) && said.contains("3 anchors agree, the last of entry 6"), "{said}");
    assert_eq!(
        offline(&[&live[..], &["--anchors", anchors]].concat()).0,
        Some(2),
        "a key from outside is asked for"
    );

    // The same rows, written anew as they are, are the same chain.
    rows.rewrite(0, 6);
    assert_eq!(verify(&stack, &token)["verified"], true);
    for (changed, keep, code, first) in [
        (1, 6, "anchor_mismatch", 3),
        (4, 6, "anchor_mismatch", 5),
        (6, 6, "anchor_mismatch", 6),
        (2, 5, "anchor_mismatch", 3),
        (0, 5, "anchor_beyond_end", 6),
        (0, 3, "anchor_beyond_end", 5),
    ] {
        rows.rewrite(changed, keep);
        let found = verify(&stack, &token);
        let problem = &found["problem"];
        assert_eq!(found["verified"], false, "{changed} {keep}: {found}");
        assert_eq!(
            (&problem["code"], &problem["sequence"]),
            (&json!(code), &json!(first)),
            "{changed} {keep}"
        );
        assert_eq!(problem["anchor"]["sequence"], first);
        assert_eq!(problem["anchor"]["hash"], rows.links[first - 1]["hash"]["S"], "what was there before");
        // In itself it holds: without the anchors nobody could tell.
        let (alone, said) = offline(&live);
        assert_eq!(alone, Some(0), "{said}");
        let (code, said) = offline(&with_anchors);
        assert!(code == Some(1) && said.contains(&format!("entry {first} ")), "{said}");
        rows.restore();
    }
    assert_eq!(verify(&stack, &token)["verified"], true);
    // A chain that went back is not anchored again: the function fails, and its alarm rings.
    rows.rewrite(0, 5);
    let ran = stack.invoke("countersign-background-anchor", &json!({}));
    assert!(ran["errorMessage"].as_str().is_some_and(|text| text.contains("could not be anchored")), "{ran}");
    rows.restore();
    anchor(&stack);
}

/// A forged anchor is none: one that differs, and the last one, must be signed.
#[test]
fn an_anchor_that_is_not_signed_is_broken() {
    let stack = Stack::running();
    let (token, org) = anchored(&stack);
    let folder = Folder::new();
    let key = folder.file("key.pem", &signing_key(&stack));
    let log_file = folder.path("log.jsonl");
    let save = ["--api", stack.text("/api_url"), "--token", &*token, "--save", &*log_file];
    assert_eq!(offline(&save).0, Some(0));
    let checked = |anchors: &Folder, key: &str| {
        offline(&[&*log_file, "--anchors", anchors.0.to_str().unwrap(), "--public-key", key])
    };
    let sound = copied(&stack, &org);
    let (code, said) = checked(&sound, &key);
    assert_eq!(code, Some(0), "{said}");
    let (_, public) = own_key(&folder);
    assert_eq!(checked(&sound, &public).0, Some(1), "another key");
    let empty = Folder::new();
    assert_eq!(checked(&empty, &key).0, Some(1), "no anchors prove nothing");
    let foreign = copied(&stack, stack.text("/organization_id"));
    assert_eq!(checked(&foreign, &key).0, Some(1), "those of another organization prove nothing");
    for name in std::fs::read_dir(&sound.0).unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&name).unwrap();
        let forged = text.replace("\\\"sequence\\\":", "\\\"sequence\\\":1");
        assert_ne!(forged, text);
        std::fs::write(&name, forged).unwrap();
        assert_eq!(checked(&sound, &key).0, Some(1), "{}", name.display());
        std::fs::write(&name, text).unwrap();
    }
    // Anchored by nobody: entries that came after the last anchor are said to be so.
    std::fs::remove_file(std::fs::read_dir(&sound.0).unwrap().map(|e| e.unwrap().path()).max().unwrap())
        .unwrap();
    let (code, said) = checked(&sound, &key);
    assert!(code == Some(0) && said.contains("1 entries behind it are not anchored yet"), "{said}");
}

#[test]
fn an_anchor_can_t_be_removed_and_another_of_its_name_changes_nothing() {
    let stack = Stack::running();
    let (token, org) = anchored(&stack);
    let prefix = format!("anchors/{org}/");
    let versions = || stack.s3("/anchor_bucket", "GET", &format!("?versions&prefix={prefix}"), "").body;
    let listed = versions();
    let (keys, ids) = (between(&listed, "Key"), between(&listed, "VersionId"));
    // Other tests anchor at the same time, perhaps between two of ours.
    assert!(keys.len() >= 3 && ids.len() == keys.len(), "{listed}");
    let lock = stack.s3("/anchor_bucket", "GET", "?object-lock", "").body;
    assert_eq!(between(&lock, "Mode"), ["GOVERNANCE"], "{lock}");
    assert_eq!(between(&lock, "Days"), ["3650"]);
    for (key, id) in keys.iter().zip(&ids) {
        assert_eq!(
            stack.s3("/anchor_bucket", "DELETE", &format!("/{key}?versionId={id}"), "").status,
            403,
            "{key}"
        );
        // A delete marker hides it from those who list objects, not from those who list versions.
        assert_eq!(stack.s3("/anchor_bucket", "DELETE", &format!("/{key}"), "").status, 204, "{key}");
        assert_eq!(stack.s3("/anchor_bucket", "PUT", &format!("/{key}"), "{}").status, 200, "{key}");
    }
    let found = verify(&stack, &token);
    assert_eq!(found["verified"], json!(true), "{found}");
    assert!(found["anchors"]["agreeing"].as_u64() >= Some(keys.len() as u64), "{found}");
    for (key, id) in keys.iter().zip(&ids) {
        let document = stack.s3("/anchor_bucket", "GET", &format!("/{key}?versionId={id}"), "").body;
        assert!(document["anchor"].is_string(), "the first version is as it was: {document}");
    }
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
fn alone_a_receipt_waits_until_its_votes_are_chained() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let held = stack.submit("success@simulator.amazonses.com", &unique("waits"), "text");
    stack.receipt(&held.approval, owner).expect(200);
    let rule = json!({
        "service": "dynamodb", "operation": "TransactWriteItems", "kind": "throttle", "times": 100_000,
        "function": "countersign-background-chain",
    });
    let fault = stack.fault(&rule);
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let answer = stack.get(&format!("/v1/approvals/{}/receipt", held.approval), owner);
    answer.refused(503, "not_chained_yet");
    assert!(answer.header("retry-after").is_some());
    assert!(answer.body["error"]["message"].as_str().unwrap().contains("try again in a moment"));
    assert!(fault.fired() > 0);
    drop(fault);
    let receipt = told(&stack.receipt(&held.approval, owner).expect(200));
    assert_eq!(receipt["approval"]["votes"].as_array().unwrap().len(), 1);
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
