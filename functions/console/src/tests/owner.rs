//! The pages of those who look after an organization.

use app::base::ports::{KeyVerdict, SendOutcome};
use app::base::store::{Change, Record};
use domain::people::access::Scope;
use domain::people::credential::Token;
use domain::people::email::EmailProof;
use domain::people::usage::{Amounts, Of, Usage, day_of};
use testkit::samples;

use super::*;

impl Console {
    async fn put(&self, change: Change) {
        self.world.ports.store.commit(change).await.unwrap();
    }

    /// Sends a form of the owner's, as a page of theirs has it.
    async fn owner(&self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = token(OWNER);
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.post(Some(OWNER), address, &fields).await
    }

    fn tokens(&self) -> Vec<Token> {
        let contents = self.world.store.contents();
        let tokens = contents.records.values().filter_map(|record| match record {
            Record::Token(token) if token.first.is_none() => Some((**token).clone()),
            _ => None,
        });
        tokens.collect()
    }

    fn audited(&self) -> Vec<&'static str> {
        self.world.store.contents().audit.iter().map(|entry| entry.action).collect()
    }
}

fn change() -> Change {
    Change::new(samples::organization_id(1))
}

#[tokio::test]
async fn a_token_is_made_shown_once_changed_rotated_and_deleted() {
    let console = Console::new().await;
    let empty = console.get(OWNER, "/console/tokens").await;
    assert!(empty.body().contains("There are no tokens yet"), "{}", empty.body());
    // The form begins with what an agent needs, and offers a viewer no more than their role has.
    let blank = console.get(OWNER, "/console/tokens/new").await;
    assert!(blank.body().contains("name=\"scope-messages.send\" value=\"yes\" checked"), "{}", blank.body());
    let viewer = console.get(VIEWER, "/console/tokens/new").await;
    assert!(!viewer.body().contains("scope-messages.send") && viewer.body().contains("scope-messages.read"));

    // All that is wrong is said at once, and what was typed stays.
    let wrong = console
        .owner("/console/tokens/new", &[("name", ""), ("sends_per_day", "lots"), ("reach", "some")])
        .await;
    assert_eq!(wrong.status(), 422);
    for field in ["name", "scopes", "inbox_ids", "sends_per_day"] {
        assert!(wrong.body().contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", wrong.body());
    }
    assert!(wrong.body().contains("value=\"lots\"") && wrong.body().contains("role=\"alert\""));
    let both = [("name", "A"), ("scope-messages.send", "yes"), ("scope-approvals.decide", "yes")];
    assert_eq!(console.owner("/console/tokens/new", &both).await.status(), 422);
    assert_eq!(console.tokens(), []);

    let inbox = format!("inbox-{}", samples::inbox_id(1));
    let fields = [
        ("name", "Support <agent>"),
        ("scope-messages.read", "yes"),
        ("scope-messages.send", "yes"),
        ("reach", "some"),
        (inbox.as_str(), "yes"),
        ("sends_per_day", "50"),
    ];
    let made = console.owner("/console/tokens/new", &fields).await;
    assert_eq!(made.status(), 200, "{}", made.body());
    let [one] = &console.tokens()[..] else { panic!("one token") };
    assert_eq!(one.scopes, [Scope::MessagesRead, Scope::MessagesSend].into());
    assert_eq!(one.inboxes, Some([samples::inbox_id(1)].into()));
    assert_eq!(one.sends_per_day.map(domain::people::limit::SendsPerDay::get), Some(50));
    let secret = made.body().split("value=\"cs_live_").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(Secret::parse(&format!("cs_live_{secret}")).map(|secret| secret.hash()), Ok(one.hash));
    assert!(made.body().contains("curl https://console.example.com/v1/me"), "{}", made.body());
    assert_eq!(made.header("cache-control"), "no-store");

    // From then on nobody sees it.
    let address = format!("/console/tokens/{}", one.id);
    for shown in ["/console/tokens", address.as_str()] {
        let shown = console.get(OWNER, shown).await;
        assert!(!shown.body().contains(&secret) && shown.body().contains("Support &#60;agent&#62;"));
    }
    // Nor does anybody but its owner and those who manage see that it is there.
    assert_eq!(console.get(VIEWER, &address).await.status(), 404);

    let changed = console.owner(&address, &[("name", "Agent"), ("sends_per_day", "")]).await;
    assert_eq!(changed.header("location"), format!("{address}?notice=changed"));
    assert_eq!((console.tokens()[0].name.as_str(), console.tokens()[0].sends_per_day), ("Agent", None));
    assert_eq!(console.owner(&address, &[("name", ""), ("sends_per_day", "0")]).await.status(), 422);

    let rotated = console.owner(&format!("{address}/rotate"), &[("overlap", "3600")]).await;
    assert!(rotated.body().contains("The token has a new secret") && !rotated.body().contains(&secret));
    let deleted = console.owner(&format!("{address}/delete"), &[]).await;
    assert_eq!(deleted.header("location"), "/console/tokens?notice=deleted");
    assert_eq!(console.tokens(), []);
    assert_eq!(
        console.audited(),
        ["token.create", "token.update", "token.rotate", "token.delete"],
        "each is written down"
    );
}

#[tokio::test]
async fn a_webhook_is_made_tried_paused_rotated_told_again_and_deleted() {
    let console = Console::new().await;
    assert!(console.get(OWNER, "/console/webhooks").await.body().contains("Nothing is told of events yet"));
    let wrong =
        console.owner("/console/webhooks/new", &[("url", "http://10.0.0.1/"), ("events", "all")]).await;
    assert!(wrong.status() == 422 && wrong.body().contains("id=\"url-wrong\""), "{}", wrong.body());
    // Some of nothing is not all of it.
    let fields = [("url", "https://example.com/hook"), ("events", "some"), ("inboxes", "all")];
    let wrong = console.owner("/console/webhooks/new", &fields).await;
    assert!(wrong.status() == 422 && wrong.body().contains("id=\"events-wrong\""), "{}", wrong.body());
    let fields = [fields[0], fields[1], fields[2], ("event-message.*", "yes")];
    let made = console.owner("/console/webhooks/new", &fields).await;
    assert!(made.status() == 200 && made.body().contains("value=\"whsec_"), "{}", made.body());

    let listed = console.get(OWNER, "/console/webhooks").await;
    let id = listed.body().split("href=\"/console/webhooks/whk_").nth(1).unwrap().split('"').next().unwrap();
    let address = format!("/console/webhooks/whk_{id}");
    let page = console.get(OWNER, &address).await;
    assert!(page.body().contains("It was told of nothing yet") && !page.body().contains("whsec_"));
    assert!(page.body().contains("name=\"event-message.*\" value=\"yes\" checked"), "{}", page.body());
    for (end, fields, notice) in [
        ("/test", &[][..], "tested"),
        ("/status", &[("status", "paused")], "paused"),
        ("/status", &[("status", "active")], "active"),
        ("", &[("url", "https://example.com/other"), ("events", "all"), ("inboxes", "all")], "changed"),
    ] {
        let done = console.owner(&format!("{address}{end}"), fields).await;
        assert_eq!(done.header("location"), format!("{address}?notice={notice}"), "{}", done.body());
    }
    assert!(console.get(OWNER, &address).await.body().contains("https://example.com/other"));
    let rotated = console.owner(&format!("{address}/rotate-secret"), &[]).await;
    assert!(rotated.body().contains("value=\"whsec_"), "{}", rotated.body());
    let deleted = console.owner(&format!("{address}/delete"), &[]).await;
    assert_eq!(deleted.header("location"), "/console/webhooks?notice=deleted");
    assert_eq!(console.get(OWNER, &address).await.status(), 404);
}

#[tokio::test]
async fn deliveries_are_shown_with_their_heads_and_a_disabled_webhook_with_its_reason() {
    let console = Console::new().await;
    console.put(change().create(samples::webhook(1)).create(samples::attempt(1))).await;
    let page = console.get(OWNER, &format!("/console/webhooks/{}", samples::webhook(1).id)).await;
    for words in ["Disabled", "Every call failed for days", "webhook-timestamp", "Send this event again"] {
        assert!(page.body().contains(words), "{words}: {}", page.body());
    }
    assert!(!has_foreign_script(page.body()));
}

#[tokio::test]
async fn somebody_is_suppressed_listed_and_taken_off_again() {
    let console = Console::new().await;
    for (list, whom, words) in [
        ("/console/suppressions", "Ann@example.org", "example.org"),
        ("/console/lists?direction=receive&kind=block", "*", "Everybody who has no entry"),
        ("/console/lists?direction=send&kind=allow", "example.org", "Everybody at"),
    ] {
        assert!(console.get(OWNER, list).await.body().contains("class=\"empty\""), "{list}");
        let wrong = console.owner(list, &[("whom", "no mailbox@"), ("reason", "r")]).await;
        assert!(wrong.status() == 422 && wrong.body().contains("id=\"whom-wrong\""), "{}", wrong.body());
        assert!(wrong.body().contains("value=\"no mailbox@\""));
        let added = console.owner(list, &[("whom", whom), ("reason", "They <asked>")]).await;
        assert!(added.header("location").ends_with("notice=added"), "{list}: {}", added.body());
        let known = console.owner(list, &[("whom", whom)]).await;
        assert!(known.header("location").ends_with("notice=known"), "{list}: {}", known.body());
        let shown = console.get(OWNER, list).await;
        assert!(shown.body().contains(words) && shown.body().contains("They &#60;asked&#62;"), "{list}");
        let end = shown.body().split("/delete\"").next().unwrap().rsplit('"').next().unwrap().to_owned();
        let deleted = console.owner(&format!("{end}/delete"), &[]).await;
        assert!(deleted.header("location").ends_with("notice=deleted"), "{end}: {}", deleted.body());
        assert!(console.get(OWNER, list).await.body().contains("class=\"empty\""), "{list}");
    }
}

#[tokio::test]
async fn a_domain_shows_what_is_wanted_beside_what_was_found() {
    let console = Console::new().await;
    assert!(console.get(OWNER, "/console/domains").await.body().contains("There are none yet"));
    console.put(change().create(samples::domain(1)).create(samples::domain(2))).await;
    let list = console.get(OWNER, "/console/domains").await;
    assert!(list.body().contains("d1.example.org") && list.body().contains("Verified"), "{}", list.body());
    let address = format!("/console/domains/{}", samples::domain(1).id);
    let page = console.get(OWNER, &address).await;
    for words in ["_countersign.d1.example.org", "Not looked at yet", "/verify", "curl -X DELETE"] {
        assert!(page.body().contains(words), "{words}: {}", page.body());
    }
    let zone = console.get(OWNER, &format!("{address}/zone-file")).await;
    assert!(zone.header("content-disposition").contains("records.zone"));
    assert!(zone.header("content-type").starts_with("text/plain") && zone.body().contains("IN TXT"));
}

#[tokio::test]
async fn usage_is_drawn_here() {
    let console = Console::new().await;
    let now = console.world.ports.now();
    let amounts = Amounts { requests: 1_234, sent: 7, received: 3, stored_bytes: 2_048 };
    let count = |of| Usage { day: day_of(now), of, part: 0, amounts };
    console
        .put(change().create(count(Of::Organization)).create(count(Of::Inbox(samples::inbox_id(1)))))
        .await;
    for address in ["/console/usage", "/console/usage?days=7", "/console/usage?days=90"] {
        let page = console.get(OWNER, address).await;
        assert_eq!(page.status(), 200, "{}", page.body());
        assert!(page.body().contains("<svg") && page.body().contains("1,234"), "{}", page.body());
        assert!(!page.body().contains("style=") && !has_foreign_script(page.body()), "{address}");
        assert!(page.body().contains(samples::inbox(1).address.as_str()), "{address}");
    }
}

#[tokio::test]
async fn the_organization_is_renamed_and_bounded_by_those_who_may() {
    let console = Console::new().await;
    let address = "/console/organization";
    assert_eq!(console.get(VIEWER, address).await.status(), 403);
    let wrong = console.owner(address, &[("name", " "), ("sends_per_day", "-1")]).await;
    assert_eq!(wrong.status(), 422);
    for field in ["name", "sends_per_day"] {
        assert!(wrong.body().contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", wrong.body());
    }
    let saved = console.owner(address, &[("name", "Acme & Sons"), ("sends_per_day", "500")]).await;
    assert_eq!(saved.header("location"), "/console/organization?notice=saved");
    let page = console.get(OWNER, address).await;
    assert!(
        page.body().contains("Acme &#38; Sons") && page.body().contains("value=\"500\""),
        "{}",
        page.body()
    );
    assert!(console.audited().contains(&"organization.update"), "{:?}", console.audited());
}

#[tokio::test]
async fn the_audit_log_is_filtered_proved_and_downloaded() {
    let console = Console::new().await;
    console.owner("/console/organization", &[("name", "Acme"), ("sends_per_day", "")]).await;
    let ids: Vec<_> = console.world.store.contents().audit.iter().map(|entry| entry.id).collect();
    let (clock, trail) = (&*console.world.ports.clock, &*console.world.store);
    app::ledger::audit::chain(clock, trail, samples::organization_id(1), &ids).await.unwrap();

    let owner = samples::member(OWNER, Role::Owner).id;
    let mine = console.get(OWNER, &format!("/console/audit?actor={owner}&action=organization.")).await;
    assert!(mine.body().contains("organization.update"), "{}", mine.body());
    let others = samples::member(VIEWER, Role::Viewer).id;
    let none = console.get(OWNER, &format!("/console/audit?actor={others}")).await;
    assert!(!none.body().contains("<code>organization.update</code>"), "{}", none.body());
    let early = console.get(OWNER, "/console/audit?to=2000-01-01").await;
    assert!(!early.body().contains("<code>organization.update</code>"), "{}", early.body());
    let wrong = console.get(OWNER, "/console/audit?from=tomorrow").await;
    assert!(wrong.status() == 422 && wrong.body().contains("id=\"from-wrong\""), "{}", wrong.body());
    assert!(!wrong.body().contains("<code>organization.update</code>"), "nothing else is shown instead");
    let file = console.get(OWNER, "/console/audit/export?from=tomorrow").await;
    assert!(file.status() == 422 && file.header("content-type").starts_with("text/html"));

    let file = console.get(OWNER, "/console/audit/export?action=organization.").await;
    assert_eq!(file.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = file.body().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() == 1 && lines[0].to_string().contains("organization.update"), "{lines:?}");

    let proof = console.get(OWNER, "/console/audit/verify").await;
    assert!(proof.status() == 200 && proof.body().contains("It holds"), "{}", proof.body());
    assert_eq!(console.get(OWNER, "/console/audit/verify?from=99").await.status(), 422);
    for address in ["/console/audit", "/console/audit/verify", "/console/audit/export"] {
        assert_eq!(console.get(VIEWER, address).await.status(), 403, "{address}");
    }
}

#[tokio::test]
async fn the_page_on_security_is_for_every_member() {
    let console = Console::new().await;
    let page = console.get(VIEWER, "/console/security").await;
    assert!(page.status() == 200 && page.body().contains("What is encrypted"), "{}", page.body());
}

#[tokio::test]
async fn an_inbox_and_a_token_are_paused_by_themselves_and_released_by_who_manages() {
    let console = Console::new().await;
    let (one, _) = samples::token(9, Role::Owner, &[Scope::MessagesRead]);
    console.put(change().create(one.clone()).create(app::base::store::TokenPointer::from(&one))).await;
    for (below, says) in [
        (format!("inboxes/{}", samples::inbox_id(1)), "no mail goes out from this inbox"),
        (format!("tokens/{}", one.id), "requests with this token are refused"),
    ] {
        let address = format!("/console/pause/{below}");
        assert!(console.get(APPROVER, &address).await.body().contains(says), "{address}");
        let csrf = token(APPROVER);
        let fields = [("csrf", csrf.as_str()), ("reason", "It runs <wild>")];
        let paused = console.post(Some(APPROVER), &address, &fields).await;
        assert_eq!(paused.header("location"), format!("{address}?notice=paused"), "{}", paused.body());
        let shown = console.get(APPROVER, &address).await;
        assert!(shown.body().contains("It runs &#60;wild&#62;") && !shown.body().contains("/console/resume"));
        // Nothing else is paused by it.
        assert!(!console.get(APPROVER, "/console/approvals").await.body().contains("All mail is paused"));
        let release = format!("/console/resume/{below}");
        assert_eq!(console.post(Some(APPROVER), &release, &fields).await.status(), 403, "{release}");
        let released = console.owner(&release, &[]).await;
        assert_eq!(released.header("location"), format!("{address}?notice=resumed"), "{}", released.body());
        assert!(console.get(OWNER, &address).await.body().contains(says), "{address}");
    }
    assert_eq!(console.get(VIEWER, &format!("/console/pause/tokens/{}", one.id)).await.status(), 403);
}

#[tokio::test]
async fn inboxes_conversations_and_mails_are_read_as_text_and_without_anything_active() {
    let console = Console::new().await;
    let ours = console.hold(EDITOR, draft()).await;
    let list = console.get(VIEWER, "/console/inboxes").await;
    let inbox = format!("/console/inboxes/{}", samples::inbox_id(1));
    assert!(list.body().contains(&format!("href=\"{inbox}\"")), "{}", list.body());
    // Whoever may not pause is not offered to.
    assert!(!console.get(VIEWER, &inbox).await.body().contains("Pause its mail"));
    assert!(console.get(APPROVER, &inbox).await.body().contains("Pause its mail"));
    let address = format!("{inbox}/messages/{}", ours.message_id);
    let mail = console.get(VIEWER, &address).await;
    assert_eq!(mail.status(), 200, "{}", mail.body());
    assert!(mail.body().contains("It is on its way.") && mail.body().contains("It waits for a decision."));
    assert!(!has_foreign_script(mail.body()));
    let thread = mail.body().split("href=\"").find(|part| part.contains("/threads/")).unwrap();
    let thread = thread.split('"').next().unwrap().to_owned();
    let shown = console.get(VIEWER, &thread).await;
    assert!(shown.status() == 200 && shown.body().contains("It is on its way."), "{}", shown.body());
    // A conversation of another inbox is not under this one.
    let other = thread.replace(&samples::inbox_id(1).to_string(), &samples::inbox_id(2).to_string());
    assert_eq!(console.get(VIEWER, &other).await.status(), 404);
}

#[tokio::test]
async fn mail_is_looked_for_and_a_query_that_can_t_be_read_is_explained() {
    let console = Console::new().await;
    let blank = console.get(VIEWER, "/console/inboxes/search").await;
    assert!(blank.status() == 200 && blank.body().contains("has:attachment"), "{}", blank.body());
    let none = console.get(VIEWER, "/console/inboxes/search?q=nowhere").await;
    assert!(none.body().contains("Nothing found"), "{}", none.body());
    let wrong = console.get(VIEWER, "/console/inboxes/search?q=before%3Atomorrow").await;
    assert_eq!(wrong.status(), 422, "{}", wrong.body());
    assert!(wrong.body().contains("value=\"before:tomorrow\"") && wrong.body().contains("role=\"alert\""));
}

#[tokio::test]
async fn an_account_is_connected_tried_given_another_key_and_disconnected() {
    let console = Console::new().await;
    assert!(console.get(OWNER, "/console/accounts").await.body().contains("No account is connected yet"));
    // All that is wrong is said at once; what was typed stays, but for the key.
    let typed =
        [("provider", "pigeon"), ("email", "nobody"), ("region", "us"), ("api_key", "re_0123456789secret")];
    let wrong = console.owner("/console/accounts/new", &typed).await;
    assert_eq!(wrong.status(), 422, "{}", wrong.body());
    for field in ["provider", "email"] {
        assert!(wrong.body().contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", wrong.body());
    }
    assert!(wrong.body().contains("value=\"nobody\"") && !wrong.body().contains("0123456789secret"));

    let fields = [
        ("provider", "resend"),
        ("email", "hello@example.com"),
        ("display_name", "Hello"),
        ("region", "eu"),
        ("api_key", "re_0123456789secret"),
    ];
    console.providers.verdicts.lock().unwrap().push_back(KeyVerdict::Refused);
    let refused = console.owner("/console/accounts/new", &fields).await;
    assert!(refused.status() == 422 && refused.body().contains("id=\"api_key-wrong\""), "{}", refused.body());
    console.providers.verdicts.lock().unwrap().push_back(KeyVerdict::Unreachable("timeout"));
    assert_eq!(console.owner("/console/accounts/new", &fields).await.status(), 503);
    let made = console.owner("/console/accounts/new", &fields).await;
    let address = made.header("location").split('?').next().unwrap().to_owned();
    assert!(address.starts_with("/console/accounts/acc_"), "{}", made.body());
    assert_eq!(
        console.owner("/console/accounts/new", &fields).await.status(),
        409,
        "it is connected already"
    );

    let page = console.get(OWNER, &address).await;
    assert!(page.body().contains("cret</code>") && !page.body().contains("0123456789"), "{}", page.body());
    assert!(page.body().contains("takes the fields of a mail"), "{}", page.body());
    // A test goes to an address that is known to be one's own.
    assert_eq!(console.owner(&format!("{address}/test-send"), &[]).await.status(), 409);
    let member = samples::member(OWNER, Role::Owner).id;
    console
        .put(change().create(EmailProof::by_the_way(samples::organization_id(1), member, samples::NOW)))
        .await;
    let refusal = SendOutcome::NotAccepted("credentials_refused");
    console.providers.answers.lock().unwrap().push_back(refusal);
    let tried = console.owner(&format!("{address}/test-send"), &[]).await;
    assert!(tried.status() == 502 && tried.body().contains("takes this key no more"), "{}", tried.body());
    let tried = console.owner(&format!("{address}/test-send"), &[]).await;
    assert_eq!(tried.header("location"), format!("{address}?notice=tested"));
    assert!(console.get(OWNER, &address).await.body().contains("Works"));

    let changed = console.owner(&address, &[("display_name", ""), ("api_key", "re_another-key-0002")]).await;
    assert_eq!(changed.header("location"), format!("{address}?notice=changed"), "{}", changed.body());
    assert!(console.get(OWNER, &address).await.body().contains("0002</code>"));
    // Whoever may see accounts and not change them is offered neither.
    let seen = console.get(VIEWER, "/console/accounts").await;
    assert!(seen.body().contains("hello@example.com") && !seen.body().contains("/console/accounts/"));
    assert_eq!(console.get(VIEWER, &address).await.status(), 403);
    let ended = console.owner(&format!("{address}/disconnect"), &[]).await;
    assert_eq!(ended.header("location"), "/console/accounts?notice=disconnected");
    assert_eq!(console.get(OWNER, &address).await.status(), 404);
    let audited = console.audited();
    for action in ["account.connect", "account.replace_key", "account.error", "account.disconnect"] {
        assert!(audited.contains(&action), "{action}: {audited:?}");
    }
}
