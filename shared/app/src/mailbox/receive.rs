//! Taking in mail that was received: one message for each inbox it was sent to, whatever its form.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::gate::seal::MAX_MIME;
use domain::mailbox::domains::{DomainName, Family};
use domain::mailbox::finding::Finding;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::listed::{ListEntry, Side};
use domain::mailbox::message::{Direction, Message, Party, Shows, Sibling, ThreadUpdate, Verdicts};
use domain::mailbox::screening::{Held, Judged, Screened, author_over, flag};
use domain::mailbox::whom::Whom;
use domain::{InboxId, MessageId, OrganizationId, ThreadId, Timestamp};
use futures_util::future::try_join_all;
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::{BlobError, BlobKey, Blobs, Ports};
use crate::base::retry::commit_first;
use crate::base::store::{
    AddressEntry, Change, Conflict, Directory, Expect, Key, StoreError, ThreadPointer, Write, key, load,
};
use crate::mailbox::attachments::{part, records};
use crate::mailbox::conversation::{provider_pointer, subject_pointer};

/// What the receiving side says of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The receiving side's id of it: the same however often it is told.
    pub provider_id: String,
    /// When it came.
    pub at: Timestamp,
    /// The envelope's recipients, as far as they are addresses.
    pub recipients: Vec<EmailAddress>,
    /// Where its bytes are.
    pub raw_key: String,
    /// What was found out about it.
    pub verdicts: Verdicts,
    /// Its author and subject as the receiving side read them: all that there is where we can't read it.
    pub envelope: EnvelopeView,
}

/// A mail's author and subject as the receiving side read them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvelopeView {
    /// The author.
    pub from: String,
    /// The subject.
    pub subject: String,
}

/// Whether the mail is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As usual.
    Parse,
    /// Reading it has failed again and again: list it with what is known, keep the bytes, flag it.
    Quarantine,
}

/// A conversation is found by subject and participants for so long after its last mail.
const SUBJECT_THREAD: SignedDuration = SignedDuration::from_hours(24 * 30);
/// So many files of a mail get an object of their own; all of them stay in the raw mail.
const MAX_FILES: usize = 50;
/// So many references of a mail are kept.
const MOST_REFERENCES: usize = 50;
/// So many of the last references are looked up, and the first.
const MAX_REFERENCES: usize = 20;
/// A thread that another mail just began is looked up again at most so often.
const TRIES: usize = 5;

/// An inbox that is no older than this when a mail comes may have been made after it: clocks differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(10);

/// Takes a mail in. Told again, it changes nothing. Returns the messages that were made.
///
/// A mail that came for no inbox is marked, and deleted after a while. Where it has an inbox after all, because one was made
/// meanwhile and we are told of the mail again, the mark goes before the mail is filed.
pub async fn receive(
    ports: &Ports,
    blobs: &dyn Blobs,
    directory: &dyn Directory,
    received: &Received,
    reading: Reading,
) -> Result<Vec<MessageId>, Refusal> {
    let mut owners = find_owners(ports, directory, received).await?;
    if owners.is_empty() {
        ignore_missing(blobs.mark_unclaimed(&BlobKey::Raw(received.raw_key.clone())).await)?;
        // The mark first, then another look: whoever finds an inbox that was not there before finds the mark too.
        owners = find_owners(ports, directory, received).await?;
    }
    if owners.is_empty() {
        // It stays in the bucket for 30 days, under the key that the log names.
        tracing::warn!(raw_key = received.raw_key, "a mail came for no inbox of ours");
        return Ok(vec![]);
    }
    // Only where an inbox of it is younger than the mail can somebody have found none. Ids are in the order of time.
    let settled = InboxId::new(received.at - CLOCKS_DIFFER, [0; 10]);
    if owners.iter().any(|owner| owner.inbox_id >= settled) {
        ignore_missing(blobs.keep(&BlobKey::Raw(received.raw_key.clone())).await)?;
    }
    let raw = match reading {
        Reading::Parse => blobs.get(&BlobKey::Raw(received.raw_key.clone()), MAX_MIME).await?,
        Reading::Quarantine => Bytes::new(),
    };
    let mail = match reading {
        Reading::Parse => mail::parse(&raw),
        Reading::Quarantine => mail::parse(b""),
    };
    let mut made = vec![];
    // The same for all inboxes of an organization: looking into a large mail takes a while.
    let mut looked: Option<(OrganizationId, Vec<Finding>)> = None;
    for owner in &owners {
        let findings = match looked.take().filter(|(known, _)| *known == owner.organization_id) {
            Some((_, findings)) => findings,
            None => findings(ports, received, reading, owner, &mail),
        };
        let mut message = build(received, reading, owner, &raw, &mail, &findings);
        if let Direction::Inbound { siblings: known, .. } = &mut message.direction {
            *known = Some(siblings(received, &owners, owner));
        }
        made.extend(file(ports, blobs, owner, message, &mail).await?);
        looked = Some((owner.organization_id, findings));
    }
    Ok(made)
}

/// The inboxes that it was sent to: none of an organization whose domain another has verified since, who reads its own mail alone.
async fn find_owners(
    ports: &Ports,
    directory: &dyn Directory,
    received: &Received,
) -> Result<Vec<AddressEntry>, Refusal> {
    let mut owners = vec![];
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for owner in directory.addresses(&received.recipients).await? {
        if owner.address.domain() != ports.settings.mail_domain {
            let name = DomainName::stored(owner.address.domain().to_owned());
            let family = match families.entry(name.look()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let family = directory.family(new.key()).await?;
                    new.insert(family)
                }
            };
            if family.belongs_to_another(owner.organization_id, &name) {
                continue;
            }
        }
        owners.push(owner);
    }
    owners.sort_by_key(|owner| owner.inbox_id);
    owners.dedup_by_key(|owner| owner.inbox_id);
    Ok(owners)
}

/// An object that is gone needs no mark and no keeping.
fn ignore_missing(done: Result<(), BlobError>) -> Result<(), BlobError> {
    match done {
        Err(BlobError::Missing) => Ok(()),
        other => other,
    }
}

/// What looks wrong with a mail, to this organization.
fn findings(
    ports: &Ports,
    received: &Received,
    reading: Reading,
    owner: &AddressEntry,
    mail: &mail::ParsedMail<'_>,
) -> Vec<Finding> {
    if reading == Reading::Quarantine {
        return vec![mail::not_inspected("reading it has failed")];
    }
    // Our own domains alone: this role can't list whom the organization writes to. Who writes to us is never known by
    // that: else a false domain would become known by being first, and the true one look false beside it.
    let known = mail::Known::new([owner.address.as_str(), ports.settings.mail_domain.as_str()]);
    mail::inspect(mail, &received.verdicts, &known)
}

/// The id of a received mail in an inbox: the same however often we are told of it.
fn message_id(received: &Received, owner: &AddressEntry) -> MessageId {
    let hash = Digest::of_parts(&[received.provider_id.as_bytes(), owner.inbox_id.to_string().as_bytes()]);
    let mut entropy = [0; 10];
    entropy.copy_from_slice(&hash.as_bytes()[..10]);
    MessageId::new(received.at, entropy)
}

/// The same mail in the other inboxes that it came for.
fn siblings(received: &Received, owners: &[AddressEntry], owner: &AddressEntry) -> Vec<Sibling> {
    let others = owners.iter().filter(|other| other.inbox_id != owner.inbox_id);
    let sibling = |other: &AddressEntry| Sibling {
        organization_id: other.organization_id,
        inbox_id: other.inbox_id,
        message_id: message_id(received, other),
    };
    others.map(sibling).collect()
}

/// What became of a mail that was to be filed.
pub(crate) enum Filed {
    /// It is in its inbox now.
    Now(Box<Message>),
    /// It is held, or kept from everybody.
    Held,
    /// It was filed, held or deleted before.
    Before,
}

async fn file(
    ports: &Ports,
    blobs: &dyn Blobs,
    owner: &AddressEntry,
    message: Message,
    mail: &mail::ParsedMail<'_>,
) -> Result<Option<MessageId>, Refusal> {
    let inbox = Inbox {
        id: owner.inbox_id,
        organization_id: owner.organization_id,
        address: owner.address.clone(),
        domain_id: None,
        display_name: None,
        paused: None,
        created_at: message.created_at,
        provider: None,
    };
    let screened = Way { screens: true, more: &|change, _| change };
    Ok(match file_in(ports, blobs, &inbox, message, mail, &screened).await? {
        Filed::Now(message) => Some(message.id),
        Filed::Held | Filed::Before => None,
    })
}

/// Files a mail that was held, with what else belongs to the change.
pub(crate) async fn file_anew(
    ports: &Ports,
    blobs: &dyn Blobs,
    inbox: &Inbox,
    message: Message,
    mail: &mail::ParsedMail<'_>,
    more: &(dyn Fn(Change, &Message) -> Change + Sync),
) -> Result<Filed, Refusal> {
    file_in(ports, blobs, inbox, message, mail, &Way { screens: false, more }).await
}

/// How a mail is filed.
struct Way<'a> {
    /// Whether lists and rules are asked: not of what a person lets in.
    screens: bool,
    /// Adds what else belongs to the change.
    more: &'a (dyn Fn(Change, &Message) -> Change + Sync),
}

async fn file_in(
    ports: &Ports,
    blobs: &dyn Blobs,
    inbox: &Inbox,
    message: Message,
    mail: &mail::ParsedMail<'_>,
    way: &Way<'_>,
) -> Result<Filed, Refusal> {
    let (id, inbox_id) = (message.id, inbox.id);
    let mut stored_files = false;
    // The conversation that shows a later mail: ours came late, or was held.
    let mut ahead = None;
    for _ in 0..TRIES {
        let found = find_thread(ports, &message, inbox).await?;
        if found.known || (way.screens && found.held) {
            return Ok(Filed::Before);
        }
        let mut message = message.clone();
        message.thread_id = found.thread_id.unwrap_or_else(|| ports.thread_id());
        match found.judged.outcome.filter(|_| way.screens) {
            Some(outcome @ (Screened::Hold | Screened::Block)) => {
                return hold(ports, message, outcome, found.judged).await;
            }
            Some(Screened::Flag) => add_finding(&mut message, flag(&found.judged.reasons)),
            Some(Screened::Allow) | None => {}
        }
        if !stored_files {
            store_files(blobs, &message, mail).await?;
            stored_files = true;
        }
        let shows = if ahead == Some(message.thread_id) { Shows::Not } else { Shows::IfLast };
        let change = (way.more)(change(ports, inbox, &message, &found, shows), &message);
        match ports.store.commit(change).await {
            Ok(()) => return Ok(Filed::Now(Box::new(message))),
            Err(StoreError::Conflict(conflicts))
                if [Key::Message(inbox_id, id), Key::Trashed(inbox_id, id), Key::Held(inbox_id, id)]
                    .into_iter()
                    .any(|key| conflicts.contains(&Conflict::Record(key))) =>
            {
                return Ok(Filed::Before);
            }
            // Another mail of the same conversation came at the same moment, or is later: join it.
            Err(StoreError::Conflict(conflicts)) => {
                if conflicts.contains(&Conflict::Record(Key::Thread(message.thread_id))) {
                    ahead = Some(message.thread_id);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Refusal::Unavailable("the conversation kept changing".to_owned()))
}

fn add_finding(message: &mut Message, finding: Finding) {
    if let Direction::Inbound { findings, .. } = &mut message.direction {
        // The last of many gives way: what the organization says itself is not left out.
        findings.truncate(Finding::MAX - 1);
        findings.push(finding);
    }
}

/// Puts a mail beside its inbox, where nothing finds it but who looks for what is held. Its bytes have no mark, which would stay on them
/// where this fails and the mail is filed later.
async fn hold(ports: &Ports, message: Message, outcome: Screened, judged: Judged) -> Result<Filed, Refusal> {
    let (organization_id, inbox_id, id) = (message.organization_id, message.inbox_id, message.id);
    let held = Held::new(message, outcome, judged.reasons, ports.now());
    let mut change = Change::new(organization_id)
        .create(held.clone())
        .write(Write::Missing(Key::Message(inbox_id, id)))
        .write(Write::Missing(Key::Trashed(inbox_id, id)));
    if outcome == Screened::Hold {
        let subject = Subject::Held(Box::new(held.notice()));
        change = change.event(ports.event(organization_id, EventKind::MessageHeld, subject));
    }
    // It may have been filed, held or deleted by another meanwhile.
    Ok(if commit_first(ports, change).await? { Filed::Held } else { Filed::Before })
}

/// The defect of a mail that was not read.
pub(crate) const NOT_PROCESSED: &str = "not_processed";

fn build(
    received: &Received,
    reading: Reading,
    owner: &AddressEntry,
    bytes: &[u8],
    mail: &mail::ParsedMail<'_>,
    findings: &[Finding],
) -> Message {
    let party = |address: &mail::ParsedAddress| Party {
        name: address.name.clone(),
        address: address.address.clone(),
    };
    let parties = |list: &[mail::ParsedAddress]| list.iter().take(100).map(party).collect::<Vec<_>>();
    let mut defects: Vec<String> = mail.defects.iter().map(|defect| defect.code().to_owned()).collect();
    if reading == Reading::Quarantine {
        defects = vec![NOT_PROCESSED.to_owned()];
    }
    if mail.attachments.len() > MAX_FILES {
        defects.push("too_many_attachments".to_owned());
    }
    let cut = |text: &str| text.chars().take(998).collect::<String>();
    let from =
        mail.from.as_ref().map_or_else(|| Party { name: None, address: cut(&received.envelope.from) }, party);
    let quarantined = reading == Reading::Quarantine;
    let subject = cut(if quarantined { &received.envelope.subject } else { &mail.subject });
    let id = message_id(received, owner);
    Message {
        id,
        organization_id: owner.organization_id,
        inbox_id: owner.inbox_id,
        thread_id: ThreadId::new(Timestamp::UNIX_EPOCH, [0; 10]),
        direction: Direction::Inbound {
            raw_key: received.raw_key.clone(),
            verdicts: received.verdicts.clone(),
            defects,
            automatic: mail.automatic,
            findings: findings.to_vec(),
            // Of a mail that was not read nothing is proven.
            authenticated: reading == Reading::Parse
                && mail::is_authenticated(bytes, mail, &received.verdicts),
            siblings: None,
        },
        from,
        reply_to: parties(&mail.reply_to),
        to: parties(&mail.to),
        cc: parties(&mail.cc),
        bcc: vec![],
        subject,
        preview: mail::preview(mail.text.as_deref().unwrap_or_default(), 200),
        internet_message_id: mail.message_id.clone(),
        references: references(mail),
        in_reply_to: mail.in_reply_to.first().cloned(),
        date: mail.date,
        labels: BTreeSet::new(),
        unread: true,
        notes: domain::mailbox::notes::Notes::default(),
        attachments: mail.attachments.iter().take(MAX_FILES).map(|file| part(id, file)).collect(),
        size: bytes.len() as u64,
        created_at: received.at,
        version: 1,
        trash: None,
    }
}

/// The ids a mail answers, oldest first, `In-Reply-To` last (RFC 5322 §3.6.4).
fn references(mail: &mail::ParsedMail<'_>) -> Vec<String> {
    let mut all = mail.references.clone();
    for id in &mail.in_reply_to {
        all.retain(|known| known != id);
        all.push(id.clone());
    }
    // The first began the conversation; the last are the closest.
    if all.len() > MOST_REFERENCES {
        all.drain(1..=all.len() - MOST_REFERENCES);
    }
    all
}

/// What one read says of where a mail belongs.
struct Found {
    /// It was filed before.
    known: bool,
    /// It was held before.
    held: bool,
    /// What lists and rules make of it.
    judged: Judged,
    /// Its `Message-ID` leads to a conversation already: the first mail that had it stays its owner.
    own_known: bool,
    /// Its conversation.
    thread_id: Option<ThreadId>,
    /// Since when its subject leads somewhere already, however old.
    subject_at: Option<Timestamp>,
}

/// By the ids it answers, latest first; then by subject and participants.
async fn find_thread(ports: &Ports, message: &Message, inbox: &Inbox) -> Result<Found, Refusal> {
    let inbox_id = message.inbox_id;
    let mut pointers = vec![];
    for id in message.references.iter().rev().take(MAX_REFERENCES).chain(message.references.first()) {
        let pointer = key::ThreadPointer(inbox_id, provider_pointer(id));
        if !pointers.contains(&pointer) {
            pointers.push(pointer);
        }
    }
    let own =
        message.internet_message_id.as_deref().map(|id| key::ThreadPointer(inbox_id, provider_pointer(id)));
    let own_at = own.map(|own| {
        let known = pointers.iter().position(|pointer| *pointer == own);
        known.unwrap_or_else(|| {
            pointers.push(own);
            pointers.len() - 1
        })
    });
    let subject = key::ThreadPointer(inbox_id, subject_pointer(inbox, message).hash);
    let known = (
        key::Message(inbox_id, message.id),
        key::Trashed(inbox_id, message.id),
        key::Held(inbox_id, message.id),
    );
    let over = author_over(message);
    let entry = |whom: &Whom| ListEntry::id_of(message.organization_id, Side::Receive, whom);
    let entries: Vec<_> = over.iter().map(entry).map(key::ListEntry).collect();
    let wanted = (known, pointers, subject, (key::Screening, entries));
    let ((known, trashed, held), pointers, by_subject, (screening, entries)) =
        load(&*ports.store, message.organization_id, wanted).await?;
    let entries: Vec<_> = entries.into_iter().flatten().collect();
    let judged = screening.unwrap_or_default().judge(message, &entries);
    // One that was deleted does not come back where we are told of it again.
    let known = known.is_some() || trashed.is_some();
    let own_known = own_at.is_some_and(|at| pointers[at].is_some());
    // Its own id leads nowhere: whoever claims an id that is known joins no conversation by it.
    let mut answered = pointers.into_iter().enumerate().filter(|(at, _)| Some(*at) != own_at);
    let by_reference = answered.find_map(|(_, pointer)| pointer);
    let subject_at = by_subject.as_ref().map(|pointer| pointer.at);
    let recent = by_subject
        .filter(|p| message.created_at.duration_since(p.at) < SUBJECT_THREAD)
        .filter(|_| !mail::normalise_subject(&message.subject).is_empty());
    let thread_id = by_reference.or(recent).map(|p| p.thread_id);
    Ok(Found { known, held: held.is_some(), judged, own_known, thread_id, subject_at })
}

async fn store_files(
    blobs: &dyn Blobs,
    message: &Message,
    mail: &mail::ParsedMail<'_>,
) -> Result<(), Refusal> {
    let files = message.attachments.iter().zip(&mail.attachments);
    let files: BTreeMap<_, _> = files.map(|(reference, file)| (reference.id, file)).collect();
    try_join_all(files.into_iter().map(|(id, file)| {
        let key = BlobKey::Attachment(message.organization_id, id);
        let contents = Bytes::copy_from_slice(&file.contents);
        async move { blobs.put(&key, contents, &file.content_type).await }
    }))
    .await?;
    Ok(())
}

/// An event about a mail that came in.
pub(crate) fn event(ports: &Ports, kind: EventKind, message: &Message) -> Event {
    ports.event(message.organization_id, kind, Subject::Message(Box::new(message.clone())))
}

fn change(ports: &Ports, inbox: &Inbox, message: &Message, found: &Found, shows: Shows) -> Change {
    let mut change = Change::new(message.organization_id)
        .create(message.clone())
        // It may have been filed by another, and deleted, since we looked.
        .write(Write::Missing(Key::Trashed(message.inbox_id, message.id)))
        .write(Write::Thread(ThreadUpdate { shows, ..message.thread_update() }))
        .event(event(ports, EventKind::MessageReceived, message));
    for file in records(message) {
        change = change.create(file);
    }
    // SES gives its ids to our mails alone: a received mail that has one would lead our answers astray.
    let ours = |id: &&String| !id.ends_with(".amazonses.com") && !found.own_known;
    if let Some(id) = message.internet_message_id.as_ref().filter(ours) {
        let pointer = ThreadPointer {
            inbox_id: message.inbox_id,
            hash: provider_pointer(id),
            thread_id: message.thread_id,
            at: message.created_at,
        };
        change = change.write(Write::put(pointer, Expect::Anything));
    }
    // What a later mail left stays: from then on answers find their conversation by it.
    if found.subject_at.is_some_and(|at| message.created_at < at) {
        return change;
    }
    // Two first mails at once must not begin two conversations: the second conflicts, and looks again.
    let is_known = found.subject_at.is_some() || found.thread_id.is_some();
    let expect = if is_known { Expect::Anything } else { Expect::Absent };
    change.write(Write::put(subject_pointer(inbox, message), expect))
}
