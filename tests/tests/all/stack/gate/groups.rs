//! Groups on the real template: made, asked for votes by a policy of one inbox, kept while it asks them, removed.

use serde_json::{Value, json};
use tests::{Stack, unique};

#[test]
fn a_group_from_its_making_to_its_end() {
    let stack = Stack::running();
    let (owner, approver) = (stack.text("/owner/token"), stack.text("/approver/session"));
    let seat = |token: &str| stack.get("/v1/me", token).expect(200)["member_id"].clone();
    let name = unique("legal").replace(' ', "-");
    let group = json!({"name": name, "member_ids": [seat(approver)]});
    let made = stack.post("/v1/groups", owner, &group).expect(201);
    let path = format!("/v1/groups/{}", made["id"].as_str().unwrap());
    assert_eq!(stack.get(&path, owner).expect(200), made);
    stack.post("/v1/groups", owner, &group).refused(409, "group_name_taken");

    let session = stack.text("/owner/session");
    let inbox = stack.post("/v1/inboxes", session, &json!({})).expect(201)["id"].clone();
    let policy = |quorum: u8| {
        let terms = json!({"requirements": [{"quorum": quorum, "from": [format!("group:{name}")]}]});
        let rule = json!({"name": "legal", "when": {"always": true}, "outcome": "hold", "terms": terms});
        json!({"name": unique("policy"), "inbox_ids": [inbox], "rules": [rule]})
    };
    stack.post("/v1/policies", owner, &policy(2)).refused(422, "quorum_impossible");
    let asks = stack.post("/v1/policies", owner, &policy(1)).expect(201);
    let used = stack.call("DELETE", &path, owner, None);
    assert_eq!((used.status, used.code()), (409, "group_in_use"));
    assert_eq!(used.body["error"]["details"]["policy_ids"], asks["id"]);

    // Another owner's agent asks; the owner's own vote does not do.
    let scopes = json!({"name": "g", "scopes": ["messages.send"], "inbox_ids": [inbox]});
    let agent = stack.post("/v1/tokens", session, &scopes).expect(201)["token"].clone();
    let mail =
        json!({"to": ["success@simulator.amazonses.com"], "subject": unique("group"), "text": "Hello"});
    let send = format!("/v1/inboxes/{}/messages/send", inbox.as_str().unwrap());
    let held = stack.post(&send, agent.as_str().unwrap(), &mail).expect(202);
    let approval = format!("/v1/approvals/{}", tests::Held::of(&held).approval);
    let shown = stack.get(&approval, approver).expect(200);
    assert_eq!(shown["terms"]["requirements"][0]["groups"], json!([name]), "{shown}");
    let digest = json!({"digest": shown["digest"]});

    let empty = stack.call("PATCH", &path, owner, Some(&json!({"member_ids": []}))).expect(200);
    assert_eq!(empty["warnings"][0]["policy_id"], asks["id"], "{empty}");
    let voted = stack.post(&format!("{approval}/approve"), approver, &digest).expect(200);
    assert_eq!(voted["status"], "approved", "{voted}");

    let policy_path = format!("/v1/policies/{}", asks["id"].as_str().unwrap());
    assert_eq!(stack.call("DELETE", &policy_path, owner, None).status, 204);
    assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
    stack.get(&path, owner).refused(404, "not_found");
    let listed: Value = stack.get("/v1/groups", owner).expect(200);
    assert!(!listed["data"].as_array().unwrap().iter().any(|one| one["id"] == made["id"]));
}
