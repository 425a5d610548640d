//! What files look like: a document that waits, drawn by the function and shown in a page and behind a link; and files that were made to
//! hurt whoever looks at them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::base::digest::Digest;
use fantoccini::Locator;
use serde_json::{Value, json};
use tests::{Held, Stack, unique};

use super::notify::Organization;
use crate::stack::browser::{Driver, page, shows, sign_in};

/// A document of these objects, the first of them its catalog.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let (mut file, mut table) = ("%PDF-1.4\n".to_owned(), String::new());
    for (n, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        writeln!(file, "{} 0 obj\n{object}\nendobj", n + 1).unwrap();
    }
    let (size, start) = (objects.len() + 1, file.len());
    writeln!(file, "xref\n0 {size}\n0000000000 65535 f \n{table}trailer").unwrap();
    writeln!(file, "<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF").unwrap();
    file.into_bytes()
}

fn stream(dictionary: &str, text: &str) -> String {
    format!("<< {dictionary} /Length {} >>\nstream\n{text}\nendstream", text.len())
}

/// Two pages with a word, and a script that runs when it is opened.
fn invoice() -> Vec<u8> {
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>";
    pdf(&[
        "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>",
        "<< /Type /Pages /Count 2 /Kids [3 0 R 6 0 R] >>",
        page,
        &stream("", "BT /F1 48 Tf 20 100 Td (Invoice) Tj ET"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        page,
    ])
}

fn with_invoice(subject: &str) -> Value {
    json!({
        "to": ["success@simulator.amazonses.com"], "subject": subject, "text": "As agreed.",
        "attachments": [{
            "filename": "invoice.pdf", "content_type": "application/pdf", "content": BASE64.encode(invoice()),
        }],
    })
}

/// The pictures of a page.
fn pictures(page: &str) -> Vec<Vec<u8>> {
    let data = page.split("src=\"data:image/png;base64,").skip(1).filter_map(|rest| rest.split('"').next());
    data.map(|data| BASE64.decode(data).unwrap()).collect()
}

#[test]
fn a_document_that_waits_is_seen_page_by_page_also_behind_a_link() {
    let organization = Organization::new(&Stack::running());
    let stack = &organization.stack;
    let subject = unique("invoice");
    let path = format!("/v1/inboxes/{}/messages/send", organization.inbox);
    let held = Held::of(&stack.post(&path, &organization.agent, &with_invoice(&subject)).expect(202));
    let approval = stack.get(&format!("/v1/approvals/{}", held.approval), &organization.owner).expect(200);
    let id = approval["message"]["attachments"][0]["id"].as_str().unwrap();
    let at = format!("/console/attachments/{id}/preview");

    let cookie = vec![("cookie", format!("__Host-cs_session={}", stack.text("/viewer/session")))];
    let signed_in = stack.raw("GET", &at, "", cookie, "");
    let link = organization.notified(&subject).link;
    let by_link = stack.get(&format!("{link}/attachments/{id}/preview"), "");
    for shown in [&signed_in, &by_link] {
        assert_eq!(shown.status, 200, "{}", shown.body);
        let shown = shown.body.as_str().unwrap();
        let drawn = pictures(shown);
        assert_eq!(drawn.len(), 2, "{shown}");
        assert!(drawn.iter().all(|picture| picture.starts_with(b"\x89PNG")));
        for words in ["Page 2 of 2", &Digest::of(&invoice()).hex(), "A script is in it", "opened"] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
    // Whoever has no session is asked for one, and another organization's people find nothing.
    assert_eq!(stack.get(&at, "").status, 303);
    let foreign = Stack::running();
    let cookie = vec![("cookie", format!("__Host-cs_session={}", foreign.text("/owner/session")))];
    assert_eq!(stack.raw("GET", &at, "", cookie, "").status, 404);
}

#[test]
fn files_that_were_made_to_hurt_end_in_an_answer() {
    let stack = Stack::running();
    let seen = |file: &[u8]| {
        let order = json!({"filename": "a", "content_type": "a/b", "file": BASE64.encode(file)});
        let answer = stack.invoke("countersign-preview-draw", &order);
        answer["shown"]["kind"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let page = |resources: &str| {
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << {resources} >> >>"
        )
    };
    let kids = "<< /Type /Pages /Count 1 /Kids [3 0 R] >>";
    let catalog = "<< /Type /Catalog /Pages 2 0 R >>";
    let draws_itself = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 300 200] /Resources << /XObject << /X 5 0 R >> >>",
        "/X Do /X Do",
    );
    let form = "/XObject << /X 5 0 R >>";
    let deep = "[".repeat(100_000);
    for hostile in [
        pdf(&[catalog, kids, &page(form), &stream("", "/X Do"), &draws_itself]),
        pdf(&[catalog, kids, &page(""), &stream("", &"q ".repeat(500_000))]),
        pdf(&[catalog, kids, &page(""), &stream("", &deep)]),
        pdf(&[catalog, "<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R >>", &deep]),
        b"%PDF-1.7 and nothing else".to_vec(),
    ] {
        // Drawn as far as it can be, or not at all.
        let kind = seen(&hostile);
        assert!(["pictures", "nothing"].contains(&kind.as_str()), "{kind}");
    }
    // Whoever comes next is answered as ever.
    assert_eq!(seen(&invoice()), "pictures");
    let nonsense = stack.invoke("countersign-preview-draw", &json!({"file": "?"}));
    assert_eq!(nonsense["shown"]["why"], "broken", "{nonsense}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_looks_at_a_file_and_goes_back_to_decide() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let held = stack.submit_body(&with_invoice(&unique("to look at")));
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    browser.goto(&page(&stack, &held)).await.unwrap();
    browser.find(Locator::Css(".files .peek")).await.unwrap().click().await.unwrap();
    shows(&browser, "what it looks like").await;
    // It is drawn: nothing on the page forbids that.
    let drawn =
        "return [...document.querySelectorAll('img.drawn')].map((it) => [it.complete, it.naturalWidth])";
    assert_eq!(browser.execute(drawn, vec![]).await.unwrap(), json!([[true, 900], [true, 900]]));
    browser.find(Locator::Css(".crumbs a")).await.unwrap().click().await.unwrap();
    shows(&browser, "your decision").await;
    browser.close().await.unwrap();
}
