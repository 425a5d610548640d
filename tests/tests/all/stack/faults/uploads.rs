//! Spreadsheets, while whoever reads them, and whoever makes their mails, is killed after each of its AWS calls: each mail once, none lost.

use serde_json::{Value, json};
use tests::{Stack, unique};

use super::at_each_call;

const READ: &str = "countersign-uploads-read";
const WORK: &str = "countersign-background-uploads";

struct House {
    stack: Stack,
}

impl House {
    fn editor(&self) -> &str {
        self.stack.text("/editor/session")
    }

    fn get(&self, id: &str) -> Value {
        self.stack.get(&format!("/v1/uploads/{id}"), self.editor()).body
    }

    fn put(&self, file: &str) -> String {
        self.stack.upload_sheet("a.csv", file.as_bytes())
    }

    /// S3 tells once more of a file.
    fn told(&self, id: &str) {
        let key = format!("files/{}/{id}", self.stack.text("/organization_id"));
        let event: Value =
            serde_json::from_str(include_str!("../../../../../events/uploads-read.json")).unwrap();
        let mut event = event;
        event["detail"]["object"]["key"] = key.into();
        self.stack.invoke(READ, &event);
    }

    /// The time is over that whoever worked on it had.
    fn over(&self, id: &str) {
        let key = format!("{}/{id}", self.stack.text("/organization_id"));
        let update = json!({
            "Key": {"pk": {"S": key}, "sk": {"S": "upload"}},
            "UpdateExpression": "SET look_at = :then, watch_at = :then",
            "ConditionExpression": "attribute_exists(look_at)",
            "ExpressionAttributeValues": {":then": {"N": "1000"}},
        });
        self.stack.dynamodb("UpdateItem", update);
    }

    /// Goes on until the upload is so: whenever nothing moves, somebody else takes over.
    fn until(&self, id: &str, is: impl Fn(&Value) -> bool) {
        let waited = runtime::environment::stopwatch();
        let mut since = 0;
        self.stack.until("an upload that comes to its end", || {
            if waited() - since > 1_000 {
                self.over(id);
                self.stack.invoke(WORK, &clock());
                since = waited();
            }
            is(&self.get(id)).then_some(())
        });
    }

    fn mails(&self, subject: &str) -> Vec<Value> {
        let path = format!("/v1/inboxes/{}/messages?limit=100", self.stack.inbox());
        let all = self.stack.walk(&path, self.stack.text("/owner/token"));
        all.into_iter()
            .filter(|mail| mail["subject"].as_str().is_some_and(|it| it.starts_with(subject)))
            .collect()
    }
}

fn clock() -> Value {
    serde_json::from_str(include_str!("../../../../../events/background-sweep.json")).unwrap()
}

#[test]
fn a_sheet_is_read_though_whoever_reads_it_dies() {
    let house = House { stack: Stack::running().organization() };
    for kind in ["kill_after", "drop_after"] {
        let calls = at_each_call(&house.stack, READ, kind, |_, name| {
            let id = house.put("Email\nsuccess@simulator.amazonses.com\n");
            house.stack.until("a sheet that was read", || {
                if house.get(&id)["status"] != "ready" {
                    house.told(&id);
                }
                (house.get(&id)["status"] == "ready").then_some(())
            });
            assert_eq!(house.get(&id)["counts"]["rows"], 1, "{name}");
        });
        assert!(calls >= 4, "{kind}: {calls}");
    }
}

#[test]
fn each_mail_of_a_sheet_is_made_once_and_taken_away_though_whoever_works_on_it_dies() {
    let house = House { stack: Stack::running().organization() };
    let calls = at_each_call(&house.stack, WORK, "kill_after", |_, name| {
        let subject = unique("Sheet");
        let id =
            house.put("Email\nsuccess+1@simulator.amazonses.com\nsuccess+2@simulator.amazonses.com\nbad\n");
        house.until(&id, |upload| upload["status"] == "ready");
        let plan = json!({"mapping": {"to": "Email"}, "subject": subject, "text": "Hello"});
        house.stack.post(&format!("/v1/uploads/{id}/confirm"), house.editor(), &plan).expect(202);
        house.until(&id, |upload| upload["status"] == "imported");
        let counts = &house.get(&id)["counts"];
        assert_eq!((&counts["imported"], &counts["failed"]), (&json!(2), &json!(1)), "{name}: {counts}");
        assert_eq!(house.mails(&subject).len(), 2, "{name}");
    });
    assert!(calls >= 10, "{calls}");
    let calls = at_each_call(&house.stack, WORK, "kill_after", |fault, name| {
        let subject = unique("Gone");
        let id = house.put("Email\nsuccess+1@simulator.amazonses.com\n");
        house.until(&id, |upload| upload["status"] == "ready");
        let plan = json!({"mapping": {"to": "Email"}, "subject": subject, "text": "Hello"});
        house.stack.post(&format!("/v1/uploads/{id}/confirm"), house.editor(), &plan).expect(202);
        house.until(&id, |upload| upload["status"] == "imported");
        if fault.fired() == 0 {
            let path = format!("/v1/uploads/{id}");
            house.stack.call("DELETE", &path, house.editor(), None).expect(204);
            house.until(&id, |upload| upload["error"]["code"] == "not_found");
            assert_eq!(house.mails(&subject).len(), 0, "{name}");
        }
    });
    assert!(calls >= 10, "{calls}");
}
