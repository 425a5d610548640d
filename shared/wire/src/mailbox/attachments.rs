//! Files: those of a mail, and those that are uploaded before it.

use app::base::error::Refusal;
use app::mailbox::attachments::NewUpload;
use domain::mailbox::message::{Attachment, AttachmentRef};
use serde_json::{Value, json};

use crate::base::fields::Fields;

/// `inbox_id`, `filename`, `content_type` and `size` of a file that is to be uploaded.
pub fn new(body: &[u8]) -> Result<NewUpload, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let inbox_id = fields.id("inbox_id");
    let filename = fields.line("filename");
    let filename = fields.require("filename", filename);
    let content_type = fields.line("content_type");
    let size = fields.number("size");
    let size = fields.require("size", size);
    fields.finish()?;
    Ok(NewUpload {
        inbox_id,
        filename: filename.map(|name| name.as_str().to_owned()).unwrap_or_default(),
        content_type: content_type
            .map_or_else(|| "application/octet-stream".to_owned(), |t| t.as_str().to_owned()),
        size: size.unwrap_or_default(),
    })
}

/// A file that was announced, with where to put it.
pub fn upload(file: &Attachment, url: &str) -> Value {
    json!({
        "id": file.id.to_string(),
        "inbox_id": file.inbox_id.to_string(),
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "upload_url": url,
        "upload_method": "PUT",
        "upload_headers": { "content-type": file.content_type, "content-length": file.size.to_string() },
        "expires_in": 900,
    })
}

/// A file with where to get it.
pub fn download(file: &Attachment, url: &str) -> Value {
    json!({
        "id": file.id.to_string(),
        "inbox_id": file.inbox_id.to_string(),
        "message_id": file.message.map(|(id, _)| id.to_string()),
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "download_url": url,
        "expires_in": 900,
    })
}

/// A file of a mail.
pub(crate) fn file(file: &AttachmentRef) -> Value {
    json!({
        "id": file.id.to_string(),
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.digest.hex(),
        "content_id": file.content_id,
        "inline": file.inline,
    })
}
