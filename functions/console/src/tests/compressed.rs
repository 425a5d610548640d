//! Answers in gzip, as a browser meets them.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;

use super::*;

/// What a browser makes of an answer in gzip.
fn inflated(mut answer: Answer) -> Answer {
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert_eq!(answer.0["isBase64Encoded"], true);
    let bytes = STANDARD.decode(answer.body()).unwrap();
    let mut text = String::new();
    GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    assert!(bytes.len() * 2 < text.len(), "{} of {}", bytes.len(), text.len());
    answer.0["body"] = text.into();
    answer
}

async fn page(console: &Console, site: &str, address: &str) -> Answer {
    let mut request = Console::request("GET", address, Some(&secret(APPROVER)));
    request.headers = BTreeMap::from([
        ("accept-encoding".to_owned(), "gzip, deflate, br".to_owned()),
        ("sec-fetch-site".to_owned(), site.to_owned()),
    ]);
    console.call(request).await
}

#[tokio::test]
async fn a_compressed_page_has_its_token_under_a_mask_and_its_forms_work() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let address = format!("/console/approvals/{}", approval.id);
    let (one, two) = (page(&console, "same-origin", &address).await, page(&console, "none", &address).await);
    let (one, two) = (inflated(one), inflated(two));
    assert_ne!(one.field("csrf"), two.field("csrf"), "each page has a mask of its own");
    for shown in [&one, &two] {
        assert!(!shown.body().contains(&token(APPROVER)), "nowhere in the page");
        assert_eq!(shown.field("digest"), approval.digest.to_string());
    }
    let whole = page(&console, "cross-site", &address).await;
    assert_eq!((whole.header("content-encoding"), whole.field("csrf")), ("", token(APPROVER).as_str()));

    let digest = approval.digest.to_string();
    let mut foreign = one.field("csrf").to_owned();
    let last = if foreign.ends_with('0') { "1" } else { "0" };
    foreign.replace_range(foreign.len() - 1.., last);
    let fields = [("csrf", foreign.as_str()), ("digest", digest.as_str())];
    assert_eq!(console.post(Some(APPROVER), &format!("{address}/approve"), &fields).await.status(), 403);
    let fields = [("csrf", one.field("csrf")), ("digest", digest.as_str())];
    assert_eq!(console.post(Some(APPROVER), &format!("{address}/approve"), &fields).await.status(), 303);
}

#[tokio::test]
async fn the_style_sheet_is_compressed_for_everybody() {
    let console = Console::new().await;
    let style = inflated(page(&console, "cross-site", "/console/style.css").await);
    assert!(style.body().contains('{') && style.header("vary") == "accept-encoding");
}
