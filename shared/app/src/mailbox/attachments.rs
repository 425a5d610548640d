//! Files: announced and uploaded beside the API, fetched beside the API.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::mailbox::message::{Attachment, AttachmentRef, Message};
use domain::people::access::{Permit, scope};
use domain::{AttachmentId, InboxId, MessageId};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::{BlobError, BlobKey, Blobs, Ports};
use crate::base::store::{Change, key, load};
use crate::mailbox::trash::shown;

/// A file that is to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// The inbox that may send it. A credential that is limited to one inbox need not name it.
    pub inbox_id: Option<InboxId>,
    /// Its name, without a path.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its exact size in bytes, 1 to [`Attachment::MAX_SIZE`].
    pub size: u64,
}

/// Announces a file; the URL takes exactly this size and type by `PUT`, for 15 minutes.
pub async fn announce(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesSend>,
    new: NewUpload,
    once: &Once,
    answer: impl FnOnce(&Attachment, &str) -> (u16, String),
) -> Result<(Attachment, String), Refusal> {
    let organization_id = permit.organization_id();
    if new.size == 0 || new.size > Attachment::MAX_SIZE {
        let limit = format!("must be 1 to {} bytes (25 MB)", Attachment::MAX_SIZE);
        return Err(Refusal::field("size", Code::AttachmentTooLarge, limit));
    }
    let inbox_id = sender(ports, permit, new.inbox_id).await?;
    let file = Attachment {
        id: ports.attachment_id(),
        organization_id,
        inbox_id,
        message: None,
        filename: new.filename,
        content_type: new.content_type,
        detected_type: None,
        size: new.size,
        created_at: ports.now(),
    };
    let key = BlobKey::Upload(organization_id, file.id);
    let url = blobs.upload_url(&key, file.size, &file.content_type).await?;
    let change = Change::new(organization_id).create(file.clone());
    let change = once.save(change, ports.now(), || answer(&file, &url));
    once.commit(ports, change).await?;
    Ok((file, url))
}

/// The inbox that an upload is for: the one that is named, or the only one that the credential reaches.
async fn sender(
    ports: &Ports,
    permit: &Permit<scope::MessagesSend>,
    named: Option<InboxId>,
) -> Result<InboxId, Refusal> {
    let own = permit.principal().inboxes.as_ref();
    let only = own.filter(|own| own.len() == 1).and_then(|own| own.first().copied());
    let Some(inbox_id) = named.or(only) else {
        let message = "name the inbox that will send the file: your credential reaches more than one";
        return Err(Refusal::field("inbox_id", Code::Required, message));
    };
    let found = load(&*ports.store, permit.organization_id(), key::Inbox(inbox_id)).await?;
    if found.is_none() || permit.over(inbox_id).is_err() {
        return Err(Refusal::field("inbox_id", Code::UnknownInbox, "no such inbox"));
    }
    Ok(inbox_id)
}

/// The name of a file whose mail gives it none, or none that can be kept.
pub(crate) const UNNAMED: &str = "unnamed";

/// The name under which a file is read from its mail.
pub(crate) fn read_name(filename: &str) -> String {
    mail::safe_filename(filename).unwrap_or_else(|| UNNAMED.to_owned())
}

/// What the first bytes of a file say that it is.
pub(crate) fn detect(contents: &[u8]) -> Option<String> {
    mail::media_type(contents).map(str::to_owned)
}

/// A file as its mail has it.
pub(crate) fn part(message_id: MessageId, file: &mail::ParsedAttachment<'_>) -> AttachmentRef {
    let filename = file.filename.clone().unwrap_or_else(|| UNNAMED.to_owned());
    let digest = Digest::from_bytes(file.sha256);
    AttachmentRef {
        id: Attachment::id_in(message_id, &filename, digest),
        filename,
        content_type: file.content_type.clone(),
        detected_type: detect(&file.contents),
        size: file.size as u64,
        digest,
        content_id: file.content_id.clone(),
        inline: file.inline,
    }
}

/// The records of the files of a mail, each once.
pub(crate) fn records(message: &Message) -> Vec<Attachment> {
    let record = |file: &AttachmentRef| Attachment {
        id: file.id,
        organization_id: message.organization_id,
        inbox_id: message.inbox_id,
        message: Some((message.id, file.digest)),
        filename: read_name(&file.filename),
        content_type: file.content_type.clone(),
        detected_type: file.detected_type.clone(),
        size: file.size,
        created_at: message.created_at,
    };
    let files: BTreeMap<_, _> = message.attachments.iter().map(|file| (file.id, record(file))).collect();
    files.into_values().collect()
}

/// A URL that gives the file of a mail, or an upload, for 15 minutes. What an upload is, is looked at each time: nobody tells us when
/// its bytes are there.
pub async fn download(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesRead>,
    id: AttachmentId,
) -> Result<(Attachment, String), Refusal> {
    let (mut file, _) = find(ports, permit, id).await?;
    let organization_id = permit.organization_id();
    let key = match file.message {
        Some(_) => BlobKey::Attachment(organization_id, id),
        None => BlobKey::Upload(organization_id, id),
    };
    if file.message.is_none() {
        file.detected_type = match blobs.get_part(&key, 0..mail::media::MAX_LOOKED_AT as u64).await {
            Ok(beginning) => detect(&beginning),
            Err(BlobError::Missing) => None,
            Err(error) => return Err(error.into()),
        };
    }
    let url = blobs.download_url(&key, &file.filename).await?;
    Ok((file, url))
}

/// A file of a mail, as it is read to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The file.
    pub file: Attachment,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The mail that it is part of.
    pub message: Message,
    /// Its bytes; none where it has more than was asked for.
    pub bytes: Option<Bytes>,
}

/// The file of a mail, with its bytes where it has at most `most` of them. They are held against their digest, which the file's id follows
/// from: they are the ones that the mail was received with, or is sealed with and goes out with.
pub async fn open(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesRead>,
    id: AttachmentId,
    most: usize,
) -> Result<Opened, Refusal> {
    let (mut file, message) = find(ports, permit, id).await?;
    // What was only uploaded is part of no mail, and nobody decides about it.
    let (Some((_, digest)), Some(message)) = (file.message, message) else {
        return Err(Refusal::NotFound("attachment"));
    };
    let bytes = if usize::try_from(file.size).is_ok_and(|size| size <= most) {
        let bytes = blobs.get(&BlobKey::Attachment(permit.organization_id(), id), most).await?;
        if Digest::of(&bytes) != digest {
            return Err(Refusal::Internal(format!("{id}: the object is another file")));
        }
        file.detected_type = detect(&bytes);
        Some(bytes)
    } else {
        None
    };
    Ok(Opened { file, digest, message, bytes })
}

/// The record of a file, and the mail that it is part of.
async fn find(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    id: AttachmentId,
) -> Result<(Attachment, Option<Message>), Refusal> {
    let organization_id = permit.organization_id();
    let file = load(&*ports.store, organization_id, key::Attachment(id))
        .await?
        .filter(|file| permit.over(file.inbox_id).is_ok())
        .ok_or(Refusal::NotFound("attachment"))?;
    if !file.is_sound() {
        return Err(Refusal::Internal(format!("{id}: the record names another file")));
    }
    // A file goes with its mail, and with its inbox.
    let message_id = file.message.map(|(message_id, _)| message_id);
    let wanted = (
        key::Inbox(file.inbox_id),
        message_id.map(|id| key::Message(file.inbox_id, id)),
        message_id.map(|id| key::Trashed(file.inbox_id, id)),
    );
    let (inbox, message, trashed) = load(&*ports.store, organization_id, wanted).await?;
    let message = shown(ports, message, trashed);
    if inbox.is_none() || message_id.is_some() && message.is_none() {
        return Err(Refusal::NotFound("attachment"));
    }
    Ok((file, message))
}
