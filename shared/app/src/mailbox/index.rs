//! The search index of an inbox is kept: mails go into segments, segments into larger ones.

use std::collections::BTreeSet;

use ::search::{Document, Source};
use bytes::Bytes;
use domain::base::digest::Digest;
use domain::mailbox::index::{Index, Segment, is_found};
use domain::mailbox::message::{Direction, Message, Party};
use domain::{InboxId, MessageId, OrganizationId};

use crate::base::error::Refusal;
use crate::base::ports::{BlobError, BlobKey, Blobs, Ports};
use crate::base::retry::Try;
use crate::base::store::{Change, Expect, Key, Write, key, load};
use crate::mailbox::messages::raw_bytes;

/// An index that others change at the same time is loaded again so often.
const TRIES: usize = 8;
/// So many merges one call makes; the next goes on.
const MERGES: usize = 3;
/// So many records are loaded at once to see which mails are gone.
const LOADED: usize = 1_000;

/// Adds mails of an inbox to its index, those that are there, are [`is_found`] and are not in it yet. Told again, it changes nothing
/// that anybody sees. Returns how many were added.
pub async fn index(
    ports: &Ports,
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    ids: &BTreeSet<MessageId>,
) -> Result<usize, Refusal> {
    let wanted = ids.iter().map(|id| key::Message(inbox_id, *id)).collect::<Vec<_>>();
    let (index, inbox, messages) =
        load(&*ports.store, organization_id, (key::Index(inbox_id), key::Inbox(inbox_id), wanted)).await?;
    if inbox.is_none() {
        erase(ports, blobs, organization_id, inbox_id).await?;
        return Ok(0);
    }
    let index = index.unwrap_or_else(|| Index::new(organization_id, inbox_id));
    let mut documents = vec![];
    let new = messages.into_iter().flatten().filter(|it| is_found(it) && !index.recent.contains(&it.id));
    for message in new {
        let text = read_text(blobs, &message).await?;
        documents.push(document(&message, text));
    }
    let added: Vec<_> = documents.iter().map(|it| MessageId::from_bits(it.id)).collect();
    let gone = delete_retired(ports, blobs, &index).await?;
    if !documents.is_empty() {
        let segment = put(ports, blobs, (organization_id, inbox_id), ::search::build(&documents)).await?;
        let written = change(ports, organization_id, inbox_id, &|index| {
            index.add(segment.clone(), &added, ports.now());
            index.retired.retain(|it| !gone.contains(&it.name));
            true
        })
        .await?;
        if !written {
            blobs.delete(&BlobKey::Segment(organization_id, inbox_id, segment.name)).await?;
            return Ok(0);
        }
    }
    for _ in 0..MERGES {
        if !merge(ports, blobs, organization_id, inbox_id).await? {
            break;
        }
    }
    Ok(added.len())
}

/// Deletes all segments of an inbox, and what is known of them.
pub async fn erase(
    ports: &Ports,
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    inbox_id: InboxId,
) -> Result<(), Refusal> {
    let Some(index) = load(&*ports.store, organization_id, key::Index(inbox_id)).await? else {
        return Ok(());
    };
    let retired = index.retired.iter().map(|it| it.name);
    for name in index.segments.iter().map(|it| it.name).chain(retired) {
        blobs.delete(&BlobKey::Segment(organization_id, inbox_id, name)).await?;
    }
    // The record last: who is interrupted before finds the segments again.
    let change = Change::new(organization_id).write(Write::Delete(Key::Index(inbox_id)));
    Ok(ports.store.commit(change).await?)
}

/// Deletes segments that nobody reads any more. Which they were is forgotten with the next change of the index.
async fn delete_retired(ports: &Ports, blobs: &dyn Blobs, index: &Index) -> Result<Vec<Digest>, Refusal> {
    let names = index.deletable(ports.now());
    for name in &names {
        blobs.delete(&BlobKey::Segment(index.organization_id, index.inbox_id, *name)).await?;
    }
    Ok(names)
}

/// Makes one segment of several, if there are many of a kind. Mails that are gone from the table are gone from it. Returns whether
/// there was anything to do.
async fn merge(
    ports: &Ports,
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    inbox_id: InboxId,
) -> Result<bool, Refusal> {
    let index = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
    let Some(due) = index.and_then(|index| index.mergeable()) else { return Ok(false) };
    let mut segments = vec![];
    for it in &due {
        let key = BlobKey::Segment(organization_id, inbox_id, it.name);
        match blobs.get(&key, usize::try_from(it.size).unwrap_or(usize::MAX)).await {
            Ok(segment) => segments.push(segment),
            // Somebody else merged them, so long ago that they are deleted.
            Err(BlobError::Missing) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    let broken = |error: ::search::Broken| match due.get(error.segment) {
        Some(it) => Refusal::Internal(format!("{inbox_id}: segment {} is broken", it.name.hex())),
        None => Refusal::Internal(error.to_string()),
    };
    let mut ids = BTreeSet::new();
    for (n, segment) in segments.iter().enumerate() {
        ids.extend(::search::ids(segment).map_err(|_| broken(::search::Broken { segment: n }))?);
    }
    let gone = find_gone(ports, organization_id, inbox_id, &ids).await?;
    let merged = ::search::merge(&segments, &gone).map_err(broken)?;
    drop(segments);
    let new = if gone.len() < ids.len() {
        Some(put(ports, blobs, (organization_id, inbox_id), merged).await?)
    } else {
        None
    };
    let replaced =
        change(ports, organization_id, inbox_id, &|index| index.replace(&due, new.clone(), ports.now()))
            .await?;
    if let (false, Some(new)) = (replaced, new) {
        blobs.delete(&BlobKey::Segment(organization_id, inbox_id, new.name)).await?;
    }
    Ok(replaced)
}

/// Those of these mails that the table has no more.
async fn find_gone(
    ports: &Ports,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    ids: &BTreeSet<u128>,
) -> Result<BTreeSet<u128>, Refusal> {
    let ids: Vec<_> = ids.iter().copied().collect();
    let mut gone = BTreeSet::new();
    for some in ids.chunks(LOADED) {
        let wanted: Vec<_> =
            some.iter().map(|id| key::Message(inbox_id, MessageId::from_bits(*id))).collect();
        let found: Vec<Option<Message>> = load(&*ports.store, organization_id, wanted).await?;
        gone.extend(some.iter().zip(found).filter(|(_, found)| found.is_none()).map(|(id, _)| *id));
    }
    Ok(gone)
}

/// Stores a segment under a name of its own.
async fn put(
    ports: &Ports,
    blobs: &dyn Blobs,
    (organization_id, inbox_id): (OrganizationId, InboxId),
    bytes: Vec<u8>,
) -> Result<Segment, Refusal> {
    let bytes = Bytes::from(bytes);
    let known = Source::of(&bytes).map_err(|error| Refusal::Internal(error.to_string()))?;
    let name = Digest::from_bytes(ports.bytes());
    let key = BlobKey::Segment(organization_id, inbox_id, name);
    blobs.put(&key, bytes, "application/octet-stream").await?;
    Ok(Segment {
        name,
        mails: known.docs,
        size: known.size,
        tail: known.tail,
        newest: MessageId::from_bits(known.newest),
        oldest: MessageId::from_bits(known.oldest),
    })
}

/// Changes an index, however many others do so at the same time. Returns what the change says; where that is false, or
/// the inbox is gone, nothing is written.
async fn change(
    ports: &Ports,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    change: &(dyn Fn(&mut Index) -> bool + Sync),
) -> Result<bool, Refusal> {
    for _ in 0..TRIES {
        let wanted = (key::Index(inbox_id), key::Inbox(inbox_id));
        let (found, inbox) = load(&*ports.store, organization_id, wanted).await?;
        let expect = found.as_ref().map_or(Expect::Absent, |index| Expect::Version(index.version));
        let mut index = found.unwrap_or_else(|| Index::new(organization_id, inbox_id));
        if inbox.is_none() || !change(&mut index) {
            return Ok(false);
        }
        let write = Change::new(organization_id).write(Write::put(index, expect));
        if let Try::Done(done) = Try::of(ports.store.commit(write).await, true)? {
            return Ok(done);
        }
    }
    Err(Refusal::Unavailable("the search index kept changing".to_owned()))
}

/// The body of a mail as text, as far as it can be read.
pub(crate) async fn read_text(blobs: &dyn Blobs, message: &Message) -> Result<String, Refusal> {
    let unread = matches!(&message.direction, Direction::Inbound { defects, .. } if defects.iter().any(|it| it == "not_processed"));
    if unread {
        return Ok(message.preview.clone());
    }
    match raw_bytes(blobs, message).await {
        Ok(bytes) => Ok(mail::parse(&bytes).text.unwrap_or_default()),
        // Its bytes are gone: lists still say what it was, and so does a search.
        Err(Refusal::Because { code: domain::base::code::Code::BytesMissing, .. }) => {
            Ok(message.preview.clone())
        }
        Err(refusal) => Err(refusal),
    }
}

/// A mail as it is found.
pub(crate) fn document(message: &Message, text: String) -> Document {
    Document {
        id: message.id.bits(),
        from: vec![named(&message.from)],
        to: recipients(message).map(named).collect(),
        subject: message.subject.clone(),
        text,
        files: message.attachments.iter().map(|file| file.filename.clone()).collect(),
    }
}

/// All whom it is for.
pub(crate) fn recipients(message: &Message) -> impl Iterator<Item = &Party> {
    message.to.iter().chain(&message.cc).chain(&message.bcc)
}

/// Name and address in one text.
pub(crate) fn named(party: &Party) -> String {
    match &party.name {
        Some(name) => format!("{name} <{}>", party.address),
        None => party.address.clone(),
    }
}
