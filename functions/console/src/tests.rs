//! The console as a browser meets it, over ports in memory.

use std::collections::BTreeMap;

use app::enter::Once;
use app::store::{Change, Record};
use app::submit::{Draft, DraftAttachment, Source, submit};
use app::{Ports, sessions};
use domain::access::{Role, scope};
use domain::address::{HeaderText, Mailbox};
use domain::approval::{Approval, Decision};
use domain::credential::{Login, Secret, Session};
use domain::digest::Digest;
use jiff::SignedDuration;
use runtime::http::Request;
use serde_json::Value;
use testkit::{World, samples};

use crate::ENDPOINT;

const EDITOR: u8 = 1;
const APPROVER: u8 = 2;
const VIEWER: u8 = 3;
const OTHER_APPROVER: u8 = 4;
const OWNER: u8 = 5;

const PEOPLE: [(u8, Role); 5] = [
    (EDITOR, Role::Editor),
    (APPROVER, Role::Approver),
    (VIEWER, Role::Viewer),
    (OTHER_APPROVER, Role::Approver),
    (OWNER, Role::Owner),
];

/// An answer as it travels.
struct Answer(Value);

impl Answer {
    fn status(&self) -> u64 {
        self.0["statusCode"].as_u64().unwrap()
    }
    fn body(&self) -> &str {
        self.0["body"].as_str().unwrap()
    }
    fn header(&self, name: &str) -> &str {
        self.0["headers"][name].as_str().unwrap_or_default()
    }
    fn cookie(&self) -> &str {
        self.0["cookies"][0].as_str().unwrap_or_default()
    }
    /// The value of the first field of this name.
    fn field(&self, name: &str) -> &str {
        let at = self.body().find(&format!("name=\"{name}\" value=\"")).unwrap() + name.len() + 15;
        self.body()[at..].split('"').next().unwrap()
    }
    fn alert(&self) -> &str {
        let rest = self.body().split("role=\"alert\"").nth(1).unwrap_or_default();
        rest.split(['>', '<']).nth(1).unwrap_or_default()
    }
}

struct Console {
    world: World,
}

fn draft() -> Draft {
    Draft {
        to: vec![Mailbox::bare(samples::address("ann@example.org"))],
        cc: vec![],
        bcc: vec![],
        reply_to: vec![],
        subject: Some(HeaderText::lossy("Your order")),
        text: Some("It is on its way.".into()),
        html: None,
        attachments: vec![],
        send_at: None,
    }
}

impl Console {
    /// Everybody has a seat and a session.
    async fn new() -> Self {
        let world = World::default();
        let mut change = Change::new(samples::organization_id(1))
            .create(samples::organization(1))
            .create(samples::inbox(1));
        for (n, role) in PEOPLE {
            change = change.create(samples::member(n, role)).create(samples::session(n, role).0);
        }
        world.ports.store.commit(change).await.unwrap();
        Self { world }
    }

    fn ports(&self) -> &Ports {
        &self.world.ports
    }

    /// Holds a mail that the member asked for.
    async fn hold(&self, member: u8, draft: Draft) -> Approval {
        let (_, role) = PEOPLE[usize::from(member) - 1];
        let principal = samples::session(member, role).0.principal(self.ports().now()).unwrap();
        let permit = principal.permit::<scope::MessagesSend>().unwrap();
        let answer = |_: &_| (202, String::new());
        let inbox = samples::inbox_id(1);
        submit(self.ports(), &permit, inbox, draft, None, &Once::default(), answer).await.unwrap().approval
    }

    async fn call(&self, request: Request) -> Answer {
        let response = (ENDPOINT.handle)(self.ports(), &request).await.unwrap();
        Answer(serde_json::to_value(&response).unwrap())
    }

    fn request(method: &str, address: &str, who: Option<&Secret>) -> Request {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let cookie = who.map(|secret| ("__Host-cs_session".to_owned(), secret.reveal().to_owned()));
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: runtime::http::form_pairs(query),
            cookies: cookie.into_iter().collect(),
            id: "request-1".to_owned(),
            ..Request::default()
        }
    }

    async fn get(&self, who: u8, address: &str) -> Answer {
        self.call(Self::request("GET", address, Some(&secret(who)))).await
    }

    async fn post(&self, who: Option<u8>, address: &str, fields: &[(&str, &str)]) -> Answer {
        let secret = who.map(secret);
        self.call(posted(Self::request("POST", address, secret.as_ref()), fields)).await
    }

    /// Presses a button of an approval's page, as the page was shown.
    async fn decide(&self, who: u8, approval: &Approval, verdict: &str, reason: &str) -> Answer {
        let (csrf, digest) = (token(who), approval.digest.to_string());
        let fields = [("csrf", csrf.as_str()), ("digest", digest.as_str()), ("reason", reason)];
        self.post(Some(who), &format!("/console/approvals/{}/{verdict}", approval.id), &fields).await
    }

    fn stored(&self, approval: &Approval) -> Approval {
        let contents = self.world.store.contents();
        let found = contents.records.values().find_map(|record| match record {
            Record::Approval(found) if found.id == approval.id => Some((**found).clone()),
            _ => None,
        });
        found.unwrap()
    }
}

fn session(who: u8) -> (Session, Secret) {
    samples::session(who, PEOPLE[usize::from(who) - 1].1)
}

fn secret(who: u8) -> Secret {
    session(who).1
}

fn token(who: u8) -> String {
    session(who).0.form_token()
}

fn posted(mut request: Request, fields: &[(&str, &str)]) -> Request {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", crate::words::encoded(value));
    let body = fields.iter().map(pair).collect::<Vec<_>>().join("&");
    request.body = body.into();
    request
}

fn page(approval: &Approval) -> String {
    format!("/console/approvals/{}", approval.id)
}

/// A value of an attribute as a browser reads it.
fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, character) in
        [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
    {
        text = text.replace(entity, character);
    }
    text
}

#[tokio::test]
async fn every_page_renders_and_carries_the_headers() {
    let console = Console::new().await;
    let waiting = console.hold(EDITOR, draft()).await;
    let approved = console.hold(EDITOR, draft()).await;
    let rejected = console.hold(EDITOR, draft()).await;
    console.decide(APPROVER, &approved, "approve", "").await;
    console.decide(APPROVER, &rejected, "reject", "Not <yet>").await;
    let pages = [
        ("/console/approvals".to_owned(), "Your order"),
        ("/console/approvals?status=approved".to_owned(), "by you"),
        ("/console/approvals?status=rejected".to_owned(), "Not &#60;yet&#62;"),
        ("/console/approvals?status=expired".to_owned(), "Nothing has expired"),
        (page(&waiting), "Approve and send"),
        (page(&approved), "It is about to go out."),
        (page(&rejected), "Not &#60;yet&#62;"),
    ];
    for (address, words) in pages {
        let answer = console.get(APPROVER, &address).await;
        assert_eq!(answer.status(), 200, "{address}");
        assert!(answer.body().contains(words), "{address}: {}", answer.body());
        assert!(!answer.body().contains("<script"), "{address}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none';"));
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
    let style =
        console.get(APPROVER, &format!("/console/style.css?v={}", crate::shell::style_version())).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable"));
    assert_eq!(console.get(APPROVER, "/console").await.header("location"), "/console/approvals");
}

#[tokio::test]
async fn what_a_mail_says_stays_text() {
    let console = Console::new().await;
    let hostile = "\"></iframe></pre></bdi><script>alert('x')</script>";
    let approval = console
        .hold(
            EDITOR,
            Draft {
                to: vec![Mailbox {
                    name: Some(HeaderText::lossy("<script>to</script>")),
                    address: samples::address("ann@example.org"),
                }],
                subject: Some(HeaderText::lossy(hostile)),
                text: Some(hostile.into()),
                html: Some(format!(
                    "<p title='{}'>Pay \"now\" &amp; here</p>{hostile}",
                    hostile.replace('\'', "")
                )),
                ..draft()
            },
        )
        .await;
    for address in [page(&approval), "/console/approvals".to_owned()] {
        let answer = console.get(APPROVER, &address).await;
        assert!(!answer.body().contains("<script"), "{}", answer.body());
        assert!(answer.body().contains("&#60;script&#62;"), "{}", answer.body());
        assert_eq!(answer.body().matches("</iframe>").count(), usize::from(address.len() > 20));
    }
    let answer = console.get(APPROVER, &page(&approval)).await;
    let frame = answer.body().split("<iframe ").nth(1).unwrap();
    assert!(frame.starts_with("sandbox=\"\""), "{frame}");
    let document = frame.split("srcdoc=\"").nth(1).unwrap().split('"').next().unwrap();
    let document = unescaped(document);
    assert!(document.starts_with("<!doctype html>") && document.ends_with("</body></html>"), "{document}");
    assert!(document.contains("Pay \"now\" &amp; here") && !document.contains("<script"), "{document}");
}

#[tokio::test]
async fn nobody_gets_in_without_a_session() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    for method in ["GET", "POST"] {
        for address in
            ["/console/approvals".to_owned(), page(&approval), format!("{}/approve", page(&approval))]
        {
            let answer = console.call(Console::request(method, &address, None)).await;
            assert!(matches!(answer.status(), 303 | 405), "{method} {address}: {}", answer.status());
            assert!(!answer.body().contains("Your order"));
        }
    }
    let answer = console.call(Console::request("GET", &page(&approval), None)).await;
    let expected = format!("/console/sign-in?next=%2Fconsole%2Fapprovals%2F{}", approval.id);
    assert_eq!(answer.header("location"), expected);
    assert_eq!(answer.cookie(), "");

    // A program's token is no session, whatever it may.
    let (token, secret) =
        samples::token(OWNER, Role::Owner, &Role::Owner.scopes().into_iter().collect::<Vec<_>>());
    console.ports().store.commit(Change::new(samples::organization_id(1)).create(token)).await.unwrap();
    let answer = console.call(Console::request("GET", &page(&approval), Some(&secret))).await;
    assert_eq!((answer.status(), answer.header("location")), (303, expected.as_str()));
    assert!(answer.cookie().contains("Max-Age=0"));

    // Neither is a session that has ended.
    console.world.pass(13 * 3_600);
    assert_eq!(console.get(APPROVER, &page(&approval)).await.header("location"), expected);
}

#[tokio::test]
async fn a_lost_seat_closes_the_console() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let gone = samples::member(APPROVER, Role::Approver);
    console.world.store.contents().records.retain(|_, record| *record != Record::Member(gone.clone()));
    for address in ["/console/approvals".to_owned(), page(&approval)] {
        assert_eq!(console.get(APPROVER, &address).await.status(), 303, "{address}");
    }
    // The form for signing in is shown: the way there must not lead in a circle.
    assert_eq!(console.get(APPROVER, "/console/sign-in").await.status(), 200);
}

#[tokio::test]
async fn signing_in_and_out() {
    let console = Console::new().await;
    let password = "a long enough password";
    let login = Login {
        password_hash: sessions::hash_password(password, &[7; 16]).unwrap(),
        failures: 0,
        locked_until: None,
        ..samples::login(APPROVER)
    };
    let email = login.email.as_str().to_owned();
    console.world.store.contents().logins.insert(login.email.mailbox_key(), login);
    let approval = console.hold(EDITOR, draft()).await;
    let sign_in = "/console/sign-in";

    let wrong = console.post(None, sign_in, &[("email", &email), ("password", "wrong")]).await;
    assert_eq!((wrong.status(), wrong.alert()), (401, "The address or the password is wrong."));
    assert!(
        wrong.body().contains(&format!("value=\"{email}\"")) && !wrong.body().contains("value=\"wrong\"")
    );
    let nobody = console.post(None, sign_in, &[("email", "no address"), ("password", password)]).await;
    assert_eq!((nobody.status(), nobody.alert()), (401, wrong.alert()));

    for (next, expected) in [
        (page(&approval), page(&approval)),
        ("https://evil.test/console/approvals".to_owned(), "/console/approvals".to_owned()),
        ("//evil.test".to_owned(), "/console/approvals".to_owned()),
    ] {
        let fields = [("email", email.as_str()), ("password", password), ("next", next.as_str())];
        let answer = console.post(None, sign_in, &fields).await;
        assert_eq!((answer.status(), answer.header("location")), (303, expected.as_str()));
        assert!(answer.cookie().starts_with("__Host-cs_session=cs_session_"), "{}", answer.cookie());
    }
    let foreign = Console::request("POST", sign_in, None);
    let mut foreign = posted(foreign, &[("email", &email), ("password", password)]);
    foreign.headers = BTreeMap::from([("sec-fetch-site".to_owned(), "cross-site".to_owned())]);
    assert_eq!(console.call(foreign).await.status(), 403);

    let out = console.post(Some(APPROVER), "/console/sign-out", &[]).await;
    assert_eq!(out.status(), 403, "a form of another page signs nobody out");
    let out = console.post(Some(APPROVER), "/console/sign-out", &[("csrf", &token(APPROVER))]).await;
    assert!(out.status() == 303 && out.cookie().contains("Max-Age=0"), "{}", out.cookie());
    assert_eq!(console.get(APPROVER, "/console/approvals").await.status(), 303);

    for login in console.world.store.contents().logins.values_mut() {
        login.locked_until = Some(samples::later(900));
    }
    let locked = console.post(None, sign_in, &[("email", &email), ("password", password)]).await;
    assert_eq!((locked.status(), locked.header("retry-after")), (429, "900"));
    assert!(locked.alert().contains("in 15 minutes"), "{}", locked.alert());
}

#[tokio::test]
async fn a_decision_needs_the_form_of_the_page() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let shown = console.get(APPROVER, &page(&approval)).await;
    assert_eq!(shown.field("csrf"), token(APPROVER));
    let digest = approval.digest.to_string();
    let address = format!("{}/approve", page(&approval));
    let good = [("csrf", token(APPROVER)), ("digest", digest.clone())];
    let good: Vec<_> = good.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let foreign_token = token(OTHER_APPROVER);
    for fields in [&[("digest", digest.as_str())][..], &[("digest", &digest), ("csrf", &foreign_token)]] {
        assert_eq!(console.post(Some(APPROVER), &address, fields).await.status(), 403);
    }
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")] {
        let mut request = posted(Console::request("POST", &address, Some(&secret(APPROVER))), &good);
        request.headers = BTreeMap::from([(header.0.to_owned(), header.1.to_owned())]);
        assert_eq!(console.call(request).await.status(), 403, "{header:?}");
    }
    let no_digest = [("csrf", good[0].1)];
    assert_eq!(console.post(Some(APPROVER), &address, &no_digest).await.status(), 422);
    assert_eq!(console.stored(&approval).decision, Decision::Pending);
    assert_eq!(console.post(Some(APPROVER), &address, &good).await.status(), 303);
    assert!(matches!(console.stored(&approval).decision, Decision::Approved { .. }));
}

#[tokio::test]
async fn a_get_decides_nothing() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let before = console.world.store.contents().clone();
    for method in ["GET", "HEAD"] {
        for end in ["", "/approve", "/reject", "?notice=approved"] {
            let digest = approval.digest;
            let join = if end.contains('?') { '&' } else { '?' };
            let address = format!("{}{end}{join}csrf={}&digest={digest}", page(&approval), token(APPROVER));
            let answer = console.call(Console::request(method, &address, Some(&secret(APPROVER)))).await;
            assert!(matches!(answer.status(), 200 | 303), "{address}");
            assert!(!answer.body().contains("You approved"), "{address}");
        }
    }
    let after = console.world.store.contents();
    assert!(before.records == after.records && before.audit == after.audit);
}

#[tokio::test]
async fn a_second_click_changes_nothing() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    for _ in 0..2 {
        let answer = console.decide(APPROVER, &approval, "approve", "").await;
        assert_eq!(answer.header("location"), format!("{}?notice=approved", page(&approval)));
    }
    assert_eq!(console.stored(&approval).version, 2);
    let notice = console.get(APPROVER, &format!("{}?notice=approved", page(&approval))).await;
    assert!(notice.body().contains("You approved this mail."));
    // Nobody else is told that they did.
    let notice = console.get(OTHER_APPROVER, &format!("{}?notice=approved", page(&approval))).await;
    assert!(!notice.body().contains("You approved"));
}

#[tokio::test]
async fn a_decision_that_comes_too_late_is_explained() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let other = Approval { digest: Digest::of(b"other"), ..approval.clone() };
    let answer = console.decide(APPROVER, &other, "approve", "").await;
    assert_eq!(answer.status(), 409);
    assert!(answer.alert().contains("no longer the one you saw"), "{}", answer.alert());
    assert_eq!(answer.field("digest"), approval.digest.to_string());

    console.decide(APPROVER, &approval, "reject", "no").await;
    let answer = console.decide(OTHER_APPROVER, &approval, "approve", "").await;
    assert_eq!(answer.status(), 409);
    assert!(answer.alert().contains("Somebody else has decided"), "{}", answer.alert());
    assert!(!answer.body().contains("/approve\""), "there is nothing left to press");

    let late = console.hold(EDITOR, draft()).await;
    let seconds = Approval::DEFAULT_EXPIRY.as_secs();
    let secret = secret(APPROVER);
    console.world.pass(seconds);
    let renewed = Session { expires_at: console.ports().now() + Session::IDLE, ..session(APPROVER).0 };
    console
        .world
        .store
        .contents()
        .records
        .insert((renewed.organization_id, app::store::Key::Session(renewed.hash)), Record::Session(renewed));
    let csrf = token(APPROVER);
    let digest = late.digest.to_string();
    let request = Console::request("POST", &format!("{}/approve", page(&late)), Some(&secret));
    let answer = console.call(posted(request, &[("csrf", &csrf), ("digest", &digest)])).await;
    assert_eq!(answer.status(), 409);
    assert!(answer.alert().contains("too late"), "{}", answer.alert());
}

#[tokio::test]
async fn who_may_not_decide_sees_no_button_and_is_refused() {
    let console = Console::new().await;
    let approval = console.hold(OWNER, draft()).await;
    for (who, note) in
        [(VIEWER, "Your role reads."), (EDITOR, "Your role reads."), (OWNER, "You asked for this mail")]
    {
        let shown = console.get(who, &page(&approval)).await;
        assert!(shown.body().contains(note), "{}", shown.body());
        assert!(!shown.body().contains("/approve\""));
        let answer = console.decide(who, &approval, "approve", "").await;
        assert_eq!(answer.status(), 403);
        assert!(answer.alert().contains("Nothing was decided"), "{}", answer.alert());
    }
    assert_eq!(console.stored(&approval).decision, Decision::Pending);
    // Whoever asked may stop it.
    assert_eq!(console.decide(OWNER, &approval, "reject", "").await.status(), 303);
}

#[tokio::test]
async fn a_reason_is_kept() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let long = "x".repeat(2_001);
    let answer = console.decide(APPROVER, &approval, "reject", &long).await;
    assert_eq!(answer.status(), 422);
    assert!(answer.body().contains(&long), "what was typed is not lost");
    let answer = console.decide(APPROVER, &approval, "reject", " Wrong\r\nprice ").await;
    assert_eq!(answer.status(), 303);
    let decision = console.stored(&approval).decision;
    assert!(
        matches!(&decision, Decision::Rejected { reason, .. } if reason == "Wrong\nprice"),
        "{decision:?}"
    );
}

#[tokio::test]
async fn the_envelope_is_shown_as_it_is() {
    let console = Console::new().await;
    let at = |text: &str| Mailbox::bare(samples::address(text));
    let approval = console
        .hold(
            EDITOR,
            Draft {
                cc: vec![at("cc@example.org")],
                bcc: vec![at("secret@example.net")],
                reply_to: vec![at("answers@example.com")],
                send_at: Some(samples::NOW + SignedDuration::from_hours(48)),
                html: Some(
                    "<p>It is on its <a href='https://x.test/'>way</a>.</p><img src='https://t.test/p'>"
                        .into(),
                ),
                ..draft()
            },
        )
        .await;
    let answer = console.get(APPROVER, &page(&approval)).await;
    for words in [
        "inbox1@mail.example.com",
        "cc@example.org",
        "secret@example.net",
        "don’t see this address",
        "answers@example.com",
        "Approve; it goes out on 3 Jan 2026, 00:00 UTC",
        "3 addresses at 2 domains",
        "1 picture on the web is not loaded here",
        "As plain text: the same words",
        "https://x.test/",
        "No policy lets this mail go without a person.",
        &approval.digest.to_string(),
    ] {
        assert!(answer.body().contains(words), "{words}: {}", answer.body());
    }
}

#[tokio::test]
async fn files_are_fetched_beside_the_console() {
    let console = Console::new().await;
    let file = |content_id: Option<&str>| DraftAttachment {
        filename: Some("logo.png".into()),
        content_type: Some("image/png".into()),
        content_id: content_id.map(Into::into),
        source: Source::Inline((&b"png"[..]).into()),
    };
    let html = Some("<p>It is on its way.</p><img alt='' src='cid:logo@x'>".into());
    let attachments = vec![file(Some("logo@x")), file(None)];
    let approval = console.hold(EDITOR, Draft { html, attachments, ..draft() }).await;
    let answer = console.get(APPROVER, &page(&approval)).await;
    assert!(answer.header("content-security-policy").contains("img-src data: https://bucket.test;"));
    assert!(unescaped(answer.body()).contains("src=\"https://bucket.test/attachments/"), "{}", answer.body());
    assert!(answer.body().contains(&Digest::of(b"png").hex()));

    let link = answer.body().split("/console/attachments/").nth(1).unwrap().split('"').next().unwrap();
    let answer = console.get(VIEWER, &format!("/console/attachments/{link}")).await;
    assert_eq!(answer.status(), 303);
    assert!(answer.header("location").starts_with("https://bucket.test/attachments/"));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}

#[tokio::test]
async fn what_a_page_can_not_show_whole_is_not_approved_on_it() {
    let console = Console::new().await;
    let html = Some(format!("<p>{}</p>", "\"".repeat(1_000_000)));
    let approval = console.hold(EDITOR, Draft { html, ..draft() }).await;
    let answer = console.get(APPROVER, &page(&approval)).await;
    assert!(answer.body().contains("too large for this page") && !answer.body().contains("/approve\""));
    assert!(answer.body().contains("/reject\""));
    let many = "<img src='cid:a@x'>".repeat(29_000);
    let content_id = Some("a@x".to_owned());
    let source = Source::Inline((&b"png"[..]).into());
    let attachments = vec![DraftAttachment {
        filename: Some("a.png".into()),
        content_type: Some("image/png".into()),
        content_id,
        source,
    }];
    let approval = console.hold(EDITOR, Draft { html: Some(many), attachments, ..draft() }).await;
    let answer = console.get(APPROVER, &page(&approval)).await;
    assert!(answer.body().contains("too large for this page") && answer.0.to_string().len() < 6_000_000);
    let text = Some("<".repeat(1_000_000));
    let approval = console.hold(EDITOR, Draft { text, ..draft() }).await;
    let answer = console.get(APPROVER, &page(&approval)).await;
    assert!(answer.body().contains("this is its beginning") && !answer.body().contains("/approve\""));
    assert!(answer.0.to_string().len() < 6_000_000, "{}", answer.0.to_string().len());
}

#[tokio::test]
async fn what_is_not_there_is_said_plainly() {
    let console = Console::new().await;
    let mine = samples::approval(9);
    for address in [
        page(&mine),
        "/console/approvals/apr_nonsense".to_owned(),
        "/console/nothing".to_owned(),
        "/console/approvals?status=nonsense".to_owned(),
        format!("/console/attachments/{}", samples::attachment(9).id),
    ] {
        let answer = console.get(APPROVER, &address).await;
        assert_eq!(answer.status(), 404, "{address}");
        assert!(answer.body().contains("request-1"));
    }
    let answer = console.call(Console::request("PUT", "/console/approvals", Some(&secret(APPROVER)))).await;
    assert_eq!((answer.status(), answer.header("allow")), (405, "GET, HEAD"));
    assert_eq!(console.get(APPROVER, "/console/approvals?limit=0").await.status(), 422);
}

#[tokio::test]
async fn what_breaks_is_said_without_particulars() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    for (failure, status) in [
        (app::ports::BlobError::Transient("bucket-7 timed out".into()), 503),
        (app::ports::BlobError::Permanent("bucket-7 denied".into()), 500),
    ] {
        console.world.blobs.failures.lock().unwrap().push_back(failure);
        let answer = console.get(APPROVER, &page(&approval)).await;
        assert_eq!(answer.status(), status);
        assert!(
            answer.body().contains("request-1") && !answer.body().contains("bucket-7"),
            "{}",
            answer.body()
        );
    }
}

#[tokio::test]
async fn the_queue_has_pages() {
    let console = Console::new().await;
    for _ in 0..3 {
        console.hold(EDITOR, draft()).await;
    }
    let first = console.get(APPROVER, "/console/approvals?limit=2").await;
    assert_eq!(first.body().matches("class=\"row\"").count(), 2);
    let older = first.body().split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let older = unescaped(older.split('"').next().unwrap());
    let second = console.get(APPROVER, &older).await;
    assert_eq!(second.body().matches("class=\"row\"").count(), 1, "{older}");
    assert!(second.body().contains(">Newest</a>") && !second.body().contains("rel=\"next\""));
}
