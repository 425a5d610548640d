//! Writing mail, and following it.

use std::fmt::Write as _;

use super::*;

/// Sends a form with a file.
fn with_file(who: u8, address: &str, fields: &[(&str, &str)], file: (&str, &str)) -> Request {
    let mut request = Console::request("POST", address, Some(&secret(who)));
    let mut body = String::new();
    for (name, value) in fields {
        _ = write!(body, "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    let (name, contents) = file;
    _ = write!(
        body,
        "--b\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n\
         {contents}\r\n--b--\r\n"
    );
    request.headers.insert("content-type".to_owned(), "multipart/form-data; boundary=b".to_owned());
    request.body = body.into();
    request
}

fn compose() -> String {
    format!("/console/compose/{}", samples::inbox_id(1))
}

fn drafts() -> String {
    format!("/console/drafts/inboxes/{}", samples::inbox_id(1))
}

/// The address without its query.
fn path(answer: &Answer) -> String {
    assert_eq!(answer.status(), 303, "{}", answer.body());
    answer.header("location").split('?').next().unwrap_or_default().to_owned()
}

impl Console {
    fn approval(&self, id: &str) -> Approval {
        let contents = self.world.store.contents();
        let found = contents.records.values().find_map(|record| match record {
            Record::Approval(found) if found.id.to_string() == id => Some((**found).clone()),
            _ => None,
        });
        found.unwrap()
    }

    /// As if the provider had taken its mail.
    fn accept(&self, approval: &Approval) {
        let key = app::base::store::Key::Message(approval.inbox_id, approval.message_id);
        let mut contents = self.world.store.contents();
        let Some(Record::Message(message)) = contents.records.get_mut(&(approval.organization_id, key))
        else {
            panic!("the mail is gone")
        };
        let Direction::Outbound(outbound) = &mut message.direction else { panic!("it is ours") };
        outbound.state =
            State::Accepted { provider_id: "ses-1".to_owned(), at: samples::NOW, outcomes: BTreeMap::new() };
    }

    fn approvals(&self) -> usize {
        let contents = self.world.store.contents();
        contents.records.values().filter(|record| matches!(record, Record::Approval(_))).count()
    }
}

#[tokio::test]
async fn a_mail_is_written_kept_with_its_file_and_asked_for_once() {
    let console = Console::new().await;
    let csrf = token(EDITOR);
    let blank = console.get(EDITOR, &compose()).await;
    assert!(blank.status() == 200 && !has_foreign_script(blank.body()), "{}", blank.body());
    assert!(blank.header("content-security-policy").contains("script-src 'sha256-"));
    let nonce = blank.field("nonce").to_owned();

    // All that is wrong is said at once, what was typed stays, and nothing is made.
    let wrong = [
        ("csrf", &*csrf),
        ("nonce", &*nonce),
        ("to", "nobody"),
        ("send_at", "soon"),
        ("subject", "My <words>"),
    ];
    let wrong = console.post(Some(EDITOR), &compose(), &wrong).await;
    assert_eq!(wrong.status(), 422);
    for field in ["to", "text", "send_at"] {
        assert!(wrong.body().contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", wrong.body());
    }
    assert!(wrong.body().contains("My &#60;words&#62;") && wrong.field("nonce") == nonce);
    assert!(console.get(EDITOR, &drafts()).await.body().contains("There are no drafts"));

    // With a file, what can be read is kept as a draft: a page can't keep a file.
    let fields =
        [("csrf", &*csrf), ("nonce", &*nonce), ("to", "nobody"), ("text", "It is here."), ("act", "send")];
    let kept = console.call(with_file(EDITOR, &compose(), &fields, ("offer.txt", "10 a piece"))).await;
    assert_eq!(kept.status(), 422);
    assert!(kept.body().contains("offer.txt") && kept.body().contains("id=\"to-wrong\""), "{}", kept.body());
    let listed = console.get(EDITOR, &drafts()).await;
    let id = listed.body().split("href=\"/console/drafts/drf_").nth(1).unwrap().split('"').next().unwrap();
    let draft = format!("/console/drafts/drf_{id}");
    assert!(kept.body().contains(&format!("action=\"{draft}\"")), "{}", kept.body());

    let revision = kept.field("revision").to_owned();
    let fields = [
        ("csrf", &*csrf),
        ("revision", &*revision),
        ("to", "Ann <ann@example.org>"),
        ("subject", "The offer"),
        ("text", "It is here."),
        ("keep-0", "yes"),
    ];
    let asked = console.post(Some(EDITOR), &draft, &fields).await;
    let timeline = path(&asked);
    let again = console.post(Some(EDITOR), &draft, &fields).await;
    assert_eq!((path(&again), console.approvals()), (timeline.clone(), 1));
    assert_eq!(path(&console.get(EDITOR, &draft).await), timeline);
    // The page says what it waits for, and whoever reads it follows it from there.
    let page = console.get(EDITOR, &format!("{timeline}?notice=asked")).await;
    assert!(
        page.body().contains("somebody else decides") && page.body().contains("No policy lets this mail go")
    );
    assert!(
        page.body().contains("curl -X POST") && page.body().contains("$COUNTERSIGN_TOKEN"),
        "{}",
        page.body()
    );
    let approval = console.get(APPROVER, &timeline.replace("/requests/", "/approvals/")).await;
    assert!(
        approval.body().contains("offer.txt") && approval.body().contains("Approve"),
        "{}",
        approval.body()
    );
}

#[tokio::test]
async fn two_who_write_in_one_draft_lose_nothing() {
    let console = Console::new().await;
    let csrf = token(EDITOR);
    let fields = [("csrf", &*csrf), ("nonce", ""), ("subject", "First"), ("act", "save")];
    let draft = path(&console.post(Some(EDITOR), &compose(), &fields).await);
    let seen = console.get(EDITOR, &draft).await.field("revision").to_owned();
    let csrf_of_owner = token(OWNER);
    let fields = [("csrf", &*csrf_of_owner), ("revision", &*seen), ("subject", "Second"), ("act", "save")];
    assert_eq!(console.post(Some(OWNER), &draft, &fields).await.status(), 303);
    let fields = [("csrf", &*csrf), ("revision", &*seen), ("subject", "Third"), ("act", "save")];
    let late = console.post(Some(EDITOR), &draft, &fields).await;
    assert_eq!(late.status(), 409);
    assert!(
        late.alert().contains("Somebody else changed this draft") && late.body().contains("value=\"Third\"")
    );
    assert!(console.get(EDITOR, &draft).await.body().contains("value=\"Second\""));
    // Deleting one that was changed since shows it, and deletes nothing.
    let fields = [("csrf", &*csrf), ("revision", &*seen)];
    let refused = console.post(Some(EDITOR), &format!("{draft}/delete"), &fields).await;
    assert_eq!(refused.header("location"), format!("{draft}?notice=changed"));
    let newest = late.field("revision").to_owned();
    let fields = [("csrf", &*csrf), ("revision", &*newest)];
    let deleted = console.post(Some(EDITOR), &format!("{draft}/delete"), &fields).await;
    assert_eq!(deleted.header("location"), format!("{}?notice=deleted", drafts()));
}

#[tokio::test]
async fn words_of_a_mail_outlive_the_session() {
    let console = Console::new().await;
    let fields = [("csrf", "x"), ("to", "ann@example.org"), ("text", "Long & dear"), ("nonce", "n")];
    let ended = console.post(None, &compose(), &fields).await;
    assert_eq!(ended.status(), 401);
    assert!(
        ended.body().contains("Long &#38; dear")
            && ended.body().contains("name=\"to\" value=\"ann@example.org\"")
    );
    assert!(!ended.body().contains("name=\"csrf\""), "{}", ended.body());
    let back = console.post(Some(EDITOR), &compose(), &fields[1..]).await;
    assert_eq!(back.status(), 403);
    assert!(back.body().contains("Long &#38; dear") && back.body().contains("ann@example.org"));
    assert_eq!(console.approvals(), 0);
}

#[tokio::test]
async fn mails_are_answered_and_passed_on_from_their_page() {
    let console = Console::new().await;
    let sent = console.hold(EDITOR, draft()).await;
    console.decide(APPROVER, &sent, "approve", "").await;
    let page = format!("/console/inboxes/{}/messages/{}", samples::inbox_id(1), sent.message_id);
    let answer = format!("{}/{}", compose(), sent.message_id);
    // What nobody got is not passed on.
    let (csrf, nonce) = (token(EDITOR), "0".repeat(64));
    let fields = [("csrf", &*csrf), ("nonce", &*nonce), ("to", "bob@example.org"), ("text", "See below.")];
    assert!(!console.get(EDITOR, &page).await.body().contains(&format!("{answer}/forward")));
    let early = console.post(Some(EDITOR), &format!("{answer}/forward"), &fields).await;
    assert!(early.status() == 409 && early.alert().contains("has not gone"), "{}", early.body());
    console.accept(&sent);
    let shown = console.get(EDITOR, &page).await;
    for end in ["reply", "reply-all", "forward"] {
        assert!(shown.body().contains(&format!("href=\"{answer}/{end}\"")), "{end}: {}", shown.body());
    }
    assert!(shown.body().contains(&format!("href=\"{page}/raw\"")));
    assert!(!console.get(VIEWER, &page).await.body().contains("/console/compose/"));
    let raw = console.get(VIEWER, &format!("{page}/raw")).await;
    assert!(raw.header("content-disposition").contains(".eml\""), "{}", raw.0);

    let form = console.get(EDITOR, &format!("{answer}/reply")).await;
    assert!(
        form.body().contains("Re: Your order") && form.body().contains("ann@example.org"),
        "{}",
        form.body()
    );
    assert!(form.body().contains("The mail that it answers") && form.body().contains("It is on its way."));

    let form = console.get(EDITOR, &format!("{answer}/forward")).await;
    assert!(form.body().contains("The mail that is passed on"), "{}", form.body());
    let first = console.post(Some(EDITOR), &format!("{answer}/forward"), &fields).await;
    let again = console.post(Some(EDITOR), &format!("{answer}/forward"), &fields).await;
    assert_eq!((path(&first), console.approvals()), (path(&again), 2), "a double click makes one mail");
    let nobody = [("csrf", &*csrf), ("nonce", "other"), ("to", ""), ("text", "See below.")];
    let wrong = console.post(Some(EDITOR), &format!("{answer}/forward"), &nobody).await;
    assert!(
        wrong.status() == 422
            && wrong.body().contains("id=\"to-wrong\"")
            && wrong.body().contains("See below.")
    );
}

#[tokio::test]
async fn a_test_mail_goes_the_way_of_any_and_its_steps_are_told() {
    let console = Console::new().await;
    let inbox = format!("/console/inboxes/{}", samples::inbox_id(1));
    assert!(!console.get(VIEWER, &inbox).await.body().contains("Write a mail"));
    let form = console.get(EDITOR, &inbox).await;
    let (csrf, nonce) = (token(EDITOR), form.field("nonce").to_owned());
    let fields = [("csrf", &*csrf), ("nonce", &*nonce), ("to", "success")];
    let asked = console.post(Some(EDITOR), &format!("{}/test", compose()), &fields).await;
    let again = console.post(Some(EDITOR), &format!("{}/test", compose()), &fields).await;
    assert_eq!((path(&asked), console.approvals()), (path(&again), 1));
    let timeline = path(&asked);
    let steps = console.get(VIEWER, &timeline).await;
    assert!(
        steps.body().contains("success@simulator.amazonses.com")
            && steps.body().contains("Held: it waits for")
    );
    // Whoever looks after no endpoint is told of none.
    assert!(!steps.body().contains("id=\"told\""));
    assert!(console.get(OWNER, &timeline).await.body().contains("No endpoint was told"));

    let id = timeline.rsplit('/').next().unwrap();
    console.decide(APPROVER, &console.approval(id), "reject", "Not <now>").await;
    let steps = console.get(EDITOR, &timeline).await;
    assert!(
        steps.body().contains("Not &#60;now&#62;") && steps.body().contains(&email(APPROVER)),
        "{}",
        steps.body()
    );
    let draft = console.hold(EDITOR, draft()).await;
    assert_eq!(console.get(VIEWER, &route::timeline(draft.id)).await.status(), 200);
}

#[tokio::test]
async fn what_is_scheduled_stands_on_its_day_and_is_cancelled_there() {
    let console = Console::new().await;
    let empty = console.get(VIEWER, "/console/scheduled").await;
    assert!(empty.status() == 200 && empty.body().contains("Nothing is scheduled"), "{}", empty.body());
    let at = console.ports().now() + SignedDuration::from_hours(24 * 40);
    let waiting = console.hold(EDITOR, Draft { send_at: Some(at), ..draft() }).await;
    let month = format!("/console/scheduled?month={}", at.strftime("%Y-%m"));
    let shown = console.get(APPROVER, &month).await;
    assert!(shown.body().contains(&format!("href=\"#day-{}\"", at.strftime("%Y-%m-%d"))), "{}", shown.body());
    assert!(
        shown.body().contains("Waits for a decision") && shown.body().contains(&route::timeline(waiting.id))
    );
    let cancel = format!("action=\"{}/cancel\"", page(&waiting));
    assert!(
        shown.body().contains(&cancel) && console.get(EDITOR, &month).await.body().contains(&cancel),
        "their own"
    );
    assert!(!console.get(VIEWER, &month).await.body().contains(&cancel));
    assert!(console.get(VIEWER, "/console/scheduled").await.body().contains("Nothing in this month"));
}

#[tokio::test]
async fn calls_of_the_api_are_listed_for_whoever_may_read_them() {
    let console = Console::new().await;
    let empty = console.get(OWNER, "/console/requests").await;
    assert!(empty.status() == 200 && empty.body().contains("No call was made yet"), "{}", empty.body());
    assert_eq!(console.get(EDITOR, "/console/requests").await.status(), 403);
    let wrong = console.get(OWNER, "/console/requests?status=many&token_id=x").await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.body().contains("id=\"status-wrong\"") && wrong.body().contains("id=\"token_id-wrong\""));
}
