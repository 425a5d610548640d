//! What every store must do. Run against the one in memory and the one on `DynamoDB`: neither may be kinder than the other.

use app::store::{
    AddressEntry, Answer, Change, Conflict, Directory, DirectoryWrite, Expect, Key, List, ListError,
    PageRequest, Record, Store, StoreError, ThreadPointer, Watch, Write,
};
use domain::access::{Role, Scope};
use domain::digest::Digest;
use domain::lifecycle::{Outbound, Outcome, State};
use domain::message::{Message, Thread};
use domain::seal::Ticket;

use crate::samples::{self, NOW, later, organization_id};

/// A store that is all three.
pub trait Whole: Store + Directory + Watch {}
impl<T: Store + Directory + Watch> Whole for T {}

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
    all_or_nothing(store).await;
    other_organizations(store).await;
    threads_count(store).await;
    pages(store).await;
    claims(store).await;
    directory(store).await;
    watch(store).await;
}

async fn everything_reads_back(store: &dyn Whole) {
    let (token, _) = samples::token(1, Role::Editor, &[Scope::MessagesSend, Scope::MessagesRead]);
    let limited = domain::credential::Token {
        inboxes: Some([samples::inbox_id(1)].into()),
        ..samples::token(2, Role::Viewer, &[Scope::MessagesRead]).0
    };
    let (session, _) = samples::session(1, Role::Owner);
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
        samples::organization(1).into(),
        samples::member(1, Role::Approver).into(),
        token.into(),
        limited.into(),
        session.into(),
        samples::inbox(1).into(),
        samples::inbound(1).into(),
        samples::approval(1).into(),
        samples::attachment(1).into(),
        samples::webhook(1).into(),
        pointer.into(),
        answer.into(),
    ];
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
        State::PendingApproval { expires_at: later(9) },
        State::Scheduled { due: later(9), attempt: 2 },
        State::Sending { claimed_at: later(9), attempt: 1 },
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
        State::Unknown { since: later(9) },
    ];
    let first = samples::outbound(10, states[0].clone());
    store.commit(change().create(first.clone())).await.unwrap_or_else(|error| panic!("{error}"));
    let key = Key::Message(first.inbox_id, first.id);
    for (version, state) in (1..).zip(&states) {
        // Once as a whole, once by advancing: the same record must come of it.
        let whole = Message { version, ..samples::outbound(10, state.clone()) };
        store
            .commit(change().update(whole.clone()))
            .await
            .unwrap_or_else(|error| panic!("{state:?}: {error}"));
        let read = get(store, key.clone()).await;
        assert_eq!(read, Some(Message { version: version + 1, ..whole }.into()));
    }
    for (version, state) in (1 + states.len() as u64..).zip(states) {
        let message = samples::outbound(10, state);
        let outbound: Outbound = message.outbound().cloned().unwrap_or_else(|| panic!("outbound"));
        let advance = Write::Advance {
            inbox_id: message.inbox_id,
            message_id: message.id,
            version,
            outbound: outbound.clone(),
        };
        store.commit(change().write(advance.clone())).await.unwrap_or_else(|error| panic!("{error}"));
        let next = Message { version: version + 1, ..message };
        assert_eq!(get(store, key.clone()).await, Some(next.into()));
        let stale = store.commit(change().write(advance)).await;
        assert_eq!(stale, Err(StoreError::Conflict(vec![Conflict::Record(key.clone())])));
    }
    store.commit(change().write(Write::Delete(key))).await.unwrap_or_else(|error| panic!("{error}"));
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
    let taken = change().create(samples::inbox(31)).directory(DirectoryWrite::NewAddress(entry));
    assert_eq!(store.commit(taken).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
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
    };
    assert_eq!(thread, Some(expected.into()));
}

async fn pages(store: &dyn Whole) {
    let all: Vec<u8> = (50..57).collect();
    for n in &all {
        let made = change()
            .create(samples::inbound(*n))
            .write(Write::Put(samples::attempt(*n).into(), Expect::Anything));
        assert_eq!(store.commit(made.create(samples::webhook(*n))).await, Ok(()));
    }
    let inbox = samples::inbox_id(1);
    let newest_first: Vec<_> = all.iter().rev().map(|n| samples::inbound(*n).id).collect();
    for limit in 1..=8 {
        let mut seen = vec![];
        let mut request = PageRequest { limit, cursor: None };
        loop {
            let page = store.list(organization_id(1), &List::Messages(inbox), &request).await;
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

/// Holds the one conditional write together with the domain's transition.
async fn claims(store: &dyn Whole) {
    let message = samples::outbound(60, State::Scheduled { due: later(10), attempt: 1 });
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
        assert_eq!(store.claim(&other, later(20)).await, Ok(None), "{other:?}");
    }
    assert_eq!(store.claim(&ticket, later(9)).await, Ok(None), "before it is due");
    let claimed = store.claim(&ticket, later(20)).await;
    let expected = Message {
        direction: domain::message::Direction::Outbound(
            outbound.claim(later(20)).unwrap_or_else(|e| panic!("{e}")),
        ),
        version: 2,
        ..message.clone()
    };
    assert_eq!(claimed, Ok(Some(expected.clone())));
    assert_eq!(get(store, Key::Message(message.inbox_id, message.id)).await, Some(expected.into()));
    assert_eq!(store.claim(&ticket, later(21)).await, Ok(None), "twice");
    let inbound = Ticket { message_id: samples::inbound(50).id, ..ticket };
    assert_eq!(store.claim(&inbound, later(21)).await, Ok(None), "a received mail");
}

async fn directory(store: &dyn Whole) {
    let login = samples::login(70);
    assert_eq!(store.login(&login.email).await, Ok(None));
    let make = change().directory(DirectoryWrite::NewLogin(login.clone()));
    assert_eq!(store.commit(make.clone()).await, Ok(()));
    assert_eq!(store.commit(make).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
    let other_case = samples::address(&login.email.as_str().to_ascii_uppercase());
    assert_eq!(store.login(&other_case).await, Ok(Some(login.clone())));
    let update = change().directory(DirectoryWrite::Login(login.clone())).audit(samples::audit_entry(70));
    assert_eq!(store.commit(update.clone()).await, Ok(()));
    assert_eq!(store.commit(update).await, Err(StoreError::Conflict(vec![Conflict::Directory])));
    let found = store.addresses(&[samples::inbox(30).address, samples::inbox(99).address]).await;
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.iter().map(|entry| entry.inbox_id).collect::<Vec<_>>(), [samples::inbox_id(30)]);
}

async fn watch(store: &dyn Whole) {
    let now = later(100_000);
    let before: Vec<_> =
        store.overdue(now, 100).await.unwrap_or_default().iter().map(|w| w.message_id).collect();
    assert_eq!(before, [samples::inbound(60).id], "what was claimed above");
    let pending = samples::outbound(80, State::PendingApproval { expires_at: later(5) });
    let resting = samples::outbound(81, State::Rejected { at: NOW });
    assert_eq!(store.commit(change().create(pending.clone()).create(resting)).await, Ok(()));
    assert_eq!(store.overdue(later(5), 100).await.unwrap_or_default().len(), 0, "not before its time");
    let now_overdue = store.overdue(now, 1).await.unwrap_or_default();
    assert_eq!(
        now_overdue.iter().map(|w| w.message_id).collect::<Vec<_>>(),
        [pending.id],
        "the longest overdue"
    );
    let outbound = samples::outbound(80, State::Expired { at: now }).outbound().cloned();
    let advance = Write::Advance {
        inbox_id: pending.inbox_id,
        message_id: pending.id,
        version: 1,
        outbound: outbound.unwrap_or_else(|| panic!("outbound")),
    };
    assert_eq!(store.commit(change().write(advance)).await, Ok(()));
    let after = store.overdue(now, 100).await.unwrap_or_default();
    assert_eq!(after.len(), 1, "what rests is watched no more");
}
