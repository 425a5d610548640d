//! What every store must do. Run against the one in memory and the one on `DynamoDB`: neither may be kinder than the other.

use std::collections::BTreeMap;

use app::base::feed::{Feed, StoredBlock};
use app::base::store::{
    AddressEntry, Amendment, Answer, Change, Claimed, Conflict, Contact, Counter, Directory, DirectoryWrite,
    DraftPointer, Expect, Key, List, ListError, Page, PageRequest, Record, SessionPointer, Store, StoreError,
    Tally, ThreadPointer, TokenPointer, Watch, Write, key, load,
};
use app::base::trail::{Range, Stored, Trail};
use app::gate::rate::Places;
use app::people::openid::OpenIdBook;
use domain::base::digest::Digest;
use domain::delivery::feed::Block;
use domain::delivery::webhook::WaitingDelivery;
use domain::gate::approval::Approval;
use domain::gate::draft::{DraftState, SavedDraft};
use domain::gate::notice::NoticeState;
use domain::gate::policy::{FormerPolicy, Policy, PolicyBook, Unreadable};
use domain::gate::rate::{Lane, Later, Second};
use domain::gate::seal::Ticket;
use domain::gate::upload::Upload;
use domain::ledger::audit::{AuditEntry, ChainedEntry, Entry, Head};
use domain::ledger::requests::RequestLine;
use domain::mailbox::domains::{Domain, Family};
use domain::mailbox::filter::Span;
use domain::mailbox::index::Index;
use domain::mailbox::lifecycle::{Outbound, Outcome, State};
use domain::mailbox::listed::{ListEntry, Side, Standing, Suppression};
use domain::mailbox::message::{
    Counts, Mark, Message, Shows, Thread, ThreadChange, ThreadMarks, ThreadUpdate, Trashed,
};
use domain::mailbox::screening::Held;
use domain::mailbox::whom::Whom;
use domain::people::access::{Actor, Role, Scope};
use domain::people::credential::{OpenedWith, Session, SignInWindow, Token};
use domain::people::limit::SendsPerDay;
use domain::people::notifications::Notifications;
use domain::people::organization::{Member, Pause};
use domain::people::passkey::Purpose;
use domain::people::registration::{Bound, Registration, RegistrationEnd};
use domain::people::second_factor::SecondFactor;
use domain::people::setup::Setup;
use domain::people::usage::{By, Of, Usage};
use domain::{MessageId, OrganizationId};
use jiff::SignedDuration;

use crate::samples::{self, NOW, later, organization_id};

/// A store that is all five.
pub trait Whole: Store + Directory + OpenIdBook + Watch + Trail + Feed + Places {}
impl<T: Store + Directory + OpenIdBook + Watch + Trail + Feed + Places> Whole for T {}

fn change() -> Change {
    Change::new(organization_id(1))
}

async fn get(store: &dyn Whole, key: Key) -> Option<Record> {
    store.load(organization_id(1), &[key]).await.unwrap_or_default().pop().flatten()
}

/// The whole suite, on an empty store.
///
/// # Panics
/// Where the store breaks the contract.
pub async fn run(store: &dyn Whole) {
    everything_reads_back(store).await;
    every_state_reads_back(store).await;
    absent_and_versions(store).await;
    pauses(store).await;
    parts(store).await;
    old_answers(store).await;
    all_or_nothing(store).await;
    other_organizations(store).await;
    threads_count(store).await;
    mail_is_listed(store).await;
    policies(store).await;
    the_trash(store).await;
    counts(store).await;
    removals(store).await;
    drafts(store).await;
    pages(store).await;
    members(store).await;
    seats(store).await;
    listed(store).await;
    held(store).await;
    domains(store).await;
    links_are_used_once(store).await;
    sessions_are_prolonged(store).await;
    sessions_are_listed(store).await;
    claims(store).await;
    open(store).await;
    directory(store).await;
    setups(store).await;
    ceremonies(store).await;
    openid(store).await;
    registrations(store).await;
    sign_in_attempts(store).await;
    places(store).await;
    watch(store).await;
    waiting(store).await;
    trail(store).await;
    feed(store).await;
    requests(store).await;
    usage(store).await;
}

/// What is counted, lines of the log of requests, and what is mailed to people.
fn counted() -> Vec<Record> {
    vec![
        Approval { row: Some(samples::row_of(1)), ..samples::approval(3) }.into(),
        samples::upload(1).into(),
        samples::upload_row(1).into(),
        samples::opened(1).into(),
        Contact { hash: Digest::of(b"c"), first_at: later(3) }.into(),
        Counter { hash: Digest::of(b"n"), count: 7, expires_at: later(4) }.into(),
        Counter { hash: Digest::of(b"m"), count: 8, expires_at: jiff::Timestamp::MAX }.into(),
        samples::request_line(1).into(),
        samples::request_line(2).into(),
        samples::invitation(1).into(),
        samples::accepted_invitation(2).into(),
        samples::reset(1).0.into(),
        samples::usage(Of::Organization, 0).into(),
        samples::usage(Of::Inbox(samples::inbox_id(1)), 1).into(),
        samples::usage(Of::Token(domain::TokenId::new(NOW, [1; 10])), 4).into(),
    ]
}

/// What somebody comes in by.
fn ways_in() -> Vec<Record> {
    let (session, _) = samples::session(1, Role::Owner);
    let enabled = SecondFactor {
        enabled_at: Some(later(3)),
        last_step: 9,
        recovery: [].into(),
        ..samples::second_factor(2)
    };
    vec![
        SessionPointer::from(&session).into(),
        session.into(),
        samples::second_factor(1).into(),
        enabled.into(),
        samples::pending_sign_in(1).0.into(),
        samples::notifications(1).into(),
        Notifications { quiet: None, ..samples::notifications(2) }.into(),
        samples::passkeys(1).into(),
        samples::openid_link(1).into(),
        samples::registration(1).0.into(),
        samples::email_proof(1).0.into(),
    ]
}

async fn everything_reads_back(store: &dyn Whole) {
    let (token, _) = samples::token(1, Role::Editor, &[Scope::MessagesSend, Scope::MessagesRead]);
    let limited = Token {
        inboxes: Some([samples::inbox_id(1)].into()),
        paused: Some(samples::pause()),
        ..samples::token(2, Role::Viewer, &[Scope::MessagesRead]).0
    };
    let (rotated, later_secret) = samples::rotated(3);
    let token_pointer = TokenPointer::from(&token);
    let pointer = ThreadPointer {
        inbox_id: samples::inbox_id(1),
        hash: Digest::of(b"pointer"),
        thread_id: samples::inbound(1).thread_id,
        at: NOW,
    };
    let answer = Answer {
        key: Digest::of(b"k"),
        request: Digest::of(b"r"),
        status: 202,
        body: "{}".into(),
        expires_at: later(5),
    };
    let records: Vec<Record> = vec![
        domain::people::organization::Organization {
            paused: Some(samples::pause()),
            sends_per_day: SendsPerDay::new(500),
            require_second_factor: true,
            unclaimed: true,
            ..samples::organization(1)
        }
        .into(),
        samples::member(1, Role::Approver).into(),
        token.into(),
        token_pointer.into(),
        limited.into(),
        rotated.into(),
        later_secret.into(),
        samples::inbox(1).into(),
        domain::mailbox::inbox::Inbox { paused: Some(samples::pause()), ..samples::inbox(2) }.into(),
        samples::standing_approval(1).into(),
        samples::inbound(1).into(),
        samples::index(1).into(),
        samples::purge(1).into(),
        samples::trashed(1).into(),
        samples::trashed(2).going(later(5)).into(),
        samples::trashed(3).gone(later(6)).into(),
        Approval { draft_id: Some(samples::draft(1).id), ..samples::approval(1) }.into(),
        samples::draft(1).into(),
        samples::draft(2).ended(submitted(2), later(9)).into(),
        samples::draft(3).ended(DraftState::Deleted, later(9)).into(),
        samples::attachment(1).into(),
        domain::mailbox::message::Attachment { message: None, ..samples::attachment(2) }.into(),
        samples::webhook(1).into(),
        domain::delivery::webhook::Webhook {
            health: domain::delivery::webhook::Health::default(),
            ..samples::webhook(2)
        }
        .into(),
        pointer.into(),
        answer.into(),
        samples::link(1).0.into(),
        samples::link(2).0.used(later(3)).into(),
        samples::comments(1).into(),
        samples::notice(1, NoticeState::Claimed(later(3))).into(),
        samples::notice(2, NoticeState::Free).into(),
        samples::notice(3, NoticeState::Done).into(),
        samples::pace(1).into(),
        domain::gate::notice::Pace::new(organization_id(1), samples::member(2, Role::Viewer).id).into(),
        samples::policies().into(),
        samples::screening().into(),
        samples::held(1).into(),
        samples::suppression(1).into(),
        samples::suppression(2).into(),
        samples::opt_out(1).0.into(),
        samples::list_entry(1, Side::Receive, Standing::Block, Whom::Everyone).into(),
        samples::domain(1).into(),
        samples::domain(2).into(),
    ];
    let records: Vec<Record> = records.into_iter().chain(ways_in()).chain(counted()).collect();
    for record in &records {
        store
            .commit(change().create(record.clone()))
            .await
            .unwrap_or_else(|error| panic!("{record:?}: {error}"));
    }
    let keys: Vec<_> = records.iter().filter_map(Record::key).collect();
    let read = store.load(organization_id(1), &keys).await;
    assert_eq!(read, Ok(records.into_iter().map(Some).collect()));
    // A key may be asked for twice, and one that leads nowhere gives nothing.
    let twice = [keys[0].clone(), Key::Inbox(samples::inbox_id(77)), keys[0].clone()];
    let read = store.load(organization_id(1), &twice).await.unwrap_or_default();
    assert!(read[0].is_some() && read[1].is_none() && read[0] == read[2]);
    for key in keys {
        store
            .commit(change().write(Write::Delete(key.clone())))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(get(store, key).await, None);
    }
}

async fn every_state_reads_back(store: &dyn Whole) {
    let states = [
        State::PendingApproval { expires_at: later(9), remind_at: Some(later(8)) },
        State::PendingApproval { expires_at: later(9), remind_at: None },
        State::Scheduled { due: later(9), attempt: 2, look_at: later(11) },
        State::Sending { claimed_at: later(9), attempt: 1, claim: [0, 1, 2, 3, 4, 5, 6, 255] },
        State::Accepted { provider_id: "p".into(), at: later(9), outcomes: [].into() },
        State::Accepted {
            provider_id: "p".into(),
            at: later(9),
            outcomes: Outcome::ALL
                .iter()
                .map(|outcome| (format!("{}@x.y", outcome.as_str()), *outcome))
                .collect(),
        },
        State::Failed { reason: "r".into(), at: later(9) },
        State::Rejected { at: later(9) },
        State::Expired { at: later(9) },
        State::Unknown { since: later(9), told: 2 },
        State::Cancelled { at: later(9), reason: "r".into(), attempt: 1 },
    ];
    let first = samples::outbound(10, states[0].clone());
    store.commit(change().create(first.clone())).await.unwrap_or_else(|error| panic!("{error}"));
    let key = Key::Message(first.inbox_id, first.id);
    for (version, state) in (1..).zip(&states) {
        let whole = Message { version, ..samples::outbound(10, state.clone()) };
        store
            .commit(change().update(whole.clone()))
            .await
            .unwrap_or_else(|error| panic!("{state:?}: {error}"));
        let read = get(store, key.clone()).await;
        assert_eq!(read, Some(Message { version: version + 1, ..whole }.into()));
    }
    let stale = store.commit(change().update(first)).await;
    assert_eq!(stale, Err(StoreError::Conflict(vec![Conflict::Record(key.clone())])));
    store.commit(change().write(Write::Delete(key))).await.unwrap_or_else(|error| panic!("{error}"));
}

/// What can be paused is written only as it was seen, and never made anew.
async fn pauses(store: &dyn Whole) {
    let running = samples::inbox(25);
    let paused = domain::mailbox::inbox::Inbox { paused: Some(samples::pause()), ..running.clone() };
    let put = |inbox: &domain::mailbox::inbox::Inbox, seen| {
        change().write(Write::put(inbox.clone(), Expect::Paused(seen))).audit(samples::audit_entry(25))
    };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Inbox(running.id))]));
    assert_eq!(store.commit(put(&paused, None)).await, conflict, "it is gone");
    assert_eq!(store.commit(change().create(running.clone())).await, Ok(()));
    assert_eq!(store.commit(put(&running, Some(samples::pause().at))).await, conflict, "it is not paused");
    let pause = change().write(Write::put(paused.clone(), Expect::Paused(None)));
    assert_eq!(store.commit(pause.clone()).await, Ok(()));
    assert_eq!(store.commit(pause).await, conflict, "it is paused already");
    assert_eq!(store.commit(put(&running, Some(later(99)))).await, conflict, "it was paused again");
    let release = change().write(Write::put(running.clone(), Expect::Paused(Some(samples::pause().at))));
    assert_eq!(store.commit(release).await, Ok(()));
    assert_eq!(get(store, Key::Inbox(running.id)).await, Some(running.clone().into()));
    // Of what is paused or goes on nothing else is written.
    let written = |seen, pause: Option<Pause>| {
        let key = Key::Inbox(running.id);
        change().write(Write::Pause { key, seen, pause })
    };
    let since = Some(samples::pause().at);
    assert_eq!(store.commit(written(since, None)).await, conflict, "it is not paused");
    assert_eq!(store.commit(written(None, Some(samples::pause()))).await, Ok(()));
    assert_eq!(get(store, Key::Inbox(running.id)).await, Some(paused.into()));
    assert_eq!(store.commit(written(None, Some(samples::pause()))).await, conflict, "it is paused already");
    assert_eq!(store.commit(written(Some(later(99)), None)).await, conflict, "it was paused again");
    let release = change().write(Write::Pause { key: Key::Inbox(running.id), seen: since, pause: None });
    assert_eq!(store.commit(release.audit(samples::audit_entry(27))).await, Ok(()));
    assert_eq!(get(store, Key::Inbox(running.id)).await, Some(running.clone().into()));
    let gone = change().write(Write::Delete(Key::Inbox(running.id)));
    assert_eq!(store.commit(gone).await, Ok(()));
    let pause = change().write(Write::Pause { key: Key::Inbox(running.id), seen: None, pause: None });
    assert_eq!(store.commit(pause).await, conflict, "it is gone");
}

/// Parts of a token or an organization are written without the others, and none is made anew.
async fn parts(store: &dyn Whole) {
    let (token, _) = samples::token(27, Role::Editor, &[Scope::MessagesSend]);
    let key = Key::Token(token.hash);
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(key.clone())]));
    let amend = |amendment| change().write(Write::Amend { key: key.clone(), amendment });
    let used = |seconds| change().write(Write::Used { token: token.hash, at: later(seconds) });
    let rotate = |seen, secret: &[u8]| {
        let rotation = token.rotate(Digest::of(secret), Token::OVERLAP, NOW);
        let last_four = "last".to_owned();
        change().write(Write::Rotate { token: token.hash, seen, rotation, last_four })
    };
    let named = Amendment { name: Some("another".to_owned()), sends_per_day: None, ..Amendment::default() };
    assert_eq!(store.commit(amend(named.clone())).await, conflict, "it is gone");
    assert_eq!(store.commit(used(1)).await, conflict, "it is gone");
    assert_eq!(store.commit(rotate(None, b"one")).await, conflict, "it is gone");
    assert_eq!(store.commit(change().create(token.clone())).await, Ok(()));
    let limited = Amendment { name: None, sends_per_day: Some(SendsPerDay::new(7)), ..Amendment::default() };
    for write in [amend(named), amend(limited), used(5), rotate(None, b"one")] {
        assert_eq!(store.commit(write).await, Ok(()));
    }
    assert_eq!(store.commit(rotate(None, b"two")).await, conflict, "another was faster");
    assert_eq!(store.commit(rotate(Some(Digest::of(b"one")), b"two")).await, Ok(()));
    let whole = Token {
        name: "another".to_owned(),
        sends_per_day: SendsPerDay::new(7),
        last_used_at: Some(later(5)),
        rotation: Some(token.rotate(Digest::of(b"two"), Token::OVERLAP, NOW)),
        last_four: "last".to_owned(),
        ..token.clone()
    };
    assert_eq!(get(store, key.clone()).await, Some(whole.clone().into()));
    let free =
        Amendment { name: Some("third".to_owned()), sends_per_day: Some(None), ..Amendment::default() };
    assert_eq!(store.commit(amend(free)).await, Ok(()));
    let whole = Token { name: "third".to_owned(), sends_per_day: None, ..whole };
    assert_eq!(get(store, key.clone()).await, Some(whole.into()));
    // A record of a later secret is no token more.
    let shown = Token { hash: Digest::of(b"two"), first: Some(token.hash), ..token.clone() };
    assert_eq!(store.commit(change().create(shown)).await, Ok(()));
    let page = PageRequest { limit: 100, cursor: None };
    let listed = store.list(organization_id(1), &List::Tokens, &page).await.map(|page| page.items.len());
    assert_eq!(listed, Ok(1));
    for key in [key.clone(), Key::Token(Digest::of(b"two"))] {
        assert_eq!(store.commit(change().write(Write::Delete(key))).await, Ok(()));
    }
}

/// An answer whose time is over is overwritten by one of those who found it.
async fn old_answers(store: &dyn Whole) {
    let answer = |seconds| Answer {
        key: Digest::of(b"old answer"),
        request: Digest::of(b"request"),
        status: 202,
        body: "{}".to_owned(),
        expires_at: later(seconds),
    };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Answer(answer(0).key))]));
    let put = |new, old| change().write(Write::put(answer(new), Expect::Until(later(old))));
    assert_eq!(store.commit(put(2, 1)).await, conflict, "there is none");
    assert_eq!(store.commit(change().create(answer(1))).await, Ok(()));
    assert_eq!(store.commit(put(2, 1)).await, Ok(()));
    assert_eq!(store.commit(put(3, 1)).await, conflict, "another was faster");
    assert_eq!(get(store, Key::Answer(answer(0).key)).await, Some(answer(2).into()));
    let gone = change().write(Write::Delete(Key::Answer(answer(0).key)));
    assert_eq!(store.commit(gone).await, Ok(()));
}

async fn absent_and_versions(store: &dyn Whole) {
    let approval = samples::approval(20);
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Approval(approval.id))]));
    assert_eq!(
        store.commit(change().update(approval.clone())).await,
        conflict,
        "an update needs something to update"
    );
    assert_eq!(store.commit(change().create(approval.clone())).await, Ok(()));
    assert_eq!(store.commit(change().create(approval.clone())).await, conflict, "made twice");
    assert_eq!(store.commit(change().update(approval.clone())).await, Ok(()));
    assert_eq!(store.commit(change().update(approval.clone())).await, conflict, "a stale version");
    // Of several writes only the one in the way is named, and none is done.
    let again = change().create(approval.clone()).create(samples::inbox(20)).audit(samples::audit_entry(20));
    assert_eq!(store.commit(again).await, conflict);
    assert_eq!(get(store, Key::Inbox(samples::inbox_id(20))).await, None);
}

/// Domains of an organization, and what is known of them over all.
async fn domains(store: &dyn Whole) {
    let organization_id = OrganizationId::new(NOW, [66; 10]);
    let ours = || Change::new(organization_id);
    let of = |n| Domain { organization_id, ..samples::domain(n) };
    let (first, second) = (of(3), of(4));
    assert_eq!(store.commit(ours().create(second.clone()).create(first.clone())).await, Ok(()));
    let all = all_in(store, organization_id, &List::Domains, 1).await;
    assert_eq!(all, [first.clone().into(), second.clone().into()], "oldest first");
    let due = |found: Vec<(OrganizationId, domain::DomainId)>| {
        found.into_iter().filter(|(of, _)| *of == organization_id).map(|(_, id)| id).collect::<Vec<_>>()
    };
    let at = first.look_at.unwrap_or_else(|| panic!("it is looked at"));
    assert_eq!(store.domains(at, 100).await.map(due), Ok(vec![]));
    assert_eq!(store.domains(at + SignedDuration::from_secs(1), 100).await.map(due), Ok(vec![first.id]));

    // What hangs on a record needs it as it was seen.
    let counted = |version| {
        ours()
            .write(Write::Unchanged(Key::Domain(first.id), version))
            .create(domain::mailbox::inbox::Inbox { organization_id, ..samples::inbox(66) })
    };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Domain(first.id))]));
    assert_eq!(store.commit(counted(2)).await, conflict);
    assert_eq!(store.commit(counted(1)).await, Ok(()));
    let hash = Digest::of(b"domains");
    let count = |by, limit| Write::Count { key: hash, by, limit, expires_at: later(9) };
    assert_eq!(store.commit(ours().write(count(0, Some(0)))).await, Ok(()), "there is none");
    assert_eq!(store.commit(ours().write(count(1, None))).await, Ok(()));
    let left = Err(StoreError::Conflict(vec![Conflict::Record(Key::Counter(hash))]));
    assert_eq!(store.commit(ours().write(count(0, Some(0)))).await, left, "there is one");

    let look = "contract.example";
    let empty = store.family(look).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(empty, Family::empty(look.to_owned()));
    let with = empty.clone().with(organization_id, &first.name);
    let write = |family: &Family| ours().directory(DirectoryWrite::Family(family.clone()));
    assert_eq!(store.commit(write(&with)).await, Ok(()));
    let lost = Err(StoreError::Conflict(vec![Conflict::Directory]));
    assert_eq!(store.commit(write(&empty)).await, lost, "of two at once one is first");
    let stored = store.family(look).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stored, Family { version: 1, ..with });
    let without = stored.clone().without(organization_id, &first.name);
    assert_eq!(store.commit(write(&without)).await, Ok(()));
    assert_eq!(store.commit(write(&stored)).await, lost);

    let claim = |claimed| ours().directory(DirectoryWrite::Claim(first.name.clone(), claimed));
    for (claimed, count) in
        [(Claimed::Asked, 1), (Claimed::Asked, 2), (Claimed::Deleted, 1), (Claimed::Deleted, 0)]
    {
        assert_eq!(store.commit(claim(claimed)).await, Ok(()));
        assert_eq!(store.claims(&first.name).await, Ok(count));
    }
}

async fn all_or_nothing(store: &dyn Whole) {
    let inbox = samples::inbox(30);
    let entry = AddressEntry {
        address: inbox.address.clone(),
        organization_id: organization_id(1),
        inbox_id: inbox.id,
    };
    let make = change()
        .create(inbox.clone())
        .directory(DirectoryWrite::NewAddress(entry.clone()))
        .audit(samples::audit_entry(30))
        .event(samples::event(30));
    assert_eq!(store.commit(make).await, Ok(()));
    let taken = change().create(samples::inbox(31)).directory(DirectoryWrite::NewAddress(entry.clone()));
    assert_eq!(store.commit(taken.clone()).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
    // An address that is retired leads nowhere, and stays taken; only the inbox that has it retires it.
    let addresses = [entry.address.clone()];
    assert_eq!(store.addresses(&addresses).await.map(|found| found.len()), Ok(1));
    let other = AddressEntry { inbox_id: samples::inbox_id(31), ..entry.clone() };
    let retire = |entry| change().directory(DirectoryWrite::RetireAddress(entry));
    assert_eq!(store.commit(retire(other)).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
    let purge = samples::purge(30);
    assert_eq!(store.commit(retire(entry).create(purge.clone())).await, Ok(()));
    assert_eq!(store.addresses(&addresses).await, Ok(vec![]));
    assert_eq!(store.commit(taken).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
    assert_eq!(store.purges(NOW, 10).await, Ok(vec![]));
    assert_eq!(store.purges(later(1), 10).await, Ok(vec![(organization_id(1), inbox.id)]));
    let gone = Write::RemoveVersion(Key::Purge(inbox.id), 1);
    assert_eq!(store.commit(change().write(gone)).await, Ok(()));
    assert_eq!(store.purges(later(1), 10).await, Ok(vec![]));
    let upload = Upload { look_at: Some(NOW), ..samples::upload(30) };
    assert_eq!(store.commit(change().create(upload.clone())).await, Ok(()));
    assert_eq!(store.uploads(NOW, 10).await, Ok(vec![]));
    assert_eq!(store.uploads(later(1), 10).await, Ok(vec![(organization_id(1), upload.id)]));
    assert_eq!(store.commit(change().update(Upload { look_at: None, ..upload })).await, Ok(()));
    assert_eq!(store.uploads(later(1), 10).await, Ok(vec![]));
    let index = Index { inbox_id: inbox.id, look_at: Some(NOW), ..samples::index(30) };
    assert_eq!(store.commit(change().create(index.clone())).await, Ok(()));
    assert_eq!(store.indexes(NOW, 10).await, Ok(vec![]));
    assert_eq!(store.indexes(later(1), 10).await, Ok(vec![(organization_id(1), inbox.id)]));
    assert_eq!(store.commit(change().update(Index { look_at: None, ..index })).await, Ok(()));
    assert_eq!(store.indexes(later(1), 10).await, Ok(vec![]));
    assert_eq!(get(store, Key::Inbox(samples::inbox_id(31))).await, None);
}

async fn other_organizations(store: &dyn Whole) {
    let other = organization_id(2);
    let inbox = samples::inbox(30).id;
    assert!(get(store, Key::Inbox(inbox)).await.is_some());
    assert_eq!(store.load(other, &[Key::Inbox(inbox)]).await, Ok(vec![None]));
    let page = PageRequest { limit: 10, cursor: None };
    let listed = store.list(other, &List::Inboxes, &page).await;
    assert_eq!(listed.map(|page| page.items.len()), Ok(0));
}

/// A stored policy that can't be read stays what it is, and holds; a stale book is not written.
async fn policies(store: &dyn Whole) {
    let mut book = samples::policies();
    let broken = Unreadable { id: Some(book.policies[0].id), stored: "{\"rules\": 1".into() };
    book.unreadable.push(broken);
    assert_eq!(store.commit(change().create(book.clone())).await, Ok(()));
    assert_eq!(get(store, Key::Policies).await, Some(book.clone().into()));
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Policies)]));
    assert_eq!(store.commit(change().create(book.clone())).await, conflict);
    assert_eq!(store.commit(change().update(book.clone())).await, Ok(()));
    assert_eq!(store.commit(change().update(book.clone())).await, conflict, "a stale version");
    assert_eq!(get(store, Key::Policies).await, Some(PolicyBook { version: 2, ..book.clone() }.into()));
    // Who belongs to groups is changed without a word about policies.
    let mut groups = book.groups.clone();
    groups[0].members.clear();
    let regroup = |seen| change().write(Write::Regroup { groups: groups.clone(), seen });
    assert_eq!(store.commit(regroup(1)).await, conflict, "a stale version");
    assert_eq!(store.commit(regroup(2)).await, Ok(()));
    let regrouped = PolicyBook { version: 3, groups: groups.clone(), ..book.clone() };
    assert_eq!(get(store, Key::Policies).await, Some(regrouped.into()));
    let delete = change().write(Write::Delete(Key::Policies));
    assert_eq!(store.commit(delete).await, Ok(()));

    // What a policy said before has a place of its own, until a later version takes it.
    let policy = samples::policies().policies.remove(0);
    let said = |version| {
        let policy = Policy { version, ..policy.clone() };
        Record::from(FormerPolicy::of(&policy, later(20), Actor::System))
    };
    for version in [3, 4, 3 + FormerPolicy::KEPT] {
        let put = change().write(Write::put(said(version), Expect::Anything));
        assert_eq!(store.commit(put).await, Ok(()));
    }
    let all = all_in(store, organization_id(1), &List::FormerPolicies(policy.id), 1).await;
    assert_eq!(all, [said(3 + FormerPolicy::KEPT), said(4)]);
}

async fn counts(store: &dyn Whole) {
    let hash = Digest::of(b"counts");
    let count = |by, limit| Write::Count { key: hash, by, limit, expires_at: later(60) };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Counter(hash))]));
    assert_eq!(store.commit(change().write(count(6, Some(5)))).await, conflict, "more than there may be");
    assert_eq!(get(store, Key::Counter(hash)).await, None);
    // Fifty at once against a limit of five: five of them.
    let all = (0..50).map(|_| store.commit(change().write(count(1, Some(5)))));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == conflict), "{answers:?}");
    let stored = |count| Some(Record::from(Counter { hash, count, expires_at: later(60) }));
    assert_eq!(get(store, Key::Counter(hash)).await, stored(5));
    // With something else it is all or nothing; without a limit it is never in the way.
    let both = change().create(samples::inbox(45)).write(count(1, Some(5)));
    assert_eq!(store.commit(both).await, conflict);
    assert_eq!(get(store, Key::Inbox(samples::inbox_id(45))).await, None);
    let both = change().create(samples::inbox(45)).write(count(2, None));
    assert_eq!(store.commit(both).await, Ok(()));
    assert_eq!(get(store, Key::Counter(hash)).await, stored(7));
    // What is taken from it makes room again; one that is not there keeps nothing from being done.
    let taken = change().write(Write::Uncount { key: hash, by: 3 });
    assert_eq!(store.commit(taken).await, Ok(()));
    assert_eq!(get(store, Key::Counter(hash)).await, stored(4));
    assert_eq!(store.commit(change().write(count(1, Some(5)))).await, Ok(()));
    assert_eq!(store.commit(change().write(count(1, Some(5)))).await, conflict);
    let forgotten = Write::Uncount { key: Digest::of(b"forgotten"), by: 1 };
    assert_eq!(store.commit(change().write(forgotten).create(samples::inbox(46))).await, Ok(()));
    let all = [45, 46].map(|n| Write::Delete(Key::Inbox(samples::inbox_id(n))));
    assert_eq!(store.commit(all.into_iter().fold(change(), Change::write)).await, Ok(()));
}

/// Of two who remove the same, one does, with whatever goes with it.
async fn removals(store: &dyn Whole) {
    let inbox = samples::inbox(47);
    let key = Key::Inbox(inbox.id);
    let hash = Digest::of(b"removals");
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(key.clone())]));
    assert_eq!(store.commit(change().write(Write::Remove(key.clone()))).await, conflict, "it is not there");
    let count = Write::Count { key: hash, by: 9, limit: None, expires_at: later(60) };
    assert_eq!(store.commit(change().create(inbox).write(count)).await, Ok(()));
    let remove = || {
        let change = change().write(Write::Remove(key.clone())).write(Write::Uncount { key: hash, by: 1 });
        store.commit(change)
    };
    let answers = futures_util::future::join_all((0..10).map(|_| remove())).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == conflict), "{answers:?}");
    assert_eq!(get(store, key).await, None);
    let left = Counter { hash, count: 8, expires_at: later(60) };
    assert_eq!(get(store, Key::Counter(hash)).await, Some(left.into()));
}

fn submitted(n: u8) -> DraftState {
    DraftState::Submitted { message_id: samples::inbound(n).id, approval_id: samples::approval(n).id }
}

async fn drafts(store: &dyn Whole) {
    let draft = |n: u8| SavedDraft { inbox_id: samples::inbox_id(90), ..samples::draft(n) };
    for n in 90..93 {
        assert_eq!(store.commit(change().create(draft(n))).await, Ok(()));
    }
    // One whose end is written is in no list; of several who end it one does.
    let end = || store.commit(change().update(draft(91).ended(submitted(91), later(9))));
    let ends = futures_util::future::join_all((0..5).map(|_| end())).await;
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Draft(draft(91).id))]));
    assert_eq!(ends.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(ends.iter().all(|answer| answer.is_ok() || *answer == conflict), "{ends:?}");
    for limit in 1..=3 {
        let list = all_in(store, organization_id(1), &List::Drafts(samples::inbox_id(90)), limit).await;
        assert_eq!(list, [draft(92).into(), draft(90).into()], "by {limit}");
    }
    assert_eq!(all_in(store, organization_id(1), &List::Drafts(samples::inbox_id(91)), 5).await, []);

    let pointer = |n: u8, expires_at| DraftPointer {
        inbox_id: samples::inbox_id(90),
        hash: SavedDraft::name_hash("a name"),
        draft_id: draft(n).id,
        expires_at,
    };
    let key = Key::DraftPointer(samples::inbox_id(90), SavedDraft::name_hash("a name"));
    let taken = Err(StoreError::Conflict(vec![Conflict::Record(key.clone())]));
    assert_eq!(store.commit(change().create(pointer(90, None))).await, Ok(()));
    assert_eq!(store.commit(change().create(pointer(92, None))).await, taken);
    let until = |at| Expect::Until(later(at));
    let put = |new: DraftPointer, expect| store.commit(change().write(Write::put(new, expect)));
    assert_eq!(put(pointer(92, None), until(9)).await, taken, "it leads to one that can be changed");
    assert_eq!(put(pointer(90, Some(later(9))), Expect::Anything).await, Ok(()));
    assert_eq!(put(pointer(92, None), until(8)).await, taken);
    assert_eq!(put(pointer(92, None), until(9)).await, Ok(()));
    assert_eq!(get(store, key).await, Some(pointer(92, None).into()));
}

async fn threads_count(store: &dyn Whole) {
    let mut first = samples::inbound(40);
    first.thread_id = domain::ThreadId::new(NOW, [40; 10]);
    let mut second = first.clone();
    (second.created_at, second.preview, second.subject) = (later(99), "later".into(), "Re: it".into());
    for message in [&first, &second] {
        let update = change()
            .write(Write::Thread(message.thread_update()))
            .create(samples::inbox(40 + u8::from(message.preview == "later")));
        assert_eq!(store.commit(update).await, Ok(()));
    }
    let thread = get(store, Key::Thread(first.thread_id)).await;
    let expected = Thread {
        id: first.thread_id,
        organization_id: organization_id(1),
        inbox_id: first.inbox_id,
        subject: first.subject.clone(),
        preview: "later".into(),
        last_from: first.from.clone(),
        message_count: 2,
        created_at: first.created_at,
        last_message_at: later(99),
        tainted: false,
        unread_count: 2,
        labels: BTreeMap::new(),
    };
    assert_eq!(thread, Some(expected.clone().into()));
    // A taint stays, whatever comes after it.
    for taint in [true, false] {
        let update = ThreadUpdate { taint, ..second.thread_update() };
        assert_eq!(store.commit(change().write(Write::Thread(update))).await, Ok(()));
    }
    let thread = get(store, Key::Thread(first.thread_id)).await;
    let expected = Thread { tainted: true, message_count: 4, unread_count: 4, ..expected };
    assert_eq!(thread, Some(expected.clone().into()));
    // A mail that waits counts, and is not shown; when it goes, it is shown, and not counted again.
    let waits = ThreadUpdate {
        at: later(200),
        preview: "waits".into(),
        counts: Counts::AsRead,
        shows: Shows::Not,
        taint: false,
        ..second.thread_update()
    };
    assert_eq!(store.commit(change().write(Write::Thread(waits.clone()))).await, Ok(()));
    let expected = Thread { message_count: 5, ..expected };
    assert_eq!(get(store, Key::Thread(first.thread_id)).await, Some(expected.clone().into()));
    let went = ThreadUpdate { at: later(300), counts: Counts::Already, shows: Shows::Now, ..waits };
    assert_eq!(store.commit(change().write(Write::Thread(went.clone()))).await, Ok(()));
    let expected = Thread { preview: "waits".into(), last_message_at: later(300), ..expected };
    assert_eq!(get(store, Key::Thread(first.thread_id)).await, Some(expected.clone().into()));
    // What is to be shown only as the last one is not shown in the place of a later one, and does not count so.
    let last =
        |at| ThreadUpdate { at: later(at), preview: "last".into(), shows: Shows::IfLast, ..went.clone() };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Thread(first.thread_id))]));
    assert_eq!(store.commit(change().write(Write::Thread(last(299)))).await, conflict);
    assert_eq!(get(store, Key::Thread(first.thread_id)).await, Some(expected.clone().into()));
    for at in [300, 301] {
        assert_eq!(store.commit(change().write(Write::Thread(last(at)))).await, Ok(()));
    }
    let expected = Thread { preview: "last".into(), last_message_at: later(301), ..expected };
    assert_eq!(get(store, Key::Thread(first.thread_id)).await, Some(expected.clone().into()));
    // Labels change only as they were seen; what is unread is added up.
    let counted = |labels: &[(&str, u64)]| -> BTreeMap<_, _> {
        labels.iter().map(|(label, count)| (samples::label(label), *count)).collect()
    };
    let (none, one, two) = (counted(&[]), counted(&[("a", 1)]), counted(&[("a", 2), ("b", 1)]));
    let id = first.thread_id;
    let marks = |unread, labels| change().write(Write::Marks(ThreadMarks { thread_id: id, unread, labels }));
    assert_eq!(store.commit(marks(-1, Some((none.clone(), one.clone())))).await, Ok(()));
    assert_eq!(store.commit(marks(-1, None)).await, Ok(()));
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Thread(id))]));
    assert_eq!(store.commit(marks(5, Some((none, two.clone())))).await, conflict);
    assert_eq!(store.commit(marks(0, Some((one, two.clone())))).await, Ok(()));
    let expected = Thread { unread_count: 2, labels: two, ..expected };
    assert_eq!(get(store, Key::Thread(id)).await, Some(expected.into()));
    let nothing = ThreadMarks { thread_id: domain::ThreadId::new(NOW, [41; 10]), unread: 1, labels: None };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Thread(nothing.thread_id))]));
    assert_eq!(store.commit(change().write(Write::Marks(nothing))).await, conflict);
}

/// Everything of a list, by pages of this size.
async fn all_of(store: &dyn Whole, list: &List, limit: u16) -> Vec<Record> {
    all_in(store, organization_id(9), list, limit).await
}

async fn all_in(store: &dyn Whole, organization_id: OrganizationId, list: &List, limit: u16) -> Vec<Record> {
    let (mut seen, mut request) = (vec![], PageRequest { limit, cursor: None });
    loop {
        let page = store.list(organization_id, list, &request).await;
        let page = page.unwrap_or_else(|error| panic!("{list:?}: {error}"));
        assert!(page.items.len() <= usize::from(limit));
        seen.extend(page.items);
        request.cursor = page.next;
        if request.cursor.is_none() {
            return seen;
        }
    }
}

/// Lists of mails and conversations by time, by label, and over all inboxes.
async fn mail_is_listed(store: &dyn Whole) {
    let organization_id = organization_id(9);
    let label = samples::label("To do");
    let mails: Vec<Message> = (0..9_u8)
        .map(|n| Message {
            // A minute apart, in two inboxes by turns, each in a conversation of its own.
            id: MessageId::new(later(60 * i64::from(n)), [n; 10]),
            organization_id,
            inbox_id: samples::inbox_id(1 + n % 2),
            thread_id: domain::ThreadId::new(later(60 * i64::from(n)), [n; 10]),
            created_at: later(60 * i64::from(n)),
            unread: n != 4,
            ..samples::inbound(1)
        })
        .collect();
    for mail in &mails {
        let mark = Mark { inbox_id: mail.inbox_id, label: label.clone(), message_id: mail.id };
        let made = Change::new(organization_id).create(mail.clone()).create(mark);
        assert_eq!(store.commit(made.write(Write::Thread(mail.thread_update()))).await, Ok(()));
    }
    let newest_first = |wanted: &[usize]| -> Vec<MessageId> { wanted.iter().map(|n| mails[*n].id).collect() };
    let span = |after: i64, before: i64| Span { after: Some(later(after)), before: Some(later(before)) };
    let (one, two) = (samples::inbox_id(1), samples::inbox_id(2));
    for (list, wanted) in [
        (List::Messages(one, Span::default()), &[8, 6, 4, 2, 0][..]),
        (List::Messages(one, span(110, 250)), &[4, 2]),
        (List::Messages(one, Span { after: Some(later(400)), before: None }), &[8]),
        (List::Messages(one, Span { after: None, before: Some(later(100)) }), &[0]),
        (List::Messages(one, span(900, 999)), &[]),
        (List::MessagesSince(one, later(110)), &[2, 4, 6, 8]),
        (List::Unread(one), &[8, 6, 2, 0]),
        (List::Unread(two), &[7, 5, 3, 1]),
        (List::Labelled(two, label.clone()), &[7, 5, 3, 1]),
        (List::Labelled(two, samples::label("To")), &[]),
        (List::AllMessages(Span::default()), &[8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (List::AllMessages(span(110, 250)), &[4, 3, 2]),
        (List::Threads(two, Span::default()), &[7, 5, 3, 1]),
        // By the instant: the first end belongs to it, the last does not.
        (List::Threads(two, span(180, 300)), &[3]),
        (List::AllThreads(Span::default()), &[8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (List::AllThreads(span(120, 240)), &[3, 2]),
    ] {
        for limit in [1, 2, 3, 100] {
            let found = all_of(store, &list, limit).await;
            let ids: Vec<_> = found
                .iter()
                .map(|record| match record {
                    Record::Message(message) => message.id,
                    Record::Mark(mark) => mark.message_id,
                    Record::Thread(thread) => {
                        mails.iter().find(|m| m.thread_id == thread.id).expect("its mail").id
                    }
                    other => panic!("{list:?} has {other:?}"),
                })
                .collect();
            assert_eq!(ids, newest_first(wanted), "{list:?} by {limit}");
            // A cursor behind any entry leads to the next one.
            for (record, next) in found.iter().zip(found.iter().skip(1)) {
                let request = PageRequest { limit: 1, cursor: store.cursor(organization_id, &list, record) };
                let page = store.list(organization_id, &list, &request).await;
                let page = page.unwrap_or_else(|error| panic!("{list:?}: {error}"));
                assert_eq!(page.items.first(), Some(next), "{list:?}");
            }
        }
    }
    labels_are_listed(store, organization_id, &mails[8]).await;
    // What was read, and what lost its label, is listed no more.
    let read = Message { unread: false, ..mails[8].clone() };
    let lost = Key::Mark(two, label.clone(), mails[7].id);
    let marked = Change::new(organization_id).update(read).write(Write::Delete(lost));
    assert_eq!(store.commit(marked).await, Ok(()));
    assert_eq!(all_of(store, &List::Unread(one), 100).await.len(), 3);
    assert_eq!(all_of(store, &List::Labelled(two, label), 100).await.len(), 3);
}

/// Each label of an inbox once, whether others begin with it and however many mails have it.
async fn labels_are_listed(store: &dyn Whole, organization_id: OrganizationId, mail: &Message) {
    let names = ["To", "To do", "To do later", "a", "Ärger", "日本"];
    let mut more = Change::new(organization_id);
    for (n, name) in (0_u8..).zip(names).filter(|(_, name)| *name != "To do") {
        for m in [1, 2] {
            let message_id = MessageId::new(later(9_000 + i64::from(n)), [m; 10]);
            more = more.create(Mark { inbox_id: mail.inbox_id, label: samples::label(name), message_id });
        }
    }
    assert_eq!(store.commit(more).await, Ok(()));
    let list = List::Labels(mail.inbox_id);
    let mut in_order = names;
    in_order.sort_unstable();
    for limit in [1, 2, 3, 100] {
        let found = all_of(store, &list, limit).await;
        let found: Vec<_> = found
            .iter()
            .map(|record| match record {
                Record::Mark(mark) => mark.label.as_str(),
                other => panic!("{list:?} has {other:?}"),
            })
            .collect();
        assert_eq!(found, in_order, "by {limit}");
    }
    assert_eq!(all_of(store, &List::Labels(samples::inbox_id(9)), 100).await, []);
}

/// A mail leaves its list, lies in the trash, comes back or goes; its conversation is written as it was seen.
async fn the_trash(store: &dyn Whole) {
    let organization_id = organization_id(8);
    let ours = || Change::new(organization_id);
    let mail = Message { organization_id, labels: [].into(), ..samples::inbound(1) };
    let (inbox, span) = (mail.inbox_id, Span::default());
    let (place, trash) = (Key::Message(inbox, mail.id), Key::Trashed(inbox, mail.id));
    let trashed = Trashed::keep(&mail, NOW);
    let conflict = |key: &Key| Err(StoreError::Conflict(vec![Conflict::Record(key.clone())]));
    let count = async |list: List| {
        let page = store.list(organization_id, &list, &PageRequest { limit: 10, cursor: None }).await;
        page.unwrap_or_else(|error| panic!("{list:?}: {error}")).items.len()
    };
    let lists = || {
        let since = List::TrashSince(inbox, mail.created_at);
        [List::Trash(inbox, span), List::AllTrash(span), List::TrashInThread(mail.thread_id), since]
    };
    let thread = Thread::of(&mail);
    let conversation = |seen: Option<&Thread>, wanted: Option<&Thread>| {
        let (thread_id, seen, wanted) = (mail.thread_id, seen.cloned(), wanted.cloned());
        Write::Conversation(Box::new(ThreadChange { thread_id, seen, wanted }))
    };
    let filed = ours().create(mail.clone()).write(Write::Missing(trash.clone()));
    let filed = filed.write(conversation(None, Some(&thread)));
    assert_eq!(store.commit(filed.clone()).await, Ok(()));
    assert_eq!(count(List::Threads(inbox, span)).await, 1);
    // Only as it was seen: the mail by its version, the conversation by its counts.
    let at = |version| ours().write(Write::RemoveVersion(place.clone(), version)).create(trashed.clone());
    assert_eq!(store.commit(at(2)).await, conflict(&place));
    let other = Thread { message_count: 2, ..thread.clone() };
    let key = Key::Thread(mail.thread_id);
    for seen in [None, Some(&other)] {
        assert_eq!(store.commit(at(1).write(conversation(seen, None))).await, conflict(&key));
    }
    let labelled = Thread { labels: [(samples::label("a"), 1)].into(), ..thread.clone() };
    assert_eq!(store.commit(at(1).write(conversation(Some(&labelled), None))).await, conflict(&key));
    assert_eq!(store.commit(at(1).write(conversation(Some(&thread), None))).await, Ok(()));
    assert_eq!(store.load(organization_id, &[place.clone(), key.clone()]).await, Ok(vec![None, None]));
    for list in [List::Messages(inbox, span), List::AllMessages(span), List::Unread(inbox)] {
        assert_eq!(count(list).await, 0);
    }
    for list in lists() {
        assert_eq!(count(list).await, 1);
    }
    // Told of it again, it is not filed again.
    assert_eq!(store.commit(filed.clone()).await, conflict(&trash));
    assert_eq!(store.trash(later(3_000_000), 10).await.map(|due| due.len()), Ok(1));
    assert_eq!(store.trash(NOW, 10).await, Ok(vec![]));
    // A conversation of which nothing is left but its taint is not listed.
    let empty = Thread { message_count: 0, tainted: true, ..thread.clone() };
    assert_eq!(store.commit(ours().write(conversation(None, Some(&empty)))).await, Ok(()));
    for list in [List::Threads(inbox, span), List::AllThreads(span)] {
        assert_eq!(count(list).await, 0);
    }
    assert_eq!(store.commit(ours().write(conversation(Some(&empty), None))).await, Ok(()));
    // On its way out it is in no list, and gone nobody looks after it; that it was there is known.
    let going = trashed.going(later(10));
    assert_eq!(store.commit(ours().update(going.clone())).await, Ok(()));
    for list in lists() {
        assert_eq!(count(list).await, 0);
    }
    let due = store.trash(later(11), 10).await.unwrap_or_default();
    assert_eq!(due.iter().map(|due| due.message_id).collect::<Vec<_>>(), [mail.id]);
    let gone = Trashed { version: 2, ..going }.gone(later(12));
    assert_eq!(store.commit(ours().update(gone)).await, Ok(()));
    assert_eq!(store.trash(later(3_000_000), 10).await, Ok(vec![]));
    assert_eq!(store.commit(filed).await, conflict(&trash));
    assert_eq!(store.commit(ours().write(Write::RemoveVersion(trash.clone(), 1))).await, conflict(&trash));
    assert_eq!(store.commit(ours().write(Write::RemoveVersion(trash, 3))).await, Ok(()));
}

async fn pages(store: &dyn Whole) {
    let all: Vec<u8> = (50..57).collect();
    for n in &all {
        let made =
            change().create(samples::inbound(*n)).write(Write::put(samples::attempt(*n), Expect::Anything));
        assert_eq!(store.commit(made.create(samples::webhook(*n))).await, Ok(()));
    }
    let inbox = samples::inbox_id(1);
    let newest_first: Vec<_> = all.iter().rev().map(|n| samples::inbound(*n).id).collect();
    for limit in 1..=8 {
        let mut seen = vec![];
        let mut request = PageRequest { limit, cursor: None };
        loop {
            let page =
                store.list(organization_id(1), &List::Messages(inbox, Span::default()), &request).await;
            let page = page.unwrap_or_else(|error| panic!("{error}"));
            assert!(page.items.len() <= usize::from(limit));
            seen.extend(
                page.items.into_iter().filter_map(|record| Message::try_from(record).ok()).map(|m| m.id),
            );
            request.cursor = page.next;
            if request.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, newest_first, "by {limit}");
    }
    let page = PageRequest { limit: 100, cursor: None };
    let thread = List::ThreadMessages(samples::inbound(50).thread_id);
    let oldest_first =
        store.list(organization_id(1), &thread, &page).await.unwrap_or_else(|error| panic!("{error}"));
    let ids: Vec<_> =
        oldest_first.items.into_iter().filter_map(|r| Message::try_from(r).ok()).map(|m| m.id).collect();
    assert!(ids.is_sorted() && ids.len() == all.len(), "{ids:?}");
    let latest = List::LatestInThread(samples::inbound(50).thread_id);
    let two = PageRequest { limit: 2, cursor: None };
    let latest =
        store.list(organization_id(1), &latest, &two).await.unwrap_or_else(|error| panic!("{error}"));
    let latest: Vec<_> =
        latest.items.into_iter().filter_map(|r| Message::try_from(r).ok()).map(|m| m.id).collect();
    assert_eq!(latest, [samples::inbound(56).id, samples::inbound(55).id]);
    let attempts = store.list(organization_id(1), &List::Attempts(samples::webhook(1).id), &page).await;
    let attempts = attempts.unwrap_or_else(|error| panic!("{error}")).items;
    assert_eq!(attempts.first(), Some(&samples::attempt(56).into()));
    assert_eq!(attempts.len(), all.len());
    for bad in ["x", "", "!!!", "bm90IGEgY3Vyc29y\u{e9}"] {
        let request = PageRequest { limit: 5, cursor: Some(bad.to_owned()) };
        let refused = store.list(organization_id(1), &thread, &request).await;
        assert_eq!(refused, Err(ListError::Cursor), "{bad:?}");
    }
}

async fn members(store: &dyn Whole) {
    let people: Vec<_> = (90..93).map(|n| samples::member(n, Role::Approver)).collect();
    for member in &people {
        assert_eq!(store.commit(change().create(member.clone())).await, Ok(()));
    }
    let mut seen = vec![];
    let mut request = PageRequest { limit: 2, cursor: None };
    loop {
        let page = store.list(organization_id(1), &List::Members, &request).await;
        let page = page.unwrap_or_else(|error| panic!("{error}"));
        seen.extend(page.items);
        request.cursor = page.next;
        if request.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, people.into_iter().map(Record::from).collect::<Vec<_>>());
    let all = PageRequest { limit: 100, cursor: None };
    let strangers = store.list(organization_id(2), &List::Members, &all).await;
    assert_eq!(strangers.map(|page| page.items.len()), Ok(0));
}

/// Of a seat only the role changes, where it is as it was seen; its end frees its address.
async fn seats(store: &dyn Whole) {
    let (member, login) = (samples::member(95, Role::Approver), samples::login(95));
    let made = change().create(member.clone()).directory(DirectoryWrite::NewLogin(login.clone()));
    assert_eq!(store.commit(made).await, Ok(()));
    let key = Key::Member(member.id);
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(key.clone())]));
    let give = |seen, role| change().write(Write::GiveRole { member_id: member.id, seen, role });
    assert_eq!(store.commit(give(Role::Viewer, Role::Owner)).await, conflict);
    assert_eq!(store.commit(give(Role::Approver, Role::Editor)).await, Ok(()));
    let editor = Member { role: Role::Editor, ..member.clone() };
    assert_eq!(get(store, key.clone()).await, Some(editor.into()));
    let holds = |role| change().write(Write::HoldsRole(member.id, role)).audit(samples::audit_entry(86));
    assert_eq!(store.commit(holds(Role::Approver)).await, conflict);
    assert_eq!(store.commit(holds(Role::Editor)).await, Ok(()));

    let ended = change().write(Write::EndSessions(member.id, later(7)));
    assert_eq!(store.commit(ended.clone()).await, Ok(()));
    let since = Member { role: Role::Editor, sessions_since: Some(later(7)), ..member.clone() };
    assert_eq!(get(store, key.clone()).await, Some(since.into()));

    let end = |role, of| {
        let ends = DirectoryWrite::EndLogin(login.email.clone(), of);
        change().write(Write::Unseat(member.id, role)).directory(ends)
    };
    assert_eq!(store.commit(end(Role::Approver, member.id)).await, conflict);
    let other = end(Role::Editor, samples::member(94, Role::Editor).id);
    assert_eq!(store.commit(other).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
    assert_eq!(store.commit(end(Role::Editor, member.id)).await, Ok(()));
    assert_eq!((get(store, key).await, store.login(&login.email).await), (None, Ok(None)));
    for gone in [give(Role::Editor, Role::Owner), ended] {
        assert_eq!(store.commit(gone).await, conflict, "it is not made anew");
    }

    let waiting = samples::invitation(97);
    for one in [waiting.clone(), samples::accepted_invitation(98)] {
        assert_eq!(store.commit(change().create(one)).await, Ok(()));
    }
    let page = PageRequest { limit: 10, cursor: None };
    let listed = store.list(organization_id(1), &List::Invitations, &page).await;
    assert_eq!(listed.map(|page| page.items), Ok(vec![waiting.into()]), "one that was accepted is a seat");
}

/// What is held is in its own list, and in no list of mails.
async fn held(store: &dyn Whole) {
    let organization_id = organization_id(8);
    let all: Vec<Record> = (50..53)
        .map(|n| {
            let held = samples::held(n);
            let message = Box::new(Message { organization_id, ..*held.message });
            Held { organization_id, message, ..held }.into()
        })
        .collect();
    for record in &all {
        assert_eq!(store.commit(Change::new(organization_id).create(record.clone())).await, Ok(()));
    }
    for limit in [1, 2, 100] {
        let found = all_in(store, organization_id, &List::Held, limit).await;
        assert_eq!(found, all.iter().rev().cloned().collect::<Vec<_>>());
    }
    let message = samples::held(50).message;
    let own = all_in(store, organization_id, &List::HeldIn(message.inbox_id), 100).await;
    let of_inbox = |record: &&Record| matches!(record, Record::Held(it) if it.inbox_id == message.inbox_id);
    assert_eq!(own, all.iter().rev().filter(of_inbox).cloned().collect::<Vec<_>>());
    let other = all_in(store, organization_id, &List::HeldIn(samples::inbox_id(77)), 100).await;
    assert_eq!(other, []);
    for list in [
        List::Messages(message.inbox_id, Span::default()),
        List::Unread(message.inbox_id),
        List::ThreadMessages(message.thread_id),
    ] {
        let found = all_in(store, organization_id, &list, 100).await;
        let is_held = |record: &Record| matches!(record, Record::Message(it) if it.id == message.id);
        assert!(!found.iter().any(is_held), "{list:?}");
    }
    let end = |n| samples::held(n).expires_at;
    let due = async |now| {
        let due = store.held(now, 100).await.unwrap_or_else(|error| panic!("{error}"));
        let own = due.into_iter().filter(|one| one.organization_id == organization_id);
        own.map(|one| one.message_id).collect::<Vec<_>>()
    };
    let long = end(52) + SignedDuration::from_secs(1);
    assert_eq!(due(end(50)).await, [], "not before its time");
    assert_eq!(
        due(long).await,
        [50, 51, 52].map(|n| samples::held(n).message_id),
        "the longest overdue first"
    );
    for record in all {
        let gone = Write::Remove(record.key().unwrap_or(Key::Screening));
        assert_eq!(store.commit(Change::new(organization_id).write(gone)).await, Ok(()));
    }
    assert_eq!(due(long).await, [], "what was let in or deleted is watched no more");
}

/// Suppressions and each of the lists, newest first, in an organization of their own.
async fn listed(store: &dyn Whole) {
    let organization_id = organization_id(8);
    let change = || Change::new(organization_id);
    let suppressions: Vec<_> =
        (1..4).map(|n| Suppression { organization_id, ..samples::suppression(n) }).collect();
    let entry = |n: u8, side, standing| {
        let whom = Whom::Domain(format!("d{n}.example.org"));
        ListEntry { organization_id, ..samples::list_entry(n, side, standing, whom) }
    };
    let entries = [
        entry(1, Side::Send, Standing::Block),
        entry(2, Side::Send, Standing::Block),
        entry(3, Side::Send, Standing::Allow),
        entry(4, Side::Receive, Standing::Block),
    ];
    let records: Vec<Record> = suppressions.into_iter().map(Record::from).collect();
    let listed: Vec<Record> = entries.into_iter().map(Record::from).collect();
    for record in records.iter().chain(&listed) {
        assert_eq!(store.commit(change().create(record.clone())).await, Ok(()));
    }
    let newest = |records: &[Record]| records.iter().rev().cloned().collect::<Vec<_>>();
    for limit in [1, 2, 100] {
        let all = all_in(store, organization_id, &List::Suppressions, limit).await;
        assert_eq!(all, newest(&records));
        for (side, standing, expected) in [
            (Side::Send, Standing::Block, &listed[..2]),
            (Side::Send, Standing::Allow, &listed[2..3]),
            (Side::Receive, Standing::Block, &listed[3..]),
            (Side::Receive, Standing::Allow, &[]),
        ] {
            let list = List::ListEntries(side, standing);
            assert_eq!(all_in(store, organization_id, &list, limit).await, newest(expected), "{list:?}");
        }
    }
}

async fn links_are_used_once(store: &dyn Whole) {
    let (link, _) = samples::link(94);
    let key = Key::Link(link.hash);
    assert_eq!(store.commit(change().create(link.clone())).await, Ok(()));
    // Beside another write, as with a decision: neither is done where the link was used meanwhile.
    let using = |n| change().update(link.used(later(1))).create(samples::inbox(n));
    assert_eq!(store.commit(using(94)).await, Ok(()));
    let again = store.commit(using(95)).await;
    assert_eq!(again, Err(StoreError::Conflict(vec![Conflict::Record(key.clone())])));
    assert_eq!(get(store, Key::Inbox(samples::inbox_id(95))).await, None);
    let used = domain::gate::link::Link { version: 2, ..link.used(later(1)) };
    assert_eq!(get(store, key.clone()).await, Some(used.into()));
    assert_eq!(store.load(organization_id(2), &[key]).await, Ok(vec![None]), "another organization");
    let pace = samples::pace(94);
    assert_eq!(store.commit(change().create(pace.clone())).await, Ok(()));
    assert_eq!(store.commit(change().update(pace.clone())).await, Ok(()));
    let stale = store.commit(change().update(pace.clone())).await;
    assert_eq!(stale, Err(StoreError::Conflict(vec![Conflict::Record(Key::Pace(pace.member_id))])));
}

/// Nothing but its end is written: what it lets do stays what it was.
async fn sessions_are_prolonged(store: &dyn Whole) {
    let (session, _) = samples::session(96, Role::Viewer);
    let key = Key::Session(session.hash);
    assert_eq!(store.commit(change().create(session.clone())).await, Ok(()));
    let prolonged = Session { expires_at: later(50_000), used_at: later(6_800), ..session.clone() };
    let forged = Session { role: Role::Owner, ..prolonged.clone() };
    let prolong = change().write(Write::Prolong(forged));
    assert_eq!(store.commit(prolong.clone()).await, Ok(()));
    assert_eq!(get(store, key.clone()).await, Some(Session { version: 2, ..prolonged }.into()));
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(key.clone())]));
    assert_eq!(store.commit(prolong).await, conflict, "another did so meanwhile");
    let stronger = |session: &Session, opened_with| Write::OpenedWith { session: session.hash, opened_with };
    let shown = change().write(stronger(&session, OpenedWith::Totp));
    assert_eq!(store.commit(shown).await, Ok(()));
    let Some(Record::Session(stored)) = get(store, key.clone()).await else { panic!("it is there") };
    assert_eq!((stored.opened_with, stored.version, stored.role), (OpenedWith::Totp, 2, Role::Viewer));
    let proved = |session: &Session| Write::Proved { session: session.hash, at: later(900) };
    assert_eq!(store.commit(change().write(proved(&session))).await, Ok(()));
    let Some(Record::Session(stored)) = get(store, key.clone()).await else { panic!("it is there") };
    assert_eq!((stored.proved_at, stored.version, stored.role), (later(900), 2, Role::Viewer));
    let (unknown, _) = samples::session(97, Role::Owner);
    let gone = Err(StoreError::Conflict(vec![Conflict::Record(Key::Session(unknown.hash))]));
    assert_eq!(
        store.commit(change().write(stronger(&unknown, OpenedWith::Totp))).await,
        gone,
        "none is made"
    );
    assert_eq!(store.commit(change().write(proved(&unknown))).await, gone, "none is made");
    let conflict = Err(StoreError::Conflict(vec![Conflict::Record(Key::Session(unknown.hash))]));
    assert_eq!(store.commit(change().write(Write::Prolong(unknown))).await, conflict, "none is made");
}

/// The sessions of a member, newest first, and nobody else's.
async fn sessions_are_listed(store: &dyn Whole) {
    let of = |n: u8, member: u8| {
        let member_id = samples::member(member, Role::Viewer).id;
        Session { member_id, ..samples::session(n, Role::Viewer).0 }
    };
    let own: Vec<_> = [101, 102, 103].map(|n| SessionPointer::from(&of(n, 98))).into();
    for pointer in own.iter().cloned().chain([SessionPointer::from(&of(104, 99))]) {
        assert_eq!(store.commit(change().create(pointer)).await, Ok(()));
    }
    let newest: Vec<Record> = own.iter().rev().cloned().map(Record::from).collect();
    let list = List::Sessions(own[0].member_id);
    for limit in [1, 2, 100] {
        assert_eq!(all_in(store, organization_id(1), &list, limit).await, newest);
    }
    assert_eq!(all_in(store, organization_id(2), &list, 100).await, []);
    let gone = change().write(Write::Remove(Key::SessionPointer(own[0].member_id, own[1].id)));
    assert_eq!(store.commit(gone.clone()).await, Ok(()));
    assert!(
        matches!(store.commit(gone).await, Err(StoreError::Conflict(_))),
        "of two at once, one conflicts"
    );
    assert_eq!(all_in(store, organization_id(1), &list, 100).await.len(), 2);
}

/// Holds the one conditional write together with the domain's transition.
async fn claims(store: &dyn Whole) {
    let message = samples::outbound(60, State::Scheduled { due: later(10), attempt: 1, look_at: later(12) });
    assert_eq!(store.commit(change().create(message.clone())).await, Ok(()));
    let outbound = message.outbound().cloned().unwrap_or_else(|| panic!("outbound"));
    let ticket = Ticket {
        organization_id: organization_id(1),
        inbox_id: message.inbox_id,
        message_id: message.id,
        approval_id: outbound.approval_id,
        digest: outbound.digest,
    };
    let others = [
        Ticket { digest: Digest::of(b"other"), ..ticket.clone() },
        Ticket { approval_id: samples::approval(61).id, ..ticket.clone() },
        Ticket { organization_id: organization_id(2), ..ticket.clone() },
        Ticket { message_id: samples::inbound(61).id, ..ticket.clone() },
    ];
    for other in others {
        assert_eq!(store.claim(&other, [1; 8], later(20)).await, Ok(None), "{other:?}");
    }
    assert_eq!(store.claim(&ticket, [1; 8], later(9)).await, Ok(None), "before it is due");
    let claimed = store.claim(&ticket, [1; 8], later(20)).await;
    let expected = Message {
        direction: domain::mailbox::message::Direction::Outbound(
            outbound.claim(later(20), [1; 8]).unwrap_or_else(|e| panic!("{e}")),
        ),
        version: 2,
        ..message.clone()
    };
    assert_eq!(claimed, Ok(Some(expected.clone())));
    assert_eq!(get(store, Key::Message(message.inbox_id, message.id)).await, Some(expected.clone().into()));
    assert_eq!(store.claim(&ticket, [2; 8], later(21)).await, Ok(None), "twice");
    let again = store.claim(&ticket, [1; 8], later(21)).await;
    assert_eq!(again, Ok(Some(expected)), "the same claim, whose answer was lost");
    let inbound = Ticket { message_id: samples::inbound(50).id, ..ticket };
    assert_eq!(store.claim(&inbound, [3; 8], later(21)).await, Ok(None), "a received mail");
}

/// Mails that have not come to an end are found by where they stand, and no others.
async fn open(store: &dyn Whole) {
    let list = List::Open(domain::mailbox::lifecycle::Status::Scheduled);
    let due = |n: u8, at: i64| {
        samples::outbound(n, State::Scheduled { due: later(at), attempt: 0, look_at: later(at + 1) })
    };
    let lost = samples::outbound(65, State::Unknown { since: later(4), told: 0 });
    let change_all = change().create(due(63, 30)).create(due(64, 20)).create(lost.clone());
    assert_eq!(store.commit(change_all).await, Ok(()));
    let ids = |page: Result<Page<Record>, ListError>| {
        let found = page.unwrap_or_else(|error| panic!("{error}")).items.into_iter();
        found.filter_map(|record| Message::try_from(record).ok()).map(|m| m.id).collect::<Vec<_>>()
    };
    let page = PageRequest { limit: 10, cursor: None };
    let found = ids(store.list(organization_id(1), &list, &page).await);
    assert_eq!(found, [due(64, 20).id, due(63, 30).id], "those that are due first, without what was claimed");
    let unknown = List::Open(domain::mailbox::lifecycle::Status::Unknown);
    assert_eq!(ids(store.list(organization_id(1), &unknown, &page).await), [lost.id]);
    assert_eq!(ids(store.list(organization_id(2), &list, &page).await), []);
    let one = PageRequest { limit: 1, cursor: None };
    let first = store.list(organization_id(1), &list, &one).await.unwrap_or_else(|error| panic!("{error}"));
    let rest = PageRequest { limit: 10, cursor: first.next };
    assert_eq!(ids(store.list(organization_id(1), &list, &rest).await), [due(63, 30).id]);
    let mut claimed = due(64, 20);
    claimed.direction = domain::mailbox::message::Direction::Outbound(Outbound {
        state: State::Rejected { at: NOW },
        ..due(64, 20).outbound().cloned().unwrap_or_else(|| panic!("outbound"))
    });
    assert_eq!(
        store
            .commit(change().update(claimed).write(Write::Delete(Key::Message(lost.inbox_id, lost.id))))
            .await,
        Ok(())
    );
    assert_eq!(ids(store.list(organization_id(1), &list, &page).await), [due(63, 30).id]);
    let gone = change().write(Write::Delete(Key::Message(due(63, 30).inbox_id, due(63, 30).id)));
    assert_eq!(store.commit(gone).await, Ok(()));
}

async fn places(store: &dyn Whole) {
    let second = Second { lane: Lane::Ses, number: 1_767_225_600, places: 10, share: 4 };
    let account = Second { lane: Lane::Account(samples::account(1).id), ..second };
    let (one, other) = (organization_id(1), organization_id(2));
    // Fifty at once: one organization has its share, all together have what there is.
    let taken = futures_util::future::join_all((0..50).map(|_| store.take(one, second, 1))).await;
    assert!(taken.iter().all(Result::is_ok), "{taken:?}");
    let mut taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap_or_default).collect();
    taken.sort_unstable();
    assert_eq!(taken, [1, 2, 3, 4]);
    // A mail to many goes where one place is left, and says how far it goes beyond.
    assert_eq!(store.take(other, second, 3).await, Ok(Some(7)));
    assert_eq!(store.take(other, second, 50).await, Ok(Some(57)));
    let later = Second { share: 10, ..second };
    for organization in [one, other, organization_id(3)] {
        assert_eq!(store.take(organization, later, 1).await, Ok(None));
    }
    let next = Second { number: second.number + 1, ..second };
    let fill = |places, own, of| store.fill(Later { lane: next.lane, number: next.number, places, own }, of);
    assert_eq!(fill(8, 10, Some(one)).await, Ok(()));
    assert_eq!(store.take(one, Second { share: 10, ..next }, 1).await, Ok(None), "it is kept out");
    assert_eq!(fill(1, 0, None).await, Ok(()));
    assert_eq!(store.take(other, next, 1).await, Ok(Some(10)));
    assert_eq!(store.take(organization_id(3), next, 1).await, Ok(None));
    assert_eq!(fill(10, 0, None).await, Ok(()), "also where none is left");
    assert_eq!(store.take(one, account, 1).await, Ok(Some(1)), "an account has places of its own");
}

async fn directory(store: &dyn Whole) {
    let login = samples::login(70);
    assert_eq!(store.login(&login.email).await, Ok(None));
    let make = change().directory(DirectoryWrite::NewLogin(login.clone()));
    assert_eq!(store.commit(make.clone()).await, Ok(()));
    assert_eq!(store.commit(make).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
    let other_case = samples::address(&login.email.as_str().to_ascii_uppercase());
    assert_eq!(store.login(&other_case).await, Ok(Some(login.clone())));
    let changed = |seen: &domain::people::credential::Login, to: &str| {
        let login = seen.clone();
        change().directory(DirectoryWrite::NewPassword { login, password_hash: to.to_owned() })
    };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Directory]));
    let same = || change().directory(DirectoryWrite::SamePassword(login.clone()));
    assert_eq!(store.commit(same().create(samples::session(70, Role::Viewer).0)).await, Ok(()));
    assert_eq!(store.commit(changed(&login, "another")).await, Ok(()));
    assert_eq!(store.commit(changed(&login, "a third")).await, conflict, "it is another already");
    let seen_before = same().create(samples::session(72, Role::Viewer).0);
    assert_eq!(store.commit(seen_before).await, conflict, "what was seen does not stand");
    let another = domain::people::credential::Login { password_hash: "another".to_owned(), ..login.clone() };
    assert_eq!(store.login(&login.email).await, Ok(Some(another.clone())), "nothing else of it is changed");
    assert_eq!(store.commit(changed(&another, &login.password_hash)).await, Ok(()));
    let nobody = samples::login(73);
    assert_eq!(store.commit(changed(&nobody, "x")).await, conflict, "no login is made");
    let inbox = samples::inbox(71);
    let entry = AddressEntry {
        address: inbox.address.clone(),
        organization_id: organization_id(1),
        inbox_id: inbox.id,
    };
    assert_eq!(store.commit(change().directory(DirectoryWrite::NewAddress(entry))).await, Ok(()));
    let found = store.addresses(&[inbox.address, samples::inbox(99).address]).await;
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.iter().map(|entry| entry.inbox_id).collect::<Vec<_>>(), [samples::inbox_id(71)]);
}

/// A set-up link is used once, with what else is written beside it.
async fn setups(store: &dyn Whole) {
    let setup = samples::setup(74).0;
    assert_eq!(store.setup(setup.hash).await, Ok(None));
    let use_up = |n| {
        change()
            .directory(DirectoryWrite::UseSetup { hash: setup.hash, at: later(5) })
            .create(samples::session(n, Role::Owner).0)
    };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Directory]));
    assert_eq!(store.commit(use_up(174)).await, conflict, "none is made by using it");
    assert_eq!(store.keep_setup(&setup).await, Ok(()));
    assert_eq!(store.setup(setup.hash).await, Ok(Some(setup.clone())));
    assert_eq!(store.commit(use_up(174)).await, Ok(()));
    assert_eq!(store.commit(use_up(175)).await, conflict);
    let used = Setup { used_at: Some(later(5)), ..setup.clone() };
    assert_eq!(store.setup(setup.hash).await, Ok(Some(used)));
}

/// What a passkey was asked for ends once, with what else is written beside it.
async fn ceremonies(store: &dyn Whole) {
    for (n, purpose) in [(76, Purpose::SignIn), (77, Purpose::Add(samples::user_handle(1)))] {
        let asked = samples::ceremony(n, purpose).0;
        assert_eq!(store.ceremony(asked.hash).await, Ok(None));
        let end = |n: u8| {
            let end = DirectoryWrite::EndCeremony(asked.hash);
            change().directory(end).create(samples::session(n, Role::Owner).0)
        };
        let conflict = Err(StoreError::Conflict(vec![Conflict::Directory]));
        assert_eq!(store.commit(end(n + 100)).await, conflict);
        assert_eq!(store.keep_ceremony(&asked).await, Ok(()));
        assert_eq!(store.ceremony(asked.hash).await, Ok(Some(asked)));
        assert_eq!(store.commit(end(n + 100)).await, Ok(()));
        assert_eq!(store.ceremony(asked.hash).await, Ok(None));
        assert_eq!(store.commit(end(n + 110)).await, conflict);
    }
}

/// A way to a provider is gone once; an account there opens one seat, and is taken from that alone.
async fn openid(store: &dyn Whole) {
    for trip in samples::openid_trips(76) {
        assert_eq!(store.take_trip(trip.hash).await, Ok(None));
        assert_eq!(store.keep_trip(&trip).await, Ok(()));
        let taken = futures_util::future::join_all((0..5).map(|_| store.take_trip(trip.hash))).await;
        let taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap_or_default).collect();
        assert_eq!(taken, [trip]);
    }
    let (account, link) = (samples::openid_account(76), samples::openid_link(76));
    assert_eq!(store.account(account.hash).await, Ok(None));
    let connect =
        || change().create(link.clone()).directory(DirectoryWrite::NewOpenIdAccount(account.clone()));
    assert_eq!(store.commit(connect()).await, Ok(()));
    assert_eq!(store.account(account.hash).await, Ok(Some(account.clone())));
    let key = Key::OpenIdLink(link.member_id);
    let both = vec![Conflict::Record(key.clone()), Conflict::Directory];
    assert_eq!(store.commit(connect()).await, Err(StoreError::Conflict(both)));
    let end = |member_id| change().directory(DirectoryWrite::EndOpenIdAccount(account.hash, member_id));
    let conflict = Err(StoreError::Conflict(vec![Conflict::Directory]));
    assert_eq!(store.commit(end(samples::login(77).member_id)).await, conflict, "another's");
    let ended = end(link.member_id).write(Write::RemoveVersion(key, link.version));
    assert_eq!(store.commit(ended).await, Ok(()));
    assert_eq!(store.account(account.hash).await, Ok(None));
    assert_eq!(store.commit(end(link.member_id)).await, Ok(()), "once more");
}

/// Registrations are counted by what and within which window; an organization is claimed once, and looked after until then.
async fn registrations(store: &dyn Whole) {
    let (of, window) = (Digest::of(b"who signs up"), Bound::Owner.window(NOW));
    let count = async |of, window| {
        store.count_registration(of, window).await.unwrap_or_else(|error| panic!("{error}"))
    };
    assert_eq!((count(of, window).await, count(of, window).await), (1, 2));
    assert_eq!(count(of, Bound::Unclaimed.window(NOW)).await, 1);
    assert_eq!(count(of, Bound::Owner.window(window.ends_at())).await, 1);
    let forget = change().directory(DirectoryWrite::ForgetRegistrations(of, window));
    assert_eq!(store.commit(forget).await, Ok(()));
    assert_eq!(count(of, window).await, 1);

    let id = organization_id(76);
    let unclaimed = domain::people::organization::Organization {
        id,
        unclaimed: true,
        sends_per_day: SendsPerDay::new(5),
        ..samples::organization(1)
    };
    let waiting = Registration { organization_id: id, ..samples::registration(76).0 };
    let made = Change::new(id).create(unclaimed.clone()).create(waiting.clone());
    assert_eq!(store.commit(made).await, Ok(()));
    let (before, behind) = (waiting.expires_at, waiting.expires_at + SignedDuration::from_secs(1));
    let waits = async |now| store.unclaimed(now, 100).await.unwrap_or_default().contains(&id);
    assert_eq!((waits(before).await, waits(behind).await), (false, true));
    let claim = || {
        let amendment = Amendment { claimed: true, sends_per_day: Some(None), ..Amendment::default() };
        Change::new(id).write(Write::Amend { key: Key::Organization, amendment })
    };
    let ended = waiting.ended(RegistrationEnd::Claimed(NOW));
    assert_eq!(store.commit(claim().update(ended.clone())).await, Ok(()));
    assert_eq!(
        store.commit(claim()).await,
        Err(StoreError::Conflict(vec![Conflict::Record(Key::Organization)]))
    );
    let wanted = (key::Organization, key::Registration);
    let (claimed, stored) = load(store, id, wanted).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        claimed,
        Some(domain::people::organization::Organization {
            unclaimed: false,
            sends_per_day: None,
            ..unclaimed
        })
    );
    assert_eq!(stored, Some(Registration { version: 2, ..ended }));
    assert!(!waits(behind).await);
}

/// Each attempt gets a number of its own, however many come at once; numbers of another address, of another count and of
/// another window are others.
async fn sign_in_attempts(store: &dyn Whole) {
    let (email, window) = (samples::login(70).email, SignInWindow::of(NOW));
    let next = SignInWindow::of(window.ends_at());
    let count = async |email: &domain::base::address::EmailAddress, tally, window| {
        store.count(email, tally, window).await.unwrap_or_else(|error| panic!("{error}"))
    };
    let at_once = (0..40).map(|_| count(&email, Tally::Attempts, window));
    let mut numbers = futures_util::future::join_all(at_once).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    let other_case = samples::address(&email.as_str().to_ascii_uppercase());
    assert_eq!(count(&other_case, Tally::Attempts, window).await, 41, "the same mailbox");
    assert_eq!(count(&email, Tally::Refusals, window).await, 1);
    assert_eq!(count(&email, Tally::Attempts, next).await, 1);
    let nobody = samples::address("nobody@example.com");
    assert_eq!(count(&nobody, Tally::Attempts, window).await, 1, "an address without a login");

    // Beside another write, as with a session: neither is done without the other.
    let forget = |n| {
        let forget = DirectoryWrite::ForgetAttempts(email.clone(), window);
        change().directory(forget).create(samples::session(n, Role::Viewer).0)
    };
    assert_eq!(store.commit(forget(71)).await, Ok(()));
    assert_eq!(count(&email, Tally::Attempts, window).await, 1);
    assert!(
        matches!(store.commit(forget(71)).await, Err(StoreError::Conflict(_))),
        "there is such a session"
    );
    assert_eq!(count(&email, Tally::Attempts, window).await, 2);
    assert_eq!(count(&email, Tally::Attempts, next).await, 2, "another window keeps its count");
    let never = change().directory(DirectoryWrite::ForgetAttempts(nobody, next));
    assert_eq!(store.commit(never).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
}

async fn watch(store: &dyn Whole) {
    let now = later(100_000);
    let before: Vec<_> =
        store.overdue(now, 100).await.unwrap_or_default().iter().map(|w| w.message_id).collect();
    assert_eq!(before, [samples::inbound(60).id], "what was claimed above");
    let pending = samples::outbound(80, State::PendingApproval { expires_at: later(5), remind_at: None });
    let resting = samples::outbound(81, State::Rejected { at: NOW });
    assert_eq!(store.commit(change().create(pending.clone()).create(resting)).await, Ok(()));
    assert_eq!(store.overdue(later(5), 100).await.unwrap_or_default().len(), 0, "not before its time");
    let now_overdue = store.overdue(now, 1).await.unwrap_or_default();
    assert_eq!(
        now_overdue.iter().map(|w| w.message_id).collect::<Vec<_>>(),
        [pending.id],
        "the longest overdue"
    );
    let expired = samples::outbound(80, State::Expired { at: now });
    assert_eq!(store.commit(change().update(expired)).await, Ok(()));
    let after = store.overdue(now, 100).await.unwrap_or_default();
    assert_eq!(after.len(), 1, "what rests is watched no more");
}

async fn waiting(store: &dyn Whole) {
    let (soon, late) = (samples::waiting_delivery(82), samples::waiting_delivery(83));
    let late = WaitingDelivery { look_at: soon.look_at + SignedDuration::from_secs(5), ..late };
    assert_eq!(store.commit(change().create(late.clone()).create(soon.clone())).await, Ok(()));
    let key = Key::WaitingDelivery(soon.webhook_id, soon.event_id);
    assert_eq!(get(store, key.clone()).await, Some(soon.clone().into()));
    let due = async |now, limit| {
        let due = store.waiting(now, limit).await.unwrap_or_else(|error| panic!("{error}"));
        due.into_iter().map(|one| one.event_id).collect::<Vec<_>>()
    };
    assert_eq!(due(soon.look_at, 10).await, [], "not before its time");
    assert_eq!(due(late.look_at, 10).await, [soon.event_id]);
    let long = late.look_at + SignedDuration::from_secs(1);
    assert_eq!(due(long, 10).await, [soon.event_id, late.event_id], "the longest overdue first");
    assert_eq!(due(long, 1).await, [soon.event_id]);
    let asked = WaitingDelivery { look_at: long + SignedDuration::from_secs(60), ..soon };
    assert_eq!(store.commit(change().update(asked.clone())).await, Ok(()));
    assert!(store.commit(change().update(asked)).await.is_err(), "one asks for it, not two");
    assert_eq!(due(long, 10).await, [late.event_id]);
    let removed = Write::Delete(Key::WaitingDelivery(late.webhook_id, late.event_id));
    assert_eq!(store.commit(change().write(removed).write(Write::Delete(key))).await, Ok(()));
    assert_eq!(due(long + SignedDuration::from_hours(1), 10).await, []);
}

/// Entries get their places once, behind the head that was read, and only then leave the watch.
async fn trail(store: &dyn Whole) {
    let (us, other) = (organization_id(1), organization_id(2));
    let entries: Vec<_> = (90..94)
        .map(|n| {
            let (actor, details) = match n {
                90 => (Actor::Member { member_id: samples::member(n, Role::Owner).id }, vec![]),
                91 => (samples::approval(n).requested_by, vec![("b", "ü\n".into()), ("a", String::new())]),
                _ => (Actor::System, vec![]),
            };
            AuditEntry { actor, details, ..samples::audit_entry(n) }
        })
        .collect();
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let mut written = change();
    written.audit.clone_from(&entries);
    assert_eq!(store.head(us).await, Ok(Some(Head::genesis(us))));
    assert_eq!(store.commit(written.clone()).await, Ok(()));
    assert_eq!(
        store.commit(written).await,
        Err(StoreError::Conflict(vec![Conflict::Directory])),
        "an entry is written once"
    );
    let repeated = change().audit(entries[0].clone());
    assert_eq!(store.commit(repeated).await, Ok(()), "one that stands alone may be repeated");
    let long = later(Entry::CHAIN_LIMIT.as_secs() + 1);
    let lost = async |now| {
        let lost = store.lost(now, 100).await.unwrap_or_else(|error| panic!("{error}"));
        lost.into_iter()
            .filter(|(org, id)| *org == us && ids.contains(id))
            .map(|(_, id)| id)
            .collect::<Vec<_>>()
    };
    assert_eq!(lost(later(60)).await, [], "not before its time");
    let mut found = lost(long).await;
    found.sort_unstable();
    assert_eq!(found, ids);
    assert_eq!(store.lost(long, 2).await.map(|lost| lost.len()), Ok(2));

    let unchained = async |organization, ids: &[domain::AuditId]| {
        let mut found = store.unchained(organization, ids).await.unwrap_or_else(|error| panic!("{error}"));
        found.sort_by_key(|entry| entry.id);
        found
    };
    assert_eq!(unchained(us, &ids).await, entries.iter().map(Entry::from).collect::<Vec<_>>());
    assert_eq!(unchained(other, &ids).await, [], "another organization has none of them");

    let genesis = Head::genesis(us);
    let mut end = genesis.clone();
    let mut link = |n: usize| end.append(Entry::from(&entries[n]), later(1));
    let links: Vec<ChainedEntry> = vec![link(0), link(1)];
    let conflict = Err(StoreError::Conflict(vec![Conflict::Directory]));
    assert_eq!(store.append(&genesis, &links).await, Ok(()));
    assert_eq!(store.append(&genesis, &links).await, conflict, "the same again");
    let first = Head::of(&links[1]);
    assert_eq!(store.head(us).await, Ok(Some(first.clone())));
    assert_eq!(store.head(other).await, Ok(Some(Head::genesis(other))));
    let mut stale = genesis.clone();
    let behind = stale.append(Entry::from(&entries[2]), later(2));
    assert_eq!(store.append(&genesis, &[behind]).await, conflict, "behind a head that moved on");
    let mut twice = first.clone();
    let again = twice.append(Entry::from(&entries[1]), later(2));
    assert_eq!(store.append(&first, &[again]).await, conflict, "an entry has one place");
    let forged = Head { hash: Digest::of(b"x"), ..first.clone() };
    let third = first.clone().append(Entry::from(&entries[2]), later(2));
    assert_eq!(
        store.append(&forged, std::slice::from_ref(&third)).await,
        conflict,
        "another head of that place"
    );
    assert_eq!(unchained(us, &ids).await, entries[2..].iter().map(Entry::from).collect::<Vec<_>>());
    assert_eq!(store.append(&first, std::slice::from_ref(&third)).await, Ok(()));
    assert_eq!(lost(long).await, [ids[3]], "what has its place is watched no more");

    let all = [links, vec![third]].concat();
    let stored = |links: &[ChainedEntry]| -> Vec<Stored> {
        links.iter().map(|link| Stored { sequence: link.sequence, link: Some(link.clone()) }).collect()
    };
    let read = async |organization, from, to, newest_first, limit| {
        let range = Range { from, to, newest_first, limit };
        store.links(organization, range).await.unwrap_or_else(|error| panic!("{error}"))
    };
    assert_eq!(read(us, 1, 9, false, 100).await, stored(&all));
    assert_eq!(read(us, 2, 3, false, 1).await, stored(&all[1..2]));
    assert_eq!(read(us, 4, u64::MAX, false, 1).await, []);
    assert_eq!(read(us, 3, 2, false, 1).await, []);
    assert_eq!(read(other, 1, 9, false, 100).await, []);
    let newest: Vec<_> = all.iter().rev().cloned().collect();
    assert_eq!(read(us, 1, app::base::trail::LAST_PLACE, true, 2).await, stored(&newest[..2]));

    assert_eq!(store.links_in(us, &[3, 1, 3, 9]).await, Ok(stored(&[all[0].clone(), all[2].clone()])));
    assert_eq!(store.links_in(us, &[]).await, Ok(vec![]));
    assert_eq!(store.links_in(other, &[1]).await, Ok(vec![]));
    let stand = store.places(us, &[ids[1], ids[3], domain::AuditId::new(NOW, [250; 10])]).await;
    assert_eq!(stand, Ok([(ids[1], Some(2)), (ids[3], None)].into()), "one waits, one was never written");
    assert_eq!(store.places(other, &ids).await, Ok([].into()));
    telling(store, &Head::of(&all[2])).await;
}

/// Links are found by the mail that they tell of, and heads without knowing whose they are.
async fn telling(store: &dyn Whole, end: &Head) {
    let (us, other) = (organization_id(1), organization_id(2));
    let mail = samples::inbound(61).id;
    let named = AuditEntry { target: mail.to_string(), ..samples::audit_entry(95) };
    let voted = AuditEntry {
        details: vec![("message_id", mail.to_string())],
        target: samples::approval(1).id.to_string(),
        ..samples::audit_entry(96)
    };
    let elsewhere = AuditEntry { target: samples::inbound(62).id.to_string(), ..samples::audit_entry(97) };
    let mut written = change();
    written.audit = vec![named, voted, elsewhere];
    assert_eq!(store.commit(written.clone()).await, Ok(()));
    let mut next = end.clone();
    let links: Vec<_> = written.audit.iter().map(|entry| next.append(Entry::from(entry), later(3))).collect();
    assert_eq!(store.append(end, &links).await, Ok(()));
    assert_eq!(store.about(us, mail, 100).await, Ok(vec![4, 5]));
    assert_eq!(store.about(us, mail, 1).await, Ok(vec![4]));
    assert_eq!(store.about(other, mail, 100).await, Ok(vec![]));
    assert_eq!(store.about(us, samples::inbound(63).id, 100).await, Ok(vec![]));
    let read = store.links(us, Range { from: 4, to: 6, newest_first: false, limit: 9 }).await;
    let stored = |link: &ChainedEntry| Stored { sequence: link.sequence, link: Some(link.clone()) };
    assert_eq!(read, Ok(links.iter().map(stored).collect()));

    let theirs = AuditEntry { organization_id: other, ..samples::audit_entry(98) };
    assert_eq!(store.commit(Change::new(other).audit(theirs.clone())).await, Ok(()));
    let genesis = Head::genesis(other);
    let first = genesis.clone().append(Entry::from(&theirs), later(3));
    assert_eq!(store.append(&genesis, std::slice::from_ref(&first)).await, Ok(()));
    let mut heads = vec![(us, Some(Head::of(&links[2]))), (other, Some(Head::of(&first)))];
    heads.sort_by_key(|(id, _)| *id);
    assert_eq!(store.heads(None, 100).await, Ok(heads.clone()));
    assert_eq!(store.heads(None, 1).await, Ok(heads[..1].to_vec()));
    assert_eq!(store.heads(Some(heads[0].0), 100).await, Ok(heads[1..].to_vec()));
    assert_eq!(store.heads(Some(heads[1].0), 100).await, Ok(vec![]));
}

/// A block is written once, behind the one that was read, and read with what it names.
async fn feed(store: &dyn Whole) {
    let (us, other) = (organization_id(1), organization_id(2));
    let read = async |organization, from, to, newest_first, limit| {
        let range = Range { from, to, newest_first, limit };
        store.blocks(organization, range).await.unwrap_or_else(|error| panic!("{error}"))
    };
    let stored = |blocks: &[Block]| -> Vec<StoredBlock> {
        blocks.iter().map(|block| StoredBlock { number: block.number, block: Some(block.clone()) }).collect()
    };
    let conflict = Err(StoreError::Conflict(vec![Conflict::Directory]));
    let all: Vec<_> = (1..=3).map(samples::block).collect();
    assert_eq!(read(us, 1, u64::MAX, true, 5).await, []);
    assert_eq!(store.add(None, &all[0], &[]).await, Ok(()));
    assert_eq!(store.add(None, &all[0], &[]).await, conflict, "the same again");
    let late = Block { at: later(77), ..all[0].clone() };
    assert_eq!(store.add(None, &late, &[]).await, conflict, "another in its place");
    assert_eq!(store.add(Some(&all[0]), &all[1], &[]).await, Ok(()));
    assert_eq!(store.add(Some(&all[1]), &all[2], &[]).await, Ok(()));
    assert_eq!(read(us, 1, 9, false, 100).await, stored(&all));
    assert_eq!(read(us, 2, 3, false, 1).await, stored(&all[1..2]));
    assert_eq!(read(us, 1, app::base::trail::LAST_PLACE, true, 1).await, stored(&all[2..]));
    assert_eq!(read(us, 4, u64::MAX, false, 1).await, []);
    assert_eq!(read(us, 3, 2, false, 1).await, []);
    assert_eq!(read(other, 1, 9, false, 100).await, []);
    let theirs = Block { organization_id: other, ..all[0].clone() };
    assert_eq!(store.add(None, &theirs, &[]).await, Ok(()), "each organization has its own");
    assert_eq!(read(other, 1, 9, false, 100).await, stored(&[theirs]));

    // Behind one that may be deleted by now the next is written only if it was not.
    let aged = all[2].at + Block::KEPT;
    let fourth = Block { number: 4, at: aged, ..all[0].clone() };
    let never = Block { at: later(2), ..all[2].clone() };
    assert_eq!(store.add(Some(&never), &fourth, &[]).await, conflict, "it is another");
    let gone = Block { number: 9, ..all[2].clone() };
    assert_eq!(
        store.add(Some(&gone), &Block { number: 10, ..fourth.clone() }, &[]).await,
        conflict,
        "it is gone"
    );
    assert_eq!(store.add(Some(&all[2]), &fourth, &[]).await, Ok(()));
    assert_eq!(store.add(Some(&all[2]), &fourth, &[]).await, conflict);
    assert_eq!(read(us, 3, 9, false, 100).await, stored(&[all[2].clone(), fourth.clone()]));

    // What is counted with a block is counted with it, or not at all.
    let of = Of::Inbox(samples::inbox_id(9));
    let counted = async |n: u8| match get(store, Key::Usage(samples::usage(of, n).day, of, n)).await {
        Some(Record::Usage(usage)) => Some(usage.amounts),
        _ => None,
    };
    let once = samples::usage(of, 4);
    let fifth = Block { number: 5, at: aged + SignedDuration::from_secs(1), ..all[0].clone() };
    assert_eq!(store.add(Some(&fourth), &fourth, &[once]).await, conflict);
    assert_eq!(counted(4).await, None);
    assert_eq!(store.add(Some(&fourth), &fifth, &[once, samples::usage(of, 3)]).await, Ok(()));
    assert_eq!(store.add(Some(&fourth), &fifth, &[once]).await, conflict, "the same again");
    assert_eq!((counted(4).await, counted(3).await), (Some(once.amounts), Some(once.amounts)));

    let events: Vec<_> = (201..204).map(samples::event).collect();
    let mut written = change();
    written.events.clone_from(&events);
    assert_eq!(store.commit(written).await, Ok(()));
    let named = async |organization, ids: &[domain::EventId]| {
        let mut found = store.events(organization, ids).await.unwrap_or_else(|error| panic!("{error}"));
        found.sort_by_key(|event| event.id);
        found
    };
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(named(us, &ids).await, events);
    assert_eq!(named(us, &[ids[1], domain::EventId::new(NOW, [250; 10])]).await, events[1..2]);
    assert_eq!(named(us, &[]).await, []);
    assert_eq!(named(other, &ids).await, [], "another organization has none of them");
}

/// The log of requests is listed the newest first, within a span; of a line that is there nothing is written, nor of what goes with it.
async fn requests(store: &dyn Whole) {
    let organization_id = organization_id(11);
    let change = || Change::new(organization_id);
    let line = |n: u8| RequestLine { organization_id, ..samples::request_line(n) };
    for n in [3, 1, 4, 2] {
        assert_eq!(store.commit(change().create(line(n))).await, Ok(()));
    }
    let newest: Vec<_> = (1..=4).rev().map(|n| Record::from(line(n))).collect();
    for limit in [1, 2, 100] {
        assert_eq!(all_in(store, organization_id, &List::Requests(Span::default()), limit).await, newest);
        let span = Span { after: Some(later(2)), before: Some(later(4)) };
        assert_eq!(all_in(store, organization_id, &List::Requests(span), limit).await, newest[1..3]);
    }
    let one = Usage { part: 0, ..samples::usage(Of::Organization, 0) };
    let both = [1, 5, 2].map(line).into_iter().fold(change(), Change::create).write(Write::Use(one));
    let there = [1, 2].map(|n| Conflict::Record(Key::RequestLine(line(n).at, line(n).id)));
    assert_eq!(store.commit(both).await, Err(StoreError::Conflict(there.into())), "all that are there");
    let days = List::Usage(By::Day, one.day, one.day);
    assert_eq!(all_in(store, organization_id, &days, 100).await, []);
    assert_eq!(store.commit(change().create(line(5)).write(Write::Use(one))).await, Ok(()));
    assert_eq!(all_in(store, organization_id, &days, 100).await, [one.into()]);
}

/// What is used is added up, whoever adds at once, and listed by days: parts of one count stand side by side.
async fn usage(store: &dyn Whole) {
    let organization_id = organization_id(12);
    let (inbox, other) = (Of::Inbox(samples::inbox_id(1)), Of::Inbox(samples::inbox_id(2)));
    let on = |day: i8, of, part| {
        let one = samples::usage(of, part);
        Usage { day: jiff::civil::date(2026, 11, day), ..one }
    };
    let add = |usage| store.commit(Change::new(organization_id).write(Write::Use(usage)));
    let answers = futures_util::future::join_all((0..20).map(|_| add(on(29, inbox, 1)))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for one in
        [on(29, inbox, 0), on(29, other, 3), on(28, inbox, 4), on(28, Of::Organization, 2), on(30, other, 0)]
    {
        assert_eq!(add(one).await, Ok(()));
    }
    let twenty = (0..19).fold(on(29, inbox, 1), |sum, _| Usage {
        amounts: sum.amounts.plus(on(29, inbox, 1).amounts),
        ..sum
    });
    let expected =
        [on(30, other, 0), on(29, other, 3), twenty, on(29, inbox, 0), on(28, inbox, 4)].map(Record::from);
    let days =
        |from, to| List::Usage(By::Inbox, jiff::civil::date(2026, 11, from), jiff::civil::date(2026, 11, to));
    for limit in [1, 2, 100] {
        assert_eq!(all_in(store, organization_id, &days(28, 30), limit).await, expected);
        assert_eq!(all_in(store, organization_id, &days(29, 29), limit).await, expected[1..4]);
        assert_eq!(all_in(store, organization_id, &days(30, 29), limit).await, []);
    }
}
