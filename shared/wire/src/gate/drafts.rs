//! Mails that are to leave: what they say when they are asked for and when they are edited, and what came of it.

use app::base::error::Refusal;
use app::gate::edit::Edit;
use app::gate::submit::{Draft, DraftAttachment, How, MAX_ATTACHMENTS, Source, Submitted};
use domain::AttachmentId;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::mailbox::notes::Notes;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::text;
use crate::base::request::{self, Faults, request};
use crate::base::values::{
    Base64, Choice, Headers, IdOf, Line, List, MAX_ENTRIES, Mailboxes, Metadata, Named, Sha256, TagOf, Text,
    Time,
};
use crate::gate::approvals::{ApprovalView, HtmlChangeView, approval, html_change};
use crate::mailbox::messages::{MessageView, message};

/// Declares a request that describes a mail, with what it has beside that.
macro_rules! mail {
    ($(#[$about:meta])* $name:ident { $($extra:tt)* }) => {
        request! {
            $(#[$about])*
            pub struct $name {
                /// Recipients: with `cc` and `bcc` at most 50. Of a reply, who is answered where `to` is left out, whatever `cc` and
                /// `bcc` say.
                to: Option<Mailboxes>,
                /// Recipients of copies.
                cc: Option<Mailboxes>,
                /// Recipients that the others don't see.
                bcc: Option<Mailboxes>,
                /// Where answers go, if not to the inbox: at most 5.
                reply_to: Option<Mailboxes>,
                /// Of a reply or of a mail that is passed on, that of the other mail where it is left out.
                subject: Option<Line>,
                /// The body as text, at most 1 MB. Where it is left out, it is made of `html`.
                text: Option<String>,
                /// The body as HTML, at most 1 MB, within the form that `infra/docs/HTML.md` describes.
                html: Option<String>,
                /// What becomes of HTML beyond that form: `normal` changes and names it, `strict` refuses the mail.
                html_mode: Option<Choice<HtmlMode>>,
                /// At most 20, with at most 25 MB together.
                attachments: Option<List<FileGiven, MAX_ENTRIES>>,
                /// Further header fields, by name: `X-…`, and the `List-…` fields of RFC 2369, 2919 and 8058. They are part of what is
                /// approved.
                headers: Option<Headers>,
                /// What a program keeps with the mail, by name: it is shown with the mail and in its events, and to no recipient.
                metadata: Option<Metadata>,
                /// Words that a program keeps with the mail, as `metadata`.
                tags: Option<List<TagOf, { Notes::MOST_TAGS }>>,
                /// Not before this, at most 300 days ahead; left out, at once.
                send_at: Option<Time>,
                $($extra)*
            }
        }

        impl $name {
            fn draft(self) -> Draft {
                Draft {
                    to: Mailboxes::entries(self.to),
                    cc: Mailboxes::entries(self.cc),
                    bcc: Mailboxes::entries(self.bcc),
                    reply_to: Mailboxes::entries(self.reply_to),
                    subject: self.subject.map(|line| line.0),
                    text: self.text,
                    html: self.html,
                    strict_html: is_strict(self.html_mode),
                    unsubscribe: false,
                    attachments: files(self.attachments),
                    headers: self.headers.map(|headers| headers.0).unwrap_or_default(),
                    notes: Notes {
                        metadata: self.metadata.map(|metadata| metadata.0).unwrap_or_default(),
                        tags: List::entries(self.tags).into_iter().map(|tag| tag.0).collect(),
                    },
                    send_at: self.send_at.map(Time::whole_second),
                }
            }
        }
    };
}

mail! {
    /// A mail.
    Mail {
        /// Whether its one recipient can unsubscribe with one click, as list mail must let them: it gets `List-Unsubscribe` and
        /// `List-Unsubscribe-Post` (RFC 8058), which lead to a page of this installation. Left out, it does not.
        unsubscribe: Option<bool>,
    }
}

mail! {
    /// An answer to a mail.
    Reply {
        /// Whether that mail stands quoted below the answer, at most 128 KB of its text, which takes the scope `messages.read` too. Left
        /// out, it does not.
        include_quote: Option<bool>,
    }
}

mail! {
    /// A mail that passes another one on: that one stands below `text` and `html`, which may be left out, at most 128 KB of its text.
    Forward {
        /// Whether the files of that mail go with it, behind those in `attachments`. Left out, they do.
        include_attachments: Option<bool>,
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
        /// The body as text, the whole of it: with what is quoted in it or passed on.
        text: Option<String>,
        /// The body as HTML, the whole of it as well; empty, it has none any more.
        html: Option<String>,
        /// As of a new mail.
        html_mode: Option<Choice<HtmlMode>>,
        /// Not before this.
        send_at: Option<Time>,
        /// Files that it has and is to lose, those that it passes on among them. The others stay.
        remove_attachments: Option<List<IdOf<AttachmentId>, MAX_ATTACHMENTS>>,
        /// Files beside those that stay.
        attachments: Option<List<FileGiven, MAX_ENTRIES>>,
    }
}

request! {
    /// A file of a mail: its bytes in `content`, or the `attachment_id` of an upload or of a file of another mail.
    pub struct FileGiven {
        /// Its name, without a path; of a file that is named by its id, that which it has where it is left out.
        filename: Option<Text<200>>,
        /// Its media type.
        content_type: Option<Text<200>>,
        /// For `cid:` references in `html`.
        content_id: Option<Text<200>>,
        /// Its bytes.
        content: Option<Base64>,
        /// Of `POST /v1/attachments`; or, with the scope `messages.read`, of a file of a mail that has come in or gone.
        attachment_id: Option<IdOf<AttachmentId>>,
    }
    check one_source
}

fn one_source(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    if has("content") == has("attachment_id") {
        let message = "give the file either as base64 in content or as the attachment_id of an upload or of a file of a mail";
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
    let unsubscribe = mail.unsubscribe.unwrap_or(false);
    Ok(Draft { unsubscribe, ..mail.draft() })
}

/// Reads a [`Reply`], and whether it quotes what it answers.
pub fn reply(body: &[u8]) -> Result<(Draft, bool), Refusal> {
    let reply: Reply = request::body(body)?;
    let quote = reply.include_quote.unwrap_or(false);
    Ok((reply.draft(), quote))
}

/// Reads a [`Forward`], and how the other mail is passed on.
pub fn forward(body: &[u8]) -> Result<(Draft, How), Refusal> {
    let forward: Forward = request::body(body)?;
    let files = forward.include_attachments.unwrap_or(true);
    Ok((forward.draft(), How::Forward { files }))
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
            (None, Some(id)) => Source::Stored(id.0),
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
