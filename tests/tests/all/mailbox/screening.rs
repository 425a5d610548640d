//! Received mail is screened, in memory: by the receive lists and by rules. What is held is nowhere but among what is held, until a
//! person lets it in.

use std::sync::PoisonError;

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::{BlobKey, Blobs as _};
use app::base::store::{
    AddressEntry, Change, Conflict, DirectoryWrite, Key, PageRequest, Record, StoreError, key, load,
};
use app::gate::purge::purge;
use app::mailbox::entries::{self, NewEntry};
use app::mailbox::messages::{self, Since};
use app::mailbox::receive::{EnvelopeView, Reading, Received, receive};
use app::mailbox::{held, inboxes, screening, trash};
use bytes::Bytes;
use domain::base::code::Code;
use domain::delivery::event::EventKind;
use domain::mailbox::filter::MessageFilter;
use domain::mailbox::finding::FindingKind;
use domain::mailbox::listed::{Side, Standing};
use domain::mailbox::message::{Message, Thread, Verdicts};
use domain::mailbox::screening::{Held, Reason, Screened};
use domain::mailbox::whom::Whom;
use domain::people::access::{Actor, Permit, Role, Scope, ScopeType, scope};
use domain::{InboxId, MessageId, Timestamp};
use testkit::samples;
use testkit::world::World;

/// As SES stores it: above what its sender wrote it says what it found.
const MAIL: &str = "Return-Path: <ann@example.org>\r\n\
    Received: from mx.example.org by inbound-smtp.eu-west-1.amazonaws.com\r\n\
    Authentication-Results: amazonses.com; dkim=pass header.i=@example.org;\r\n\
    X-SES-RECEIPT: x\r\n\
    From: Ann <ann@example.org>\r\nSubject: The offer\r\nMessage-ID: <1@example.org>\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nA secret offer.\r\n\
    --b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n\r\n%PDF-1\r\n--b--\r\n";

const HOLD_UNLISTED: &str = r#"{"name": "Strangers", "when": {"listed": false}, "outcome": "hold"}"#;

fn owner<S: ScopeType>() -> Permit<S> {
    samples::session(4, Role::Owner).0.principal(samples::NOW).unwrap().permit().unwrap()
}

fn agent<S: ScopeType>() -> Permit<S> {
    let scopes = [Scope::MessagesRead, Scope::MessagesModify, Scope::EventsRead];
    samples::token(1, Role::Owner, &scopes).0.principal().permit().unwrap()
}

/// An organization with these rules and the inboxes 1 and 2.
async fn world(rules: &[&str]) -> World {
    let world = World::default();
    let mut change = Change::new(samples::organization_id(1))
        .create(samples::organization(1))
        .create(samples::member(4, Role::Owner));
    for n in [1, 2] {
        let inbox = samples::inbox(n);
        let (address, organization_id) = (inbox.address.clone(), inbox.organization_id);
        let entry = AddressEntry { address, organization_id, inbox_id: inbox.id };
        change = change.create(inbox).directory(DirectoryWrite::NewAddress(entry));
    }
    world.ports.store.commit(change).await.unwrap();
    if !rules.is_empty() {
        ruled(&world, 0, rules).await.unwrap();
    }
    world
}

async fn ruled(world: &World, version: u64, rules: &[&str]) -> Result<u64, Refusal> {
    let body = format!(r#"{{"version": {version}, "rules": [{}]}}"#, rules.join(","));
    let (version, rules) = wire::mailbox::screening::replacement(body.as_bytes())?;
    Ok(screening::replace(&world.ports, &owner(), version, rules).await?.version)
}

async fn list(world: &World, standing: Standing, whom: Whom) {
    let new = NewEntry { side: Side::Receive, standing, whom, reason: None };
    let once = Once::default();
    entries::create(&world.ports, &owner(), new, &once, |_| (201, String::new())).await.unwrap();
}

fn verdicts(all: &str) -> Verdicts {
    let [spam, virus] = ["PASS"; 2].map(str::to_owned);
    let [spf, dkim, dmarc] = [all; 3].map(str::to_owned);
    Verdicts { spam, virus, spf, dkim, dmarc }
}

fn raw(name: &str) -> BlobKey {
    BlobKey::Raw(format!("inbound/{name}"))
}

/// Receives it in these inboxes, with these verdicts, and gives the mails that came in.
async fn come(world: &World, name: &str, bytes: &str, all: &str, inboxes: &[u8]) -> Vec<MessageId> {
    world.blobs.put(&raw(name), Bytes::copy_from_slice(bytes.as_bytes()), "message/rfc822").await.unwrap();
    world.pass(60);
    tell(world, name, all, inboxes).await
}

async fn tell(world: &World, name: &str, all: &str, inboxes: &[u8]) -> Vec<MessageId> {
    try_tell(world, name, all, inboxes).await.unwrap()
}

async fn try_tell(world: &World, name: &str, all: &str, inboxes: &[u8]) -> Result<Vec<MessageId>, Refusal> {
    tell_of(world, name, samples::later(60), all, inboxes).await
}

/// Tells of one that came at this time.
async fn tell_of(
    world: &World,
    name: &str,
    at: Timestamp,
    all: &str,
    inboxes: &[u8],
) -> Result<Vec<MessageId>, Refusal> {
    let received = Received {
        provider_id: name.to_owned(),
        at,
        recipients: inboxes.iter().map(|n| samples::inbox(*n).address).collect(),
        raw_key: format!("inbound/{name}"),
        verdicts: verdicts(all),
        envelope: EnvelopeView { from: "ann@example.org".into(), subject: "The offer".into() },
    };
    receive(&world.ports, &*world.blobs, &*world.store, &received, Reading::Parse).await
}

async fn all_held(world: &World) -> Vec<Held> {
    let page = PageRequest { limit: 10, cursor: None };
    held::list(&world.ports, &owner(), &page).await.unwrap().items
}

async fn message(world: &World, inbox_id: InboxId, id: MessageId) -> Option<Message> {
    load(&*world.ports.store, samples::organization_id(1), key::Message(inbox_id, id)).await.unwrap()
}

fn kinds(world: &World) -> Vec<EventKind> {
    world.store.contents().events.iter().map(|event| event.kind).collect()
}

fn is_unclaimed(world: &World, name: &str) -> bool {
    let unclaimed = world.blobs.unclaimed.lock().unwrap_or_else(PoisonError::into_inner);
    unclaimed.contains(&raw(name).path())
}

async fn release(world: &World, held: &Held) -> Result<Message, Refusal> {
    held::release(&world.ports, &*world.blobs, &owner(), held.inbox_id, held.message_id).await
}

#[tokio::test]
async fn a_held_mail_is_nowhere_until_a_person_lets_it_in() {
    let world = world(&[HOLD_UNLISTED]).await;
    assert_eq!(come(&world, "1", MAIL, "PASS", &[1]).await, []);
    // No mail, no conversation, no file, no pointer: nothing that any list, search or event could show.
    let contents = world.store.contents().clone();
    for (key, record) in contents.records.keys().zip(contents.records.values()) {
        let hidden = matches!(
            record,
            Record::Message(_) | Record::Thread(_) | Record::Attachment(_) | Record::ThreadPointer(_)
        );
        assert!(!hidden, "{key:?}");
    }
    assert_eq!(kinds(&world), [EventKind::MessageHeld]);
    let told = wire::delivery::events::publish(&contents.events[0]).body;
    assert!(
        !told.contains("ann@") && !told.contains("offer"),
        "an event says that it is held, and no word of it: {told}"
    );
    assert!(!is_unclaimed(&world, "1"), "its bytes go with its record, and not by a mark");

    let all = all_held(&world).await;
    let [one] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        (one.outcome, one.reasons.as_slice()),
        (Screened::Hold, &[Reason::Rule("Strangers".into())][..])
    );
    let (_, detail) =
        held::get(&world.ports, &*world.blobs, &owner(), one.inbox_id, one.message_id).await.unwrap();
    assert_eq!(detail.text.as_deref().map(str::trim), Some("A secret offer."), "a person sees it all");

    // Told of it again, it is held once.
    assert_eq!(tell(&world, "1", "PASS", &[1]).await, []);
    assert_eq!((all_held(&world).await.len(), kinds(&world).len()), (1, 1));

    let released = release(&world, one).await.unwrap();
    assert_eq!(released.id, one.message_id);
    assert_eq!(message(&world, one.inbox_id, one.message_id).await.as_ref(), Some(&released));
    let thread: Option<Thread> =
        load(&*world.ports.store, samples::organization_id(1), key::Thread(released.thread_id))
            .await
            .unwrap();
    assert_eq!(thread.map(|thread| (thread.message_count, thread.unread_count)), Some((1, 1)));
    assert!(world.store.contents().records.values().any(|record| matches!(record, Record::Attachment(_))));
    assert_eq!(
        kinds(&world),
        [EventKind::MessageHeld, EventKind::MessageReceived, EventKind::MessageReleased]
    );
    assert!(!is_unclaimed(&world, "1"));
    assert_eq!(all_held(&world).await, []);
    let audited = world.store.contents().audit.last().cloned().unwrap();
    assert_eq!((audited.action, audited.target), ("message.release", one.message_id.to_string()));
    assert_eq!(release(&world, one).await.unwrap_err().code(), Code::NotFound);
    // Told of it once more, it is neither filed nor held again, and its bytes stay.
    assert_eq!(tell(&world, "1", "PASS", &[1]).await, []);
    assert!(all_held(&world).await.is_empty() && !is_unclaimed(&world, "1"));
}

#[tokio::test]
async fn no_program_sees_or_releases_what_is_held() {
    let world = world(&[HOLD_UNLISTED]).await;
    come(&world, "1", MAIL, "PASS", &[1]).await;
    let one = all_held(&world).await.remove(0);
    let (ports, blobs, page) = (&world.ports, &*world.blobs, PageRequest { limit: 10, cursor: None });
    let (inbox_id, id) = (one.inbox_id, one.message_id);
    let refused = [
        held::list(ports, &agent(), &page).await.err(),
        held::get(ports, blobs, &agent(), inbox_id, id).await.err(),
        held::release(ports, blobs, &agent(), inbox_id, id).await.err(),
        held::discard(ports, &agent(), inbox_id, id).await.err(),
    ];
    for refusal in refused {
        assert_eq!(refusal.map(|it| it.code()), Some(Code::PersonRequired));
    }
    let mail = messages::get(ports, blobs, &agent(), inbox_id, id).await;
    assert_eq!(mail.unwrap_err().code(), Code::NotFound);
    let event = world.store.contents().events[0].clone();
    let feed = async |permit: Permit<scope::EventsRead>| {
        app::delivery::feed::get(&*ports.clock, &*world.store, &permit, event.id).await.is_ok()
    };
    assert_eq!((feed(agent()).await, feed(owner()).await), (false, true));
}

#[tokio::test]
async fn who_is_blocked_comes_nowhere_and_who_is_allowed_comes_in() {
    let world = world(&[HOLD_UNLISTED]).await;
    list(&world, Standing::Block, Whom::Domain("example.org".into())).await;
    assert_eq!(come(&world, "1", MAIL, "PASS", &[1]).await, []);
    let one = all_held(&world).await.remove(0);
    assert!(matches!(one.reasons.as_slice(), [Reason::Entry(_)]));
    assert_eq!(
        (one.outcome, kinds(&world)),
        (Screened::Block, vec![]),
        "nobody is called for what is blocked"
    );

    list(&world, Standing::Allow, Whom::Address(samples::address("ann@example.org"))).await;
    let mail = MAIL.replace("1@example.org", "2@example.org");
    assert_eq!(come(&world, "2", &mail, "PASS", &[1]).await.len(), 1);
    // Anybody can write her address: of what is not proven to be hers her domain's entry counts.
    assert_eq!(come(&world, "3", &mail, "FAIL", &[1]).await, []);
    assert_eq!(all_held(&world).await.len(), 2);
    assert_eq!(release(&world, &one).await.unwrap().id, one.message_id, "a person may look again");
}

#[tokio::test]
async fn nobody_passes_a_block_of_their_domain_by_an_address_that_is_malformed() {
    let world = world(&[]).await;
    list(&world, Standing::Block, Whom::Domain("example.org".into())).await;
    let long = format!("{}@example.org", "a".repeat(65));
    let authors = [
        "a..b@example.org",
        "b\u{e4}d@example.org",
        "x@example.org.",
        &long,
        "x@mail.example.org..",
        "@example.org",
    ];
    for (n, author) in authors.into_iter().enumerate() {
        let mail = MAIL.replace("Ann <ann@example.org>", author);
        assert_eq!(come(&world, &n.to_string(), &mail, "PASS", &[1]).await, [], "{author}");
    }
    assert_eq!(all_held(&world).await.len(), authors.len());
    // And a domain that is allowed lets in nobody whose address can't be read.
    list(&world, Standing::Allow, Whom::Domain("allowed.example".into())).await;
    ruled(&world, 0, &[HOLD_UNLISTED]).await.unwrap();
    let mail = MAIL.replace("ann@example.org>", "a..b@allowed.example>");
    assert_eq!(come(&world, "allowed", &mail, "PASS", &[1]).await, []);
}

#[tokio::test]
async fn the_strictest_rule_counts_and_allow_beats_hold_and_flag() {
    let hold = r#"{"name": "h", "when": {"senders": ["example.org"]}, "outcome": "hold"}"#;
    let flag = r#"{"name": "f", "when": {"senders": ["*"]}, "outcome": "flag"}"#;
    let allow = r#"{"name": "a", "when": {"senders": ["ann@example.org"]}, "outcome": "allow"}"#;
    let block = r#"{"name": "b", "when": {"failed": ["spf", "virus"]}, "outcome": "block"}"#;
    for (rules, all, outcome) in [
        (&[hold, flag][..], "PASS", Some(Screened::Hold)),
        (&[flag, hold, allow], "PASS", None),
        // Who wrote it is not proven, so that nothing allows it.
        (&[flag, hold, allow], "GRAY", Some(Screened::Hold)),
        (&[allow, block], "FAIL", Some(Screened::Block)),
        (&[block], "PASS", None),
    ] {
        let world = world(rules).await;
        let came = come(&world, "1", MAIL, all, &[1]).await;
        let held = all_held(&world).await.first().map(|held| held.outcome);
        assert_eq!((held, came.len()), (outcome, usize::from(outcome.is_none())), "{rules:?} {all}");
    }
}

#[tokio::test]
async fn a_flagged_mail_comes_in_and_taints_its_conversation() {
    let world = world(&[r#"{"name": "Odd", "when": {"senders": ["*"]}, "outcome": "flag"}"#]).await;
    let came = come(&world, "1", MAIL, "PASS", &[1]).await;
    let mail = message(&world, samples::inbox_id(1), came[0]).await.unwrap();
    let flagged = mail.findings().iter().find(|finding| finding.kind == FindingKind::Flagged).unwrap();
    assert_eq!(flagged.evidence, "Odd");
    let thread: Option<Thread> =
        load(&*world.ports.store, samples::organization_id(1), key::Thread(mail.thread_id)).await.unwrap();
    assert!(thread.unwrap().tainted);
}

#[tokio::test]
async fn a_rule_is_for_its_inboxes_and_the_bytes_that_others_have_stay() {
    let inbox = samples::inbox_id(1);
    let rule = format!(
        r#"{{"name": "One", "inbox_ids": ["{inbox}"], "when": {{"senders": ["*"]}}, "outcome": "hold"}}"#
    );
    let world = world(&[&rule]).await;
    let came = come(&world, "1", MAIL, "PASS", &[1, 2]).await;
    assert_eq!(came.len(), 1);
    assert!(message(&world, samples::inbox_id(2), came[0]).await.is_some());
    assert!(!is_unclaimed(&world, "1"));
    assert!(release(&world, &all_held(&world).await[0]).await.is_ok());
}

async fn discard(world: &World, held: &Held) -> Result<(), Refusal> {
    held::discard(&world.ports, &owner(), held.inbox_id, held.message_id).await
}

/// As the purge does, once so many days went by: ends what was held for too long, and deletes for good what is due.
async fn empty(world: &World, days: i64) {
    world.pass(days * 24 * 3600 + 1);
    held::end(&world.ports, &*world.store).await.unwrap();
    delete_due(world).await;
}

/// Deletes for good what is due.
async fn delete_due(world: &World) {
    world.pass(1);
    trash::empty(&world.ports, &*world.blobs, &world.outside, &*world.store).await.unwrap();
}

/// Deletes the one mail that came in for good.
async fn delete_what_came(world: &World) {
    let records = world.store.contents().records.clone();
    let mail = records.values().find_map(|it| Message::try_from(it.clone()).ok()).unwrap();
    trash::delete(&world.ports, &owner(), mail.inbox_id, mail.id).await.unwrap();
}

fn held_in(world: &World) -> Vec<InboxId> {
    let contents = world.store.contents();
    contents
        .records
        .keys()
        .filter_map(|(_, key)| if let Key::Held(id, _) = key { Some(*id) } else { None })
        .collect()
}

fn has_bytes(world: &World, name: &str) -> bool {
    world.blobs.objects.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&raw(name).path())
}

#[tokio::test]
async fn what_a_person_discards_is_gone_with_its_bytes_and_does_not_come_back() {
    let world = world(&[HOLD_UNLISTED]).await;
    come(&world, "1", MAIL, "PASS", &[1]).await;
    let one = all_held(&world).await.remove(0);
    discard(&world, &one).await.unwrap();
    assert_eq!(all_held(&world).await, []);
    assert_eq!(kinds(&world), [EventKind::MessageHeld, EventKind::MessageDiscarded]);
    let event = world.store.contents().events[1].clone();
    let told = wire::delivery::events::publish(&event).body;
    assert!(!told.contains("ann@") && !told.contains("offer"), "{told}");
    let feed = async |permit: Permit<scope::EventsRead>| {
        app::delivery::feed::get(&*world.ports.clock, &*world.store, &permit, event.id).await.is_ok()
    };
    assert_eq!((feed(agent()).await, feed(owner()).await), (false, true));
    let audited = world.store.contents().audit.last().cloned().unwrap();
    assert_eq!((audited.action, audited.target), ("message.discard", one.message_id.to_string()));
    assert_eq!(discard(&world, &one).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(release(&world, &one).await.unwrap_err().code(), Code::NotFound);
    // It is no mail in the trash that somebody could take out.
    let back = trash::restore(&world.ports, &owner(), one.inbox_id, one.message_id).await;
    assert_eq!(back.unwrap_err().code(), Code::NotFound);
    empty(&world, 0).await;
    assert!(!has_bytes(&world, "1"));
    // Told of it once more, it is neither filed nor held again.
    world.blobs.put(&raw("1"), Bytes::from_static(MAIL.as_bytes()), "message/rfc822").await.unwrap();
    assert_eq!(tell(&world, "1", "PASS", &[1]).await, []);
    assert_eq!((all_held(&world).await, kinds(&world).len()), (vec![], 2));
}

#[tokio::test]
async fn of_two_who_decide_at_once_about_a_held_mail_one_does() {
    let world = world(&[HOLD_UNLISTED]).await;
    come(&world, "1", MAIL, "PASS", &[1]).await;
    let one = all_held(&world).await.remove(0);
    let gone = Conflict::Record(Key::Held(one.inbox_id, one.message_id));
    world.store.fail_commits(vec![StoreError::Conflict(vec![gone.clone()])]);
    assert_eq!(discard(&world, &one).await.unwrap_err().code(), Code::NotFound);
    world.store.fail_commits(vec![StoreError::Conflict(vec![gone])]);
    assert_eq!(release(&world, &one).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(kinds(&world), [EventKind::MessageHeld], "nothing was written by the one that lost");
}

#[tokio::test]
async fn bytes_that_another_inbox_has_or_holds_stay_when_a_held_mail_is_discarded() {
    let inbox = samples::inbox_id(1);
    let rule = format!(
        r#"{{"name": "One", "inbox_ids": ["{inbox}"], "when": {{"senders": ["*"]}}, "outcome": "hold"}}"#
    );
    for (rules, held) in [(&[rule.as_str()][..], 1), (&[HOLD_UNLISTED], 2)] {
        let world = world(rules).await;
        come(&world, "1", MAIL, "PASS", &[1, 2]).await;
        let all = all_held(&world).await;
        assert_eq!(all.len(), held);
        discard(&world, all.iter().find(|one| one.inbox_id == inbox).unwrap()).await.unwrap();
        empty(&world, 16).await;
        assert!(has_bytes(&world, "1"), "{held}");
        if let Some(other) = all.iter().find(|one| one.inbox_id != inbox) {
            discard(&world, other).await.unwrap();
        } else {
            delete_what_came(&world).await;
        }
        empty(&world, 0).await;
        assert!(!has_bytes(&world, "1"), "{held}: nobody has it any more");
    }
}

#[tokio::test]
async fn what_an_inbox_holds_goes_with_the_inbox() {
    let world = world(&[HOLD_UNLISTED]).await;
    come(&world, "1", MAIL, "PASS", &[1]).await;
    come(&world, "2", MAIL, "PASS", &[2]).await;
    inboxes::delete(&world.ports, &owner(), samples::inbox_id(1)).await.unwrap();
    let run = async || {
        world.pass(1);
        purge(&world.ports, &*world.blobs, &*world.workflow, &*world.store).await.unwrap()
    };
    assert_eq!(run().await, 1);
    assert_eq!(run().await, 0);
    empty(&world, 0).await;
    assert_eq!(held_in(&world), [samples::inbox_id(2)]);
    assert_eq!((has_bytes(&world, "1"), has_bytes(&world, "2")), (false, true));
}

#[tokio::test]
async fn what_nobody_releases_is_gone_after_thirty_days_with_its_bytes() {
    for inboxes in [&[1][..], &[1, 2]] {
        let world = world(&[HOLD_UNLISTED]).await;
        come(&world, "1", MAIL, "PASS", inboxes).await;
        let one = all_held(&world).await.remove(0);
        empty(&world, 29).await;
        assert_eq!((held_in(&world).len(), has_bytes(&world, "1")), (inboxes.len(), true));
        world.pass(24 * 3600);
        assert_eq!(all_held(&world).await, []);
        assert_eq!(release(&world, &one).await.unwrap_err().code(), Code::NotFound);
        empty(&world, 0).await;
        assert_eq!((held_in(&world), has_bytes(&world, "1")), (vec![], false), "{inboxes:?}");
        let audited = world.store.contents().audit.clone();
        let ended: Vec<_> = audited.iter().filter(|it| it.action == "message.discard").collect();
        assert_eq!(ended.len(), inboxes.len());
        assert!(ended.iter().all(|it| it.actor == Actor::System), "nobody did it");
    }
}

#[tokio::test]
async fn bytes_that_one_inbox_had_and_another_held_go_with_the_last_of_them() {
    let inbox = samples::inbox_id(1);
    let rule = format!(
        r#"{{"name": "One", "inbox_ids": ["{inbox}"], "when": {{"senders": ["*"]}}, "outcome": "hold"}}"#
    );
    // It is deleted for good while it is held elsewhere.
    let first = world(&[&rule]).await;
    come(&first, "1", MAIL, "PASS", &[1, 2]).await;
    delete_what_came(&first).await;
    empty(&first, 16).await;
    assert_eq!((held_in(&first).len(), has_bytes(&first, "1")), (1, true));
    empty(&first, 15).await;
    assert_eq!((held_in(&first).len(), has_bytes(&first, "1")), (0, false));
    // Or after the held one's end, though that one's record could not be removed yet.
    let second = world(&[&rule]).await;
    come(&second, "1", MAIL, "PASS", &[1, 2]).await;
    second.pass(Held::KEPT.as_secs() + 3600);
    delete_what_came(&second).await;
    delete_due(&second).await;
    assert_eq!((held_in(&second).len(), has_bytes(&second, "1")), (1, false));
    // Or it stays.
    let third = world(&[&rule]).await;
    come(&third, "1", MAIL, "PASS", &[1, 2]).await;
    empty(&third, 31).await;
    assert_eq!((held_in(&third).len(), has_bytes(&third, "1")), (0, true));
}

#[tokio::test]
async fn what_is_let_in_as_its_time_ends_keeps_its_bytes() {
    let world = world(&[HOLD_UNLISTED]).await;
    come(&world, "1", MAIL, "PASS", &[1, 2]).await;
    world.pass(Held::KEPT.as_secs() + 1);
    // That of one inbox is just let in, so that its end fails: the other's goes, and the bytes stay.
    let away = StoreError::Transient("away".to_owned());
    world.store.fail_commits(vec![away]);
    empty(&world, 0).await;
    assert_eq!((held_in(&world).len(), has_bytes(&world, "1")), (1, true));
    // It was not let in after all.
    empty(&world, 0).await;
    assert_eq!((held_in(&world).len(), has_bytes(&world, "1")), (0, false));
}

#[tokio::test]
async fn a_mail_that_could_not_be_let_in_is_gone_with_its_bytes_all_the_same() {
    let world = world(&[HOLD_UNLISTED]).await;
    come(&world, "1", MAIL, "PASS", &[1]).await;
    let one = all_held(&world).await.remove(0);
    world.store.fail_commits(vec![StoreError::Transient("away".to_owned())]);
    assert_eq!(release(&world, &one).await.unwrap_err().code(), Code::TemporarilyUnavailable);
    assert_eq!(all_held(&world).await, [one]);
    empty(&world, 31).await;
    assert_eq!((held_in(&world), has_bytes(&world, "1")), (vec![], false));
}

#[tokio::test]
async fn a_mail_that_could_not_be_held_and_is_filed_later_keeps_its_bytes() {
    let world = world(&[HOLD_UNLISTED]).await;
    world.blobs.put(&raw("1"), Bytes::from_static(MAIL.as_bytes()), "message/rfc822").await.unwrap();
    world.pass(60);
    world.store.fail_commits(vec![StoreError::Transient("away".to_owned())]);
    let refused = try_tell(&world, "1", "PASS", &[1]).await;
    assert_eq!(refused.unwrap_err().code(), Code::TemporarilyUnavailable);
    // Nothing holds it any more when we are told of it again.
    ruled(&world, 1, &[]).await.unwrap();
    assert_eq!(tell(&world, "1", "PASS", &[1]).await.len(), 1);
    assert!(!is_unclaimed(&world, "1"), "the bucket would delete a mail that an inbox has");
}

#[tokio::test]
async fn what_an_earlier_version_held_under_a_mark_is_kept_once_it_is_let_in() {
    let world = world(&[HOLD_UNLISTED]).await;
    come(&world, "1", MAIL, "PASS", &[1]).await;
    world.blobs.mark_unclaimed(&raw("1")).await.unwrap();
    release(&world, &all_held(&world).await[0]).await.unwrap();
    assert!(!is_unclaimed(&world, "1"));
}

async fn thread(world: &World, message: &Message) -> Thread {
    let thread = key::Thread(message.thread_id);
    load(&*world.ports.store, samples::organization_id(1), thread).await.unwrap().unwrap()
}

/// Since when subjects lead to conversations.
fn subjects(world: &World) -> Vec<Timestamp> {
    let contents = world.store.contents();
    let pointers = contents.records.values().filter_map(|it| match it {
        Record::ThreadPointer(pointer) => Some(pointer.at),
        _ => None,
    });
    pointers.collect()
}

#[tokio::test]
async fn a_mail_that_is_let_in_moves_its_conversation_forwards_alone() {
    let world = world(&[HOLD_UNLISTED]).await;
    // It has no id, so that its subject alone leads to its conversation.
    let first = MAIL.replace("Message-ID: <1@example.org>\r\n", "");
    come(&world, "1", &first, "PASS", &[1]).await;
    let one = all_held(&world).await.remove(0);
    ruled(&world, 1, &[]).await.unwrap();
    let mail = "From: Ann Late <ann@example.org>\r\nSubject: Re: The offer\r\n\r\nOf today.\r\n";
    world.blobs.put(&raw("2"), Bytes::from_static(mail.as_bytes()), "message/rfc822").await.unwrap();
    let today = samples::later(3 * 24 * 3600);
    world.pass(3 * 24 * 3600);
    let id = tell_of(&world, "2", today, "PASS", &[1]).await.unwrap().remove(0);
    let latest = message(&world, one.inbox_id, id).await.unwrap();
    let before = thread(&world, &latest).await;
    assert_eq!((before.preview.as_str(), before.last_message_at), ("Of today.", today));

    let released = release(&world, &one).await.unwrap();
    assert_eq!(released.thread_id, latest.thread_id);
    // It counts, and the conversation shows what it showed.
    let counted = Thread { message_count: 2, unread_count: 2, ..before };
    assert_eq!(thread(&world, &released).await, counted);
    assert_eq!(subjects(&world), [today], "answers find it by its subject for 30 days more");

    // Whoever saw the later one and waits is not given it; what nobody has read has it.
    let wait = async |since| {
        let (from, filter) = (Timestamp::UNIX_EPOCH, MessageFilter::default());
        let found = messages::arrived(&world.ports, &agent(), one.inbox_id, (since, from), &filter).await;
        found.unwrap().into_iter().map(|mail| mail.id).collect::<Vec<_>>()
    };
    assert_eq!(wait(Since::Message(latest.id)).await, []);
    assert_eq!(wait(Since::Time(released.created_at)).await, [released.id, latest.id]);
    let (unread, page) = (Some(true), PageRequest { limit: 10, cursor: None });
    let filter = MessageFilter { unread, ..MessageFilter::default() };
    let listed = messages::list(&world.ports, &agent(), Some(one.inbox_id), &filter, &page).await.unwrap();
    let listed: Vec<_> = listed.items.iter().map(|mail| mail.id).collect();
    assert_eq!(listed, [latest.id, released.id]);
}

#[tokio::test]
async fn a_mail_that_is_told_of_late_moves_its_conversation_forwards_alone() {
    let world = world(&[]).await;
    for (name, text) in [("1", "Early."), ("2", "Late.")] {
        let mail = format!("From: Ann <ann@example.org>\r\nSubject: The offer\r\n\r\n{text}\r\n");
        world.blobs.put(&raw(name), Bytes::from(mail.into_bytes()), "message/rfc822").await.unwrap();
    }
    let late = tell_of(&world, "2", samples::later(3600), "PASS", &[1]).await.unwrap().remove(0);
    let late = message(&world, samples::inbox_id(1), late).await.unwrap();
    let early = tell_of(&world, "1", samples::later(60), "PASS", &[1]).await.unwrap().remove(0);
    let early = message(&world, samples::inbox_id(1), early).await.unwrap();
    assert_eq!(early.thread_id, late.thread_id);
    let thread = thread(&world, &late).await;
    assert_eq!((thread.message_count, thread.preview.as_str()), (2, "Late."));
    assert_eq!(thread.last_message_at, samples::later(3600));
}

#[tokio::test]
async fn rules_that_would_do_nothing_in_silence_are_refused() {
    let world = world(&[HOLD_UNLISTED]).await;
    for (rule, field, code) in [
        (r#"{"name": "x", "when": {}, "outcome": "hold"}"#, "rules[0].when", Code::EmptyCondition),
        (
            r#"{"name": "x", "when": {"senders": ["nobody"]}, "outcome": "hold"}"#,
            "rules[0].when.senders[0]",
            Code::InvalidAddress,
        ),
        (
            r#"{"name": "x", "inbox_ids": ["inb_01kc1x5e3r0000000000000002"], "when": {"listed": true}, "outcome": "hold"}"#,
            "rules[0].inbox_ids",
            Code::UnknownInbox,
        ),
        (
            r#"{"name": "x", "when": {"senders": ["a.b.c.d.e.f.g.h.i.test"]}, "outcome": "hold"}"#,
            "rules[0].when.senders[0]",
            Code::InvalidDomain,
        ),
    ] {
        let Err(Refusal::Invalid(errors)) = ruled(&world, 1, &[rule]).await else { panic!("{rule}") };
        let found: Vec<_> = errors.iter().map(|one| (one.field.as_str(), one.code)).collect();
        assert_eq!(found, [(field, code)], "{rule}");
    }
    assert_eq!(ruled(&world, 0, &[]).await.unwrap_err().code(), Code::PolicyChanged);
    assert_eq!(ruled(&world, 1, &[]).await, Ok(2));
    assert_eq!(ruled(&world, 2, &[HOLD_UNLISTED]).await, Ok(3));
    assert_eq!(come(&world, "1", MAIL, "PASS", &[1]).await, []);
    let audited = world.store.contents().audit.iter().filter(|it| it.action == "screening.update").count();
    assert_eq!(audited, 3);
    assert!(world.store.contents().records.contains_key(&(samples::organization_id(1), Key::Screening)));
}
