//! What files look like, and what is made of answers of a function that nobody trusts.

use app::base::ports::FlowError;
use serde_json::json;
use wire::mailbox::previews::{MAX_FILE, read_order};

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

fn file(name: &str, kind: &str, contents: Vec<u8>) -> DraftAttachment {
    DraftAttachment {
        filename: Some(name.into()),
        content_type: Some(kind.into()),
        content_id: None,
        source: Source::Inline(contents.into()),
    }
}

impl Console {
    /// A mail that waits with this file, and the page of the file's preview.
    async fn with_file(&self, file: DraftAttachment) -> (Approval, String) {
        let approval = self.hold(EDITOR, Draft { attachments: vec![file], ..draft() }).await;
        let answer = self.get(APPROVER, &page(&approval)).await;
        let mut places = answer.body().split("href=\"").filter_map(|rest| rest.split('"').next());
        let address = places.find(|place| place.ends_with("/preview")).unwrap().to_owned();
        (approval, address)
    }

    /// What the function answers next.
    fn answers(&self, answer: Result<Value, FlowError>) {
        let answer = answer.map(|json| json.to_string().into());
        self.sandbox.answers.lock().unwrap().push_back(answer);
    }

    /// How often it was asked.
    fn asked(&self) -> usize {
        self.sandbox.orders.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_file_is_shown_as_the_function_draws_it() {
    let console = Console::new().await;
    let (approval, address) = console.with_file(file("cat.gif", "image/gif", PNG.to_vec())).await;
    let picture = json!({"format": "png", "width": 30, "height": 20, "data": "AAAA"});
    let shown = json!({"kind": "pictures", "pages": 7, "pictures": [picture]});
    console.answers(Ok(json!({"active": ["script"], "shown": shown})));
    let answer = console.get(VIEWER, &address).await;
    assert_eq!(answer.status(), 200, "{}", answer.body());
    for words in [
        "<img class=\"drawn\" src=\"data:image/png;base64,AAAA\" alt=\"Page 1 of 7\" width=\"30\" height=\"20\">",
        "6 pages more are not shown here.",
        "A script is in it",
        // What it says, what it is, and what leaves.
        "image/gif",
        "image/png",
        "Its mail declares another type than its bytes say.",
        "the very bytes that the mail is sealed with",
        &Digest::of(PNG).hex(),
        &format!("href=\"{}\"", page(&approval)),
    ] {
        assert!(
            answer.body().contains(words) || unescaped(answer.body()).contains(words),
            "{words}: {}",
            answer.body()
        );
    }
    assert!(answer.header("content-security-policy").contains("img-src data:;"));
    assert!(!has_foreign_script(answer.body()));
    let order = read_order(console.sandbox.orders.lock().unwrap()[0].as_bytes()).unwrap();
    assert_eq!((order.filename.as_str(), order.file.as_slice()), ("cat.gif", PNG));
}

#[tokio::test]
async fn tables_and_texts_stay_text() {
    let console = Console::new().await;
    let (_, address) = console.with_file(file("a.csv", "text/csv", b"a,b".to_vec())).await;
    let evil = "</td><script>alert(1)</script>\u{202e}";
    let sheet = json!({"name": evil, "hidden": true, "cut": true, "rows": [["a", evil], ["", "2"]]});
    for shown in [
        json!({"kind": "sheets", "more": 2, "sheets": [sheet]}),
        json!({"kind": "text", "text": evil, "cut": true, "charset": evil}),
        json!({"kind": "names", "more": 1, "names": [{"name": evil, "size": 5}]}),
    ] {
        console.answers(Ok(json!({"active": [], "shown": shown})));
        let answer = console.get(APPROVER, &address).await;
        assert_eq!(answer.status(), 200, "{}", answer.body());
        assert!(answer.body().contains("&#60;script&#62;"), "{}", answer.body());
        assert!(
            !has_foreign_script(answer.body()) && !answer.body().contains('\u{202e}'),
            "{}",
            answer.body()
        );
    }
    console.answers(Ok(json!({"active": [], "shown": {"kind": "sheets", "more": 0, "sheets": [sheet]}})));
    let table = console.get(APPROVER, &address).await;
    for words in [
        "<th scope=\"col\">B</th>",
        "<tr><th scope=\"row\">2</th><td dir=\"auto\"></td><td dir=\"auto\">2</td></tr>",
        "tabindex=\"0\" role=\"region\" aria-labelledby=\"sheet-1\"",
        "Hidden in the file",
        "more rows or columns",
    ] {
        assert!(table.body().contains(words), "{words}: {}", table.body());
    }
}

#[tokio::test]
async fn what_can_not_be_shown_is_said_in_words() {
    let console = Console::new().await;
    let (_, address) = console.with_file(file("a.pdf", "application/pdf", b"%PDF-1.7".to_vec())).await;
    let nothing = |why: &str| Ok(json!({"active": [], "shown": {"kind": "nothing", "why": why}}));
    for (answer, words) in [
        (nothing("too_slow"), "looking at it took too long"),
        (nothing("locked"), "It needs a password"),
        (nothing("whatever"), "It can\u{2019}t be shown"),
        (Ok(json!({"errorMessage": "Task timed out"})), "It can\u{2019}t be shown"),
        (Err(FlowError::Permanent("lambda: Unhandled".to_owned())), "It can\u{2019}t be shown"),
        (Err(FlowError::Transient("lambda: throttled".to_owned())), "Open this page again in a moment"),
    ] {
        console.answers(answer);
        let page = console.get(APPROVER, &address).await;
        assert_eq!(page.status(), 200);
        assert!(page.body().contains(words), "{words}: {}", page.body());
    }
    // What is too large is not even read.
    let before = console.asked();
    let (_, address) = console.with_file(file("b", "text/plain", vec![b'a'; MAX_FILE + 1])).await;
    let page = console.get(APPROVER, &address).await;
    assert!(page.body().contains("more than 4 MB"), "{}", page.body());
    assert_eq!(console.asked(), before);
}

#[tokio::test]
async fn another_file_in_its_place_is_not_shown() {
    let console = Console::new().await;
    let (_, address) = console.with_file(file("a.txt", "text/plain", b"the words".to_vec())).await;
    let contents = console.world.blobs.objects.lock().unwrap().clone();
    let name = contents.keys().find(|name| name.starts_with("attachments/")).unwrap().clone();
    console.world.blobs.objects.lock().unwrap().insert(name, (&b"other words"[..]).into());
    let answer = console.get(APPROVER, &address).await;
    assert_eq!((answer.status(), console.asked()), (500, 0), "{}", answer.body());
}

#[tokio::test]
async fn a_link_shows_the_files_of_its_mail_and_no_others() {
    let console = Console::new().await;
    let (approval, at) = console.with_file(file("a.txt", "text/plain", b"the words".to_vec())).await;
    let (_, elsewhere) = console.with_file(file("b.txt", "text/plain", b"other words".to_vec())).await;
    let secret = console.link(APPROVER, &approval).await;
    let below = |address: &str| {
        address.replace("/console/attachments", &format!("{}/attachments", route::link(&secret)))
    };
    let shown = json!({"kind": "text", "text": "the words", "cut": false, "charset": "UTF-8"});
    console.answers(Ok(json!({"active": [], "shown": shown})));
    let answer = console.look(&below(&at)).await;
    assert_eq!(answer.status(), 200, "{}", answer.body());
    assert!(answer.body().contains("<pre class=\"text\" dir=\"auto\" tabindex=\"0\">the words</pre>"));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(console.look(&below(&elsewhere)).await.status(), 404);
    assert_eq!(console.asked(), 1);
    console.press(&secret, &approval, "reject", "").await;
    assert_eq!(console.look(&below(&at)).await.status(), 410);
}
