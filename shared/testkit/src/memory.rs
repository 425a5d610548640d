//! The store, the directory, the watch, the audit trail and the feeds of events in memory. The contract suite runs against this and against `DynamoDB` alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use app::base::feed::{Feed, StoredBlock};
use app::base::store::{
    AddressEntry, Change, Claimed, Conflict, Counter, Directory, DirectoryWrite, DueDelivery, Expect, Key,
    List, ListError, Page, PageRequest, Record, Store, StoreError, Tally, Watch, Watched, Write,
};
use app::base::trail::{Range, Stored, Trail};
use app::gate::rate::Places;
use app::people::openid::OpenIdBook;
use async_trait::async_trait;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::delivery::event::Event;
use domain::delivery::feed::Block;
use domain::delivery::webhook::Attempt;
use domain::gate::draft::DraftState;
use domain::gate::rate::{Lane, Later, Second};
use domain::gate::seal::Ticket;
use domain::ledger::audit::{AuditEntry, ChainedEntry, Entry, Head};
use domain::mailbox::domains::{DomainName, Family};
use domain::mailbox::lifecycle::{Nonce, Outbound, State};
use domain::mailbox::message::{Counts, Direction, Fate, Message, Shows, Thread, ThreadUpdate};
use domain::people::credential::{Login, SignInWindow};
use domain::people::openid::{OpenIdAccount, OpenIdTrip};
use domain::people::passkey::Ceremony;
use domain::people::registration::BoundWindow;
use domain::people::setup::Setup;
use domain::people::usage::{Of, Usage};
use domain::{AuditId, DomainId, EventId, InboxId, MessageId, OrganizationId, Timestamp, UploadId};

/// What is stored.
#[derive(Debug, Default, Clone)]
pub struct Contents {
    /// Records by organization and key.
    pub records: BTreeMap<(OrganizationId, Key), Record>,
    /// Attempts to tell webhooks.
    pub attempts: Vec<Attempt>,
    /// Logins by address.
    pub logins: BTreeMap<String, Login>,
    /// What was counted of signing in, by address.
    pub tallies: BTreeMap<(String, Tally, SignInWindow), u64>,
    /// What was counted of registrations.
    pub registrations: BTreeMap<(Digest, BoundWindow), u64>,
    /// Of the places of each second, how many are taken, and by which organizations.
    pub places: BTreeMap<(Lane, i64), (u64, BTreeMap<OrganizationId, u64>)>,
    /// Set-up links by the hash of their secret.
    pub setups: BTreeMap<Digest, Setup>,
    /// What passkeys were asked for, by the hash of the secret.
    pub ceremonies: BTreeMap<Digest, Ceremony>,
    /// Accounts at a provider, by their hash.
    pub openid_accounts: BTreeMap<Digest, OpenIdAccount>,
    /// Ways to a provider and back, by the hash of their secret.
    pub openid_trips: BTreeMap<Digest, OpenIdTrip>,
    /// Addresses of inboxes.
    pub addresses: BTreeMap<String, AddressEntry>,
    /// Addresses of inboxes that were deleted.
    pub retired: BTreeSet<String>,
    /// Verified domains, by how they look.
    pub families: BTreeMap<String, Family>,
    /// How many organizations asked for a domain.
    pub claims: BTreeMap<DomainName, u64>,
    /// All that was written down.
    pub audit: Vec<AuditEntry>,
    /// The chains: links by place.
    pub links: BTreeMap<(OrganizationId, u64), ChainedEntry>,
    /// Where the chains end.
    pub heads: BTreeMap<OrganizationId, Head>,
    /// Entries that have a place.
    pub chained: BTreeSet<AuditId>,
    /// Places of links that the index does not show yet.
    pub unlisted: BTreeSet<u64>,
    /// All that receivers are told.
    pub events: Vec<Event>,
    /// The feeds: blocks by number.
    pub blocks: BTreeMap<(OrganizationId, u64), Block>,
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    contents: Mutex<Contents>,
    /// So many commits are spared, and those behind them fail like this, the last first.
    failures: Mutex<(usize, Vec<StoreError>)>,
}

impl MemoryStore {
    /// What is stored now.
    pub fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the next commits fail, the last first.
    pub fn fail_commits(&self, errors: Vec<StoreError>) {
        self.fail_commits_behind(0, errors);
    }

    /// Makes commits fail behind the next `spared` ones, the last first.
    pub fn fail_commits_behind(&self, spared: usize, errors: Vec<StoreError>) {
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner) = (spared, errors);
    }

    /// Why the next commit fails, if it does.
    fn failure(&self) -> Option<StoreError> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let (spared, errors) = &mut *failures;
        if *spared == 0 {
            return errors.pop();
        }
        *spared -= 1;
        None
    }
}

fn unmet(stored: Option<&Record>, expect: Expect) -> bool {
    match expect {
        Expect::Anything => false,
        Expect::Absent => stored.is_some(),
        Expect::Paused(seen) => !is_paused_since(stored, seen),
        Expect::Until(at) => match stored {
            Some(Record::Answer(answer)) => answer.expires_at != at,
            Some(Record::DraftPointer(pointer)) => pointer.expires_at != Some(at),
            _ => true,
        },
        Expect::Version(version) => stored.and_then(Record::version) != Some(version),
    }
}

/// Whether it can be paused, and is since this time, or not.
fn is_paused_since(stored: Option<&Record>, since: Option<Timestamp>) -> bool {
    let paused = match stored {
        Some(Record::Organization(it)) => &it.paused,
        Some(Record::Inbox(it)) => &it.paused,
        Some(Record::Token(it)) => &it.paused,
        _ => return false,
    };
    paused.as_ref().map(|pause| pause.at) == since
}

fn raise_version(mut record: Record, expect: Expect) -> Record {
    if matches!(expect, Expect::Version(_)) {
        record.raise_version();
    }
    record
}

fn merge(known: Option<Thread>, organization_id: OrganizationId, update: &ThreadUpdate) -> Thread {
    let (is_new, thread) = (
        known.is_none(),
        known.unwrap_or_else(|| Thread {
            id: update.thread_id,
            organization_id,
            inbox_id: update.inbox_id,
            subject: update.subject.clone(),
            preview: String::new(),
            last_from: update.from.clone(),
            message_count: 0,
            created_at: update.at,
            last_message_at: update.at,
            tainted: false,
            unread_count: 0,
            labels: BTreeMap::new(),
        }),
    );
    let counted = Thread {
        message_count: thread.message_count + u64::from(update.counts != Counts::Already),
        unread_count: thread.unread_count + u64::from(update.counts == Counts::AsUnread),
        tainted: thread.tainted || update.taint,
        ..thread
    };
    if update.shows == Shows::Not && !is_new {
        return counted;
    }
    Thread {
        preview: update.preview.clone(),
        last_from: update.from.clone(),
        last_message_at: update.at,
        ..counted
    }
}

fn count(stored: Option<&Record>) -> u64 {
    match stored {
        Some(Record::Counter(counter)) => counter.count,
        _ => 0,
    }
}

/// The record of which a part can't be changed as it stands.
fn unmet_part<'a>(write: &Write, at: impl Fn(&Key) -> Option<&'a Record>) -> Option<Key> {
    let (key, met) = match write {
        Write::Pause { key, seen, .. } => (key.clone(), !unmet(at(key), Expect::Paused(*seen))),
        Write::Amend { key, amendment } => {
            let claimable = |it: &Record| matches!(it, Record::Organization(it) if it.unclaimed);
            let met = at(key).is_some_and(|it| !amendment.claimed || claimable(it));
            (key.clone(), met)
        }
        Write::Thread(update) => {
            let key = Key::Thread(update.thread_id);
            let known = at(&key).and_then(|it| if let Record::Thread(it) = it { Some(it) } else { None });
            let met = update.shows.fits(update.at, known);
            (key, met)
        }
        Write::Rotate { token, seen, .. } => {
            let key = Key::Token(*token);
            let secret = |it: &Record| match it {
                Record::Token(token) => Some(token.rotation.as_ref().map(|it| it.secret)),
                _ => None,
            };
            let met = at(&key).and_then(secret) == Some(*seen);
            (key, met)
        }
        Write::Used { token, .. } => (Key::Token(*token), at(&Key::Token(*token)).is_some()),
        Write::EndSessions(member_id, _) => {
            let key = Key::Member(*member_id);
            let met = at(&key).is_some();
            (key, met)
        }
        Write::GiveRole { member_id, seen: role, .. }
        | Write::HoldsRole(member_id, role)
        | Write::Unseat(member_id, role) => {
            let key = Key::Member(*member_id);
            let met = matches!(at(&key), Some(Record::Member(member)) if member.role == *role);
            (key, met)
        }
        Write::OpenedWith { session, .. } | Write::Proved { session, .. } => {
            (Key::Session(*session), at(&Key::Session(*session)).is_some())
        }
        Write::Regroup { seen, .. } => {
            let met = matches!(at(&Key::Policies), Some(Record::Policies(book)) if book.version == *seen);
            (Key::Policies, met)
        }
        _ => return None,
    };
    (!met).then_some(key)
}

/// Whether the directory is as a write of it expects.
fn is_met(contents: &Contents, write: &DirectoryWrite) -> bool {
    match write {
        DirectoryWrite::NewLogin(login) => !contents.logins.contains_key(&login.email.mailbox_key()),
        DirectoryWrite::SamePassword(login) | DirectoryWrite::NewPassword { login, .. } => contents
            .logins
            .get(&login.email.mailbox_key())
            .is_some_and(|known| known.password_hash == login.password_hash),
        DirectoryWrite::EndLogin(email, member_id) => {
            contents.logins.get(&email.mailbox_key()).is_some_and(|login| login.member_id == *member_id)
        }
        DirectoryWrite::NewOpenIdAccount(account) => !contents.openid_accounts.contains_key(&account.hash),
        DirectoryWrite::EndOpenIdAccount(hash, member_id) => {
            contents.openid_accounts.get(hash).is_none_or(|account| account.member_id == *member_id)
        }
        DirectoryWrite::ForgetAttempts(email, window) => {
            contents.tallies.contains_key(&(email.mailbox_key(), Tally::Attempts, *window))
        }
        DirectoryWrite::UseSetup { hash, .. } => {
            contents.setups.get(hash).is_some_and(|setup| setup.used_at.is_none())
        }
        DirectoryWrite::EndCeremony(hash) => contents.ceremonies.contains_key(hash),
        DirectoryWrite::RetireAddress(entry) => {
            contents.addresses.get(&entry.address.mailbox_key()) == Some(entry)
        }
        DirectoryWrite::NewAddress(entry) => !contents.addresses.contains_key(&entry.address.mailbox_key()),
        DirectoryWrite::Family(family) => {
            contents.families.get(&family.look).map_or(0, |known| known.version) == family.version
        }
        DirectoryWrite::Claim(..) | DirectoryWrite::ForgetRegistrations(..) => true,
    }
}

fn check(contents: &Contents, change: &Change) -> Vec<Conflict> {
    let organization_id = change.organization_id;
    let at = |key: &Key| contents.records.get(&(organization_id, key.clone()));
    let mut conflicts = vec![];
    for write in &change.writes {
        match write {
            Write::Put(record, expect) => {
                if let Some(key) = record.key()
                    && unmet(at(&key), *expect)
                {
                    conflicts.push(Conflict::Record(key));
                }
            }
            Write::Prolong(session) => {
                let key = Key::Session(session.hash);
                if unmet(at(&key), Expect::Version(session.version)) {
                    conflicts.push(Conflict::Record(key));
                }
            }
            Write::Thread(_)
            | Write::Pause { .. }
            | Write::Amend { .. }
            | Write::Rotate { .. }
            | Write::Used { .. }
            | Write::GiveRole { .. }
            | Write::Regroup { .. }
            | Write::HoldsRole(..)
            | Write::EndSessions(..)
            | Write::Unseat(..)
            | Write::OpenedWith { .. }
            | Write::Proved { .. } => {
                conflicts.extend(unmet_part(write, at).map(Conflict::Record));
            }
            Write::Count { key, by, limit: Some(limit), .. } => {
                let key = Key::Counter(*key);
                if count(at(&key)).saturating_add(*by) > *limit {
                    conflicts.push(Conflict::Record(key));
                }
            }
            Write::Marks(marks) => {
                let key = Key::Thread(marks.thread_id);
                let seen = marks.labels.as_ref().map(|(seen, _)| seen);
                let met = match at(&key) {
                    Some(Record::Thread(thread)) => seen.is_none_or(|seen| *seen == thread.labels),
                    _ => false,
                };
                if !met {
                    conflicts.push(Conflict::Record(key));
                }
            }
            Write::Conversation(change) => {
                let key = Key::Thread(change.thread_id);
                let stored = match at(&key) {
                    Some(Record::Thread(thread)) => Some(thread),
                    _ => None,
                };
                let standing = |thread: &Thread| {
                    let Thread { message_count, unread_count, last_message_at, tainted, .. } = *thread;
                    (message_count, unread_count, last_message_at, tainted, thread.labels.clone())
                };
                if stored.map(standing) != change.seen.as_ref().map(standing) {
                    conflicts.push(Conflict::Record(key));
                }
            }
            Write::Remove(key) if at(key).is_none() => conflicts.push(Conflict::Record(key.clone())),
            Write::RemoveVersion(key, version) | Write::Unchanged(key, version)
                if at(key).and_then(Record::version) != Some(*version) =>
            {
                conflicts.push(Conflict::Record(key.clone()));
            }
            Write::Missing(key) if at(key).is_some() => conflicts.push(Conflict::Record(key.clone())),
            Write::RemoveVersion(..)
            | Write::Missing(_)
            | Write::Unchanged(..)
            | Write::Delete(_)
            | Write::Remove(_)
            | Write::Count { .. }
            | Write::Use(_)
            | Write::Uncount { .. } => {}
        }
    }
    conflicts.extend(
        change.directory.iter().filter(|write| !is_met(contents, write)).map(|_| Conflict::Directory),
    );
    let known = |entry: &AuditEntry| contents.audit.iter().any(|known| known.id == entry.id);
    if !change.is_one_entry() && change.audit.iter().any(known) {
        conflicts.push(Conflict::Directory);
    }
    conflicts.dedup();
    conflicts
}

/// Changes a part of a record.
fn change_part(contents: &mut Contents, organization_id: OrganizationId, write: Write) {
    let key = match &write {
        Write::Pause { key, .. } | Write::Amend { key, .. } => key.clone(),
        Write::Rotate { token, .. } | Write::Used { token, .. } => Key::Token(*token),
        Write::GiveRole { member_id, .. } | Write::EndSessions(member_id, _) => Key::Member(*member_id),
        Write::OpenedWith { session, .. } | Write::Proved { session, .. } => Key::Session(*session),
        Write::Regroup { .. } => Key::Policies,
        _ => return,
    };
    let Some(record) = contents.records.get_mut(&(organization_id, key)) else { return };
    match (write, record) {
        (Write::Pause { pause, .. }, Record::Organization(it)) => it.paused = pause,
        (Write::Pause { pause, .. }, Record::Inbox(it)) => it.paused = pause,
        (Write::Pause { pause, .. }, Record::Token(it)) => it.paused = pause,
        (Write::Amend { amendment, .. }, Record::Organization(it)) => {
            it.name = amendment.name.unwrap_or_else(|| it.name.clone());
            it.sends_per_day = amendment.sends_per_day.unwrap_or(it.sends_per_day);
            it.require_second_factor = amendment.require_second_factor.unwrap_or(it.require_second_factor);
            it.unclaimed &= !amendment.claimed;
        }
        (Write::Amend { amendment, .. }, Record::Token(it)) => {
            it.name = amendment.name.unwrap_or_else(|| it.name.clone());
            it.sends_per_day = amendment.sends_per_day.unwrap_or(it.sends_per_day);
        }
        (Write::Rotate { rotation, last_four, .. }, Record::Token(it)) => {
            it.rotation = Some(rotation);
            it.last_four = last_four;
        }
        (Write::Used { at, .. }, Record::Token(it)) => it.last_used_at = Some(at),
        (Write::GiveRole { role, .. }, Record::Member(it)) => it.role = role,
        (Write::EndSessions(_, at), Record::Member(it)) => it.sessions_since = Some(at),
        (Write::OpenedWith { opened_with, .. }, Record::Session(it)) => it.opened_with = opened_with,
        (Write::Proved { at, .. }, Record::Session(it)) => it.proved_at = at,
        (Write::Regroup { groups, .. }, Record::Policies(it)) => {
            it.groups = groups;
            it.version += 1;
        }
        _ => {}
    }
}

/// Adds to a part of a count.
fn add_use(contents: &mut Contents, organization_id: OrganizationId, one: Usage) {
    let key = (organization_id, Key::Usage(one.day, one.of, one.part));
    match contents.records.get_mut(&key) {
        Some(Record::Usage(known)) => known.amounts = known.amounts.plus(one.amounts),
        _ => drop(contents.records.insert(key, one.into())),
    }
}

/// Changes the directory.
fn apply_to_directory(contents: &mut Contents, write: DirectoryWrite) {
    match write {
        DirectoryWrite::NewLogin(login) => drop(contents.logins.insert(login.email.mailbox_key(), login)),
        DirectoryWrite::SamePassword(_) => {}
        DirectoryWrite::NewPassword { login, password_hash } => {
            contents.logins.insert(login.email.mailbox_key(), Login { password_hash, ..login });
        }
        DirectoryWrite::NewOpenIdAccount(account) => {
            contents.openid_accounts.insert(account.hash, account);
        }
        DirectoryWrite::EndOpenIdAccount(hash, _) => drop(contents.openid_accounts.remove(&hash)),
        DirectoryWrite::EndLogin(email, _) => drop(contents.logins.remove(&email.mailbox_key())),
        DirectoryWrite::ForgetAttempts(email, window) => {
            contents.tallies.insert((email.mailbox_key(), Tally::Attempts, window), 0);
        }
        DirectoryWrite::ForgetRegistrations(of, window) => {
            contents.registrations.insert((of, window), 0);
        }
        DirectoryWrite::UseSetup { hash, at } => {
            if let Some(setup) = contents.setups.get_mut(&hash) {
                setup.used_at = Some(at);
            }
        }
        DirectoryWrite::EndCeremony(hash) => drop(contents.ceremonies.remove(&hash)),
        DirectoryWrite::RetireAddress(entry) => {
            contents.retired.insert(entry.address.mailbox_key());
        }
        DirectoryWrite::NewAddress(entry) => {
            drop(contents.addresses.insert(entry.address.mailbox_key(), entry));
        }
        DirectoryWrite::Family(mut family) => {
            family.version += 1;
            drop(contents.families.insert(family.look.clone(), family));
        }
        DirectoryWrite::Claim(name, claimed) => {
            let count = contents.claims.entry(name).or_default();
            *count = match claimed {
                Claimed::Asked => *count + 1,
                Claimed::Deleted => count.saturating_sub(1),
            };
        }
    }
}

fn apply(contents: &mut Contents, change: Change) {
    let organization_id = change.organization_id;
    for write in change.writes {
        match write {
            Write::Put(record, expect) => match (record.key(), *record) {
                (_, Record::Attempt(attempt)) => contents.attempts.push(attempt),
                (Some(key), record) => {
                    contents.records.insert((organization_id, key), raise_version(record, expect));
                }
                (None, _) => {}
            },
            Write::Thread(update) => {
                let key = (organization_id, Key::Thread(update.thread_id));
                let known =
                    contents.records.get(&key).cloned().and_then(|record| Thread::try_from(record).ok());
                contents.records.insert(key, merge(known, organization_id, &update).into());
            }
            Write::Marks(marks) => {
                let key = (organization_id, Key::Thread(marks.thread_id));
                if let Some(Record::Thread(thread)) = contents.records.get_mut(&key) {
                    thread.unread_count = thread.unread_count.saturating_add_signed(marks.unread);
                    if let Some((_, wanted)) = marks.labels {
                        thread.labels = wanted;
                    }
                }
            }
            Write::Count { key: hash, by, expires_at, .. } => {
                let key = (organization_id, Key::Counter(hash));
                let count = count(contents.records.get(&key)) + by;
                contents.records.insert(key, Counter { hash, count, expires_at }.into());
            }
            Write::Use(one) => add_use(contents, organization_id, one),
            Write::Prolong(session) => {
                let key = (organization_id, Key::Session(session.hash));
                if let Some(Record::Session(stored)) = contents.records.get_mut(&key) {
                    stored.expires_at = session.expires_at;
                    stored.used_at = session.used_at;
                    stored.version += 1;
                }
            }
            Write::Pause { .. }
            | Write::Amend { .. }
            | Write::Rotate { .. }
            | Write::Used { .. }
            | Write::GiveRole { .. }
            | Write::Regroup { .. }
            | Write::EndSessions(..)
            | Write::OpenedWith { .. }
            | Write::Proved { .. } => {
                change_part(contents, organization_id, write);
            }
            Write::Uncount { key: hash, by } => {
                let key = (organization_id, Key::Counter(hash));
                if let Some(Record::Counter(counter)) = contents.records.get_mut(&key) {
                    counter.count = counter.count.saturating_sub(by);
                }
            }
            Write::Conversation(change) => {
                let key = (organization_id, Key::Thread(change.thread_id));
                match change.wanted {
                    Some(thread) => drop(contents.records.insert(key, thread.into())),
                    None => drop(contents.records.remove(&key)),
                }
            }
            Write::Missing(_) | Write::Unchanged(..) | Write::HoldsRole(..) => {}
            Write::Unseat(member_id, _) => {
                drop(contents.records.remove(&(organization_id, Key::Member(member_id))));
            }
            Write::Delete(key) | Write::Remove(key) | Write::RemoveVersion(key, _) => {
                drop(contents.records.remove(&(organization_id, key)));
            }
        }
    }
    for write in change.directory {
        apply_to_directory(contents, write);
    }
    for entry in change.audit {
        if !contents.audit.iter().any(|known| known.id == entry.id) {
            contents.audit.push(entry);
        }
    }
    contents.events.extend(change.events);
}

/// A sort key that follows a time, and an id where times are the same.
fn timed(at: Timestamp, id: impl std::fmt::Display) -> String {
    format!("{:013}/{id}", at.as_millisecond())
}

/// The sort key of a record in a list; none where it is not in it.
fn order(list: &List, record: &Record) -> Option<String> {
    match (list, record) {
        (List::Inboxes, Record::Inbox(inbox)) => Some(inbox.id.to_string()),
        (List::Tokens, Record::Token(token)) if token.first.is_none() => Some(token.id.to_string()),
        (List::Webhooks, Record::Webhook(webhook)) => Some(webhook.id.to_string()),
        (List::Accounts, Record::Account(account)) => Some(account.id.to_string()),
        (List::Members, Record::Member(member)) => Some(member.id.to_string()),
        (List::Invitations, Record::Invitation(one)) if one.accepted.is_none() => Some(one.id.to_string()),
        (List::Sessions(member), Record::SessionPointer(pointer)) if pointer.member_id == *member => {
            Some(pointer.id.to_string())
        }
        (List::Domains, Record::Domain(one)) => Some(timed(one.created_at, one.id)),
        (List::Messages(inbox, span), Record::Message(message))
            if message.inbox_id == *inbox && span.takes(message.created_at) =>
        {
            Some(message.id.to_string())
        }
        (List::MessagesSince(inbox, since), Record::Message(message))
            if message.inbox_id == *inbox && message.created_at >= *since =>
        {
            Some(message.id.to_string())
        }
        (List::AllMessages(span), Record::Message(message)) if span.takes(message.created_at) => {
            Some(message.id.to_string())
        }
        (List::Unread(inbox), Record::Message(message)) if message.inbox_id == *inbox && message.unread => {
            Some(message.id.to_string())
        }
        (
            List::Trash(..) | List::TrashSince(..) | List::AllTrash(_) | List::TrashInThread(_),
            Record::Trashed(trashed),
        ) => {
            let Fate::Kept(message) = &trashed.fate else { return None };
            let listed = match list {
                List::Trash(inbox, span) => message.inbox_id == *inbox && span.takes(message.created_at),
                List::TrashSince(inbox, since) => message.inbox_id == *inbox && message.created_at >= *since,
                List::AllTrash(span) => span.takes(message.created_at),
                List::TrashInThread(thread) => message.thread_id == *thread,
                _ => false,
            };
            listed.then(|| message.id.to_string())
        }
        (List::Labelled(inbox, label), Record::Mark(mark))
            if mark.inbox_id == *inbox && mark.label == *label =>
        {
            Some(mark.message_id.to_string())
        }
        (List::Labels(inbox), Record::Mark(mark)) if mark.inbox_id == *inbox => Some(mark.label.to_string()),
        (List::ThreadMessages(thread) | List::LatestInThread(thread), Record::Message(message))
            if message.thread_id == *thread =>
        {
            Some(message.id.to_string())
        }
        (List::Threads(..) | List::AllThreads(_), Record::Thread(thread)) => {
            let (inbox, span) = match list {
                List::Threads(inbox, span) => (Some(*inbox), span),
                List::AllThreads(span) => (None, span),
                _ => return None,
            };
            let elsewhere = inbox.is_some_and(|inbox| inbox != thread.inbox_id);
            if elsewhere || thread.message_count == 0 || !span.takes(thread.last_message_at) {
                return None;
            }
            Some(format!("{:013}/{}", thread.last_message_at.as_millisecond(), thread.id))
        }
        (List::Drafts(inbox), Record::Draft(draft))
            if draft.inbox_id == *inbox && draft.state == DraftState::Open =>
        {
            Some(draft.id.to_string())
        }
        (List::Approvals(status), Record::Approval(approval)) if approval.decision.as_str() == status => {
            Some(approval.id.to_string())
        }
        (List::Waiting, Record::Approval(approval)) if approval.decision.as_str() == "pending" => {
            Some(approval.id.to_string())
        }
        (List::Held, Record::Held(held)) => Some(held.message_id.to_string()),
        (List::HeldIn(inbox), Record::Held(held)) if held.inbox_id == *inbox => {
            Some(held.message_id.to_string())
        }
        (List::Suppressions, Record::Suppression(one)) => {
            Some(format!("{:013}/{}", one.created_at.as_millisecond(), one.id))
        }
        (List::ListEntries(side, standing), Record::ListEntry(one))
            if (one.side, one.standing) == (*side, *standing) =>
        {
            Some(format!("{:013}/{}", one.created_at.as_millisecond(), one.id))
        }
        (List::StandingApprovals, Record::StandingApproval(standing)) => Some(standing.id.to_string()),
        (List::Open(status), Record::Message(message)) => {
            let outbound = message.outbound().filter(|outbound| outbound.status() == *status)?;
            let at = match &outbound.state {
                State::Scheduled { due, .. } => due,
                State::Unknown { since, .. } => since,
                _ => return None,
            };
            Some(format!("{:013}/{}", at.as_millisecond(), message.id))
        }
        _ => order_of_logged(list, record),
    }
}

/// The same for what is written down about others: attempts, requests, counts of use.
fn order_of_logged(list: &List, record: &Record) -> Option<String> {
    match (list, record) {
        (List::FormerPolicies(policy), Record::FormerPolicy(one)) if one.policy_id == *policy => {
            Some(format!("{:02}", one.slot))
        }
        (List::WaitingOfUpload(id), Record::Approval(approval))
            if approval.decision.as_str() == "pending"
                && approval.row.is_some_and(|row| row.upload_id == *id) =>
        {
            Some(approval.id.to_string())
        }
        (List::Uploads, Record::Upload(upload)) => Some(upload.id.to_string()),
        (List::UploadRows(id), Record::UploadRow(row)) if row.upload_id == *id => {
            Some(format!("{:016}", row.number))
        }
        (List::Attempts(webhook), Record::Attempt(attempt)) if attempt.webhook_id == *webhook => {
            Some(format!("{:013}/{}/{}", attempt.at.as_millisecond(), attempt.event_id, attempt.number))
        }
        (List::Requests(span), Record::RequestLine(line)) if span.takes(line.at) => {
            Some(format!("{:013}/{}", line.at.as_millisecond(), line.id.hex()))
        }
        (List::Usage(by, from, to), Record::Usage(one))
            if one.of.by() == *by && (*from..=*to).contains(&one.day) =>
        {
            Some(match one.of {
                Of::Organization => format!("{}/{}", one.day, one.part),
                Of::Inbox(id) => format!("{}/{id}/{}", one.day, one.part),
                Of::Token(id) => format!("{}/{id}/{}", one.day, one.part),
            })
        }
        _ => None,
    }
}

fn forward(list: &List) -> bool {
    matches!(
        list,
        List::Inboxes
            | List::Tokens
            | List::Webhooks
            | List::Domains
            | List::Accounts
            | List::Members
            | List::Labels(_)
            | List::FormerPolicies(_)
            | List::MessagesSince(..)
            | List::ThreadMessages(_)
            | List::TrashSince(..)
            | List::TrashInThread(_)
            | List::Waiting
            | List::UploadRows(_)
            | List::WaitingOfUpload(_)
            | List::Open(_)
    )
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        let contents = self.contents();
        Ok(keys.iter().map(|key| contents.records.get(&(organization_id, key.clone())).cloned()).collect())
    }

    async fn list(
        &self,
        organization_id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError> {
        let contents = self.contents();
        let attempts = contents.attempts.iter().filter(|attempt| attempt.organization_id == organization_id);
        let mut found: Vec<(String, Record)> = contents
            .records
            .iter()
            .filter(|((organization, _), _)| *organization == organization_id)
            .map(|(_, record)| record.clone())
            .chain(attempts.cloned().map(Record::Attempt))
            .filter_map(|record| Some((order(list, &record)?, record)))
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        if matches!(list, List::Labels(_)) {
            found.dedup_by(|a, b| a.0 == b.0);
        }
        if !forward(list) {
            found.reverse();
        }
        if let Some(cursor) = &page.cursor {
            let last = cursor.strip_prefix("after:").ok_or(ListError::Cursor)?;
            found.retain(|(at, _)| if forward(list) { at.as_str() > last } else { at.as_str() < last });
        }
        let limit = usize::from(page.limit);
        // As DynamoDB does: a full page has a cursor, whether something follows or not.
        let next = (found.len() >= limit).then(|| format!("after:{}", found[limit - 1].0));
        Ok(Page { items: found.into_iter().take(limit).map(|(_, record)| record).collect(), next })
    }

    fn cursor(&self, _: OrganizationId, list: &List, record: &Record) -> Option<String> {
        order(list, record).map(|at| format!("after:{at}"))
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        if let Some(error) = self.failure() {
            return Err(error);
        }
        let change = change.with_sequences();
        let mut contents = self.contents();
        let conflicts = check(&contents, &change);
        if !conflicts.is_empty() {
            return Err(StoreError::Conflict(conflicts));
        }
        apply(&mut contents, change);
        Ok(())
    }

    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        let mut contents = self.contents();
        let key = (ticket.organization_id, Key::Message(ticket.inbox_id, ticket.message_id));
        let Some(Record::Message(message)) = contents.records.get_mut(&key) else { return Ok(None) };
        let Direction::Outbound(outbound) = message.direction.clone() else { return Ok(None) };
        if outbound.digest != ticket.digest || outbound.approval_id != ticket.approval_id {
            return Ok(None);
        }
        if matches!(outbound.state, State::Sending { claim, .. } if claim == nonce) {
            return Ok(Some((**message).clone()));
        }
        let Ok(claimed) = outbound.claim(now, nonce) else { return Ok(None) };
        message.direction = Direction::Outbound(claimed);
        message.version += 1;
        Ok(Some((**message).clone()))
    }
}

#[async_trait]
impl Directory for MemoryStore {
    async fn login(&self, email: &EmailAddress) -> Result<Option<Login>, StoreError> {
        Ok(self.contents().logins.get(&email.mailbox_key()).cloned())
    }

    async fn count(
        &self,
        email: &EmailAddress,
        tally: Tally,
        window: SignInWindow,
    ) -> Result<u64, StoreError> {
        let mut contents = self.contents();
        let count = contents.tallies.entry((email.mailbox_key(), tally, window)).or_default();
        *count += 1;
        Ok(*count)
    }

    async fn count_registration(&self, of: Digest, window: BoundWindow) -> Result<u64, StoreError> {
        let mut contents = self.contents();
        let count = contents.registrations.entry((of, window)).or_default();
        *count += 1;
        Ok(*count)
    }

    async fn addresses(&self, addresses: &[EmailAddress]) -> Result<Vec<AddressEntry>, StoreError> {
        let contents = self.contents();
        Ok(addresses
            .iter()
            .filter(|address| !contents.retired.contains(&address.mailbox_key()))
            .filter_map(|address| contents.addresses.get(&address.mailbox_key()).cloned())
            .collect())
    }

    async fn keep_setup(&self, setup: &Setup) -> Result<(), StoreError> {
        self.contents().setups.insert(setup.hash, setup.clone());
        Ok(())
    }

    async fn setup(&self, hash: Digest) -> Result<Option<Setup>, StoreError> {
        Ok(self.contents().setups.get(&hash).cloned())
    }

    async fn keep_ceremony(&self, ceremony: &Ceremony) -> Result<(), StoreError> {
        self.contents().ceremonies.insert(ceremony.hash, *ceremony);
        Ok(())
    }

    async fn ceremony(&self, hash: Digest) -> Result<Option<Ceremony>, StoreError> {
        Ok(self.contents().ceremonies.get(&hash).copied())
    }

    async fn family(&self, look: &str) -> Result<Family, StoreError> {
        let known = self.contents().families.get(look).cloned();
        Ok(known.unwrap_or_else(|| Family::empty(look.to_owned())))
    }

    async fn claims(&self, name: &DomainName) -> Result<u64, StoreError> {
        Ok(self.contents().claims.get(name).copied().unwrap_or_default())
    }
}

#[async_trait]
impl OpenIdBook for MemoryStore {
    async fn keep_trip(&self, trip: &OpenIdTrip) -> Result<(), StoreError> {
        self.contents().openid_trips.insert(trip.hash, trip.clone());
        Ok(())
    }

    async fn take_trip(&self, hash: Digest) -> Result<Option<OpenIdTrip>, StoreError> {
        Ok(self.contents().openid_trips.remove(&hash))
    }

    async fn account(&self, hash: Digest) -> Result<Option<OpenIdAccount>, StoreError> {
        Ok(self.contents().openid_accounts.get(&hash).cloned())
    }
}

#[async_trait]
impl Places for MemoryStore {
    async fn take(
        &self,
        organization_id: OrganizationId,
        second: Second,
        places: u32,
    ) -> Result<Option<u64>, StoreError> {
        let mut contents = self.contents();
        let (all, of) = contents.places.entry((second.lane, second.number)).or_default();
        let own = of.entry(organization_id).or_default();
        if *all >= u64::from(second.places) || *own >= u64::from(second.share) {
            return Ok(None);
        }
        *all += u64::from(places);
        *own += u64::from(places);
        Ok(Some(*all))
    }

    async fn fill(&self, later: Later, organization_id: Option<OrganizationId>) -> Result<(), StoreError> {
        let mut contents = self.contents();
        let (all, of) = contents.places.entry((later.lane, later.number)).or_default();
        *all += u64::from(later.places);
        if let Some(id) = organization_id {
            *of.entry(id).or_default() += u64::from(later.own);
        }
        Ok(())
    }
}

#[async_trait]
impl Watch for MemoryStore {
    async fn overdue(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError> {
        let contents = self.contents();
        let mut found: Vec<_> = contents
            .records
            .values()
            .filter_map(|record| match record {
                Record::Message(message) => {
                    let at = message.outbound().and_then(Outbound::watch_at)?;
                    (at < now).then_some((at, message))
                }
                _ => None,
            })
            .map(|(at, message)| {
                let watched = Watched {
                    organization_id: message.organization_id,
                    inbox_id: message.inbox_id,
                    message_id: message.id,
                };
                (at, watched)
            })
            .collect();
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, watched)| watched).collect())
    }

    async fn trash(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError> {
        let contents = self.contents();
        let mut found: Vec<_> = contents
            .records
            .values()
            .filter_map(|record| match record {
                Record::Trashed(one) if one.look_at < now && !matches!(one.fate, Fate::Gone(_)) => {
                    let (organization_id, inbox_id) = (one.organization_id, one.inbox_id);
                    Some((one.look_at, Watched { organization_id, inbox_id, message_id: one.message_id }))
                }
                _ => None,
            })
            .collect();
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, watched)| watched).collect())
    }

    async fn held(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError> {
        let contents = self.contents();
        let due = |record: &Record| match record {
            Record::Held(one) if one.expires_at < now => {
                let (organization_id, inbox_id) = (one.organization_id, one.inbox_id);
                Some((one.expires_at, Watched { organization_id, inbox_id, message_id: one.message_id }))
            }
            _ => None,
        };
        let mut found: Vec<_> = contents.records.values().filter_map(due).collect();
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, watched)| watched).collect())
    }

    async fn unclaimed(&self, now: Timestamp, limit: u16) -> Result<Vec<OrganizationId>, StoreError> {
        let contents = self.contents();
        let mut found: Vec<_> = contents
            .records
            .values()
            .filter_map(|record| match record {
                Record::Registration(one) => {
                    one.look_at().filter(|at| *at < now).map(|at| (at, one.organization_id))
                }
                _ => None,
            })
            .collect();
        found.sort_unstable();
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, id)| id).collect())
    }

    async fn purges(&self, now: Timestamp, limit: u16) -> Result<Vec<(OrganizationId, InboxId)>, StoreError> {
        let contents = self.contents();
        let mut found: Vec<_> = contents
            .records
            .values()
            .filter_map(|record| match record {
                Record::Purge(one) if one.look_at < now => {
                    Some((one.look_at, (one.organization_id, one.inbox_id)))
                }
                _ => None,
            })
            .collect();
        found.sort_unstable();
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, named)| named).collect())
    }

    async fn indexes(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, InboxId)>, StoreError> {
        let contents = self.contents();
        let mut found: Vec<_> = contents
            .records
            .values()
            .filter_map(|record| match record {
                Record::Index(one) => {
                    one.look_at.filter(|at| *at < now).map(|at| (at, (one.organization_id, one.inbox_id)))
                }
                _ => None,
            })
            .collect();
        found.sort_unstable();
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, named)| named).collect())
    }

    async fn domains(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, DomainId)>, StoreError> {
        let contents = self.contents();
        let due = |record: &Record| match record {
            Record::Domain(one) => {
                one.look_at.filter(|at| *at < now).map(|at| (at, (one.organization_id, one.id)))
            }
            _ => None,
        };
        let mut found: Vec<_> = contents.records.values().filter_map(due).collect();
        found.sort_unstable();
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, named)| named).collect())
    }

    async fn uploads(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, UploadId)>, StoreError> {
        let contents = self.contents();
        let mut found: Vec<_> = contents
            .records
            .values()
            .filter_map(|record| match record {
                Record::Upload(one) => {
                    one.look_at.filter(|at| *at < now).map(|at| (at, (one.organization_id, one.id)))
                }
                _ => None,
            })
            .collect();
        found.sort_unstable();
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, named)| named).collect())
    }

    async fn waiting(&self, now: Timestamp, limit: u16) -> Result<Vec<DueDelivery>, StoreError> {
        let contents = self.contents();
        let mut found: Vec<_> = contents
            .records
            .values()
            .filter_map(|record| match record {
                Record::WaitingDelivery(one) if one.look_at < now => {
                    let (organization_id, webhook_id) = (one.organization_id, one.webhook_id);
                    Some((one.look_at, DueDelivery { organization_id, webhook_id, event_id: one.event_id }))
                }
                _ => None,
            })
            .collect();
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, due)| due).collect())
    }
}

#[async_trait]
impl Trail for MemoryStore {
    async fn head(&self, organization_id: OrganizationId) -> Result<Option<Head>, StoreError> {
        let known = self.contents().heads.get(&organization_id).cloned();
        Ok(Some(known.unwrap_or_else(|| Head::genesis(organization_id))))
    }

    async fn links(&self, organization_id: OrganizationId, range: Range) -> Result<Vec<Stored>, StoreError> {
        if range.from > range.to {
            return Ok(vec![]);
        }
        let contents = self.contents();
        let found = contents.links.range((organization_id, range.from)..=(organization_id, range.to));
        let mut found: Vec<_> = found
            .map(|((_, place), link)| Stored {
                sequence: *place,
                link: Some(link.clone()).filter(|link| link.sequence == *place),
            })
            .collect();
        if range.newest_first {
            found.reverse();
        }
        found.truncate(usize::from(range.limit));
        Ok(found)
    }

    async fn about(
        &self,
        organization_id: OrganizationId,
        message_id: MessageId,
        limit: u16,
    ) -> Result<Vec<u64>, StoreError> {
        let contents = self.contents();
        let ours = |(place, link): (&(OrganizationId, u64), &ChainedEntry)| {
            let told = place.0 == organization_id && link.entry.about() == Some(message_id);
            told.then_some(place.1)
        };
        let hidden = &contents.unlisted;
        let places = contents.links.iter().filter_map(ours).filter(|place| !hidden.contains(place));
        Ok(places.take(usize::from(limit)).collect())
    }

    async fn links_in(
        &self,
        organization_id: OrganizationId,
        places: &[u64],
    ) -> Result<Vec<Stored>, StoreError> {
        let contents = self.contents();
        let places: BTreeSet<_> = places.iter().collect();
        let found = places.into_iter().filter_map(|place| {
            let link = contents.links.get(&(organization_id, *place))?;
            let link = Some(link.clone()).filter(|link| link.sequence == *place);
            Some(Stored { sequence: *place, link })
        });
        Ok(found.collect())
    }

    async fn places(
        &self,
        organization_id: OrganizationId,
        ids: &[AuditId],
    ) -> Result<BTreeMap<AuditId, Option<u64>>, StoreError> {
        let contents = self.contents();
        let place = |id: &AuditId| {
            let links =
                contents.links.iter().filter(|((organization, _), _)| *organization == organization_id);
            links.filter(|(_, link)| link.entry.id == *id).map(|((_, place), _)| *place).next()
        };
        let wanted =
            |entry: &&AuditEntry| entry.organization_id == organization_id && ids.contains(&entry.id);
        Ok(contents.audit.iter().filter(wanted).map(|entry| (entry.id, place(&entry.id))).collect())
    }

    async fn heads(
        &self,
        after: Option<OrganizationId>,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, Option<Head>)>, StoreError> {
        let contents = self.contents();
        let behind = contents.heads.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        Ok(behind.take(usize::from(limit)).map(|(id, head)| (*id, Some(head.clone()))).collect())
    }

    async fn unchained(
        &self,
        organization_id: OrganizationId,
        ids: &[AuditId],
    ) -> Result<Vec<Entry>, StoreError> {
        let contents = self.contents();
        let wanted = |entry: &&AuditEntry| {
            entry.organization_id == organization_id
                && ids.contains(&entry.id)
                && !contents.chained.contains(&entry.id)
        };
        Ok(contents.audit.iter().filter(wanted).map(Entry::from).collect())
    }

    async fn append(&self, head: &Head, links: &[ChainedEntry]) -> Result<(), StoreError> {
        let mut contents = self.contents();
        let organization_id = head.organization_id;
        let stored = contents.heads.get(&organization_id).cloned();
        let as_it_was = stored.unwrap_or_else(|| Head::genesis(organization_id));
        let free = |link: &ChainedEntry| {
            !contents.chained.contains(&link.entry.id)
                && !contents.links.contains_key(&(organization_id, link.sequence))
                && contents.audit.iter().any(|entry| entry.id == link.entry.id)
        };
        if (as_it_was.sequence, as_it_was.hash) != (head.sequence, head.hash) || !links.iter().all(free) {
            return Err(StoreError::Conflict(vec![Conflict::Directory]));
        }
        for link in links {
            contents.chained.insert(link.entry.id);
            contents.links.insert((organization_id, link.sequence), link.clone());
            contents.heads.insert(organization_id, Head::of(link));
        }
        Ok(())
    }

    async fn lost(&self, now: Timestamp, limit: u16) -> Result<Vec<(OrganizationId, AuditId)>, StoreError> {
        let contents = self.contents();
        let mut lost: Vec<_> = contents
            .audit
            .iter()
            .filter(|entry| entry.at + Entry::CHAIN_LIMIT < now && !contents.chained.contains(&entry.id))
            .map(|entry| (entry.at, (entry.organization_id, entry.id)))
            .collect();
        lost.sort_by_key(|(at, _)| *at);
        Ok(lost.into_iter().take(usize::from(limit)).map(|(_, named)| named).collect())
    }
}

#[async_trait]
impl Feed for MemoryStore {
    async fn blocks(
        &self,
        organization_id: OrganizationId,
        range: Range,
    ) -> Result<Vec<StoredBlock>, StoreError> {
        if range.from > range.to {
            return Ok(vec![]);
        }
        let contents = self.contents();
        let found = contents.blocks.range((organization_id, range.from)..=(organization_id, range.to));
        let mut found: Vec<_> = found
            .map(|((_, number), block)| StoredBlock {
                number: *number,
                block: Some(block.clone()).filter(|block| block.number == *number),
            })
            .collect();
        if range.newest_first {
            found.reverse();
        }
        found.truncate(usize::from(range.limit));
        Ok(found)
    }

    async fn add(&self, last: Option<&Block>, block: &Block, counts: &[Usage]) -> Result<(), StoreError> {
        let mut contents = self.contents();
        let at = |block: &Block| (block.organization_id, block.number);
        let is_there =
            |last: &&Block| contents.blocks.get(&at(last)).is_some_and(|known| known.at == last.at);
        let gone = last.filter(|last| last.is_aging(block.at)).is_some_and(|last| !is_there(&last));
        if gone || contents.blocks.contains_key(&at(block)) {
            return Err(StoreError::Conflict(vec![Conflict::Directory]));
        }
        contents.blocks.insert(at(block), block.clone());
        for count in counts {
            add_use(&mut contents, block.organization_id, *count);
        }
        Ok(())
    }

    async fn events(
        &self,
        organization_id: OrganizationId,
        ids: &[EventId],
    ) -> Result<Vec<Event>, StoreError> {
        let contents = self.contents();
        let wanted = |event: &&Event| event.organization_id == organization_id && ids.contains(&event.id);
        Ok(contents.events.iter().filter(wanted).cloned().collect())
    }
}
