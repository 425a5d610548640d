//! Files: announced and uploaded beside the API, fetched beside the API.

use domain::AttachmentId;
use domain::access::{Permit, scope};
use domain::message::Attachment;

use crate::enter::Once;
use crate::error::Refusal;
use crate::ports::{BlobKey, Ports};
use crate::store::{Change, Key, load};

/// A file that is to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// Its name, without a path.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its exact size in octets, 1 to [`Attachment::MAX_SIZE`].
    pub size: u64,
}

/// Announces a file; the URL takes exactly this size and type by `PUT`, for 15 minutes.
pub async fn announce(
    ports: &Ports,
    permit: &Permit<scope::MessagesSend>,
    new: NewUpload,
    once: &Once,
    answer: impl FnOnce(&Attachment, &str) -> (u16, String),
) -> Result<(Attachment, String), Refusal> {
    let organization_id = permit.organization_id();
    if new.size == 0 || new.size > Attachment::MAX_SIZE {
        let limit = format!("must be 1 to {} octets (25 MB)", Attachment::MAX_SIZE);
        return Err(Refusal::field("size", "attachment_too_large", limit));
    }
    let file = Attachment {
        id: ports.attachment_id(),
        organization_id,
        message: None,
        filename: new.filename,
        content_type: new.content_type,
        size: new.size,
        created_at: ports.now(),
    };
    let key = BlobKey::Upload(organization_id, file.id);
    let url = ports.blobs.upload_url(&key, file.size, &file.content_type).await?;
    let change = Change::new(organization_id).create(file.clone());
    let change = once.save(change, ports.now(), || answer(&file, &url));
    once.commit(ports, change).await?;
    Ok((file, url))
}

/// A URL that gives the file of a mail, for 15 minutes.
pub async fn download(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    id: AttachmentId,
) -> Result<(Attachment, String), Refusal> {
    let organization_id = permit.organization_id();
    let file = load::<Attachment>(&*ports.store, organization_id, Key::Attachment(id))
        .await?
        .filter(|file| file.message.is_none_or(|(inbox_id, _)| permit.over(inbox_id).is_ok()))
        .ok_or(Refusal::NotFound("attachment"))?;
    let key = match file.message {
        Some(_) => BlobKey::Attachment(organization_id, id),
        None => BlobKey::Upload(organization_id, id),
    };
    let url = ports.blobs.download_url(&key, &file.filename).await?;
    Ok((file, url))
}
