//! Mails that are to leave: what they say when they are asked for and when they are edited, and what came of it.

use app::base::error::Refusal;
use app::gate::edit::Edit;
use app::gate::submit::{Draft, DraftAttachment, MAX_ATTACHMENTS, Source, Submitted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::base::code::Code;
use domain::base::digest::Digest;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::gate::approvals::{approval, digest, html_change};
use crate::mailbox::messages::message;

/// What a mail says: `to`, `cc`, `bcc`, `reply_to`, `subject`, `text`, `html`, `html_mode`, `attachments`, `send_at`.
pub fn draft(body: &[u8]) -> Result<Draft, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let draft = Draft {
        to: fields.mailboxes("to"),
        cc: fields.mailboxes("cc"),
        bcc: fields.mailboxes("bcc"),
        reply_to: fields.mailboxes("reply_to"),
        subject: fields.line("subject"),
        text: fields.long_text("text"),
        html: fields.long_text("html"),
        strict_html: strict_html(&mut fields),
        attachments: fields.objects("attachments", attachment),
        send_at: fields.time("send_at"),
    };
    fields.finish()?;
    Ok(draft)
}

/// The `digest` of what is edited, and what changes: the fields of a mail, and `remove_attachments`.
pub fn edit(body: &[u8]) -> Result<(Digest, Edit), Refusal> {
    let mut fields = Fields::of_body(body)?;
    let digest = digest(&mut fields);
    let mut given = |field: &'static str| {
        let list = fields.mailboxes(field);
        fields.has(field).then_some(list)
    };
    let (to, cc, bcc, reply_to) = (given("to"), given("cc"), given("bcc"), given("reply_to"));
    let edit = Edit {
        to,
        cc,
        bcc,
        reply_to,
        subject: fields.line("subject"),
        text: fields.long_text("text"),
        html: fields.long_text("html"),
        strict_html: strict_html(&mut fields),
        send_at: fields.time("send_at"),
        remove_attachments: fields.ids("remove_attachments", MAX_ATTACHMENTS).unwrap_or_default(),
        attachments: fields.objects("attachments", attachment),
    };
    fields.finish()?;
    digest.map(|digest| (digest, edit)).ok_or_else(|| Refusal::field("digest", Code::Required, "is required"))
}

/// `html_mode`: `normal` (what the form can't say is changed, and named) or `strict` (it is refused).
fn strict_html(fields: &mut Fields) -> bool {
    let mode = fields.parsed("html_mode", Code::UnknownChoice, |text| match text {
        "normal" => Ok(false),
        "strict" => Ok(true),
        _ => Err("must be normal or strict".to_owned()),
    });
    mode.unwrap_or_default()
}

fn attachment(fields: &mut Fields) -> Option<DraftAttachment> {
    let filename = fields.text("filename", 200);
    let content_type = fields.text("content_type", 200);
    let content_id = fields.text("content_id", 200);
    let content = fields.long_text("content");
    let upload = fields.id("attachment_id");
    let source = match (content, upload) {
        (Some(content), None) => {
            if let Ok(bytes) = BASE64.decode(content.as_bytes()) {
                Source::Inline(bytes.into())
            } else {
                fields.error(
                    "content",
                    Code::InvalidBase64,
                    "must be base64, with padding and without line breaks",
                );
                return None;
            }
        }
        (None, Some(id)) => Source::Upload(id),
        _ => {
            fields.error(
                "content",
                Code::Required,
                "give the file either as base64 in content or as attachment_id of an upload",
            );
            return None;
        }
    };
    Some(DraftAttachment { filename, content_type, content_id, source })
}

/// `202` for a mail that is held, `201` for one that goes without a person.
pub fn submitted_status(submitted: &Submitted) -> u16 {
    if submitted.is_held() { 202 } else { 201 }
}

/// A mail that is held, or goes.
pub fn submitted(submitted: &Submitted, now: Timestamp) -> Value {
    let changes: Vec<_> = submitted.approval.html_changes.iter().map(html_change).collect();
    json!({
        "message": message(&submitted.message),
        "approval": approval(&submitted.approval, now),
        "changes": changes,
    })
}
