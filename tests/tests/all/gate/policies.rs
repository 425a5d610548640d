//! Policies in memory: made, changed, tried out, and what is gathered for them.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::{AddressEntry, Change, Conflict, Contact, DirectoryWrite, Key, StoreError, Write};
use app::gate::facts::{FactsInput, MAX_RECIPIENT_COUNTS, counters, gather};
use app::gate::policies::{
    MayTry, Trial, TrialDraft, TrialMail, book, create, delete, get, history, replace, simulate,
};
use domain::base::address::Mailbox;
use domain::base::code::Code;
use domain::gate::policy::{
    Facts, FormerPolicy, Policy, PolicyBook, PolicyContent, Unreadable, Verdict, limits,
};
use domain::people::access::{Actor, Permit, Role, Scope, scope};
use testkit::samples;
use testkit::world::World;
use wire::gate::policies::content;

fn owner() -> Permit<scope::PoliciesManage> {
    let (session, _) = samples::session(1, Role::Owner);
    session.principal(samples::NOW).unwrap().permit().unwrap()
}

fn tries() -> MayTry {
    MayTry::of(owner().principal()).unwrap()
}

fn rules(when: &str, outcome: &str) -> PolicyContent {
    let body = format!(r#"{{"name":"p","rules":[{{"name":"r","when":{when},"outcome":"{outcome}"}}]}}"#);
    content(body.as_bytes()).unwrap()
}

async fn made(world: &World, content: PolicyContent) -> Policy {
    let once = Once::default();
    create(&world.ports, &owner(), content, &once, |_| (201, String::new())).await.unwrap()
}

async fn world() -> World {
    let world = World::default();
    let inbox = samples::inbox(1);
    let entry = AddressEntry {
        address: inbox.address.clone(),
        organization_id: samples::organization_id(1),
        inbox_id: inbox.id,
    };
    let change = Change::new(samples::organization_id(1))
        .create(samples::organization(1))
        .create(inbox)
        .directory(DirectoryWrite::NewAddress(entry));
    world.ports.store.commit(change).await.unwrap();
    world
}

fn trial(to: &[&str], text: &str) -> Trial {
    let draft = TrialDraft {
        recipients: to.iter().map(|to| Mailbox::bare(samples::address(to))).collect(),
        text: Some(text.into()),
        ..TrialDraft::default()
    };
    Trial {
        inbox_id: samples::inbox_id(1),
        mail: TrialMail::Draft(Box::new(draft)),
        token_id: None,
        policies: None,
    }
}

async fn known(world: &World, address: &str) {
    let hash = Contact::hash_of(&samples::address(address));
    let change = Change::new(samples::organization_id(1)).create(Contact { hash, first_at: samples::NOW });
    world.ports.store.commit(change).await.unwrap();
}

#[tokio::test]
async fn a_policy_is_made_changed_and_removed_and_each_is_written_down() {
    let world = world().await;
    assert_eq!(book(&world.ports, &owner()).await.unwrap(), PolicyBook::default());
    let first = made(&world, rules(r#"{"always":true}"#, "allow")).await;
    let second = made(&world, rules(r#"{"size_over":1}"#, "block")).await;
    assert_eq!(book(&world.ports, &owner()).await.unwrap().policies, [first.clone(), second.clone()]);

    let next = rules(r#"{"size_over":2}"#, "hold");
    let changed = replace(&world.ports, &owner(), second.id, 1, next.clone()).await.unwrap();
    assert_eq!((changed.version, &changed.content), (2, &next));
    assert_eq!(get(&world.ports, &owner(), second.id).await.unwrap(), changed);
    let stale = replace(&world.ports, &owner(), second.id, 1, next.clone()).await;
    let Err(Refusal::Because { code, details, .. }) = stale else { panic!("{stale:?}") };
    assert_eq!((code.as_str(), details), ("policy_changed", vec![("version", "2".to_owned())]));

    delete(&world.ports, &owner(), first.id).await.unwrap();
    for gone in [
        delete(&world.ports, &owner(), first.id).await,
        get(&world.ports, &owner(), first.id).await.map(drop),
        replace(&world.ports, &owner(), first.id, 1, next).await.map(drop),
    ] {
        assert_eq!(gone, Err(Refusal::NotFound("policy")));
    }
    let written: Vec<_> = world.store.contents().audit.iter().map(|entry| entry.action).collect();
    assert_eq!(written, ["policy.create", "policy.create", "policy.update", "policy.delete"]);
    let entry = world.store.contents().audit[2].clone();
    let expected = [
        ("policy_id", second.id.to_string()),
        ("version", "2".to_owned()),
        ("digest", changed.content.digest().to_string()),
    ];
    assert_eq!((entry.details.as_slice(), entry.target), (&expected[..], second.id.to_string()));
}

#[tokio::test]
async fn what_others_change_at_the_same_moment_is_no_concern_of_who_changes_a_policy() {
    let world = world().await;
    let lost = |times| vec![StoreError::Conflict(vec![Conflict::Record(Key::Policies)]); times];
    let policy = made(&world, rules(r#"{"always":true}"#, "allow")).await;
    world.store.fail_commits(lost(3));
    let second = made(&world, rules(r#"{"size_over":1}"#, "block")).await;
    world.store.fail_commits(lost(3));
    let changed =
        replace(&world.ports, &owner(), second.id, 1, rules(r#"{"size_over":2}"#, "hold")).await.unwrap();
    world.store.fail_commits(lost(3));
    delete(&world.ports, &owner(), policy.id).await.unwrap();
    assert_eq!(book(&world.ports, &owner()).await.unwrap().policies, [changed]);
    // It ends, and nothing is half done.
    world.store.fail_commits(lost(12));
    let never = delete(&world.ports, &owner(), second.id).await;
    assert!(matches!(never, Err(Refusal::Unavailable(_))), "{never:?}");
    assert_eq!(book(&world.ports, &owner()).await.unwrap().policies.len(), 1);
}

#[tokio::test]
async fn there_is_an_end_to_how_many_there_are_and_how_large() {
    let world = world().await;
    for _ in 0..limits::POLICIES {
        made(&world, rules(r#"{"always":true}"#, "hold")).await;
    }
    let once = Once::default();
    let content = rules(r#"{"always":true}"#, "hold");
    let one_more = create(&world.ports, &owner(), content, &once, |_| (201, String::new())).await;
    assert!(matches!(one_more, Err(Refusal::Because { code: Code::TooManyPolicies, .. })), "{one_more:?}");

    let id = book(&world.ports, &owner()).await.unwrap().policies[0].id;
    let word = format!(r#""{}""#, "a".repeat(200));
    let words = vec![word; 500].join(",");
    let keyword = format!(r#"{{"keyword":{{"any_of":[{words}]}}}}"#);
    let large = rules(&format!(r#"{{"any":[{keyword},{keyword}]}}"#), "hold");
    let refused = replace(&world.ports, &owner(), id, 1, large).await;
    let Err(Refusal::Invalid(errors)) = refused else { panic!("{refused:?}") };
    assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), ("rules", "policies_too_large"));
}

#[tokio::test]
async fn a_policy_that_can_not_be_read_holds_until_it_is_replaced_or_removed() {
    let world = world().await;
    let policy = made(&world, rules(r#"{"always":true}"#, "allow")).await;
    let mut stored = book(&world.ports, &owner()).await.unwrap();
    stored.policies.clear();
    stored.unreadable.push(Unreadable { id: Some(policy.id), stored: "{}".into() });
    let change = Change::new(samples::organization_id(1)).update(stored);
    world.ports.store.commit(change).await.unwrap();

    let (found, ..) = simulate(&world.ports, &*world.blobs, &*world.store, &tries(), trial(&["a@b.co"], "x"))
        .await
        .unwrap();
    assert_eq!(found.reasons, ["policy_unreadable"]);
    let unreadable = get(&world.ports, &owner(), policy.id).await;
    assert!(
        matches!(unreadable, Err(Refusal::Because { code: Code::PolicyUnreadable, .. })),
        "{unreadable:?}"
    );
    replace(&world.ports, &owner(), policy.id, 0, policy.content.clone()).await.unwrap();
    let (found, ..) = simulate(&world.ports, &*world.blobs, &*world.store, &tries(), trial(&["a@b.co"], "x"))
        .await
        .unwrap();
    assert_eq!(found.outcome, Verdict::Allow);

    // Where not even the ids can be read, nothing is written over it.
    let version = book(&world.ports, &owner()).await.unwrap().version;
    let change = Change::new(samples::organization_id(1)).update(PolicyBook::broken(version));
    world.ports.store.commit(change).await.unwrap();
    let (found, ..) = simulate(&world.ports, &*world.blobs, &*world.store, &tries(), trial(&["a@b.co"], "x"))
        .await
        .unwrap();
    assert_eq!(found.reasons, ["policy_unreadable"]);
    let once = Once::default();
    let refused = create(&world.ports, &owner(), policy.content, &once, |_| (201, String::new())).await;
    assert!(matches!(refused, Err(Refusal::Because { code: Code::PoliciesUnreadable, .. })), "{refused:?}");
}

#[tokio::test]
async fn two_who_change_at_once_do_not_lose_what_the_other_wrote() {
    let world = world().await;
    let policy = made(&world, rules(r#"{"always":true}"#, "allow")).await;
    let stale = book(&world.ports, &owner()).await.unwrap();
    replace(&world.ports, &owner(), policy.id, 1, rules(r#"{"always":true}"#, "block")).await.unwrap();
    let change = Change::new(samples::organization_id(1)).update(stale);
    let conflict = world.ports.store.commit(change).await;
    assert!(matches!(conflict, Err(StoreError::Conflict(_))), "{conflict:?}");
}

#[tokio::test]
async fn a_trial_tells_what_would_become_of_a_mail_and_leaves_nothing() {
    let world = world().await;
    made(&world, rules(r#"{"every_recipient":{"first_contact":false}}"#, "allow")).await;
    known(&world, "Ann@example.org").await;
    let before = format!("{:?}", world.store.contents().records);

    let (found, facts, _) =
        simulate(&world.ports, &*world.blobs, &*world.store, &tries(), trial(&["ann@EXAMPLE.org"], "x"))
            .await
            .unwrap();
    assert_eq!((found.outcome, found.reasons), (Verdict::Allow, vec!["policy_allows".to_owned()]));
    assert!(!facts.recipients[0].first_contact && !facts.recipients[0].internal);
    let own = samples::inbox(1).address;
    let both = [own.as_str(), "new@example.org"];
    let (found, facts, _) =
        simulate(&world.ports, &*world.blobs, &*world.store, &tries(), trial(&both, "x")).await.unwrap();
    assert_eq!(found.reasons, ["no_policy_allows_it"]);
    let seen: Vec<_> = facts.recipients.iter().map(|r| (r.internal, r.first_contact)).collect();
    assert_eq!(seen, [(true, true), (false, true)]);

    // Others in place of the stored ones, with what a recipient reads of HTML.
    let mut other = trial(&both, "See https://Shop.example/x");
    if let TrialMail::Draft(draft) = &mut other.mail {
        draft.html = Some("<p>sec<b>ret</b></p><a href='https://evil.example'>x</a>".into());
    }
    other.policies = Some(vec![
        rules(r#"{"keyword":{"any_of":["secret"],"in":["body"]}}"#, "block"),
        rules(r#"{"link":{"domain_in":["evil.example"]}}"#, "hold"),
    ]);
    let (found, facts, _) =
        simulate(&world.ports, &*world.blobs, &*world.store, &tries(), other).await.unwrap();
    assert_eq!((found.outcome, found.trace.len()), (Verdict::Block, 2));
    assert_eq!(facts.links, ["evil.example", "shop.example"]);
    assert_eq!(before, format!("{:?}", world.store.contents().records));

    let permit = tries();
    let refused = simulate(
        &world.ports,
        &*world.blobs,
        &*world.store,
        &permit,
        Trial { inbox_id: samples::inbox_id(9), ..trial(&["a@b.co"], "x") },
    );
    assert!(matches!(refused.await, Err(Refusal::Invalid(errors)) if errors[0].code == Code::UnknownInbox));
}

#[tokio::test]
async fn whoever_sends_tries_out_what_they_could_ask_for() {
    let world = world().await;
    made(&world, rules(r#"{"every_recipient":{"first_contact":false}}"#, "allow")).await;
    made(&world, rules(r#"{"words":{"any_of":["xyzzy"]}}"#, "block")).await;
    let token = |scopes: &[Scope], inboxes: Option<u8>| {
        let mut token = samples::token(1, Role::Owner, scopes).0;
        token.inboxes = inboxes.map(|n| [samples::inbox_id(n)].into());
        MayTry::of(&token.principal())
    };
    let sends = token(&[Scope::MessagesSend], Some(1)).unwrap();
    let run = |may: MayTry, trial: Trial| {
        let world = &world;
        async move { simulate(&world.ports, &*world.blobs, &*world.store, &may, trial).await }
    };
    let (found, _, unmatched) = run(sends.clone(), trial(&["new@example.org"], "x")).await.unwrap();
    assert_eq!(found.reasons, ["no_policy_allows_it"]);
    // Why nothing lets it go is said; what is looked for by the rule that would block is not.
    let because: Vec<_> = unmatched.steps.iter().map(|step| step.because.as_str()).collect();
    assert_eq!(because, ["not every recipient is written to before: new@example.org is not"]);
    assert_eq!(unmatched.omitted, 1);
    let (.., all) = run(tries(), trial(&["new@example.org"], "x")).await.unwrap();
    assert_eq!((all.steps.len(), all.omitted), (2, 0));

    let code = |refused: Result<_, Refusal>| refused.map(drop).unwrap_err().code();
    let elsewhere = token(&[Scope::MessagesSend], Some(2)).unwrap();
    assert_eq!(code(run(elsewhere, trial(&["a@b.co"], "x")).await), Code::NotFound);
    let other_rules = Trial { policies: Some(vec![]), ..trial(&["a@b.co"], "x") };
    assert_eq!(code(run(sends.clone(), other_rules).await), Code::MissingScope);
    let as_other =
        Trial { token_id: Some(domain::TokenId::new(samples::NOW, [9; 10])), ..trial(&["a@b.co"], "x") };
    assert_eq!(code(run(sends.clone(), as_other).await), Code::MissingScope);
    let past = Trial { mail: TrialMail::Stored(samples::inbound(1).id), ..trial(&[], "") };
    assert_eq!(code(run(sends, past).await), Code::MissingScope, "to read mail takes the scope of that");
    assert!(token(&[Scope::MessagesRead], None).is_err());
}

#[tokio::test]
async fn inboxes_with_a_tag_and_members_are_internal() {
    let world = world().await;
    let change = Change::new(samples::organization_id(1)).create(samples::member(3, Role::Viewer));
    world.ports.store.commit(change).await.unwrap();
    made(&world, rules(r#"{"every_recipient":{"kind":"internal"}}"#, "allow")).await;
    let own = samples::inbox(1).address;
    let (local, domain) = own.as_str().split_once('@').unwrap();
    let tagged = format!("{local}+orders@{domain}");
    let member = samples::member(3, Role::Viewer).email;
    let to = [own.as_str(), tagged.as_str(), member.as_str()];
    let (found, ..) =
        simulate(&world.ports, &*world.blobs, &*world.store, &tries(), trial(&to, "x")).await.unwrap();
    assert_eq!(found.outcome, Verdict::Allow);
    for stranger in ["member3+x@example.com", "member33@example.com", &format!("{local}x@{domain}")] {
        let (found, ..) =
            simulate(&world.ports, &*world.blobs, &*world.store, &tries(), trial(&[stranger], "x"))
                .await
                .unwrap();
        assert_eq!(found.reasons, ["no_policy_allows_it"], "{stranger}");
    }
}

#[tokio::test]
async fn first_contacts_of_a_day_are_counted_and_an_edit_counts_new_ones_alone() {
    let world = world().await;
    made(&world, rules(r#"{"first_contacts":{"per":"inbox","window":"day","over":2}}"#, "block")).await;
    known(&world, "ann@example.org").await;
    let book = book(&world.ports, &owner()).await.unwrap();
    let organization_id = samples::organization_id(1);
    let seen = facts(&world, &book, &["ann@example.org"]).await;
    assert_eq!(counters(organization_id, &book, &seen, None), [], "whom everybody knows adds nothing");
    let two = facts(&world, &book, &["a@b.co", "c@d.co", "ann@example.org"]).await;
    assert_eq!(book.evaluate(&two).reasons, ["no_policy_allows_it"]);
    let mut change = Change::new(organization_id);
    change.writes = counters(organization_id, &book, &two, None);
    assert!(matches!(change.writes[..], [Write::Count { by: 2, limit: Some(2), .. }]), "{:?}", change.writes);
    world.ports.store.commit(change).await.unwrap();
    let third = facts(&world, &book, &["e@f.co"]).await;
    assert_eq!(book.evaluate(&third).outcome, Verdict::Block);
    let before = (vec![samples::address("a@b.co"), samples::address("c@d.co")], two.at);
    assert_eq!(counters(organization_id, &book, &two, Some(&before)), [], "counted already");
    let known = facts(&world, &book, &["ann@example.org"]).await;
    assert_eq!(book.evaluate(&known).reasons, ["no_policy_allows_it"]);
}

#[tokio::test]
async fn what_a_policy_names_must_be_there_when_it_is_written() {
    let world = world().await;
    let body = format!(
        r#"{{"name":"p","inbox_ids":["{}"],"rules":[{{"name":"r","when":{{"sender":{{"inbox_in":["{}","{}"],"token_in":["{}"],"member_in":["{}"]}}}},"outcome":"block"}}]}}"#,
        samples::inbox_id(8),
        samples::inbox_id(1),
        samples::inbox_id(9),
        domain::TokenId::new(samples::NOW, [9; 10]),
        samples::member(9, Role::Owner).id,
    );
    let (permit, once) = (owner(), Once::default());
    let refused =
        create(&world.ports, &permit, content(body.as_bytes()).unwrap(), &once, |_| (201, String::new()));
    let Err(Refusal::Invalid(errors)) = refused.await else { panic!("taken") };
    let found: Vec<_> = errors.iter().map(|one| (one.field.as_str(), one.code.as_str())).collect();
    let sender = |field: &str| format!("rules[0].when.sender.{field}");
    assert_eq!(
        found,
        [
            ("inbox_ids", "unknown_inbox"),
            (sender("inbox_in").as_str(), "unknown_inbox"),
            (sender("token_in").as_str(), "unknown_token"),
            (sender("member_in").as_str(), "unknown_member"),
        ]
    );
    assert_eq!(book(&world.ports, &owner()).await.unwrap(), PolicyBook::default(), "nothing was stored");

    // What it named before may have gone since: it stays, and nothing else comes in.
    let named = rules(&format!(r#"{{"sender":{{"inbox_in":["{}"]}}}}"#, samples::inbox_id(1)), "block");
    let kept = made(&world, named.clone()).await;
    let gone =
        Change::new(samples::organization_id(1)).write(Write::Delete(Key::Inbox(samples::inbox_id(1))));
    world.ports.store.commit(gone).await.unwrap();
    let renamed = PolicyContent { name: "other".to_owned(), ..named };
    replace(&world.ports, &owner(), kept.id, 1, renamed).await.unwrap();
}

async fn facts(world: &World, book: &PolicyBook, to: &[&str]) -> Facts {
    let input = FactsInput {
        organization_id: samples::organization_id(1),
        inbox: samples::inbox(1).origin(),
        actor: &Actor::System,
        recipients: to.iter().map(|to| samples::address(to)).collect(),
        subject: String::new(),
        text: String::new(),
        attachments: vec![],
        links: vec![],
        pictures: vec![],
        unproven: vec![],
        size: 1,
        is_reply: false,
        thread_id: None,
        answers_automatic: false,
        send_at: None,
        revises: None,
    };
    gather(&world.ports, &*world.store, book, input).await.unwrap().facts
}

#[tokio::test]
async fn of_many_at_once_no_more_pass_than_a_policy_allows() {
    let world = world().await;
    made(&world, rules(r#"{"always":true}"#, "allow")).await;
    made(&world, rules(r#"{"volume":{"per":"inbox","window":"hour","over":5}}"#, "block")).await;
    made(&world, rules(r#"{"volume":{"per":"recipient","window":"day","over":3}}"#, "hold")).await;
    let book = book(&world.ports, &owner()).await.unwrap();
    let organization_id = samples::organization_id(1);
    // Fifty that look first and write later: all see the same counts.
    let mut pending = vec![];
    for _ in 0..50 {
        let facts = facts(&world, &book, &["a@b.co", "A@B.co"]).await;
        assert_eq!(facts.recipients.len(), 1, "two spellings of one mailbox");
        pending.push(facts);
    }
    let (mut allowed, mut held, mut blocked) = (0, 0, 0);
    for mut seen in pending {
        loop {
            match book.evaluate(&seen).outcome {
                Verdict::Block => {
                    blocked += 1;
                    break;
                }
                verdict => {
                    let mut change = Change::new(organization_id);
                    change.writes = counters(organization_id, &book, &seen, None);
                    assert_eq!(change.writes.len(), 2);
                    if world.ports.store.commit(change).await.is_ok() {
                        *(if verdict == Verdict::Allow { &mut allowed } else { &mut held }) += 1;
                        break;
                    }
                    // Others were faster: look again.
                    seen = facts(&world, &book, &["a@b.co"]).await;
                }
            }
        }
    }
    assert_eq!((allowed, held, blocked), (3, 2, 45));
    // The next hour is another count, the day is not.
    world.pass(3_600);
    let next = facts(&world, &book, &["a@b.co"]).await;
    assert_eq!(next.volumes.values().copied().collect::<Vec<_>>(), [1, 6]);
}

#[tokio::test]
async fn what_no_policy_asks_for_is_not_counted() {
    let world = world().await;
    made(&world, rules(r#"{"always":true}"#, "allow")).await;
    let book = book(&world.ports, &owner()).await.unwrap();
    let seen = facts(&world, &book, &["a@b.co"]).await;
    assert_eq!(counters(samples::organization_id(1), &book, &seen, None), Vec::<Write>::new());
    let keys =
        world.store.contents().records.keys().filter(|(_, key)| matches!(key, Key::Counter(_))).count();
    assert_eq!(keys, 0);
}

#[tokio::test]
async fn a_mail_to_more_recipients_than_can_be_counted_is_held() {
    let world = world().await;
    made(&world, rules(r#"{"always":true}"#, "allow")).await;
    made(&world, rules(r#"{"volume":{"per":"recipient","window":"day","over":3}}"#, "block")).await;
    let book = book(&world.ports, &owner()).await.unwrap();
    let all: Vec<_> = (0..=MAX_RECIPIENT_COUNTS).map(|n| format!("r{n}@b.co")).collect();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    let seen = facts(&world, &book, &all).await;
    assert_eq!(book.evaluate(&seen).reasons, ["policy_unreadable"]);
    assert_eq!(counters(samples::organization_id(1), &book, &seen, None), []);
    let seen = facts(&world, &book, &all[1..]).await;
    assert_eq!(book.evaluate(&seen).outcome, Verdict::Allow);
    assert_eq!(counters(samples::organization_id(1), &book, &seen, None).len(), MAX_RECIPIENT_COUNTS);
}

/// Every example of the paper is one that the API takes.
#[test]
fn the_paper_s_examples_are_good() {
    let paper =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/docs/POLICIES.md")).unwrap();
    let recipes = paper.split("## Recipes").nth(1).unwrap();
    let mut seen = 0;
    for block in recipes.split("\n\n").filter(|block| block.starts_with("    {")) {
        content(block.as_bytes()).unwrap_or_else(|error| panic!("{block}: {error:?}"));
        seen += 1;
    }
    assert_eq!(seen, 4);
    let table = paper.split("| --- | --- |").nth(1).unwrap().split("\n\n").next().unwrap();
    let whole = |text: &str| !text.contains('…');
    let cells = table.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let conditions: Vec<_> = cells.filter(|cell| cell.starts_with('{') && whole(cell)).collect();
    assert!(conditions.len() > 20, "{}", conditions.len());
    for condition in conditions {
        let body = format!(r#"{{"name":"p","rules":[{{"name":"r","when":{condition},"outcome":"hold"}}]}}"#);
        content(body.as_bytes()).unwrap_or_else(|error| panic!("{condition}: {error:?}"));
    }
}

#[tokio::test]
async fn what_a_policy_said_is_read_after_it_was_changed_and_deleted() {
    let world = world().await;
    let policy = made(&world, rules(r#"{"always":true}"#, "allow")).await;
    let last = FormerPolicy::KEPT + 3;
    for version in 1..last {
        let content = rules(&format!(r#"{{"size_over":{version}}}"#), "block");
        replace(&world.ports, &owner(), policy.id, version, content).await.unwrap();
    }
    let found = history(&world.ports, &owner(), policy.id).await.unwrap();
    assert_eq!(found.current.as_ref().map(|policy| policy.version), Some(last));
    let versions: Vec<_> = found.former.iter().map(|one| one.version).collect();
    assert_eq!(versions, (3..last).rev().collect::<Vec<_>>(), "the last fifty, the latest first");
    assert_eq!(found.former[0].content, rules(&format!(r#"{{"size_over":{}}}"#, last - 2), "block"));
    assert_eq!(found.former[0].ended_by, *owner().actor());

    // Of another policy nothing is written, and one that is refused leaves nothing.
    let other = made(&world, rules(r#"{"size_over":1}"#, "hold")).await;
    assert!(replace(&world.ports, &owner(), other.id, 9, rules(r#"{"size_over":2}"#, "hold")).await.is_err());
    assert_eq!(history(&world.ports, &owner(), other.id).await.unwrap().former, []);

    delete(&world.ports, &owner(), policy.id).await.unwrap();
    let found = history(&world.ports, &owner(), policy.id).await.unwrap();
    assert_eq!((found.current, found.former[0].version), (None, last));
    let unknown = domain::PolicyId::new(samples::NOW, [9; 10]);
    assert!(matches!(history(&world.ports, &owner(), unknown).await, Err(Refusal::NotFound(_))));
}
