//! Mails that are to leave: what they say when they are asked for and when they are edited, and what came of it.

use app::base::error::Refusal;
use app::gate::edit::Edit;
use app::gate::submit::{Draft, DraftAttachment, MAX_ATTACHMENTS, Source, Submitted};
use domain::AttachmentId;
use domain::base::code::Code;
use domain::base::digest::Digest;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::text;
use crate::base::request::{self, Faults, request};
use crate::base::values::{
    Base64, Choice, IdOf, Line, List, MAX_ENTRIES, Mailboxes, Named, Sha256, Text, Time,
};
use crate::gate::approvals::{ApprovalView, HtmlChangeView, approval, html_change};
use crate::mailbox::messages::{MessageView, message};

request! {
    /// A mail.
    pub struct Mail {
        /// Recipients: with `cc` and `bcc` at most 50. Of a reply, who is answered where `to` is left out, whatever `cc` and `bcc` say.
        to: Option<Mailboxes>,
        /// Recipients of copies.
        cc: Option<Mailboxes>,
        /// Recipients that the others don't see.
        bcc: Option<Mailboxes>,
        /// Where answers go, if not to the inbox: at most 5.
        reply_to: Option<Mailboxes>,
        /// Of a reply, that of the mail that it answers where it is left out.
        subject: Option<Line>,
        /// The body as text, at most 1 MB. Where it is left out, it is made of `html`.
        text: Option<String>,
        /// The body as HTML, at most 1 MB, within the form that `infra/docs/HTML.md` describes.
        html: Option<String>,
        /// What becomes of HTML beyond that form: `normal` changes and names it, `strict` refuses the mail.
        html_mode: Option<Choice<HtmlMode>>,
        /// At most 20, with at most 25 MB together.
        attachments: Option<List<FileGiven, MAX_ENTRIES>>,
        /// Not before this, at most 300 days ahead; left out, at once.
        send_at: Option<Time>,
    }
}

request! {
    /// What changes of a mail that waits. What is left out stays as it is.
    pub struct EditMail {
        /// The `digest` of the approval as it was shown.
        digest: Sha256,
        /// Recipients, in the place of those that it has.
        to: Option<Mailboxes>,
        /// Recipients of copies, in the place of those that it has.
        cc: Option<Mailboxes>,
        /// Recipients that the others don't see, in the place of those that it has.
        bcc: Option<Mailboxes>,
        /// Where answers go.
        reply_to: Option<Mailboxes>,
        /// The subject.
        subject: Option<Line>,
        /// The body as text.
        text: Option<String>,
        /// The body as HTML; empty, it has none any more.
        html: Option<String>,
        /// As of a new mail.
        html_mode: Option<Choice<HtmlMode>>,
        /// Not before this.
        send_at: Option<Time>,
        /// Files that it has and is to lose.
        remove_attachments: Option<List<IdOf<AttachmentId>, MAX_ATTACHMENTS>>,
        /// Files beside those that stay.
        attachments: Option<List<FileGiven, MAX_ENTRIES>>,
    }
}

request! {
    /// A file of a mail: its bytes in `content`, or an upload's `attachment_id`.
    pub struct FileGiven {
        /// Its name, without a path; of an upload, that of the upload where it is left out.
        filename: Option<Text<200>>,
        /// Its media type.
        content_type: Option<Text<200>>,
        /// For `cid:` references in `html`.
        content_id: Option<Text<200>>,
        /// Its bytes.
        content: Option<Base64>,
        /// Of `POST /v1/attachments`.
        attachment_id: Option<IdOf<AttachmentId>>,
    }
    check one_source
}

fn one_source(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    if has("content") == has("attachment_id") {
        let message = "give the file either as base64 in content or as attachment_id of an upload";
        faults.note_at("content", Code::Required, message);
    }
}

/// What becomes of HTML beyond the form that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HtmlMode {
    /// It is changed, and what was changed is named.
    Normal,
    /// The mail is refused.
    Strict,
}

impl Named for HtmlMode {
    const ALL: &'static [Self] = &[HtmlMode::Normal, HtmlMode::Strict];
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        match self {
            HtmlMode::Normal => "normal",
            HtmlMode::Strict => "strict",
        }
    }
}

fn is_strict(mode: Option<Choice<HtmlMode>>) -> bool {
    mode == Some(Choice(HtmlMode::Strict))
}

/// Reads a [`Mail`].
pub fn draft(body: &[u8]) -> Result<Draft, Refusal> {
    let mail: Mail = request::body(body)?;
    Ok(Draft {
        to: Mailboxes::entries(mail.to),
        cc: Mailboxes::entries(mail.cc),
        bcc: Mailboxes::entries(mail.bcc),
        reply_to: Mailboxes::entries(mail.reply_to),
        subject: mail.subject.map(|line| line.0),
        text: mail.text,
        html: mail.html,
        strict_html: is_strict(mail.html_mode),
        attachments: files(mail.attachments),
        send_at: mail.send_at.map(Time::whole_second),
    })
}

/// Reads [`EditMail`].
pub fn edit(body: &[u8]) -> Result<(Digest, Edit), Refusal> {
    let edit: EditMail = request::body(body)?;
    let change = Edit {
        to: edit.to.map(|list| list.0),
        cc: edit.cc.map(|list| list.0),
        bcc: edit.bcc.map(|list| list.0),
        reply_to: edit.reply_to.map(|list| list.0),
        subject: edit.subject.map(|line| line.0),
        text: edit.text,
        html: edit.html,
        strict_html: is_strict(edit.html_mode),
        send_at: edit.send_at.map(Time::whole_second),
        remove_attachments: List::entries(edit.remove_attachments).into_iter().map(|id| id.0).collect(),
        attachments: files(edit.attachments),
    };
    Ok((edit.digest.0, change))
}

pub(crate) fn files<const MAX: usize>(files: Option<List<FileGiven, MAX>>) -> Vec<DraftAttachment> {
    let file = |file: FileGiven| {
        let source = match (file.content, file.attachment_id) {
            (Some(content), _) => Source::Inline(content.0),
            (None, Some(id)) => Source::Upload(id.0),
            // Checked when it was read.
            (None, None) => return None,
        };
        Some(DraftAttachment {
            filename: file.filename.map(|text| text.0),
            content_type: file.content_type.map(|text| text.0),
            content_id: file.content_id.map(|text| text.0),
            source,
        })
    };
    List::entries(files).into_iter().filter_map(file).collect()
}

/// The response to whoever asked for a mail to be sent, status and body: `202` for one that is held, `201` for one that goes without
/// a person.
pub fn respond(submitted: &Submitted, now: Timestamp) -> (u16, String) {
    let status = if submitted.is_held() { 202 } else { 201 };
    (status, text(&self::submitted(submitted, now)))
}

/// A mail that is held, or goes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Submitted")]
pub struct SubmittedView<'a> {
    message: MessageView<'a>,
    approval: ApprovalView<'a>,
    /// What its HTML was changed in before it was sealed.
    changes: Vec<HtmlChangeView<'a>>,
}

/// A mail that is held, or goes.
fn submitted(submitted: &Submitted, now: Timestamp) -> SubmittedView<'_> {
    SubmittedView {
        message: message(&submitted.message),
        approval: approval(&submitted.approval, now),
        changes: submitted.approval.html_changes.iter().map(html_change).collect(),
    }
}
