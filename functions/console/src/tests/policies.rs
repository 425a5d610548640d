//! Policies as a person meets them: made, read, tried, changed by two at once, and taken back. Groups, and what is approved ahead.

use app::base::store::Record;
use domain::gate::policy::Policy;

use super::*;

impl Console {
    fn policies(&self) -> Vec<Policy> {
        let contents = self.world.store.contents();
        let books = contents.records.values().filter_map(|record| match record {
            Record::Policies(book) => Some(book.policies.clone()),
            _ => None,
        });
        books.flatten().collect()
    }

    /// Presses a button of a form of the owner's, with everything that stands in its page.
    async fn sends(&self, page: &Answer, address: &str, changes: &[(&str, &str)]) -> Answer {
        let typed = filled(page.body());
        let kept = typed.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let fields: Vec<_> =
            kept.chain(changes.iter().copied()).filter(|(_, value)| *value != "(off)").collect();
        self.post(Some(OWNER), address, &fields).await
    }
}

/// Text as a browser reads it.
fn unescaped(text: &str) -> String {
    let pairs = [("&#34;", "\""), ("&#60;", "<"), ("&#62;", ">"), ("&#39;", "'"), ("&#38;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

/// What a browser would send of the last form of a page: hidden fields, texts, what is chosen and what is checked.
fn filled(body: &str) -> Vec<(String, String)> {
    let plain = unescaped;
    let form = body.split("<form class=\"stack\" method=\"post\"").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    let of = |tag: &str, name: &str| {
        let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
        rest.split('"').next().map(plain)
    };
    let mut fields = vec![];
    for part in form.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let Some(name) = of(tag, "name") else { continue };
        if tag.starts_with("input") {
            let boxed = tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\"");
            if !boxed || tag.ends_with(" checked") {
                fields.push((name, of(tag, "value").unwrap_or_default()));
            }
        } else if tag.starts_with("textarea") {
            fields.push((name, plain(text.trim())));
        } else if tag.starts_with("select") {
            let options = form.split(&format!("<{tag}>")).nth(1).unwrap().split("</select>").next().unwrap();
            let options: Vec<_> = options.split("<option").skip(1).collect();
            let chosen = options.iter().find(|one| one.contains(" selected")).or(options.first());
            fields.push((name, chosen.and_then(|one| of(one, "value")).unwrap_or_default()));
        }
    }
    fields
}

const NEW: &str = "/console/policies/new";

#[tokio::test]
async fn a_policy_is_made_from_a_template_read_tried_changed_and_taken_back() {
    let console = Console::new().await;
    let gallery = console.get(OWNER, NEW).await;
    assert!(gallery.body().contains("Only first contacts wait"), "{}", gallery.body());
    let sentence = "When every recipient was written to before: let it go without anybody\u{2019}s vote.";
    assert!(gallery.body().contains(sentence), "each is read as it is: {}", gallery.body());

    let form = console.get(OWNER, &format!("{NEW}?template=first-contacts")).await;
    assert!(form.body().contains(sentence) && console.policies().is_empty());
    let made = console.sends(&form, NEW, &[("do", "save"), ("name", "Known <b>")]).await;
    assert_eq!(made.header("location"), "/console/policies?notice=made", "{}", made.body());
    let id = console.policies()[0].id;
    let address = format!("/console/policies/{id}");
    let listed = console.get(OWNER, made.header("location")).await;
    assert!(listed.body().contains("Known &#60;b&#62;") && listed.body().contains(sentence));

    // A rule more, with a condition: each button brings the whole form back.
    let form = console.get(OWNER, &address).await;
    let form = console.sends(&form, &address, &[("do", "rule")]).await;
    assert_eq!(form.status(), 200, "{}", form.body());
    let form = console.sends(&form, &address, &[("do", "add-1"), ("r1-add", "any_recipient")]).await;
    let wrong = [("do", "save"), ("r1-c0-domain_in", "no domain")];
    let wrong = console.sends(&form, &address, &wrong).await;
    assert_eq!(wrong.status(), 422);
    for field in ["r1-name", "r1-c0-domain_in"] {
        assert!(wrong.body().contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", wrong.body());
    }
    assert!(wrong.body().contains("no domain"), "what was typed stays");
    let right = [("r1-name", "Elsewhere"), ("r1-c0-domain_in", "example.org"), ("r1-votes-quorum", "2")];
    let checked = console.sends(&wrong, &address, &[&right[..], &[("do", "check")]].concat()).await;
    let next = "When a recipient is at example.org: hold it for 2 votes of owners, admins or approvers, for at most 7 days.";
    assert!(checked.status() == 200 && checked.body().contains(next), "{}", checked.body());
    let up = console.sends(&checked, &address, &[("do", "up-1")]).await;
    assert_eq!(console.policies()[0].version, 1, "none of that saves");

    // Tried on mail, before it is saved.
    console.hold(EDITOR, draft()).await;
    let tried = console.sends(&up, "/console/simulate", &[]).await;
    assert_eq!(tried.status(), 200, "{}", tried.body());
    for words in [next, "Your order", "Of 1, 1 would be held", "as it was", "a mail that you type in"] {
        assert!(tried.body().to_lowercase().contains(&words.to_lowercase()), "{words}: {}", tried.body());
    }
    let sent_on = console.sends(&up, &address, &[("do", "try")]).await;
    assert_eq!((sent_on.status(), sent_on.header("location")), (307, "/console/simulate"));
    let inbox = samples::inbox_id(1).to_string();
    let mail = [("try", "mail"), ("inbox", inbox.as_str()), ("to", "bob@example.net"), ("subject", "Hello")];
    let answer = console.sends(&tried, "/console/simulate", &mail).await;
    assert!(answer.body().contains("No rule lets it go: it would be held for"), "{}", answer.body());
    let missing =
        console.sends(&tried, "/console/simulate", &[("try", "mail"), ("inbox", &inbox), ("to", "x")]).await;
    assert!(missing.status() == 422 && missing.body().contains("id=\"to-wrong\""), "{}", missing.body());

    // From there it comes back as it was filled in.
    let (csrf, policy, version) = (token(OWNER), unescaped(answer.field("policy")), answer.field("version"));
    let fields =
        [("csrf", csrf.as_str()), ("policy", policy.as_str()), ("version", version), ("do", "check")];
    let back = console.post(Some(OWNER), &address, &fields).await;
    assert!(back.status() == 200 && back.body().contains("value=\"Elsewhere\""), "{}", back.body());
    let saved = console.sends(&back, &address, &[("do", "save")]).await;
    assert_eq!(saved.header("location"), format!("{address}?notice=saved"), "{}", saved.body());
    let names: Vec<_> = console.policies()[0].content.rules.iter().map(|rule| rule.name.clone()).collect();
    assert_eq!(names[0], "Elsewhere");

    saved_by_two(&console, &address).await;
    taken_back(&console, id).await;
}

/// Somebody who had it open since before is told so, sees both, and loses nothing.
async fn saved_by_two(console: &Console, address: &str) {
    let theirs = console.get(OWNER, address).await;
    let mine = console.sends(&theirs, address, &[("do", "save"), ("description", "Mine")]).await;
    assert_eq!(mine.status(), 303);
    let late = console
        .sends(&theirs, address, &[("do", "save"), ("r0-name", "Later"), ("r0-votes-quorum", "3")])
        .await;
    assert_eq!(late.status(), 409);
    for words in [
        "Nothing was saved:",
        "changed this policy",
        "3 votes of owners",
        "2 votes of owners",
        "value=\"Later\"",
    ] {
        assert!(late.body().contains(words), "{words}: {}", late.body());
    }
    let again = console.sends(&late, address, &[("do", "save")]).await;
    assert_eq!(again.status(), 303, "{}", again.body());
}

/// Its history tells each version with who and what; an old one is taken up again.
async fn taken_back(console: &Console, id: domain::PolicyId) {
    let address = format!("/console/policies/{id}");
    let history = console.get(OWNER, &format!("{address}/history")).await;
    for words in
        ["Version 4", "Version 1", "The oldest that is kept", "<ins>", "<del>", "Its description was"]
    {
        assert!(history.body().contains(words), "{words}: {}", history.body());
    }
    let csrf = token(OWNER);
    let fields = [("csrf", csrf.as_str()), ("version", "4"), ("restore", "1")];
    let restored = console.post(Some(OWNER), &format!("{address}/restore"), &fields).await;
    assert_eq!(restored.header("location"), "/console/policies?notice=restored", "{}", restored.body());
    assert_eq!((console.policies()[0].version, console.policies()[0].content.rules.len()), (5, 1));

    let fields = [("csrf", csrf.as_str()), ("version", "5"), ("enabled", "no")];
    let off = console.post(Some(OWNER), &format!("{address}/switch"), &fields).await;
    assert_eq!(off.header("location"), "/console/policies?notice=off");
    assert!(!console.policies()[0].content.enabled);
    let stale = console.post(Some(OWNER), &format!("{address}/switch"), &fields).await;
    assert!(
        stale.status() == 409 && stale.alert().contains("somebody changed this policy"),
        "{}",
        stale.body()
    );
    let gone = console.post(Some(OWNER), &format!("{address}/delete"), &[("csrf", &csrf)]).await;
    assert_eq!(gone.header("location"), format!("/console/policies?notice=deleted&of={id}"));
    let history = console.get(OWNER, &format!("{address}/history")).await;
    assert!(history.body().contains("It was deleted") && history.body().contains("Restore version 6"));
    assert_eq!(console.get(APPROVER, &format!("{address}/history")).await.status(), 403);
}

#[tokio::test]
async fn what_no_field_can_say_is_written_as_json() {
    let console = Console::new().await;
    let form = console.get(OWNER, &format!("{NEW}?template=none")).await;
    let form = console.sends(&form, NEW, &[("do", "json-0"), ("name", "Deep")]).await;
    assert!(form.body().contains("name=\"r0-json\""), "{}", form.body());
    let broken = console.sends(&form, NEW, &[("do", "save"), ("r0-json", "{")]).await;
    assert!(broken.status() == 422 && broken.body().contains("This is no JSON"), "{}", broken.body());
    let rule = r#"{"name": "r", "when": {"any": [{"size_over": 1}, {"all": [{"size_over": 2}, {"size_over": 3}]}]}, "outcome": "block"}"#;
    let made = console.sends(&broken, NEW, &[("do", "save"), ("r0-json", rule)]).await;
    assert_eq!(made.status(), 303, "{}", made.body());
    let shown = console.get(OWNER, "/console/policies").await;
    let sentence = "When it is larger than 1 byte, or (it is larger than 2 bytes, and it is larger than 3 bytes): block it.";
    assert!(shown.body().contains(sentence), "{}", shown.body());
}

#[tokio::test]
async fn a_group_is_renamed_filled_and_shows_who_asks_it() {
    let console = Console::new().await;
    console.with_terms(&[(1, &[Role::Owner])]).await;
    let group = samples::policies().groups[0].id;
    let address = format!("/console/people/groups/{group}");
    let shown = console.get(OWNER, &address).await;
    assert!(shown.body().contains("No policy does."), "{}", shown.body());
    let csrf = token(OWNER);
    let member = format!("member-{}", samples::member(APPROVER, Role::Approver).id);
    let fields = [("csrf", csrf.as_str()), ("version", "2"), ("name", "Not good"), (member.as_str(), "yes")];
    let wrong = console.post(Some(OWNER), &address, &fields).await;
    assert!(wrong.status() == 422 && wrong.body().contains("id=\"name-wrong\""), "{}", wrong.body());
    let fields = [fields[0], fields[1], ("name", "law"), fields[3]];
    let changed = console.post(Some(OWNER), &address, &fields).await;
    assert_eq!(changed.header("location"), format!("{address}?notice=changed"), "{}", changed.body());
    let stale = [fields[0], fields[1], ("name", "lawyers")];
    let stale = console.post(Some(OWNER), &address, &stale).await;
    assert!(
        stale.status() == 409 && stale.alert().contains("somebody changed this group"),
        "{}",
        stale.body()
    );
    assert!(console.get(OWNER, &address).await.body().contains("value=\"law\""));
}

#[tokio::test]
async fn mails_are_approved_ahead_from_a_form() {
    let console = Console::new().await;
    let csrf = token(APPROVER);
    let address = "/console/standing-approvals/new";
    let shown = console.get(APPROVER, &format!("{address}?domain=example.org")).await;
    assert!(shown.body().contains("value=\"example.org\""), "{}", shown.body());
    let wrong =
        [("csrf", csrf.as_str()), ("what", "recipient"), ("value", "nobody"), ("budget", "x"), ("until", "")];
    let wrong = console.post(Some(APPROVER), address, &wrong).await;
    assert_eq!(wrong.status(), 422);
    for field in ["value", "budget", "until"] {
        assert!(wrong.body().contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", wrong.body());
    }
    let fields = [
        ("csrf", csrf.as_str()),
        ("what", "domain"),
        ("value", "example.org"),
        ("budget", "3"),
        ("until", "2026-01-08"),
    ];
    let made = console.post(Some(APPROVER), address, &fields).await;
    assert_eq!(made.header("location"), "/console/standing-approvals?notice=made", "{}", made.body());
    let listed = console.get(VIEWER, "/console/standing-approvals").await;
    let sentence =
        "The next 3 mails to people at example.org alone, from any inbox, until 9 Jan 2026, 00:00 UTC.";
    assert!(listed.body().contains(sentence) && !listed.body().contains(address), "{}", listed.body());
}

#[tokio::test]
async fn a_receipt_is_downloaded_and_says_who_decided() {
    let console = Console::new().await;
    let approval = console.hold(EDITOR, draft()).await;
    assert_eq!(console.decide(APPROVER, &approval, "approve", "").await.status(), 303);
    let ids: Vec<_> = console.world.store.contents().audit.iter().map(|entry| entry.id).collect();
    let clock = Arc::clone(&console.ports().clock);
    let trail = &*console.world.store;
    app::ledger::audit::chain(&*clock, trail, samples::organization_id(1), &ids).await.unwrap();
    let shown = console.get(VIEWER, &page(&approval)).await;
    let address = format!("/console/receipts/{}", approval.id);
    assert!(shown.body().contains(&format!("href=\"{address}\" download")), "{}", shown.body());
    let receipt = console.get(VIEWER, &address).await;
    assert_eq!(receipt.status(), 200, "{}", receipt.body());
    assert_eq!(
        receipt.header("content-disposition"),
        format!("attachment; filename=\"receipt-{}.json\"", approval.id)
    );
    let signed: Value = serde_json::from_str(receipt.body()).unwrap();
    let text = signed["receipt"].as_str().unwrap();
    assert!(text.contains(&samples::member(APPROVER, Role::Approver).id.to_string()), "{text}");
    assert!(signed["signature"].is_string(), "{signed}");
}

#[tokio::test]
async fn the_audit_log_is_downloaded_as_a_table() {
    let console = Console::new().await;
    console.with_terms(&[(1, &[Role::Owner])]).await;
    let csrf = token(OWNER);
    let fields = [("csrf", csrf.as_str()), ("version", "3"), ("enabled", "no")];
    let address = format!("/console/policies/{}/switch", samples::policies().policies[0].id);
    assert_eq!(console.post(Some(OWNER), &address, &fields).await.status(), 303);
    let ids: Vec<_> = console.world.store.contents().audit.iter().map(|entry| entry.id).collect();
    let clock = Arc::clone(&console.ports().clock);
    let trail = &*console.world.store;
    app::ledger::audit::chain(&*clock, trail, samples::organization_id(1), &ids).await.unwrap();
    let table = console.get(OWNER, "/console/audit/export?format=csv&action=policy.").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<_> = table.body().lines().collect();
    assert!(lines[0].starts_with("sequence,at,actor") && lines.len() == 2, "{}", table.body());
    assert!(lines[1].contains("\"policy.update\"") && lines[1].contains("digest=sha256:"), "{}", lines[1]);
}
