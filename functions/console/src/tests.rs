//! The console as a browser meets it, over ports in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::base::enter::Once;
use app::base::ports::{BlobKey, Blobs as _};
use app::base::store::{Change, DirectoryWrite, Record};
use app::gate::submit::{Draft, DraftAttachment, Sending, Source, submit};
use app::people::password::hash_password;
use app::{Ports, Refusal};
use domain::base::address::{HeaderText, Mailbox};
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Decision};
use domain::gate::link::{Link, LinkSecret};
use domain::gate::policy::{Condition, Outcome, PolicyBook, PolicyContent, Requirement, Rule, Terms};
use domain::mailbox::lifecycle::State;
use domain::mailbox::listed::{Side, Standing};
use domain::mailbox::message::{Direction, Message};
use domain::mailbox::screening::Held;
use domain::mailbox::whom::Whom;
use domain::people::access::{Actor, Role, scope};
use domain::people::credential::{Login, Secret, Session, SignInWindow};
use domain::people::invitation::Invitation;
use domain::people::key_links::KeyLinkSecret;
use jiff::SignedDuration;
use runtime::http::Request;
use serde_json::Value;
use testkit::memory::MemoryStore;
use testkit::world::{
    DigestSigner, MemoryAnchors, MemorySandbox, MemorySheets, NotedProviders, Outside, PlainKeys,
};
use testkit::{World, samples};

mod compressed;
mod live;
mod openid;
mod owner;
mod policies;
mod preview;
mod proved;
mod setup;
mod sign_up;
mod writing;

use crate::page::{Audience, Get, Page, Trust};
use crate::{Context, Powers, route};

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
    provider: Arc<openid::Fake>,
    /// Looks at files.
    sandbox: Arc<MemorySandbox>,
    /// Sends through connected accounts.
    providers: Arc<NotedProviders>,
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
        strict_html: false,
        attachments: vec![],
        send_at: None,
        ..Draft::default()
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
        Self { world, provider: Arc::default(), sandbox: Arc::default(), providers: Arc::default() }
    }

    fn ports(&self) -> &Ports {
        &self.world.ports
    }

    /// Holds a mail that the member asked for.
    async fn hold(&self, member: u8, draft: Draft) -> Approval {
        self.submit(member, draft).await.unwrap()
    }

    async fn submit(&self, member: u8, draft: Draft) -> Result<Approval, Refusal> {
        let (_, role) = PEOPLE[usize::from(member) - 1];
        let principal = samples::session(member, role).0.principal(self.ports().now()).unwrap();
        let permit = principal.permit::<scope::MessagesSend>().unwrap();
        let answer = |_: &_| (202, String::new());
        let inbox = samples::inbox_id(1);
        let submitted =
            submit(&self.world.sending(), &permit, inbox, draft, None, &Once::default(), answer).await?;
        Ok(submitted.approval)
    }

    /// Answers as the function does that the gateway would bring it to, with what that one has of the world.
    async fn call(&self, request: Request) -> Answer {
        let Sending { ports, blobs, directory, workflow, logs, carriage } = self.world.sending();
        let trail: Arc<MemoryStore> = Arc::clone(&self.world.store);
        let feed = Arc::<MemoryStore>::clone(&trail);
        let trust = Page::find(&request.path).map_or(Trust::Manage, |(page, _)| page.trust);
        let powers = match trust {
            Trust::Mail => Powers {
                blobs: Some(blobs),
                previews: Some(Arc::<MemorySandbox>::clone(&self.sandbox)),
                ..Powers::default()
            },
            Trust::Sign => Powers {
                trail: Some(trail),
                signer: Some(Arc::new(DigestSigner)),
                key_logs: Some(logs),
                ..Powers::default()
            },
            Trust::Decide => Powers {
                sheets: Some(Arc::<MemorySheets>::clone(&self.world.sheets)),
                blobs: Some(blobs),
                previews: Some(Arc::<MemorySandbox>::clone(&self.sandbox)),
                directory: Some(directory),
                workflow: Some(workflow),
                carriage: Some(carriage),
                key_logs: Some(logs),
                ..Powers::default()
            },
            Trust::OpenId => Powers {
                directory: Some(directory),
                data_keys: Some(Arc::new(PlainKeys)),
                provider_name: Some("Google".into()),
                provider: Some(Arc::<openid::Fake>::clone(&self.provider)),
                book: Some(trail),
                ..Powers::default()
            },
            Trust::Manage => Powers {
                provider_name: Some("Google".into()),
                directory: Some(directory),
                trail: Some(trail),
                notices: Some(Arc::new(Outside::default())),
                data_keys: Some(Arc::new(PlainKeys)),
                authenticators: Some(Arc::new(passkeys::WebAuthn)),
                anchors: Some(Arc::<MemoryAnchors>::clone(&self.world.anchors)),
                feed: Some(feed),
                provider_keys: Some(Arc::<NotedProviders>::clone(&self.providers)),
                key_logs: Some(logs),
                ..Powers::default()
            },
        };
        let context = Context { ports, powers, trust };
        let response = crate::handle(&context, &request).await.unwrap();
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
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", crate::words::encode(value));
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

/// Whether a page has a script that is not ours.
fn has_foreign_script(page: &str) -> bool {
    let ours = [
        crate::guard::PAGE_SCRIPT,
        crate::guard::FRAME_SCRIPT,
        crate::guard::KEYS_SCRIPT,
        crate::guard::PASSKEY_SCRIPT,
        crate::guard::WRITE_SCRIPT,
    ];
    let without = |page: String, script: &&str| page.replace(&format!("<script>{script}</script>"), "");
    ours.iter().fold(page.to_owned(), without).contains("<script")
}

#[tokio::test]
async fn the_description_of_the_api_is_for_anybody() {
    let console = Console::new().await;
    for who in [None, Some(secret(APPROVER))] {
        let answer = console.call(Console::request("GET", "/console/docs", who.as_ref())).await;
        assert_eq!(answer.status(), 200);
        assert!(
            answer.body().contains("messages#messages_send\"") && answer.body().contains("/openapi.json")
        );
        let part = console.call(Console::request("GET", "/console/docs/messages", who.as_ref())).await;
        assert!(part.status() == 200 && part.body().contains("id=\"messages_send\""));
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        // The same for everybody: nobody's name is on it.
        assert!(!answer.body().contains("Sign out"));
    }
    let answer = console.call(Console::request("POST", "/console/docs", None)).await;
    assert_eq!(answer.status(), 405);
    let answer = console.call(Console::request("GET", "/console/docs/no-such-part", None)).await;
    assert_eq!(answer.status(), 404);
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
        assert!(!has_foreign_script(answer.body()), "{address}");
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
        assert!(!has_foreign_script(answer.body()), "{}", answer.body());
        assert!(answer.body().contains("&#60;script&#62;"), "{}", answer.body());
        assert_eq!(answer.body().matches("</iframe>").count(), usize::from(address.len() > 20));
    }
    let answer = console.get(APPROVER, &page(&approval)).await;
    let frame = answer.body().split("<iframe ").nth(1).unwrap();
    assert!(frame.starts_with("class=\"frame\" sandbox=\"allow-same-origin\""), "{frame}");
    let document = frame.split("srcdoc=\"").nth(1).unwrap().split('"').next().unwrap();
    let document = unescaped(document);
    assert!(document.starts_with("<!DOCTYPE html>") && document.ends_with("</body></html>\n"), "{document}");
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
    let login =
        Login { password_hash: hash_password(password, &[7; 16]).unwrap(), ..samples::login(APPROVER) };
    let email = login.email.as_str().to_owned();
    console.world.store.contents().logins.insert(login.email.mailbox_key(), login);
    let approval = console.hold(EDITOR, draft()).await;
    let sign_in = "/console/sign-in";

    let wrong = console.post(None, sign_in, &[("email", &email), ("password", "wrong")]).await;
    assert_eq!(wrong.status(), 401);
    assert!(
        wrong.alert().starts_with("The address or the password is wrong. After ten"),
        "{}",
        wrong.alert()
    );
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

    // A locked login looks like a wrong password, and like an address that nobody has.
    for _ in 0..SignInWindow::GUESSES {
        console.post(None, sign_in, &[("email", &email), ("password", "wrong")]).await;
    }
    let locked = console.post(None, sign_in, &[("email", &email), ("password", password)]).await;
    assert_eq!((locked.status(), locked.alert()), (401, wrong.alert()));
    let stranger = console.post(None, sign_in, &[("email", "x@example.com"), ("password", password)]).await;
    assert_eq!(stranger.status(), 401);
    assert_eq!(stranger.body().replace("x@example.com", &email), locked.body());
    // Who tries more often than a person can is turned away, without anything being told of the address either.
    for who in [email.as_str(), "x@example.com"] {
        for (_, count) in
            console.world.store.contents().tallies.iter_mut().filter(|((address, ..), _)| address == who)
        {
            *count = SignInWindow::ANSWERED;
        }
        let flood = console.post(None, sign_in, &[("email", who), ("password", password)]).await;
        assert_eq!((flood.status(), flood.header("retry-after")), (429, "900"));
        assert!(flood.alert().contains("in 15 minutes"), "{}", flood.alert());
    }
    console.world.pass(SignInWindow::LENGTH.as_secs());
    let again = console.post(None, sign_in, &[("email", &email), ("password", password)]).await;
    assert_eq!(again.status(), 303, "a lock ends by itself");
}

/// The value of a cookie that an answer sets, as a browser sends it back.
fn cookie_of(answer: &Answer, name: &str) -> Option<String> {
    let cookies = answer.0["cookies"].as_array()?.iter().filter_map(Value::as_str);
    let pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).next()
}

#[tokio::test]
async fn a_code_is_asked_for_on_a_form_that_holds_no_password() {
    let console = Console::new().await;
    let password = "a long enough password";
    let login =
        Login { password_hash: hash_password(password, &[7; 16]).unwrap(), ..samples::login(APPROVER) };
    let email = login.email.as_str().to_owned();
    console.world.store.contents().logins.insert(login.email.mailbox_key(), login);

    // Set up on the page of one's own sign-in: the secret and the recovery codes are shown once.
    let csrf = token(APPROVER);
    let settings = "/console/settings";
    let shown = console.get(APPROVER, settings).await;
    assert!(shown.body().contains("Set up a second factor") && shown.status() == 200);
    let started =
        console.post(Some(APPROVER), &format!("{settings}/second-factor/start"), &[("csrf", &csrf)]).await;
    assert!(started.body().contains("otpauth://totp/Countersign:"), "{}", started.body());
    let secret = started.body().split("<code class=\"hash\">").nth(1).unwrap().split('<').next().unwrap();
    let held = totp_rs::Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let held = totp_rs::Builder::new().with_secret(held).build().unwrap();
    let code = |console: &Console| {
        held.generate(u64::try_from(console.world.ports.now().as_second()).unwrap()).to_string()
    };
    let confirm = format!("{settings}/second-factor/confirm");
    let wrong = console
        .post(Some(APPROVER), &confirm, &[("csrf", &csrf), ("code", "nonsense"), ("password", password)])
        .await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.alert().starts_with("The code is wrong") && !wrong.body().contains("otpauth:"));
    let typed = code(&console);
    let done = console
        .post(Some(APPROVER), &confirm, &[("csrf", &csrf), ("code", &typed), ("password", password)])
        .await;
    let codes: Vec<_> = done.body().split("<code class=\"hash\">").skip(1).collect();
    assert_eq!((done.status(), codes.len()), (200, 10));
    let recovery = codes[0].split('<').next().unwrap().to_owned();
    assert!(console.get(APPROVER, settings).await.body().contains("10 recovery codes are left"));
    console.world.pass(30);

    let fields = [("email", email.as_str()), ("password", password), ("next", "/console/audit")];
    let begun = console.post(None, "/console/sign-in", &fields).await;
    assert_eq!(begun.status(), 303);
    assert_eq!(begun.header("location"), "/console/sign-in/code?next=%2Fconsole%2Faudit");
    assert_eq!(cookie_of(&begun, "__Host-cs_session"), None);
    let pending = cookie_of(&begun, "__Host-cs_pending").unwrap();
    let with = |mut request: Request| {
        request.cookies.insert("__Host-cs_pending".to_owned(), pending.clone());
        request
    };
    let form = console.call(with(Console::request("GET", begun.header("location"), None))).await;
    assert_eq!(form.status(), 200);
    assert!(
        !form.body().contains(password) && !form.body().contains(&email) && !form.body().contains(&pending)
    );
    let csrf = form.field("csrf").to_owned();
    let submit = |csrf: &str, code: &str| {
        let fields = [("csrf", csrf), ("code", code), ("next", "/console/audit")];
        with(posted(Console::request("POST", "/console/sign-in/code", None), &fields))
    };
    let typed = code(&console);
    assert_eq!(console.call(submit("", &typed)).await.status(), 403, "a form of another page");
    let wrong = console.call(submit(&csrf, "123")).await;
    assert_eq!(wrong.status(), 401);
    assert!(wrong.alert().starts_with("The code is wrong, or was used."), "{}", wrong.alert());
    let opened = console.call(submit(&csrf, &typed)).await;
    assert_eq!((opened.status(), opened.header("location")), (303, "/console/audit"));
    assert!(cookie_of(&opened, "__Host-cs_session").unwrap().starts_with("cs_session_"));
    assert_eq!(cookie_of(&opened, "__Host-cs_pending").as_deref(), Some(""));
    let again = console.call(submit(&csrf, &recovery)).await;
    assert_eq!(again.status(), 303, "it is used once");
    assert!(again.header("location").starts_with("/console/sign-in?notice=took-too-long"));
    let without = console.call(Console::request("GET", "/console/sign-in/code", None)).await;
    assert_eq!(without.status(), 303);
}

#[tokio::test]
async fn one_s_own_sign_in_is_seen_and_changed_on_its_page() {
    let console = Console::new().await;
    let password = "a long enough password";
    let login = Login { password_hash: hash_password(password, &[7; 16]).unwrap(), ..samples::login(VIEWER) };
    let email = login.email.as_str().to_owned();
    console.world.store.contents().logins.insert(login.email.mailbox_key(), login);
    for _ in 0..2 {
        let fields = [("email", email.as_str()), ("password", password)];
        assert_eq!(console.post(None, "/console/sign-in", &fields).await.status(), 303);
    }
    let csrf = token(VIEWER);
    let settings = console.get(VIEWER, "/console/settings").await;
    assert_eq!(settings.body().matches("/console/settings/sessions/ses_").count(), 2);
    assert!(settings.body().contains(">Your sign-in</a>") && !has_foreign_script(settings.body()));
    let change = |current: &'static str, new: &'static str| {
        [("csrf", csrf.clone()), ("current_password", current.to_owned()), ("new_password", new.to_owned())]
    };
    for (current, new, says) in [
        (password, "password1234", "The new password is too easy to guess"),
        (
            "not the password",
            "seven words that nobody would expect here",
            "The current password is not your password",
        ),
    ] {
        let fields = change(current, new);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = console.post(Some(VIEWER), "/console/settings/password", &fields).await;
        assert_eq!(answer.status(), 422);
        assert!(answer.alert().starts_with(says), "{}", answer.alert());
        assert!(!answer.body().contains(new) && !answer.body().contains("not the password<"));
    }
    let fields = change(password, "seven words that nobody would expect here");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let changed = console.post(Some(VIEWER), "/console/settings/password", &fields).await;
    assert_eq!(changed.header("location"), "/console/settings?notice=password");
    let settings = console.get(VIEWER, changed.header("location")).await;
    assert!(
        settings.body().contains("Your password is changed") && !settings.body().contains("/sessions/ses_")
    );
    let out = [("csrf", csrf.as_str()), ("everywhere", "yes")];
    let out = console.post(Some(VIEWER), "/console/settings/sessions/end-others", &out).await;
    assert_eq!(out.header("location"), "/console/sign-in?notice=signed-out");
    assert_eq!(console.get(VIEWER, "/console/settings").await.status(), 303);
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
    let seconds = Terms::default().expires_in.as_secs();
    let secret = secret(APPROVER);
    console.world.pass(seconds);
    let now = console.ports().now();
    let renewed =
        Session { expires_at: now + Session::IDLE, ends_at: now + Session::LIFE, ..session(APPROVER).0 };
    console.world.store.contents().records.insert(
        (renewed.organization_id, app::base::store::Key::Session(renewed.hash)),
        Record::Session(renewed),
    );
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
        "Approve although answers go elsewhere; it goes out on 3 Jan 2026, 00:00 UTC",
        "3 addresses at 2 domains",
        "1 picture lies elsewhere and is not loaded here",
        "From <code><bdi>t.test</bdi></code>.",
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
async fn a_file_that_is_not_what_it_says_is_told_where_it_is_listed() {
    let console = Console::new().await;
    let program = [&b"MZ\x90\0"[..], &[0; 200]].concat();
    for (name, kind, contents, words, runs) in [
        ("invoice.pdf", "application/pdf", program, "application/vnd.microsoft.portable-executable", true),
        ("cat.png", "image/png", b"\xff\xd8\xff\xe0\0".to_vec(), "Its first bytes say image/jpeg.", false),
        ("offer.pdf", "application/pdf", b"%PDF-1.7\n".to_vec(), "", false),
    ] {
        let file = DraftAttachment {
            filename: Some(name.into()),
            content_type: Some(kind.into()),
            content_id: None,
            source: Source::Inline(contents.into()),
        };
        let approval = console.hold(EDITOR, Draft { attachments: vec![file], ..draft() }).await;
        let answer = console.get(APPROVER, &page(&approval)).await;
        assert!(answer.body().contains(words), "{name}");
        assert_eq!(answer.body().contains("first bytes say"), !words.is_empty(), "{name}");
        assert_eq!(answer.body().contains("Whoever opens it may run it."), runs, "{name}");
        let why = "A file says that it is harmless, and is a program, a script or a web page.";
        assert_eq!(answer.body().contains(why), runs, "{name}");
    }
}

#[tokio::test]
async fn what_a_page_can_not_show_whole_waits_for_nobody() {
    let console = Console::new().await;
    let picture = DraftAttachment {
        filename: Some("a.png".into()),
        content_type: Some("image/png".into()),
        content_id: Some("a@x".to_owned()),
        source: Source::Inline((&b"png"[..]).into()),
    };
    let pictures = "<img src='cid:a@x'>".repeat(2_000);
    for (draft, field) in [
        (Draft { html: Some(format!("<p>{}</p>", "\"".repeat(1_000_000))), ..draft() }, "html"),
        (Draft { html: Some(pictures), attachments: vec![picture], ..draft() }, "html"),
        (Draft { text: Some("<".repeat(1_000_000)), ..draft() }, "text"),
    ] {
        let Err(Refusal::Invalid(errors)) = console.submit(EDITOR, draft).await else {
            panic!("{field} was taken")
        };
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code.as_str()),
            (field, "too_large_to_show"),
            "{errors:?}"
        );
    }
}

/// A mail of just less than the bound is on its page whole, and that page fits into an answer.
#[tokio::test]
async fn a_page_shows_the_longest_mail_whole() {
    let console = Console::new().await;
    let html = Some(format!("<p>{}</p>", "\"".repeat(350_000)));
    let text = Some("<".repeat(260_000));
    let approval = console.hold(EDITOR, Draft { html, text, ..draft() }).await;
    let answer = console.get(APPROVER, &page(&approval)).await;
    assert!(answer.body().contains("/approve\"") && answer.0.to_string().len() < 6_000_000);
    assert_eq!(answer.body().matches("&#34;").count() / 350_000, 1);
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
        (app::base::ports::BlobError::Transient("bucket-7 timed out".into()), 503),
        (app::base::ports::BlobError::Permanent("bucket-7 denied".into()), 500),
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
async fn the_queue_has_pages_filters_and_honest_counts() {
    let console = Console::new().await;
    for n in 0..27 {
        let to = vec![Mailbox::bare(samples::address(&format!("person{n}@example.org")))];
        console.hold(EDITOR, Draft { to, ..draft() }).await;
    }
    let html = Some(r#"<p><a href="https://evil.example">https://bank.example</a></p>"#.to_owned());
    let subject = Some(HeaderText::lossy("Pay <now>"));
    let risky = console.hold(EDITOR, Draft { html, subject, text: None, ..draft() }).await;
    let first = console.get(APPROVER, "/console/approvals").await;
    assert_eq!(first.body().matches(" data-row").count(), 25);
    for words in [
        "All 28",
        "Yours to decide 28",
        "Risky 1",
        "Links differ",
        "First contact",
        "27 alike",
        "No rule allows it",
    ] {
        assert!(first.body().contains(words), "{words}: {}", first.body());
    }
    // What matters most stands first, and has no box by which it would be approved unseen.
    let place = |needle: &str| first.body().find(needle).unwrap();
    assert!(place("Pay &#60;now&#62;") < place("Your order"));
    assert_eq!(first.body().matches("type=\"checkbox\"").count(), 24);
    assert!(!first.body().contains(&format!("item.{}", risky.id)));
    let more = first.body().split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let more = unescaped(more.split('"').next().unwrap());
    let second = console.get(APPROVER, &more).await;
    assert_eq!(second.body().matches(" data-row").count(), 3, "{more}");
    assert!(second.body().contains("rel=\"prev\"") && !second.body().contains("rel=\"next\""));
    for (query, rows) in [
        ("view=risky", 1),
        ("q=PERSON7%40", 1),
        ("q=pay", 1),
        ("reason=no_policy_allows_it", 25),
        ("reason=edited", 0),
        ("q=nobody", 0),
        ("view=nonsense&page=99", 3),
    ] {
        let shown = console.get(APPROVER, &format!("/console/approvals?{query}")).await;
        assert_eq!(shown.body().matches(" data-row").count(), rows, "{query}");
        assert_eq!(shown.body().contains("Nothing that waits is like this"), rows == 0, "{query}");
    }
    let viewer = console.get(VIEWER, "/console/approvals?view=mine").await;
    assert!(viewer.body().contains("Yours to decide 0") && !viewer.body().contains("type=\"checkbox\""));
    let viewer = console.get(VIEWER, "/console/approvals").await;
    assert!(viewer.body().contains("Needs owner, admin or approver"), "{}", viewer.body());
    assert!(!viewer.body().contains("approvals/batch"));
    // Within a first view's weight.
    assert!(first.body().len() < 60_000, "{}", first.body().len());
}

impl Console {
    /// Approves those that are checked.
    async fn batch(&self, who: u8, items: &[&Approval]) -> Answer {
        let csrf = token(who);
        let boxes: Vec<_> =
            items.iter().map(|it| (format!("item.{}", it.id), it.digest.to_string())).collect();
        let mut fields = vec![("csrf", csrf.as_str()), ("view", "mine"), ("verdict", "approve")];
        fields.extend(boxes.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.post(Some(who), "/console/approvals/batch", &fields).await
    }
}

#[tokio::test]
async fn those_that_are_checked_are_approved_each_for_itself() {
    let console = Console::new().await;
    let (one, two) = (console.hold(EDITOR, draft()).await, console.hold(EDITOR, draft()).await);
    let gone = console.hold(EDITOR, draft()).await;
    let html = Some(r#"<p><a href="https://evil.example">https://bank.example</a></p>"#.to_owned());
    let risky = console.hold(EDITOR, Draft { html, text: None, ..draft() }).await;
    console.decide(OTHER_APPROVER, &gone, "reject", "no").await;
    let stale = Approval { digest: Digest::of(b"other"), ..two.clone() };
    for _ in 0..2 {
        let done = console.batch(APPROVER, &[&one, &stale, &gone, &risky]).await;
        assert_eq!(done.status(), 200, "{}", done.body());
        for words in [
            "1 mail is approved. 3 mails are not approved:",
            "no longer the one you saw",
            "Somebody else has decided already",
            "deserves a look",
            &page(&risky),
        ] {
            assert!(done.body().contains(words), "{words}: {}", done.body());
        }
        assert!(done.body().contains("tabindex=\"-1\" autofocus"), "the result has the focus");
    }
    assert_eq!(console.stored(&one).version, 2, "once");
    for waits in [&two, &risky] {
        assert_eq!(console.stored(waits).decision, Decision::Pending);
    }
    let nothing = console.batch(APPROVER, &[]).await;
    assert_eq!((nothing.status(), nothing.body().contains("check the mails first")), (422, true));
    assert_eq!(console.batch(VIEWER, &[&two]).await.status(), 403);
    let csrf = token(APPROVER);
    let (name, digest) = (format!("item.{}", two.id), two.digest.to_string());
    for verdict in ["", "bogus"] {
        let fields = [("csrf", csrf.as_str()), (name.as_str(), digest.as_str()), ("verdict", verdict)];
        let done = console.post(Some(APPROVER), "/console/approvals/batch", &fields).await;
        assert_eq!(done.status(), 422, "{verdict:?}: {}", done.body());
    }
    let csrf = token(OTHER_APPROVER);
    let (name, digest) = (format!("item.{}", two.id), two.digest.to_string());
    let foreign = [("csrf", csrf.as_str()), (name.as_str(), digest.as_str())];
    assert_eq!(console.post(Some(APPROVER), "/console/approvals/batch", &foreign).await.status(), 403);
    assert_eq!(console.get(APPROVER, "/console/approvals/batch").await.status(), 303);
    assert_eq!(console.stored(&two).decision, Decision::Pending);
}

#[tokio::test]
async fn what_is_risky_is_said_before_the_mail_and_by_the_button() {
    let console = Console::new().await;
    let html = Some(r#"<p><a href="https://evil.example">https://bank.example</a></p>"#.to_owned());
    let risky = console.hold(EDITOR, Draft { html, text: None, ..draft() }).await;
    let shown = console.get(APPROVER, &page(&risky)).await;
    let place = |needle: &str| shown.body().find(needle).unwrap_or_else(|| panic!("{needle}"));
    let warning = "A link shows one address and leads to another.";
    assert_eq!(shown.body().matches(warning).count(), 1, "said once");
    assert!(place(warning) < place("aria-label=\"The mail\""));
    assert!(place("class=\"warned danger\"") < place("/approve\""));
    assert!(shown.body().contains("Approve although links differ"), "{}", shown.body());
    assert!(place(warning) < place("Somebody gets it who was never written to before."), "the worst first");
    let harmless = console.hold(EDITOR, draft()).await;
    let shown = console.get(APPROVER, &page(&harmless)).await;
    assert!(shown.body().contains("Approve and send") && !shown.body().contains("class=\"warned"));
    assert!(shown.body().contains("<span class=\"chip\">First contact</span>"), "{}", shown.body());
}

#[tokio::test]
async fn after_a_decision_the_next_one_comes_by_itself() {
    let console = Console::new().await;
    let one = console.hold(EDITOR, draft()).await;
    let two = console.hold(EDITOR, Draft { subject: Some(HeaderText::lossy("Second")), ..draft() }).await;
    let three = console.hold(EDITOR, Draft { subject: Some(HeaderText::lossy("Third")), ..draft() }).await;
    let shown = console.get(APPROVER, &page(&two)).await;
    assert!(shown.body().contains(" of 3</span>"), "{}", shown.body());
    assert!(shown.body().contains("data-key=\"j\"") && shown.body().contains("data-key=\"a\""));
    let next = shown.field("next").to_owned();
    let (csrf, digest) = (token(APPROVER), two.digest.to_string());
    let fields =
        [("csrf", csrf.as_str()), ("digest", digest.as_str()), ("then", "next"), ("next", next.as_str())];
    let done = console.post(Some(APPROVER), &format!("{}/approve", page(&two)), &fields).await;
    assert_eq!(
        done.header("location"),
        format!("/console/approvals/{next}?after={}&notice=approved", two.id)
    );
    let shown = console.get(APPROVER, done.header("location")).await;
    for words in ["You approved \u{201C}Second\u{201D}.", &page(&two), " of 2</span>"] {
        assert!(shown.body().contains(words), "{words}: {}", shown.body());
    }
    // An address alone says nothing that is not so.
    let lie = format!("{}?after={}&notice=approved", page(&one), three.id);
    assert!(!console.get(APPROVER, &lie).await.body().contains("You approved"));
    assert!(!console.get(OWNER, done.header("location")).await.body().contains("You approved"));
    // A next one that somebody else decided meanwhile is passed over.
    let left = if next == one.id.to_string() { (&one, &three) } else { (&three, &one) };
    console.decide(OTHER_APPROVER, left.0, "approve", "").await;
    let fresh = console.hold(EDITOR, draft()).await;
    let (id, digest) = (left.0.id.to_string(), left.1.digest.to_string());
    let fields = [
        ("csrf", csrf.as_str()),
        ("digest", digest.as_str()),
        ("then", "next"),
        ("next", id.as_str()),
        ("quick", "Wrong tone"),
        ("reason", "Be kind."),
    ];
    let done = console.post(Some(APPROVER), &format!("{}/reject", page(left.1)), &fields).await;
    assert!(done.header("location").starts_with(&page(&fresh)), "{}", done.header("location"));
    let decision = console.stored(left.1).decision;
    assert!(matches!(&decision, Decision::Rejected { reason, .. } if reason == "Wrong tone. Be kind."));
    // Behind the last there is nothing more.
    let digest = fresh.digest.to_string();
    let fields = [("csrf", csrf.as_str()), ("digest", digest.as_str()), ("then", "next"), ("next", "")];
    let done = console.post(Some(APPROVER), &format!("{}/approve", page(&fresh)), &fields).await;
    assert_eq!(done.header("location"), format!("{}?notice=approved", page(&fresh)));
    assert!(
        console.get(APPROVER, done.header("location")).await.body().contains("Nothing else waits for you")
    );
}

#[tokio::test]
async fn the_next_one_follows_the_list_that_somebody_came_from() {
    let console = Console::new().await;
    let named = |name: &str| Draft { subject: Some(HeaderText::lossy(name)), ..draft() };
    let one = console.hold(EDITOR, named("Blue one")).await;
    console.hold(EDITOR, named("Red")).await;
    let two = console.hold(EDITOR, named("Blue two")).await;
    let list = console.get(APPROVER, "/console/approvals?view=mine&q=blue").await;
    let address = format!("{}?in=view%3Dmine%26q%3Dblue", page(&one));
    assert!(list.body().contains(&address), "{}", list.body());
    let shown = console.get(APPROVER, &address).await;
    assert!(
        shown.body().contains(" of 2</span>")
            && shown.body().contains("href=\"/console/approvals?view=mine&#38;q=blue\"")
    );
    let (csrf, digest) = (token(APPROVER), one.digest.to_string());
    let came_from = unescaped(shown.field("in"));
    let fields =
        [("csrf", csrf.as_str()), ("digest", digest.as_str()), ("then", "next"), ("in", came_from.as_str())];
    let done = console.post(Some(APPROVER), &format!("{}/approve", page(&one)), &fields).await;
    let next = format!("{}?in=view%3Dmine%26q%3Dblue&after={}&notice=approved", page(&two), one.id);
    assert_eq!(done.header("location"), next, "not the red one");
}

#[tokio::test]
async fn a_revision_is_asked_for_and_talked_about_on_the_page() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let reads = console.form(VIEWER, &approval, "comment", &[("reason", "Is <this> right?")]).await;
    assert_eq!(reads.status(), 403, "whoever reads only takes no part: {}", reads.body());
    let said = console.form(EDITOR, &approval, "comment", &[("reason", "Is <this> right?")]).await;
    assert_eq!(said.header("location"), format!("{}#comments", page(&approval)), "{}", said.body());
    assert_eq!(console.form(EDITOR, &approval, "comment", &[("reason", " ")]).await.status(), 422);
    assert_eq!(console.decide(VIEWER, &approval, "ask-to-revise", "No").await.status(), 403);
    let nothing = console.decide(APPROVER, &approval, "ask-to-revise", "").await;
    assert!(nothing.status() == 422 && nothing.alert().contains("say what is to be otherwise"));
    let done = console.decide(APPROVER, &approval, "ask-to-revise", "Leave out the price.").await;
    assert_eq!(done.header("location"), format!("{}?notice=revision", page(&approval)), "{}", done.body());
    let shown = console.get(OTHER_APPROVER, &page(&approval)).await;
    for words in
        ["asked for a revision", "Leave out the price.", "Is &#60;this&#62; right?", "Approve and send"]
    {
        assert!(shown.body().contains(words), "{words}: {}", shown.body());
    }
    let list = console.get(OTHER_APPROVER, "/console/approvals").await;
    assert!(list.body().contains("Asked to revise") && list.body().contains("Yours to decide 0"));

    let digest = approval.digest.to_string();
    let edit = [
        ("digest", digest.as_str()),
        ("to", "ann@example.org"),
        ("subject", "Your order"),
        ("text", "It left."),
    ];
    let next = console.led_to(&console.form(OTHER_APPROVER, &approval, "edit", &edit).await);
    let shown = console.get(APPROVER, &format!("{}?compare={}", page(&next), approval.id)).await;
    for words in ["From revision 1 to this one", "+It left.", "about revision 1", "Leave out the price."] {
        assert!(shown.body().contains(words), "{words}: {}", shown.body());
    }
    let foreign = console.hold(EDITOR, draft()).await;
    let shown = console.get(APPROVER, &format!("{}?compare={}", page(&next), foreign.id)).await;
    assert!(shown.status() == 200 && !shown.body().contains("From revision"));
}

#[tokio::test]
async fn those_that_are_checked_are_rejected_for_one_reason() {
    let console = Console::new().await;
    let (one, two) = (console.hold(EDITOR, draft()).await, console.hold(EDITOR, draft()).await);
    let csrf = token(APPROVER);
    let (first, second) = (format!("item.{}", one.id), format!("item.{}", two.id));
    let (digest, stale) = (one.digest.to_string(), Digest::of(b"other").to_string());
    let fields = [
        ("csrf", csrf.as_str()),
        ("verdict", "reject"),
        ("quick", "Wrong tone"),
        ("words", "All of them."),
        (first.as_str(), digest.as_str()),
        (second.as_str(), stale.as_str()),
    ];
    let done = console.post(Some(APPROVER), "/console/approvals/batch", &fields).await;
    assert!(done.body().contains("1 mail is rejected. 1 mail is not rejected:"), "{}", done.body());
    let decision = console.stored(&one).decision;
    assert!(matches!(&decision, Decision::Rejected { reason, .. } if reason == "Wrong tone. All of them."));
    assert_eq!(console.stored(&two).decision, Decision::Pending);
}

#[tokio::test]
async fn html_and_files_are_edited_beside_the_mail() {
    let console = Console::new().await;
    let html = Some("<p>It is on its way.</p>".to_owned());
    let approval = console.hold(EDITOR, Draft { html, text: None, ..draft() }).await;
    let shown = console.get(APPROVER, &format!("{}/edit", page(&approval))).await;
    let before = shown.body().split("name=\"html\"").nth(1).unwrap().split_once(">\n").unwrap().1;
    let before = unescaped(before.split("</textarea>").next().unwrap());
    let text = shown.body().split("name=\"text\"").nth(1).unwrap().split_once(">\n").unwrap().1;
    let text = unescaped(text.split("</textarea>").next().unwrap());
    let digest = approval.digest.to_string();
    let with = |html: &str| -> Vec<(&'static str, String)> {
        vec![
            ("digest", digest.clone()),
            ("to", "ann@example.org".to_owned()),
            ("subject", "Your order".to_owned()),
            ("text", text.clone()),
            ("html", html.replace('\n', "\r\n")),
        ]
    };
    let post = async |fields: Vec<(&'static str, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        console.form(APPROVER, &approval, "edit", &fields).await
    };
    let same = post(with(&before)).await;
    assert_eq!(
        (same.status(), same.alert()),
        (422, "You changed nothing. Approve the mail as it is, or change it.")
    );
    let next = console.led_to(&post(with(&before.replace("It is on", "It is well on"))).await);
    let shown = console.get(OWNER, &page(&next)).await;
    assert!(shown.body().contains("It is well on its way"), "{}", shown.body());
}

#[tokio::test]
async fn an_approval_is_taken_back_on_its_page_until_the_mail_is_claimed() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let before = console.get(APPROVER, &page(&approval)).await;
    assert!(!before.body().contains("/take-back\""));
    console.decide(APPROVER, &approval, "approve", "").await;
    console.world.pass(1);
    assert!(
        !console.get(OWNER, &page(&approval)).await.body().contains("/take-back\""),
        "not another\u{2019}s"
    );
    assert!(console.get(APPROVER, &page(&approval)).await.body().contains("/take-back\""));
    let refused = console.form(OWNER, &approval, "take-back", &[]).await;
    assert_eq!(refused.status(), 409);
    assert!(refused.alert().contains("no approval of yours"), "{}", refused.alert());
    for _ in 0..2 {
        let done = console.form(APPROVER, &approval, "take-back", &[]).await;
        assert_eq!(done.header("location"), format!("{}?notice=taken_back", page(&approval)));
    }
    let shown = console.get(APPROVER, &format!("{}?notice=taken_back", page(&approval))).await;
    assert!(
        shown.body().contains("You took your approval back.") && shown.body().contains("Approve and send")
    );
    assert!(
        !console
            .get(OWNER, &format!("{}?notice=taken_back", page(&approval)))
            .await
            .body()
            .contains("You took")
    );
    console.world.pass(1);
    console.decide(APPROVER, &approval, "approve", "").await;
    let key =
        (approval.organization_id, app::base::store::Key::Message(approval.inbox_id, approval.message_id));
    {
        let mut contents = console.world.store.contents();
        let Some(Record::Message(message)) = contents.records.get_mut(&key) else { panic!() };
        let Direction::Outbound(outbound) = &mut message.direction else { panic!() };
        outbound.state = State::Sending { claimed_at: samples::NOW, attempt: 1, claim: [1; 8] };
    }
    assert!(!console.get(APPROVER, &page(&approval)).await.body().contains("/take-back\""));
    let late = console.form(APPROVER, &approval, "take-back", &[]).await;
    assert_eq!(late.status(), 409);
    assert!(late.alert().contains("too late"), "{}", late.alert());
}

#[tokio::test]
async fn words_outlive_the_session_in_which_they_were_written() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let digest = approval.digest.to_string();
    let address = format!("{}/reject", page(&approval));
    let fields = [("csrf", "old"), ("digest", digest.as_str()), ("reason", "The <price> is wrong")];
    let kept = console.post(None, &address, &fields).await;
    assert_eq!(kept.status(), 401);
    for words in ["The &#60;price&#62; is wrong", "/console/sign-in?next=", "Nothing was decided"] {
        assert!(kept.body().contains(words), "{words}: {}", kept.body());
    }
    // Once they are signed in, the mail with the words: nothing is decided by that.
    let back = console.post(Some(APPROVER), &address, &[("reason", "The <price> is wrong")]).await;
    assert_eq!(back.status(), 403);
    assert!(back.body().contains("The &#60;price&#62; is wrong</textarea>"), "{}", back.body());
    assert_eq!(console.stored(&approval).decision, Decision::Pending);
    // Another site gets nothing shown.
    let mut request = posted(Console::request("POST", &address, Some(&secret(APPROVER))), &fields);
    request.headers = BTreeMap::from([("sec-fetch-site".to_owned(), "cross-site".to_owned())]);
    let foreign = console.call(request).await;
    assert!(foreign.status() == 403 && !foreign.body().contains("price"), "{}", foreign.body());
    // Without words there is nothing to keep.
    assert_eq!(
        console.post(None, &address, &[("csrf", "old"), ("digest", digest.as_str())]).await.status(),
        303
    );
}

impl Console {
    /// A one-time link of a member to an approval.
    async fn link(&self, who: u8, approval: &Approval) -> LinkSecret {
        let secret = LinkSecret::new(approval.organization_id, self.ports().bytes());
        let member = samples::member(who, PEOPLE[usize::from(who) - 1].1).id;
        let link = Link::new(&secret, approval, member, self.ports().now());
        self.ports().store.commit(Change::new(approval.organization_id).create(link)).await.unwrap();
        secret
    }

    async fn look(&self, address: &str) -> Answer {
        self.call(Self::request("GET", address, None)).await
    }

    /// Presses a button of a link's page.
    async fn press(&self, secret: &LinkSecret, approval: &Approval, verdict: &str, reason: &str) -> Answer {
        let (csrf, digest) = (secret.form_token(), approval.digest.to_string());
        let fields = [("csrf", csrf.as_str()), ("digest", digest.as_str()), ("reason", reason)];
        self.post(None, &format!("{}/{verdict}", route::link(secret)), &fields).await
    }
}

#[tokio::test]
async fn a_link_shows_the_mail_without_signing_in_and_changes_nothing() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let secret = console.link(APPROVER, &approval).await;
    let before = console.world.store.contents().clone();
    for n in 0..100 {
        let end = ["", "/approve", "/reject", "?notice=approved"][n % 4];
        let method = ["GET", "HEAD"][n % 2];
        let address = format!("{}{end}", route::link(&secret));
        let mut request = Console::request(method, &address, None);
        request.headers = BTreeMap::from([("sec-purpose".to_owned(), "prefetch".to_owned())]);
        let answer = console.call(request).await;
        assert!(matches!(answer.status(), 200 | 303), "{method} {end}");
        for (name, value) in
            [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-robots-tag", "noindex")]
        {
            assert_eq!(answer.header(name), value, "{method} {end}");
        }
        assert!(answer.header("content-security-policy").starts_with("default-src 'none';"));
        assert_eq!(answer.cookie(), "", "no session comes of it");
    }
    {
        let after = console.world.store.contents();
        assert!(before.records == after.records && before.audit == after.audit);
    }
    let page = console.look(&route::link(&secret)).await;
    let email = samples::member(APPROVER, Role::Approver).email;
    for words in ["Your order", "It is on its way.", "ann@example.org", "Approve and send", email.as_str()] {
        assert!(page.body().contains(words), "{words}: {}", page.body());
    }
    assert_eq!(page.field("csrf"), secret.form_token());
    assert_eq!(page.field("digest"), approval.digest.to_string());
    assert!(!page.body().contains("Sign out") && !has_foreign_script(page.body()));
}

#[tokio::test]
async fn a_link_decides_once() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let secret = console.link(APPROVER, &approval).await;
    let done = console.press(&secret, &approval, "approve", "").await;
    assert_eq!(done.status(), 200);
    assert!(done.body().contains("You approved this mail"), "{}", done.body());
    assert_eq!(done.header("referrer-policy"), "no-referrer");
    let by = samples::member(APPROVER, Role::Approver).id;
    assert!(
        matches!(console.stored(&approval).decision, Decision::Approved { by: who, .. } if who == Some(by))
    );
    let version = console.stored(&approval).version;
    for verdict in ["approve", "reject"] {
        let again = console.press(&secret, &approval, verdict, "").await;
        assert_eq!(again.status(), 410);
        assert!(again.body().contains("This link was used"), "{}", again.body());
        assert!(again.body().contains(&page(&approval)), "where to sign in");
        assert!(!again.body().contains("Your order"), "the mail itself is not shown any more");
    }
    assert_eq!(console.look(&route::link(&secret)).await.status(), 410);
    assert_eq!(console.stored(&approval).version, version);

    let approval = console.hold(EDITOR, draft()).await;
    let secret = console.link(APPROVER, &approval).await;
    let long = "x".repeat(2_001);
    let refused = console.press(&secret, &approval, "reject", &long).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.body().contains(&long), "what was typed is not lost");
    assert_eq!(console.press(&secret, &approval, "reject", " Wrong\r\nprice ").await.status(), 200);
    let decision = console.stored(&approval).decision;
    assert!(matches!(&decision, Decision::Rejected { reason, .. } if reason == "Wrong\nprice"));
}

#[tokio::test]
async fn a_link_s_form_must_come_from_its_page() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let other = console.hold(EDITOR, draft()).await;
    let secret = console.link(APPROVER, &approval).await;
    let foreign = console.link(OTHER_APPROVER, &approval).await;
    let address = format!("{}/approve", route::link(&secret));
    let digest = approval.digest.to_string();
    let (own, theirs, session) = (secret.form_token(), foreign.form_token(), token(APPROVER));
    for csrf in ["", &theirs, &session, &own[1..]] {
        let answer = console.post(None, &address, &[("csrf", csrf), ("digest", &digest)]).await;
        assert_eq!(answer.status(), 403, "{csrf}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test"), ("origin", "null")] {
        let request = Console::request("POST", &address, None);
        let mut request = posted(request, &[("csrf", &own), ("digest", &digest)]);
        request.headers = BTreeMap::from([(header.0.to_owned(), header.1.to_owned())]);
        assert_eq!(console.call(request).await.status(), 403, "{header:?}");
    }
    // The digest of another mail decides neither that one nor this one.
    let wrong = console.press(&secret, &other, "approve", "").await;
    assert_eq!(wrong.status(), 409);
    assert!(wrong.alert().contains("no longer the one you saw"), "{}", wrong.alert());
    assert_eq!(console.post(None, &address, &[("csrf", &own), ("digest", "x")]).await.status(), 422);
    for approval in [&approval, &other] {
        assert_eq!(console.stored(approval).decision, Decision::Pending);
    }
    // As a browser sends it from a page under `no-referrer`.
    let mut request =
        posted(Console::request("POST", &address, None), &[("csrf", &own), ("digest", &digest)]);
    request.headers = [("sec-fetch-site", "same-origin"), ("origin", "null")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    assert_eq!(console.call(request).await.status(), 200);
}

#[tokio::test]
async fn closed_links_say_what_happened_and_leak_nothing() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let secret = console.link(APPROVER, &approval).await;
    let unknown = LinkSecret::new(approval.organization_id, [99; 32]);
    let answer = console.press(&unknown, &approval, "approve", "").await;
    assert_eq!(answer.status(), 404);
    assert!(!answer.body().contains(&approval.id.to_string()));
    for malformed in ["/console/links/x", "/console/links/cs_link_x", "/console/links/"] {
        assert_eq!(console.look(malformed).await.status(), 404, "{malformed}");
    }
    assert_eq!(console.call(Console::request("PUT", &route::link(&secret), None)).await.status(), 405);

    let key = (approval.organization_id, app::base::store::Key::Approval(approval.id));
    let edited = Approval { digest: Digest::of(b"edited"), ..console.stored(&approval) };
    console.world.store.contents().records.insert(key.clone(), Record::Approval(Box::new(edited.clone())));
    for answer in [
        console.look(&route::link(&secret)).await,
        console.press(&secret, &approval, "approve", "").await,
        console.press(&secret, &edited, "approve", "").await,
    ] {
        assert_eq!(answer.status(), 410);
        assert!(answer.body().contains("The mail was changed") && answer.body().contains(&page(&approval)));
        assert!(!answer.body().contains("Your order"), "{}", answer.body());
    }
    console.world.store.contents().records.insert(key, Record::Approval(Box::new(approval.clone())));

    let gone = samples::member(APPROVER, Role::Approver);
    console.world.store.contents().records.retain(|_, record| *record != Record::Member(gone.clone()));
    for answer in
        [console.look(&route::link(&secret)).await, console.press(&secret, &approval, "approve", "").await]
    {
        assert_eq!(answer.status(), 410);
        assert!(answer.body().contains("This link is closed"));
        assert!(!answer.body().contains(&approval.id.to_string()), "{}", answer.body());
    }
    assert_eq!(console.stored(&approval).decision, Decision::Pending);
}

#[tokio::test]
async fn a_link_gives_the_files_of_its_mail_and_no_others() {
    let console = Console::new().await;
    let file = || DraftAttachment {
        filename: Some("a.txt".into()),
        content_type: Some("text/plain".into()),
        content_id: None,
        source: Source::Inline((&b"txt"[..]).into()),
    };
    let with = || Draft { attachments: vec![file()], ..draft() };
    let (approval, other) = (console.hold(EDITOR, with()).await, console.hold(EDITOR, with()).await);
    let (secret, elsewhere) = (console.link(APPROVER, &approval).await, console.link(APPROVER, &other).await);
    let file_of = async |secret: &LinkSecret| {
        let shown = console.look(&route::link(secret)).await;
        let begin = format!("{}/attachments/", route::link(secret));
        let id = shown.body().split(&begin).nth(1).unwrap().split('"').next().unwrap().to_owned();
        (format!("{begin}{id}"), id)
    };
    let ((address, _), (_, foreign)) = (file_of(&secret).await, file_of(&elsewhere).await);
    let answer = console.look(&address).await;
    assert_eq!(answer.status(), 303);
    assert!(answer.header("location").starts_with("https://bucket.test/attachments/"));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    let address = format!("{}/attachments/{foreign}", route::link(&secret));
    assert_eq!(console.look(&address).await.status(), 404);
    console.press(&secret, &approval, "reject", "").await;
    assert_eq!(console.look(&address).await.status(), 410);
}

#[tokio::test]
async fn a_link_opens_no_other_page() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let secret = console.link(APPROVER, &approval).await;
    // A link is no session, and opens no other page.
    for address in ["/console/approvals".to_owned(), page(&approval)] {
        let mut request = Console::request("GET", &address, None);
        request.cookies.insert("__Host-cs_session".to_owned(), secret.reveal());
        assert_eq!(console.call(request).await.status(), 303, "{address}");
    }
}

impl Console {
    /// All mails wait for these votes.
    async fn with_terms(&self, requirements: &[(u8, &[Role])]) {
        let requirements =
            requirements.iter().map(|(quorum, roles)| Requirement::of_roles(*quorum, roles.iter().copied()));
        let terms = Terms { requirements: requirements.collect(), ..Terms::default() };
        let mut book = samples::policies();
        book.policies[0].content = PolicyContent {
            name: "Care <b>".into(),
            description: "Two see it".into(),
            enabled: true,
            inboxes: None,
            rules: vec![Rule {
                name: "All mail".into(),
                when: Condition::Always,
                outcome: Outcome::Hold(terms),
            }],
        };
        let change = Change::new(samples::organization_id(1)).create(PolicyBook { version: 1, ..book });
        self.ports().store.commit(change).await.unwrap();
    }

    /// Sends a form below the page of an approval.
    async fn form(&self, who: u8, approval: &Approval, end: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = token(who);
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post(Some(who), &format!("{}/{end}", page(approval)), &all).await
    }

    /// The approval that an answer leads to.
    fn led_to(&self, answer: &Answer) -> Approval {
        let id = answer.header("location").strip_prefix("/console/approvals/").unwrap();
        let id = id.split('?').next().unwrap();
        let contents = self.world.store.contents();
        let mut approvals = contents.records.values().filter_map(|record| match record {
            Record::Approval(found) => Some((**found).clone()),
            _ => None,
        });
        approvals.find(|approval| approval.id.to_string() == id).unwrap()
    }
}

fn email(who: u8) -> String {
    samples::member(who, Role::Owner).email.as_str().to_owned()
}

#[tokio::test]
async fn votes_are_counted_on_the_page_by_name() {
    let console = Console::new().await;
    console.with_terms(&[(2, &[Role::Approver, Role::Owner])]).await;
    let approval = console.hold(EDITOR, draft()).await;
    let first = console.get(APPROVER, &page(&approval)).await;
    for words in [
        "0 of 2 votes of owner or approver",
        "Approve; it then waits for 1 more vote of owner or approver",
        "A policy asks for a person.",
        "All mail",
        "Care &#60;b&#62;",
        "holds it",
        "Delegate your vote",
        &email(OWNER),
    ] {
        assert!(first.body().contains(words), "{words}: {}", first.body());
    }
    let voted = console.decide(APPROVER, &approval, "approve", "").await;
    assert_eq!(voted.header("location"), format!("{}?notice=pending", page(&approval)));
    let after = console.get(APPROVER, voted.header("location")).await;
    assert!(after.body().contains("Your vote counts. The mail waits for 1 more vote of owner or approver."));
    assert!(after.body().contains("You approved it. It waits for") && !after.body().contains("/approve\""));
    let second = console.get(OWNER, &page(&approval)).await;
    assert!(second.body().contains("1 of 2 votes") && second.body().contains(&email(APPROVER)));
    assert!(second.body().contains("Approve and send"), "{}", second.body());
    assert_eq!(console.decide(OWNER, &approval, "approve", "").await.status(), 303);
    assert!(matches!(console.stored(&approval).decision, Decision::Approved { .. }));
    let done = console.get(VIEWER, &page(&approval)).await;
    assert!(done.body().contains("2 of 2 votes") && done.body().contains(&email(OWNER)));
}

#[tokio::test]
async fn who_is_left_out_reads_why() {
    let console = Console::new().await;
    console.with_terms(&[(1, &[Role::Owner])]).await;
    let approval = console.hold(EDITOR, draft()).await;
    let shown = console.get(APPROVER, &page(&approval)).await;
    assert!(shown.body().contains("asks for a vote of owner; your role is approver"), "{}", shown.body());
    assert!(!shown.body().contains("/approve\"") && !shown.body().contains("/reject\""));
    let refused = console.decide(APPROVER, &approval, "approve", "").await;
    assert_eq!(refused.status(), 403);
    assert!(refused.alert().contains("Nothing was decided"), "{}", refused.alert());

    // A vote that is handed on lets the other decide, and the one who gave it no more.
    let other = samples::member(OTHER_APPROVER, Role::Approver).id.to_string();
    let handed = console.form(OWNER, &approval, "delegate", &[("member_id", &other)]).await;
    assert_eq!(handed.header("location"), format!("{}?notice=delegated", page(&approval)));
    let shown = console.get(OWNER, handed.header("location")).await;
    assert!(shown.body().contains(&format!("You delegated your vote to {}", email(OTHER_APPROVER))));
    assert!(shown.body().contains("votes in your place") && !shown.body().contains("/approve\""));
    let shown = console.get(OTHER_APPROVER, &page(&approval)).await;
    assert!(shown.body().contains("Approve and send"), "{}", shown.body());
    for wrong in ["", "mem_x", &samples::member(VIEWER, Role::Viewer).id.to_string()] {
        let refused = console.form(OTHER_APPROVER, &approval, "delegate", &[("member_id", wrong)]).await;
        assert_eq!(refused.status(), 422, "{wrong}");
        assert!(refused.alert().contains("choose another"), "{}", refused.alert());
    }
    assert_eq!(console.decide(OTHER_APPROVER, &approval, "approve", "").await.status(), 303);
    assert!(matches!(console.stored(&approval).decision, Decision::Approved { .. }));
}

#[tokio::test]
async fn forms_beside_the_decision_need_their_page_and_a_right() {
    let console = Console::new().await;
    let approval = console.hold(OWNER, draft()).await;
    let before = console.world.store.contents().records.clone();
    let digest = approval.digest.to_string();
    let below = |end: &str| format!("{}/{end}", page(&approval));
    let posts = [
        below("edit"),
        below("cancel"),
        below("delegate"),
        below("ahead"),
        "/console/pause".to_owned(),
        "/console/resume".to_owned(),
        format!("/console/standing-approvals/{}/revoke", samples::standing_approval(1).id),
        format!("/console/unsettled/{}/{}/send-again", approval.inbox_id, approval.message_id),
    ];
    for address in &posts {
        let fields = [("digest", digest.as_str()), ("subject", "Other"), ("reason", "x")];
        assert_eq!(console.post(Some(OWNER), address, &fields).await.status(), 403, "{address}");
        let foreign = token(APPROVER);
        let with_foreign: Vec<_> = fields.iter().copied().chain([("csrf", foreign.as_str())]).collect();
        assert_eq!(console.post(Some(OWNER), address, &with_foreign).await.status(), 403, "{address}");
        let own = token(OWNER);
        let good: Vec<_> = fields.iter().copied().chain([("csrf", own.as_str())]).collect();
        let mut request = posted(Console::request("POST", address, Some(&secret(OWNER))), &good);
        request.headers = BTreeMap::from([("sec-fetch-site".to_owned(), "cross-site".to_owned())]);
        assert_eq!(console.call(request).await.status(), 403, "{address}");
        // Whoever reads only is refused with a form of their own session too.
        let viewer = token(VIEWER);
        let reads: Vec<_> = fields.iter().copied().chain([("csrf", viewer.as_str())]).collect();
        let answer = console.post(Some(VIEWER), address, &reads).await;
        assert!(matches!(answer.status(), 403 | 422), "{address}: {}", answer.status());
        let got = console.get(OWNER, address).await;
        assert!(matches!(got.status(), 200 | 303), "{address}: {}", got.status());
    }
    assert!(console.world.store.contents().records == before);
    let shown = console.get(VIEWER, &page(&approval)).await;
    assert!(!shown.body().contains(&format!("action=\"{}", page(&approval))), "{}", shown.body());
    for address in ["/console/unsettled", "/console/pause", "/console/standing-approvals"] {
        let shown = console.get(VIEWER, address).await;
        assert_eq!(shown.status(), 200);
        let forms = shown.body().matches("<form").count();
        assert_eq!(forms, 1, "{address}: only that for signing out");
    }
    for address in ["/console/audit", "/console/policies"] {
        assert_eq!(console.get(VIEWER, address).await.status(), 403, "{address}");
    }
}

#[tokio::test]
async fn an_edit_shows_what_it_changed_and_needs_somebody_else() {
    let console = Console::new().await;
    let text = "It is on its way.\nIt costs 10.\nThanks".to_owned();
    let approval = console.hold(EDITOR, Draft { text: Some(text), ..draft() }).await;
    let shown = console.get(APPROVER, &format!("{}/edit", page(&approval))).await;
    assert!(shown.body().contains("\nann@example.org</textarea>") && shown.body().contains("It costs 10."));
    assert_eq!(shown.field("subject"), "Your order");
    let digest = approval.digest.to_string();
    let same = [
        ("digest", digest.as_str()),
        ("to", "ann@example.org"),
        ("subject", "Your order"),
        ("text", "It is on its way.\r\nIt costs 10.\r\nThanks"),
        ("send_at", ""),
    ];
    let with = |changes: &[(&'static str, &'static str)]| {
        let kept = same.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        kept.copied().chain(changes.iter().copied()).collect::<Vec<_>>()
    };
    let nothing = console.form(APPROVER, &approval, "edit", &same).await;
    assert_eq!(
        (nothing.status(), nothing.alert()),
        (422, "You changed nothing. Approve the mail as it is, or change it.")
    );
    let wrong = with(&[("to", "nobody <x>"), ("send_at", "soon"), ("text", "Typed & kept")]);
    let wrong = console.form(APPROVER, &approval, "edit", &wrong).await;
    assert_eq!(wrong.status(), 422);
    for words in [
        "To: \u{201C}x\u{201D} is not an address",
        "Goes out: is not a date",
        "Typed &#38; kept",
        "nobody &#60;x&#62;",
    ] {
        assert!(wrong.body().contains(words), "{words}: {}", wrong.body());
    }
    let none = console.form(APPROVER, &approval, "edit", &with(&[("to", "")])).await;
    assert_eq!(none.status(), 422, "{}", none.body());
    assert_eq!(console.stored(&approval), approval);

    let edit = with(&[
        ("to", "Ann <ann@example.org>\r\nbob@example.net"),
        ("subject", "Your <order>"),
        ("text", "It is on its way.\r\nIt costs 12.\r\nThanks"),
        ("send_at", "2026-01-03T09:30"),
    ]);
    let done = console.form(APPROVER, &approval, "edit", &edit).await;
    assert_eq!(done.status(), 303, "{}", done.body());
    let next = console.led_to(&done);
    assert_eq!((next.revision, next.supersedes), (2, Some(approval.id)));
    let shown = console.get(APPROVER, done.header("location")).await;
    for words in [
        "This is the mail as you edited it",
        "Revision 2",
        "<ins><bdi>ann@example.org, bob@example.net</bdi></ins>",
        "<ins><bdi>Your &#60;order&#62;</bdi></ins>",
        "<ins><bdi>3 Jan 2026, 09:30 UTC</bdi></ins>",
        "<span class=\"del\">-It costs 10.</span>",
        "<span class=\"add\">+It costs 12.</span>",
        "You edited this mail last, so somebody else must approve it. You may reject it.",
        "that is when it was to go out",
        "It was edited after it had been held.",
    ] {
        assert!(shown.body().contains(words), "{words}: {}", shown.body());
    }
    assert!(!shown.body().contains("/approve\""));
    assert_eq!(console.decide(APPROVER, &next, "approve", "").await.status(), 403);
    let shown = console.get(OWNER, &page(&next)).await;
    assert!(shown.body().contains(&format!("<dt>Edited by</dt><dd>{}", email(APPROVER))), "{}", shown.body());
    assert!(shown.body().contains("Approve; it goes out on 3 Jan 2026, 09:30 UTC"));

    // What was edited takes no vote and no second edit, and leads on.
    let late = console.decide(OWNER, &approval, "approve", "").await;
    assert_eq!(late.status(), 409);
    assert!(
        late.alert().contains("edited meanwhile") && late.body().contains(&page(&next)),
        "{}",
        late.body()
    );
    let again = console.form(OWNER, &approval, "edit", &edit).await;
    assert_eq!(again.status(), 409, "{}", again.body());
    // A form of the revision before changes nothing of this one.
    let stale = console.form(OWNER, &next, "edit", &edit).await;
    assert_eq!(stale.status(), 409);
    assert!(stale.alert().contains("no longer the one you saw"), "{}", stale.alert());
    assert_eq!(console.decide(OWNER, &next, "approve", "").await.status(), 303);
    assert!(matches!(console.stored(&next).decision, Decision::Approved { .. }));
    let listed = console.get(OWNER, "/console/approvals?status=superseded").await;
    assert!(listed.body().contains(&page(&approval)));
}

#[tokio::test]
async fn what_is_left_as_it_stands_stays_as_it_is_sealed() {
    let console = Console::new().await;
    let hidden = "Pay\u{200b}ment";
    let approval = console
        .hold(
            EDITOR,
            Draft {
                subject: Some(HeaderText::lossy(hidden)),
                html: Some("<p>It is <b>on</b> its way.</p>".into()),
                ..draft()
            },
        )
        .await;
    let shown = console.get(APPROVER, &format!("{}/edit", page(&approval))).await;
    let subject = shown.field("subject").to_owned();
    assert!(subject.contains("U+200B") && shown.body().contains("This mail has HTML too"));
    let digest = approval.digest.to_string();
    let fields =
        [("digest", digest.as_str()), ("to", "ann@example.org"), ("subject", &subject), ("text", "It left.")];
    let done = console.form(APPROVER, &approval, "edit", &fields).await;
    let next = console.led_to(&done);
    assert_eq!(next.subject, hidden);
    let shown = console.get(OWNER, &page(&next)).await;
    assert!(shown.body().contains("<iframe ") && shown.body().contains("do not say the same"));
    let digest = next.digest.to_string();
    let fields = [
        ("digest", digest.as_str()),
        ("to", "ann@example.org"),
        ("subject", &subject),
        ("text", "It left."),
        ("plain", "yes"),
    ];
    let next = console.led_to(&console.form(APPROVER, &next, "edit", &fields).await);
    let shown = console.get(OWNER, &page(&next)).await;
    assert!(!shown.body().contains("<iframe ") && shown.body().contains("This mail is plain text alone."));
}

#[tokio::test]
async fn a_mail_is_called_off_before_and_after_its_approval() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    let long = "x".repeat(2_001);
    let refused = console.form(APPROVER, &approval, "cancel", &[("reason", &long)]).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.body().contains(&long), "what was typed is not lost");
    // Whoever asked for it may, whatever their role.
    let shown = console.get(EDITOR, &page(&approval)).await;
    assert!(shown.body().contains("Your role reads.") && shown.body().contains("/cancel\""));
    let done = console.form(EDITOR, &approval, "cancel", &[("reason", " Not <needed> ")]).await;
    assert_eq!(done.header("location"), format!("{}?notice=cancelled", page(&approval)));
    let shown = console.get(EDITOR, done.header("location")).await;
    assert!(
        shown.body().contains("You cancelled this mail") && shown.body().contains("Not &#60;needed&#62;")
    );
    let late = console.form(APPROVER, &approval, "cancel", &[]).await;
    assert_eq!(late.status(), 409);
    assert!(late.alert().contains("nothing left to cancel"), "{}", late.alert());
    let listed = console.get(VIEWER, "/console/approvals?status=cancelled").await;
    assert!(listed.body().contains("Not &#60;needed&#62;") && listed.body().contains(&email(EDITOR)));

    let send_at = Some(samples::NOW + SignedDuration::from_hours(48));
    let approval = console.hold(EDITOR, Draft { send_at, ..draft() }).await;
    console.decide(APPROVER, &approval, "approve", "").await;
    let scheduled = console.get(OWNER, "/console/unsettled?status=scheduled").await;
    for words in
        ["Your order", "3 Jan 2026, 00:00 UTC", "ann@example.org", &format!("{}/cancel", page(&approval))]
    {
        assert!(scheduled.body().contains(words), "{words}: {}", scheduled.body());
    }
    assert_eq!(console.form(OWNER, &approval, "cancel", &[]).await.status(), 303);
    assert_eq!(console.stored(&approval).decision.as_str(), "cancelled");
    let scheduled = console.get(OWNER, "/console/unsettled?status=scheduled").await;
    assert!(scheduled.body().contains("Nothing waits for its time"));
}

#[tokio::test]
async fn a_pause_holds_all_mail_until_it_ends() {
    let console = Console::new().await;
    let send_at = Some(samples::NOW + SignedDuration::from_hours(48));
    let (keep, drop) =
        (console.hold(EDITOR, draft()).await, console.hold(EDITOR, Draft { send_at, ..draft() }).await);
    let shown = console.get(APPROVER, "/console/pause").await;
    assert!(shown.body().contains("Pause all mail now") && !shown.body().contains("role=\"status\""));
    let csrf = token(APPROVER);
    let long = "x".repeat(501);
    let refused = console.post(Some(APPROVER), "/console/pause", &[("csrf", &csrf), ("reason", &long)]).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.body().contains(&long));
    let pulled =
        console.post(Some(APPROVER), "/console/pause", &[("csrf", &csrf), ("reason", "Leak <1>")]).await;
    assert_eq!(pulled.header("location"), "/console/pause?notice=paused");
    for address in [
        "/console/approvals".to_owned(),
        page(&keep),
        "/console/unsettled".to_owned(),
        "/console/policies".to_owned(),
    ] {
        let shown = console.get(OWNER, &address).await;
        for words in ["<b>All mail is paused</b>", &email(APPROVER), "Leak &#60;1&#62;"] {
            assert!(shown.body().contains(words), "{address} {words}: {}", shown.body());
        }
    }
    let secret = console.link(OWNER, &keep).await;
    assert!(console.look(&route::link(&secret)).await.body().contains("<b>All mail is paused</b>"));
    let shown = console.get(APPROVER, &page(&keep)).await;
    assert!(shown.body().contains("Approve; it goes out when the pause ends"), "{}", shown.body());
    for approval in [&keep, &drop] {
        assert_eq!(console.decide(APPROVER, approval, "approve", "").await.status(), 303);
    }
    let shown = console.get(APPROVER, &format!("{}?notice=approved", page(&keep))).await;
    assert!(shown.body().contains("it goes out when that ends") && !shown.body().contains("about to go out"));
    let shown = console.get(APPROVER, "/console/pause").await;
    assert!(
        shown.body().contains("Owners and admins can let mail go again.")
            && !shown.body().contains("/console/resume")
    );
    let refused = console.post(Some(APPROVER), "/console/resume", &[("csrf", &csrf)]).await;
    assert_eq!(refused.status(), 403);

    let shown = console.get(OWNER, "/console/pause").await;
    let (kept, dropped) = (format!("drop-{}", keep.message_id), format!("drop-{}", drop.message_id));
    assert!(
        shown.body().contains("2 mails") && shown.body().contains(&kept) && shown.body().contains(&dropped)
    );
    let csrf = token(OWNER);
    let unknown = format!("drop-{}", samples::inbound(9).id);
    let refused = console.post(Some(OWNER), "/console/resume", &[("csrf", &csrf), (&unknown, "yes")]).await;
    assert_eq!(refused.status(), 409);
    assert!(refused.alert().contains("nothing was let go"), "{}", refused.alert());
    let released = console.post(Some(OWNER), "/console/resume", &[("csrf", &csrf), (&dropped, "yes")]).await;
    assert_eq!(released.header("location"), "/console/pause?notice=resumed");
    let shown = console.get(OWNER, released.header("location")).await;
    assert!(
        shown.body().contains("Mail goes out again") && !shown.body().contains("<b>All mail is paused</b>")
    );
    assert_eq!(console.stored(&drop).decision.as_str(), "cancelled");
    assert_eq!(console.stored(&keep).decision.as_str(), "approved");
    let shown = console.get(VIEWER, &page(&drop)).await;
    assert!(shown.body().contains("It was dropped when"), "{}", shown.body());
}

#[tokio::test]
async fn a_mail_that_nobody_knows_of_is_asked_for_again() {
    let console = Console::new().await;
    let shown = console.get(OWNER, "/console/unsettled").await;
    assert!(shown.body().contains("Nothing needs attention"));
    assert_eq!(console.get(OWNER, "/console/unsettled?status=sent").await.status(), 404);
    let approval = console.hold(EDITOR, draft()).await;
    console.decide(APPROVER, &approval, "approve", "").await;
    let key =
        (approval.organization_id, app::base::store::Key::Message(approval.inbox_id, approval.message_id));
    {
        let mut contents = console.world.store.contents();
        let Some(Record::Message(message)) = contents.records.get_mut(&key) else { panic!() };
        let Direction::Outbound(outbound) = &mut message.direction else { panic!() };
        outbound.state = State::Unknown { since: samples::NOW, told: 0 };
    }
    let shown = console.get(OWNER, "/console/unsettled").await;
    for words in
        ["Your order", "Unknown since", "Ask to send it again", "its recipients may then get it twice"]
    {
        assert!(shown.body().contains(words), "{words}: {}", shown.body());
    }
    let approver = console.get(APPROVER, "/console/unsettled").await;
    assert!(
        approver.body().contains("Owners, admins and editors") && !approver.body().contains("send-again")
    );
    let address = format!("/console/unsettled/{}/{}/send-again", approval.inbox_id, approval.message_id);
    let asked = console.post(Some(OWNER), &address, &[("csrf", &token(OWNER))]).await;
    assert_eq!(asked.status(), 303, "{}", asked.body());
    let next = console.led_to(&asked);
    assert_eq!((&next.resends[..], next.decision.as_str()), (&[approval.message_id][..], "pending"));
    let shown = console.get(OWNER, asked.header("location")).await;
    for words in [
        "This is the new attempt",
        "It is a new attempt at a mail",
        "You asked for this mail",
        &page(&approval),
    ] {
        assert!(shown.body().contains(words), "{words}: {}", shown.body());
    }
    // Pressed twice, or by somebody else: it leads to the same attempt.
    let pressed = console.post(Some(OWNER), &address, &[("csrf", &token(OWNER))]).await;
    assert_eq!((pressed.status(), console.led_to(&pressed).id), (303, next.id), "{}", pressed.body());
    let shown = console.get(OWNER, pressed.header("location")).await;
    assert!(shown.body().contains("This is the attempt that was made already"), "{}", shown.body());
    // One that waits can't be sent again.
    let address = format!("/console/unsettled/{}/{}/send-again", next.inbox_id, next.message_id);
    assert_eq!(console.post(Some(OWNER), &address, &[("csrf", &token(OWNER))]).await.status(), 409);
}

#[tokio::test]
async fn more_mails_are_approved_ahead_and_that_is_revoked() {
    let console = Console::new().await;
    let none = console.get(VIEWER, "/console/standing-approvals").await;
    assert!(none.body().contains("There are none"));
    let approval = console.hold(EDITOR, draft()).await;
    assert!(
        !console.get(APPROVER, &page(&approval)).await.body().contains("/ahead\""),
        "not before the decision"
    );
    console.decide(APPROVER, &approval, "approve", "").await;
    let shown = console.get(APPROVER, &page(&approval)).await;
    assert!(
        shown.body().contains("/ahead\"") && shown.body().contains("value=\"2026-01-08\""),
        "{}",
        shown.body()
    );
    for (budget, until, words) in [
        ("0", "2026-01-08", "The number of mails must be 1 to 1000."),
        ("x", "2026-01-08", "The number of mails must be"),
        ("5", "2025-01-08", "The last day must lie ahead"),
        ("5", "later", "The last day must be a day."),
    ] {
        let refused =
            console.form(APPROVER, &approval, "ahead", &[("budget", budget), ("until", until)]).await;
        assert_eq!(refused.status(), 422);
        assert!(refused.alert().contains(words), "{words}: {}", refused.alert());
    }
    let made = console.form(APPROVER, &approval, "ahead", &[("budget", "2"), ("until", "2026-01-08")]).await;
    assert_eq!(made.header("location"), "/console/standing-approvals?notice=made");
    let next = console.hold(EDITOR, draft()).await;
    assert!(matches!(next.decision, Decision::Approved { by: None, .. }), "{:?}", next.decision);
    let shown = console.get(OWNER, &page(&next)).await;
    assert!(
        shown.body().contains("Ahead, by a standing approval of") && shown.body().contains(&email(APPROVER))
    );
    let listed = console.get(OWNER, "/console/standing-approvals").await;
    for words in [
        "The next 2 mails to ann@example.org alone, from ",
        "1 of 2 used",
        "9 Jan 2026, 00:00 UTC",
        &email(APPROVER),
    ] {
        assert!(listed.body().contains(words), "{words}: {}", listed.body());
    }
    let revoke = listed.body().split("action=\"").find(|part| part.contains("/revoke\"")).unwrap();
    let revoke = revoke.split('"').next().unwrap();
    let revoked = console.post(Some(OWNER), revoke, &[("csrf", &token(OWNER))]).await;
    assert_eq!(revoked.header("location"), "/console/standing-approvals?notice=revoked");
    let listed = console.get(OWNER, "/console/standing-approvals").await;
    assert!(listed.body().contains("Revoked just now") && !listed.body().contains("/revoke\""));
    assert_eq!(console.hold(EDITOR, draft()).await.decision, Decision::Pending);
}

#[tokio::test]
async fn the_audit_log_is_read_and_filtered() {
    let console = Console::new().await;
    let empty = console.get(OWNER, "/console/audit").await;
    assert!(empty.body().contains("Nothing has been written down yet"));
    let approval = console.hold(EDITOR, draft()).await;
    console.decide(APPROVER, &approval, "approve", "").await;
    let written: Vec<_> = console.world.store.contents().audit.iter().map(|entry| entry.id).collect();
    app::ledger::audit::chain(
        &*console.ports().clock,
        &*console.world.store,
        samples::organization_id(1),
        &written,
    )
    .await
    .unwrap();
    let all = console.get(OWNER, "/console/audit").await;
    for words in ["approval.approve", "message.submit", &email(APPROVER), &approval.digest.to_string()] {
        assert!(all.body().contains(words), "{words}: {}", all.body());
    }
    let some = console.get(OWNER, &format!("/console/audit?action=approval.&target={}", approval.id)).await;
    assert!(some.body().contains("approval.approve") && !some.body().contains("<code>message.submit"));
    assert!(some.body().contains(&format!("href=\"{}\"", page(&approval))));
    let none = console.get(OWNER, "/console/audit?action=%22%3Cb%3E").await;
    assert!(none.body().contains("No such entry") && none.body().contains("&#34;&#60;b&#62;"));
    let first = console.get(OWNER, "/console/audit?limit=1").await;
    assert_eq!(first.body().matches("<tr>").count(), 2);
    assert!(first.body().contains("rel=\"next\""));
}

#[tokio::test]
async fn policies_are_told_in_words() {
    let console = Console::new().await;
    assert!(console.get(OWNER, "/console/policies").await.body().contains("Every mail waits for a person."));
    console.with_terms(&[(2, &[Role::Owner])]).await;
    let shown = console.get(OWNER, "/console/policies").await;
    for words in [
        "Care &#60;b&#62;",
        "Two see it",
        "Whatever the mail: hold it for 2 votes of owners, for at most 7 days.",
        "For every inbox",
    ] {
        assert!(shown.body().contains(words), "{words}: {}", shown.body());
    }
}

/// Strangers' mail that a rule holds, and the bytes of it.
async fn hold_strangers_mail(console: &Console, n: u8) -> Held {
    let held = Held { inbox_id: samples::inbox_id(1), ..samples::held(n) };
    let held = Held { message: Box::new(Message { inbox_id: held.inbox_id, ..*held.message }), ..held };
    let Direction::Inbound { raw_key, .. } = &held.message.direction else { panic!() };
    let raw = "From: Ann <ann@example.org>\r\nSubject: Hello\r\nContent-Type: text/html\r\n\r\n\
               <p>Pay <b>now</b><script>alert(1)</script><img src='https://spy.test/x.png'></p>\r\n";
    let key = BlobKey::Raw(raw_key.clone());
    console.world.blobs.put(&key, raw.into(), "message/rfc822").await.unwrap();
    let change = Change::new(samples::organization_id(1)).create(held.clone());
    console.ports().store.commit(change).await.unwrap();
    held
}

#[tokio::test]
async fn a_held_mail_is_read_as_text_and_let_in_or_deleted_from_its_page() {
    let console = Console::new().await;
    let (one, two) = (hold_strangers_mail(&console, 1).await, hold_strangers_mail(&console, 2).await);
    let listed = console.get(VIEWER, route::HELD).await;
    let address = route::held_mail(one.inbox_id, one.message_id);
    assert_eq!(listed.status(), 200);
    assert!(listed.body().contains(&address), "{}", listed.body());
    let shown = console.get(APPROVER, &address).await;
    assert!(shown.body().contains("Pay now") && !shown.body().contains("spy.test"), "{}", shown.body());
    assert!(!has_foreign_script(shown.body()) && !shown.body().contains("<iframe"));
    assert!(shown.body().contains("/release\"") && shown.body().contains("/discard\""));
    let viewed = console.get(VIEWER, &address).await;
    assert!(!viewed.body().contains("/release\""), "a role that only reads has no buttons");

    // No look, and no form of somebody else's page, does anything.
    let release = format!("{address}/release");
    assert_eq!(console.get(APPROVER, &release).await.status(), 303);
    assert_ne!(console.post(Some(APPROVER), &release, &[("csrf", "0")]).await.status(), 303);
    assert_ne!(console.post(Some(VIEWER), &release, &[("csrf", &token(VIEWER))]).await.status(), 303);
    assert_ne!(console.post(None, &release, &[]).await.header("location"), route::HELD);
    let done = console.post(Some(APPROVER), &release, &[("csrf", &token(APPROVER))]).await;
    assert_eq!(done.header("location"), format!("{}?notice=released", route::HELD));
    let again = console.post(Some(OWNER), &release, &[("csrf", &token(OWNER))]).await;
    assert_eq!(again.status(), 404);

    let discard = format!("{}/discard", route::held_mail(two.inbox_id, two.message_id));
    let done = console.post(Some(OWNER), &discard, &[("csrf", &token(OWNER))]).await;
    assert_eq!(done.header("location"), format!("{}?notice=discarded", route::HELD));
    let listed = console.get(OWNER, done.header("location")).await;
    assert!(listed.body().contains("Nothing is held") && listed.body().contains("deleted for good"));
    let contents = console.world.store.contents();
    let actions: Vec<_> = contents.audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["message.release", "message.discard"]);
}

/// What a page declares is what it does: without a session it leads to signing in, without its right it is refused.
#[tokio::test]
async fn each_page_asks_for_what_it_declares() {
    let console = Console::new().await;
    let example = |name: &str| match name {
        "approval_id" => samples::approval(1).id.to_string(),
        "attachment_id" => samples::attachment(1).id.to_string(),
        "docs_part" => "messages".to_owned(),
        "domain_id" => samples::domain(1).id.to_string(),
        "draft_id" => samples::draft(1).id.to_string(),
        "event_id" => samples::event(1).id.to_string(),
        "inbox_id" => samples::inbox_id(1).to_string(),
        "list_entry_id" => {
            let whom = Whom::Everyone;
            samples::list_entry(1, Side::Send, Standing::Block, whom).id.to_string()
        }
        "suppression_id" => samples::suppression(1).id.to_string(),
        "thread_id" => samples::inbound(1).thread_id.to_string(),
        "token_id" => samples::token(9, Role::Owner, &[]).0.id.to_string(),
        "upload_id" => samples::upload(1).id.to_string(),
        "webhook_id" => samples::webhook(1).id.to_string(),
        "account_id" => samples::account(1).id.to_string(),
        "message_id" => samples::approval(1).message_id.to_string(),
        "passkey_id" => samples::passkeys(1).keys[0].id.to_string(),
        "session_id" => samples::session(1, Role::Viewer).0.id.to_string(),
        "standing_approval_id" => samples::standing_approval(1).id.to_string(),
        "link" => LinkSecret::new(samples::organization_id(1), [9; 32]).reveal(),
        "group_id" => samples::policies().groups[0].id.to_string(),
        "policy_id" => samples::policies().policies[0].id.to_string(),
        "invitation" => samples::mailed_invitation(1).1.reveal(),
        "invitation_id" => samples::invitation(1).id.to_string(),
        "member_id" => samples::member(99, Role::Viewer).id.to_string(),
        "reset" => samples::reset(1).1.reveal(),
        "setup" => samples::setup(1).1.reveal(),
        "key_link" => KeyLinkSecret::new([9; 32]).reveal().to_owned(),
        "email_proof" => samples::email_proof(1).1.reveal(),
        "claim" => samples::registration(1).1.reveal(),
        other => panic!("an example of {other} is missing"),
    };
    for page in Page::all() {
        let part = |part: &str| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => example(name),
            None => part.to_owned(),
        };
        let address = format!("/console{}", page.path.split('/').map(part).collect::<Vec<_>>().join("/"));
        let method = if matches!(page.get, Get::Page(_)) { "GET" } else { "POST" };
        let stranger = console.call(Console::request(method, &address, None)).await;
        match page.audience {
            Audience::Anyone => assert!(stranger.status() < 400 || page.path.is_empty(), "{address}"),
            Audience::Secret => assert_eq!(stranger.header("referrer-policy"), "no-referrer", "{address}"),
            Audience::Session | Audience::With(_) => {
                assert_eq!(stranger.status(), 303, "{address}: {}", stranger.body());
                assert!(stranger.header("location").starts_with("/console/sign-in"), "{address}");
            }
        }
        let Audience::With(scope) = page.audience else { continue };
        for (who, role) in PEOPLE {
            let fields = [("csrf", &*token(who)), ("digest", &*Digest::of(b"x").to_string())];
            let answer = match method {
                "GET" => console.get(who, &address).await,
                _ => console.post(Some(who), &address, &fields).await,
            };
            let may = role.scopes().contains(&scope);
            assert!(may || [403, 404].contains(&answer.status()), "{role:?} {address}: {}", answer.status());
            assert!(!may || answer.status() != 403, "{role:?} {address}: {}", answer.status());
        }
        let other = console.call(Console::request("DELETE", &address, Some(&secret(OWNER)))).await;
        assert_eq!((other.status(), other.header("allow")), (405, page.methods()), "{address}");
    }
}

#[tokio::test]
async fn people_are_seen_by_all_and_changed_by_whoever_manages_them() {
    let console = Console::new().await;
    let seen = console.get(VIEWER, "/console/people").await;
    assert_eq!(seen.status(), 200);
    assert!(seen.body().contains("member5@example.com") && !seen.body().contains("Send the invitation"));
    let approver = samples::member(APPROVER, Role::Viewer).id;
    let (one, list) = (format!("/console/people/{approver}"), route::PEOPLE);
    assert!(!console.get(VIEWER, &one).await.body().contains("<select"));
    let own = format!("/console/people/{}", samples::member(VIEWER, Role::Viewer).id);
    assert!(console.get(VIEWER, &own).await.body().contains("Leave this organization"));

    let csrf = token(OWNER);
    let invite = |email: &'static str| {
        let fields =
            [("csrf", csrf.as_str()), ("email", email), ("role", "editor")].map(|(a, b)| (a, b.to_owned()));
        let console = &console;
        async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            console.post(Some(OWNER), "/console/people/invitations", &fields).await
        }
    };
    let typo = invite("no address").await;
    assert_eq!(typo.status(), 422);
    assert!(
        typo.body().contains("value=\"no address\"") && typo.alert().starts_with("Email address"),
        "{}",
        typo.body()
    );
    assert_eq!(invite("grace@example.org").await.header("location"), format!("{list}?notice=invited"));
    let twice = invite("grace@example.org").await;
    assert_eq!((twice.status(), twice.alert().contains("is invited")), (409, true), "{}", twice.alert());
    let shown = console.get(OWNER, list).await;
    assert!(shown.body().contains("grace@example.org") && shown.body().contains("Send again"));

    assert!(console.get(APPROVER, "/console/approvals").await.body().contains("Pause all mail"));
    let change = [("csrf", csrf.as_str()), ("role", "editor")];
    let done = console.post(Some(OWNER), &format!("{one}/change"), &change).await;
    assert_eq!(done.header("location"), format!("{one}?notice=changed"));
    // Their session has the new role at once.
    assert!(!console.get(APPROVER, "/console/approvals").await.body().contains("Pause all mail"));
    let last = format!("/console/people/{}", samples::member(OWNER, Role::Owner).id);
    let kept = console.post(Some(OWNER), &format!("{last}/change"), &change).await;
    assert_eq!(kept.status(), 409);
    assert!(kept.alert().starts_with("An organization keeps an owner"), "{}", kept.alert());
}

#[tokio::test]
async fn the_links_of_mails_to_people_change_nothing_until_a_form_is_sent() {
    let console = Console::new().await;
    let (invitation, secret) = samples::mailed_invitation(1);
    let of_owner = Actor::Member { member_id: samples::member(OWNER, Role::Owner).id };
    let (reset, reset_secret) = samples::reset(APPROVER);
    let login = samples::login(APPROVER);
    let change = Change::new(samples::organization_id(1))
        .create(Invitation { invited_by: of_owner, ..invitation })
        .create(reset)
        .directory(DirectoryWrite::NewLogin(login));
    console.world.ports.store.commit(change).await.unwrap();
    let look = async |address: &str| console.call(Console::request("GET", address, None)).await;
    let joining = format!("/console/invitations/{}", secret.reveal());
    let resetting = format!("/console/password-resets/{}", reset_secret.reveal());
    let before = console.world.store.contents().clone();
    for address in [&joining, &resetting, &"/console/forgot-password".to_owned()] {
        for _ in 0..3 {
            assert_eq!(look(address).await.status(), 200, "{address}");
        }
    }
    assert_eq!(console.world.store.contents().records, before.records);
    let fields = |csrf: String, password: &'static str| [("csrf", csrf), ("password", password.to_owned())];
    let send = async |address: &str, fields: [(&'static str, String); 2]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        console.post(None, address, &fields).await
    };
    let good = "four words nobody puts together";
    assert_eq!(send(&joining, fields("x".to_owned(), good)).await.status(), 403);
    let weak = send(&joining, fields(secret.form_token(), "password1234")).await;
    assert_eq!(weak.status(), 422);
    assert!(weak.alert().starts_with("The password is too easy"), "{}", weak.alert());
    let joined = send(&joining, fields(secret.form_token(), good)).await;
    assert_eq!((joined.status(), joined.header("location")), (303, route::QUEUE));
    assert!(joined.cookie().starts_with("__Host-cs_session=cs_session_"));
    let again = look(&joining).await;
    assert_eq!(again.status(), 410);
    assert!(again.body().contains("This invitation was accepted"), "{}", again.body());

    let chosen = send(&resetting, fields(reset_secret.form_token(), good)).await;
    assert_eq!(chosen.header("location"), "/console/sign-in?notice=password-changed");
    assert_eq!(look(&resetting).await.status(), 410);
    let asked = console.post(None, "/console/forgot-password", &[("email", "nobody@example.com")]).await;
    assert!(asked.status() == 200 && asked.body().contains("If somebody signs in with this address"));
}

#[tokio::test]
async fn the_menu_has_what_the_reader_may_open_and_says_where_they_are() {
    let console = Console::new().await;
    let viewer = console.get(VIEWER, "/console/approvals").await;
    assert!(viewer.body().contains("<a href=\"/console/approvals\" aria-current=\"page\">Approvals"));
    for other in ["/console/audit", "/console/policies", "/console/pause"] {
        assert!(!viewer.body().contains(&format!("href=\"{other}\"")), "{other}");
        assert!(console.get(OWNER, "/console/approvals").await.body().contains(&format!("href=\"{other}\"")));
    }
    // Who may not open a page goes on from there.
    let refused = console.get(VIEWER, "/console/policies").await;
    assert_eq!(refused.status(), 403);
    assert!(refused.body().contains("Not for your role") && refused.body().contains("Sections"));
}

#[test]
fn the_gateway_finds_the_function_of_each_page() {
    let paths = crate::paths();
    let longest = |address: &str| {
        let fits = |path: &str| match path.strip_suffix("{proxy+}") {
            Some(below) => address.starts_with(below) && address.len() > below.len(),
            None => address == path,
        };
        paths.iter().filter(|(path, _)| fits(path)).max_by_key(|(path, _)| (!path.ends_with('}'), path.len()))
    };
    for page in Page::all() {
        let address = format!("/console{}", page.path);
        let name = match page.trust {
            Trust::Mail => "console-mail",
            Trust::Decide => "console-decide",
            Trust::OpenId => "console-openid",
            Trust::Manage => "console-manage",
            Trust::Sign => "console-receipts",
        };
        assert_eq!(longest(&address).map(|(_, name)| *name), Some(name), "{address}");
    }
}
