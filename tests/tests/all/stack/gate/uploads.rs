//! Uploads on the running stack: from a spreadsheet to mails that were approved and delivered, by the API and in a browser.

use std::io::{Cursor, Write as _};

use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tests::{Stack, in_seconds, unique};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::stack::browser::{Driver, shows, shows_within, sign_in};

/// An organization of its own, and an inbox.
struct House {
    stack: Stack,
    inbox: String,
}

impl House {
    fn new() -> Self {
        let stack = Stack::running().organization();
        let inbox = stack.inbox().to_owned();
        Self { stack, inbox }
    }

    fn editor(&self) -> &str {
        self.stack.text("/editor/session")
    }

    /// Announces a file, puts it where the answer says, and waits until it was read.
    fn upload(&self, filename: &str, file: &[u8]) -> Value {
        let id = self.stack.upload_sheet(filename, file);
        self.when(&id, |status| status != "uploading" && status != "reading")
    }

    /// The upload once its status is so.
    fn when(&self, id: &str, is: impl Fn(&str) -> bool) -> Value {
        self.stack.until("an upload that moved on", || {
            let upload = self.stack.get(&format!("/v1/uploads/{id}"), self.editor()).expect(200);
            is(upload["status"].as_str().unwrap()).then_some(upload)
        })
    }

    fn confirm(&self, upload: &Value, plan: &Value) -> tests::Answer {
        let path = format!("/v1/uploads/{}/confirm", upload["id"].as_str().unwrap());
        self.stack.post(&path, self.editor(), plan)
    }

    /// Has the mails made, and waits until they are.
    fn import(&self, upload: &Value, plan: &Value) -> Value {
        self.confirm(upload, plan).expect(202);
        let done = self.when(upload["id"].as_str().unwrap(), |status| status != "importing");
        assert_eq!(done["status"], "imported", "{done}");
        done
    }

    fn rows(&self, upload: &Value, query: &str) -> Vec<Value> {
        let path = format!("/v1/uploads/{}/rows?limit=100{query}", upload["id"].as_str().unwrap());
        self.stack.walk(&path, self.editor())
    }

    /// Approves the first mails of these rows, each with its digest.
    fn approve(&self, rows: &[Value]) {
        let said = self.approve_as("owner", rows);
        assert!(said["data"].as_array().unwrap().iter().all(|one| one["error"].is_null()), "{said}");
    }

    /// Approves them at once, as one of the house, and what was said of each.
    fn approve_as(&self, who: &str, rows: &[Value]) -> Value {
        let session = self.stack.text(&format!("/{who}/session"));
        let items: Vec<_> = rows
            .iter()
            .map(|row| {
                let id = row["approval_id"].as_str().unwrap();
                let approval = self.stack.get(&format!("/v1/approvals/{id}"), session);
                json!({"approval_id": id, "digest": approval.expect(200)["digest"]})
            })
            .collect();
        let body = json!({"verdict": "approve", "items": items});
        self.stack.post("/v1/approvals/batch", session, &body).expect(200)
    }

    /// The mail of a row, once it has this status.
    fn mail(&self, row: &Value, status: &str) -> Value {
        let path = format!("/v1/inboxes/{}/messages/{}", self.inbox, row["message_id"].as_str().unwrap());
        self.stack.until(&format!("a mail that is {status}"), || {
            let message = self.stack.get(&path, self.stack.text("/owner/token")).body;
            (message["status"] == status).then_some(message)
        })
    }
}

fn sheet(good: usize) -> String {
    let row = |n: usize| format!("success+{n}@simulator.amazonses.com,\"Person, {n}\"\r\n");
    let rows: String = (0..good).map(row).collect();
    format!(
        "\u{FEFF}Email,Full name\r\n{rows}nobody,X\r\nSUCCESS+0@simulator.amazonses.com,Again\r\n,Empty\r\n"
    )
}

/// A workbook with this sheet, as Excel lays one out.
fn workbook(rows: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let relations = |all: &[(&str, &str)]| {
        let one = |(kind, target): &(&str, &str)| {
            format!(r#"<Relationship Id="{kind}" Type="{OFFICE}/{kind}" Target="{target}"/>"#)
        };
        let all: String = all.iter().map(one).collect();
        format!(r#"<Relationships xmlns="{PACKAGE}">{all}</Relationships>"#)
    };
    let sheets = r#"<sheets><sheet name="Clients" sheetId="1" r:id="worksheet"/></sheets>"#;
    let parts = [
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="1"/>{sheets}</workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]),
        ),
        (
            "xl/styles.xml",
            format!(
                r#"<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#),
        ),
    ];
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    for (name, text) in parts {
        let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(name, plain).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn plan(subject: &str) -> Value {
    json!({"mapping": {"to": "Email"}, "subject": format!("{subject} {{{{full_name}}}}"), "text": "Hello {{full_name|you}}."})
}

#[test]
fn a_spreadsheet_becomes_mails_that_are_approved_and_delivered() {
    let house = House::new();
    let subject = unique("For");
    let upload = house.upload("clients.csv", sheet(12).as_bytes());
    assert_eq!((&upload["status"], &upload["format"]), (&json!("ready"), &json!("csv")), "{upload}");
    assert_eq!(upload["columns"], json!(["Email", "Full name"]));
    assert_eq!(upload["guesses"], json!({"to": "Email", "name": "Full name"}));
    let mut dry = plan(&subject);
    dry["dry_run"] = json!(true);
    let said = house.confirm(&upload, &dry).expect(200);
    assert_eq!((&said["counts"]["ready"], &said["counts"]["errors"]), (&json!(12), &json!(3)), "{said}");
    assert_eq!(said["preview"]["mails"][0]["subject"], format!("{subject} Person, 0"));
    assert_eq!(said["policies"][0]["policy"], "hold");
    let wrong: Vec<_> =
        said["wrong_rows"].as_array().unwrap().iter().map(|row| row["errors"][0]["code"].clone()).collect();
    assert_eq!(wrong, ["address_invalid", "duplicate", "address_missing"]);
    let row =
        house.stack.get(&format!("/v1/uploads/{}/rows/3", upload["id"].as_str().unwrap()), house.editor());
    assert_eq!(row.expect(200)["preview"]["mails"][0]["text"], "Hello Person, 1.");
    assert_eq!(house.rows(&upload, "&status=imported").len(), 0, "nothing is made yet");

    let done = house.import(&upload, &plan(&subject));
    assert_eq!(
        (&done["counts"]["imported"], &done["counts"]["failed"], &done["counts"]["held"]),
        (&json!(12), &json!(3), &json!(12))
    );
    house.confirm(&upload, &plan(&subject)).refused(409, "upload_not_ready");
    let rows = house.rows(&upload, "&status=imported");
    assert_eq!(rows.len(), 12);
    house.approve(&rows);
    for row in &rows {
        house.mail(row, "delivered");
        assert_eq!(house.stack.accepted(row["message_id"].as_str().unwrap()).len(), 1);
    }
    let kinds = ["upload.ready", "upload.confirmed", "upload.completed"];
    house.stack.until("the events of the upload", || {
        let events = house
            .stack
            .get("/v1/events?limit=100&types=upload.*", house.stack.text("/owner/token"))
            .expect(200);
        let told = events.to_string();
        assert!(!told.contains("Person"), "nothing of what the file holds");
        kinds.iter().all(|kind| told.contains(kind)).then_some(())
    });
    // Mails that went stay when the upload is deleted.
    let path = format!("/v1/uploads/{}", upload["id"].as_str().unwrap());
    house.stack.call("DELETE", &path, house.editor(), None).expect(204);
    house.stack.until("an upload that is gone", || {
        (house.stack.get(&path, house.editor()).status == 404).then_some(())
    });
    house.mail(&rows[0], "delivered");
}

#[test]
fn what_is_no_sheet_fails_in_words_and_a_deleted_upload_lets_nothing_go() {
    let house = House::new();
    for (file, code) in [
        (&b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"[..], "file_not_a_sheet"),
        (b"Email,Name\r\n", "no_rows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more of an old workbook", "old_workbook"),
        (b"PK\x03\x04 and nothing of a workbook", "file_broken"),
    ] {
        let upload = house.upload("list.xlsx", file);
        assert_eq!(
            (&upload["status"], &upload["error"]["code"]),
            (&json!("failed"), &json!(code)),
            "{upload}"
        );
    }
    let too_large = json!({"inbox_id": house.inbox, "filename": "a.csv", "size": 200_000_000});
    house.stack.post("/v1/uploads", house.editor(), &too_large).refused(422, "file_too_large");
    let upload = house.upload("list.csv", sheet(2).as_bytes());
    for (plan, code) in [
        (json!({"mapping": {"to": "E-Mail"}, "subject": "a", "text": "b"}), "invalid_plan"),
        (json!({"mapping": {}, "subject": "a", "text": "b"}), "required"),
        (json!({"mapping": {"to": "Email"}, "subject": "a", "text": "{{#each rows}}"}), "invalid_plan"),
        (json!({"mapping": {"to": "Email"}, "subject": "a", "text": "{{ {{a}} }}"}), "invalid_plan"),
        (
            json!({"mapping": {"to": "Email"}, "subject": "a", "text": "b", "time_zone": "Mars/Base"}),
            "unknown_time_zone",
        ),
    ] {
        let answer = house.confirm(&upload, &plan);
        assert_eq!((answer.status, answer.code()), (422, code), "{}", answer.body);
    }
    // Approved and to go in an hour, and the upload is deleted.
    let mut later = plan(&unique("Later"));
    later["send_at"] = json!(in_seconds(3_600));
    house.import(&upload, &later);
    let rows = house.rows(&upload, "&status=imported");
    house.approve(&rows[..1]);
    house.mail(&rows[0], "scheduled");
    let path = format!("/v1/uploads/{}", upload["id"].as_str().unwrap());
    house.stack.call("DELETE", &path, house.editor(), None).expect(204);
    house.stack.until("an upload that is gone", || {
        (house.stack.get(&path, house.editor()).status == 404).then_some(())
    });
    for row in &rows {
        let id = row["message_id"].as_str().unwrap();
        let message = format!("/v1/inboxes/{}/messages/{id}", house.inbox);
        assert_eq!(house.stack.get(&message, house.stack.text("/owner/token")).status, 404);
        assert!(house.stack.accepted(id).is_empty());
        let approval = format!("/v1/approvals/{}", row["approval_id"].as_str().unwrap());
        let status = house.stack.get(&approval, house.stack.text("/owner/token"));
        assert!(status.status == 404 || status.body["status"] == "cancelled", "{}", status.body);
    }
}

#[test]
fn a_workbook_is_read_as_its_sheet_shows_it() {
    let house = House::new();
    let text = |at: &str, text: &str| format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let header = ["Email", "Due", "Number", "Sum"];
    let header: String =
        header.iter().zip(["A1", "B1", "C1", "D1"]).map(|(name, at)| text(at, name)).collect();
    let rows = format!(
        concat!(
            r#"<row r="1">{header}</row>"#,
            r#"<row r="2">{one}<c r="B2" s="1"><v>46000</v></c>{number}<c r="D2"><f>1+1</f><v>2</v></c></row>"#,
            r#"<row r="3" hidden="1">{two}<c r="B3" s="1"><v>46001</v></c><c r="D3" t="e"><f>A9</f><v>#REF!</v></c></row>"#,
        ),
        header = header,
        one = text("A2", "success+workbook@simulator.amazonses.com"),
        number = text("C2", "00417"),
        two = text("A3", "success+hidden@simulator.amazonses.com"),
    );
    let upload = house.upload("clients.xlsx", &workbook(&rows));
    assert_eq!((&upload["status"], &upload["format"]), (&json!("ready"), &json!("xlsx")), "{upload}");
    let notes = upload["notes"].to_string();
    assert!(notes.contains("hidden"), "{notes}");
    let subject = unique("Workbook");
    let plan = json!({
        "mapping": {"to": "Email"}, "subject": subject,
        "text": "No. {{number}} is due on {{due}}: {{sum}}.",
    });
    let done = house.import(&upload, &plan);
    assert_eq!((&done["counts"]["imported"], &done["counts"]["failed"]), (&json!(1), &json!(1)), "{done}");
    let rows = house.rows(&upload, "");
    assert_eq!(rows[1]["errors"][0]["code"], "cell_error", "{}", rows[1]);
    house.approve(&rows[..1]);
    let text = house.mail(&rows[0], "delivered")["text"].to_string();
    // The 46,000th day of the calendar that begins in 1904.
    assert!(text.contains("No. 00417 is due on 2029-12-10: 2."), "{text}");
}

#[test]
fn a_policy_asks_that_rows_are_opened_before_many_are_approved() {
    let house = House::new();
    let (stack, owner) = (&house.stack, house.stack.text("/owner/session"));
    let rule =
        json!({"name": "sampled", "when": {"always": true}, "outcome": "hold", "terms": {"open_rows": 2}});
    stack.post("/v1/policies", owner, &json!({"name": "Sampled", "rules": [rule]})).expect(201);
    let upload = house.upload("list.csv", sheet(6).as_bytes());
    house.import(&upload, &plan(&unique("Sampled")));
    let rows = house.rows(&upload, "&status=imported");
    let said = house.approve_as("approver", &rows[2..4]);
    assert_eq!(said["data"][1]["error"]["code"], "open_rows_first", "{said}");
    let approver = stack.text("/approver/session");
    for (row, verdict) in rows[..2].iter().zip(["approve", "reject"]) {
        let path = format!("/v1/approvals/{}", row["approval_id"].as_str().unwrap());
        let digest = stack.get(&path, approver).expect(200)["digest"].clone();
        stack.post(&format!("{path}/{verdict}"), approver, &json!({"digest": digest})).expect(200);
    }
    let said = house.approve_as("approver", &rows[2..4]);
    assert_eq!(said["data"][1]["status"], "approved", "{said}");
    let said = house.approve_as("owner", &rows[4..]);
    assert_eq!(said["data"][0]["error"]["code"], "open_rows_first", "each for themselves: {said}");
    house.mail(&rows[3], "delivered");
}

#[test]
fn a_mail_that_follows_goes_unless_the_first_was_answered() {
    let house = House::new();
    let (soon, then, hour) = (in_seconds(10), in_seconds(20), in_seconds(3_600));
    let file = format!(
        "Email,When,Again\r\nsuccess+silent@simulator.amazonses.com,{soon},{then}\r\nsuccess+answers@simulator.amazonses.com,{soon},{hour}\r\n"
    );
    let upload = house.upload("list.csv", file.as_bytes());
    let subject = unique("Follow");
    let plan = json!({
        "mapping": {"to": "Email", "send_at": "When", "follow_up_1": "Again"},
        "subject": subject, "text": "Hello", "follow_ups": [{"subject": format!("{subject} again"), "text": "Hello again"}],
    });
    house.import(&upload, &plan);
    let rows = house.rows(&upload, "");
    let mut all = rows.clone();
    for row in &rows {
        let next = &row["follow_ups"][0];
        all.push(json!({"approval_id": next["approval_id"], "message_id": next["message_id"]}));
    }
    house.approve(&all);
    let first = house.mail(&rows[1], "delivered");
    house.mail(&rows[0], "delivered");
    let answer = format!(
        "From: answers@example.org\r\nTo: {}\r\nSubject: Re: {subject}\r\nIn-Reply-To: <{}>\r\nMessage-ID: <{}@example.org>\r\n\r\nThank you.\r\n",
        house.stack.text("/inbox/address"),
        first["internet_message_id"].as_str().unwrap(),
        subject.replace(' ', "-"),
    );
    house.stack.smtp("answers@example.org", &[house.stack.text("/inbox/address")], answer.as_bytes());
    // Long before it would go.
    let stopped = house.mail(&all[3], "cancelled");
    assert_eq!(stopped["thread_id"], first["thread_id"], "it stands in the conversation of the first");
    assert_eq!(house.mail(&all[2], "delivered")["thread_id"], house.mail(&rows[0], "delivered")["thread_id"]);
    assert!(house.stack.accepted(all[3]["message_id"].as_str().unwrap()).is_empty());
}

async fn press(browser: &Client, css: &str) {
    browser.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
}

async fn fill(browser: &Client, id: &str, text: &str) {
    let field = browser.find(Locator::Css(&format!("#{id}"))).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn alone_a_person_uploads_a_sheet_looks_at_it_has_mails_made_and_another_approves_them() {
    const ROWS: usize = 120;
    let (house, driver) = (House::new(), Driver::start());
    let stack = &house.stack;
    let folder = std::env::temp_dir().join(unique("sheet").replace(' ', "-"));
    std::fs::create_dir_all(&folder).unwrap();
    let (path, subject) = (folder.join("clients.csv"), unique("From a sheet"));
    std::fs::write(&path, sheet(ROWS)).unwrap();
    let browser = driver.browser().await;
    sign_in(&browser, stack, "editor").await;
    browser.goto(&format!("{}/uploads", stack.text("/console_url"))).await.unwrap();
    shows(&browser, "Nothing was uploaded yet").await;
    let field = browser.find(Locator::Css("#file")).await.unwrap();
    field.send_keys(path.to_str().unwrap()).await.unwrap();
    press(&browser, "form[enctype] button.primary").await;
    shows(&browser, "What the columns are for").await;
    fill(&browser, "subject", &format!("{subject} {{{{full_name}}}}")).await;
    fill(&browser, "text", "Hello {{full_name}}, {{#if}}").await;
    press(&browser, "#plan button[value=try]").await;
    shows(&browser, "is no variable").await;
    fill(&browser, "text", "Hello {{full_name}}, this is for you.").await;
    press(&browser, "#plan button[value=try]").await;
    shows(&browser, &format!("{ROWS} of {} rows can become {ROWS} mails", ROWS + 3)).await;
    shows(&browser, "Hello Person, 0, this is for you.").await;
    shows(&browser, "waits for somebody\u{2019}s approval").await;
    let at = browser.current_url().await.unwrap();
    browser.goto(&format!("{at}/rows")).await.unwrap();
    browser.find(Locator::LinkText("5")).await.unwrap().click().await.unwrap();
    shows(&browser, "Hello Person, 3, this is for you.").await;
    browser.goto(at.as_str()).await.unwrap();
    // What was typed is there again.
    press(&browser, "#plan button[value=try]").await;
    shows(&browser, "Hello Person, 0, this is for you.").await;
    // Return in a field looks again, and makes nothing.
    browser.execute("window.before = true", vec![]).await.unwrap();
    browser.find(Locator::Css("#subject")).await.unwrap().send_keys("\u{e007}").await.unwrap();
    stack.until("the page anew", || {
        let asked = browser.execute("return window.before ?? false", vec![]);
        let handle = tokio::runtime::Handle::current();
        let before = tokio::task::block_in_place(|| handle.block_on(asked));
        before.is_ok_and(|before| before == false).then_some(())
    });
    shows(&browser, "Hello Person, 0, this is for you.").await;
    assert_eq!(stack.get("/v1/uploads", house.editor()).expect(200)["data"][0]["status"], "ready");
    press(&browser, "button[value=confirm]").await;
    shows(&browser, "This page looks again by itself").await;
    let upload = stack.within(std::time::Duration::from_mins(5), "mails of all rows", || {
        let upload = stack.get("/v1/uploads", house.editor()).expect(200)["data"][0].clone();
        (upload["status"] == "imported").then_some(upload)
    });
    shows(&browser, &format!("{ROWS} mails of {} rows, 3 without one", ROWS + 3)).await;
    browser.find(Locator::LinkText("Rows with something wrong")).await.unwrap().click().await.unwrap();
    shows(&browser, "has the same address as row 2").await;
    browser.close().await.unwrap();

    let browser = driver.browser().await;
    sign_in(&browser, stack, "approver").await;
    let page = format!("{}/uploads/{}/approve", stack.text("/console_url"), upload["id"].as_str().unwrap());
    browser.goto(&page).await.unwrap();
    shows(&browser, "The first 100 of those that wait").await;
    shows(&browser, "Hello {{full_name}}, this is for you.").await;
    shows(&browser, "Person, 7").await;
    // Return in a field decides about nothing.
    press(&browser, "details.batch-reject:last-of-type summary").await;
    browser.find(Locator::Css("#days")).await.unwrap().send_keys("5\u{e007}").await.unwrap();
    shows(&browser, "Nothing was decided: press one of the buttons").await;
    browser.goto(&page).await.unwrap();
    browser.find(Locator::Css("[data-row] input")).await.unwrap().send_keys("\u{e007}").await.unwrap();
    shows(&browser, "Nothing was decided: press one of the buttons").await;
    for row in house.rows(&upload, "&status=imported") {
        let approval = format!("/v1/approvals/{}", row["approval_id"].as_str().unwrap());
        assert_eq!(stack.get(&approval, house.editor()).body["status"], "pending");
    }
    press(&browser, "input[name=go_on]").await;
    press(&browser, "button.approve").await;
    shows_within(&browser, "None of its mails waits for a decision", 120).await;
    browser.close().await.unwrap();
    let rows = house.rows(&upload, "&status=imported");
    assert_eq!(rows.len(), ROWS);
    for row in &rows {
        house.mail(row, "delivered");
    }
}
