//! Files: those of a mail, and those that are uploaded before it.

use app::base::error::Refusal;
use app::mailbox::attachments::NewUpload;
use domain::mailbox::message::{Attachment, AttachmentRef};
use domain::{AttachmentId, InboxId, MessageId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{IdOf, Line};

/// How long a URL of a file is good, in seconds.
const URL_LIFE: u32 = 900;

request! {
    /// A file that is to be uploaded.
    pub struct CreateAttachment {
        /// The inbox that will send it; may be left out where the credential reaches one alone.
        inbox_id: Option<IdOf<InboxId>>,
        /// Its name, without a path.
        filename: Line,
        /// Its media type; `application/octet-stream` where it is left out.
        content_type: Option<Line>,
        /// In bytes, 1 to 26,214,400.
        size: u64,
    }
}

/// Reads [`CreateAttachment`].
pub fn new(body: &[u8]) -> Result<NewUpload, Refusal> {
    let CreateAttachment { inbox_id, filename, content_type, size } = request::body(body)?;
    Ok(NewUpload {
        inbox_id: inbox_id.map(|id| id.0),
        filename: filename.0.as_str().to_owned(),
        content_type: content_type
            .map_or_else(|| "application/octet-stream".to_owned(), |line| line.0.as_str().to_owned()),
        size,
    })
}

/// A file that was announced, with where to put it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Upload")]
pub struct UploadView<'a> {
    id: IdOf<AttachmentId>,
    inbox_id: IdOf<InboxId>,
    filename: &'a str,
    content_type: &'a str,
    /// In bytes.
    size: u64,
    upload_url: &'a str,
    upload_method: &'static str,
    upload_headers: UploadHeaders<'a>,
    /// Seconds that the URL is good.
    expires_in: u32,
}

/// The headers that the upload must have: they are signed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct UploadHeaders<'a> {
    content_type: &'a str,
    content_length: String,
}

/// A file that was announced, with where to put it.
pub fn upload<'a>(file: &'a Attachment, url: &'a str) -> UploadView<'a> {
    UploadView {
        id: IdOf(file.id),
        inbox_id: IdOf(file.inbox_id),
        filename: &file.filename,
        content_type: &file.content_type,
        size: file.size,
        upload_url: url,
        upload_method: "PUT",
        upload_headers: UploadHeaders {
            content_type: &file.content_type,
            content_length: file.size.to_string(),
        },
        expires_in: URL_LIFE,
    }
}

/// A file with where to get it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Download")]
pub struct DownloadView<'a> {
    id: IdOf<AttachmentId>,
    inbox_id: IdOf<InboxId>,
    /// The mail that it is part of; none while it is only uploaded.
    message_id: Option<IdOf<MessageId>>,
    filename: &'a str,
    content_type: &'a str,
    /// What its first bytes say that it is, as a media type; null where they say nothing, where an upload's are not there yet, and of what was stored before this was looked
    /// at. Not proven: a file can be made to begin like another.
    detected_type: Option<&'a str>,
    /// In bytes.
    size: u64,
    download_url: &'a str,
    /// Seconds that the URL is good.
    expires_in: u32,
}

/// A file with where to get it.
pub fn download<'a>(file: &'a Attachment, url: &'a str) -> DownloadView<'a> {
    DownloadView {
        id: IdOf(file.id),
        inbox_id: IdOf(file.inbox_id),
        message_id: file.message.map(|(id, _)| IdOf(id)),
        filename: &file.filename,
        content_type: &file.content_type,
        detected_type: file.detected_type.as_deref(),
        size: file.size,
        download_url: url,
        expires_in: URL_LIFE,
    }
}

/// A file of a mail.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "File")]
pub struct FileView<'a> {
    id: IdOf<AttachmentId>,
    filename: &'a str,
    content_type: &'a str,
    /// What its first bytes say that it is, as a media type; null where they say nothing, and of what was stored before this was looked
    /// at. Not proven: a file can be made to begin like another.
    detected_type: Option<&'a str>,
    /// In bytes, decoded.
    size: u64,
    /// Of its bytes, in hexadecimal digits.
    sha256: String,
    /// For `cid:` references.
    content_id: Option<&'a str>,
    /// Shown within the text.
    inline: bool,
}

pub(crate) fn file(file: &AttachmentRef) -> FileView<'_> {
    FileView {
        id: IdOf(file.id),
        filename: &file.filename,
        content_type: &file.content_type,
        detected_type: file.detected_type.as_deref(),
        size: file.size,
        sha256: file.digest.hex(),
        content_id: file.content_id.as_deref(),
        inline: file.inline,
    }
}
