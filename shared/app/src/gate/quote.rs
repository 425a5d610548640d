//! What a mail takes over from the one that it answers or passes on: its words, quoted, and its files.

use domain::Timestamp;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::mailbox::lifecycle::State;
use domain::mailbox::message::{Direction, Message, Party};

use crate::base::error::Refusal;
use crate::base::ports::Blobs;
use crate::gate::draft::{Draft, File, How, MAX_BODY, leaving_type, too_large_to_show};
use crate::mailbox::attachments::UNNAMED;
use crate::mailbox::messages::{is_unread_by_us, raw_bytes};

/// Puts the original below the words of a draft that was checked, and gives the files that are passed on with it.
pub(crate) async fn take_over(
    blobs: &dyn Blobs,
    draft: &mut Draft,
    original: &Message,
    how: How,
) -> Result<Vec<File>, Refusal> {
    let date = sent_at(original)?;
    if is_unread_by_us(original) {
        return Err(unreadable());
    }
    let bytes = raw_bytes(blobs, original).await?;
    let parsed = mail::parse(&bytes);
    if parsed.defects.contains(&mail::Defect::NotParseable) {
        return Err(unreadable());
    }
    let (to, cc) = (addresses(&original.to), addresses(&original.cc));
    let quoted = mail::Quoted {
        from: address(&original.from),
        date: Some(date),
        subject: &original.subject,
        to: &to,
        cc: &cc,
        text: parsed.text.as_deref(),
        html: parsed.html.as_deref(),
    };
    put_below(draft, &quoted, how.is_forward())?;
    if how != (How::Forward { files: true }) {
        return Ok(vec![]);
    }
    Ok(parsed.attachments.into_iter().map(file).collect())
}

/// When a mail was sent. One of ours that nobody got has nothing that can be quoted to anybody: a person may have refused it.
fn sent_at(original: &Message) -> Result<Timestamp, Refusal> {
    match &original.direction {
        Direction::Inbound { .. } => Ok(original.date.unwrap_or(original.created_at)),
        Direction::Outbound(outbound) => match &outbound.state {
            State::Accepted { at, .. } => Ok(*at),
            _ => Err(Refusal::Because {
                code: Code::MessageNotSent,
                message: "this mail of ours has not gone: quote it, or pass it on, when it has".to_owned(),
                details: vec![("status", original.status().to_owned())],
            }),
        },
    }
}

fn unreadable() -> Refusal {
    let message = "reading this mail failed, so it is neither quoted nor passed on: fetch it raw";
    Refusal::because(Code::MessageNotReadable, message)
}

/// Writes a mail below what a draft says: in text where the draft has text or nothing, in HTML where it has HTML, and where a mail is
/// passed on that has HTML, since it is to look as its reader saw it.
fn put_below(draft: &mut Draft, quoted: &mail::Quoted<'_>, forward: bool) -> Result<(), Refusal> {
    type Write = fn(&mail::Quoted<'_>) -> String;
    let (write_text, write_html): (Write, Write) =
        if forward { (mail::forward_text, mail::forward_html) } else { (mail::quote_text, mail::quote_html) };
    let gave_html = draft.html.is_some();
    let above = match (draft.html.take(), &draft.text) {
        (Some(html), _) => Some(html),
        (None, words) if forward && quoted.html.is_some() => {
            Some(words.as_deref().map(mail::text_as_html).unwrap_or_default())
        }
        (None, _) => None,
    };
    // Of HTML alone the text is made where it is read, with what stands below it.
    if draft.text.is_some() || !gave_html {
        let words = draft.text.take().unwrap_or_default();
        let gap = if words.is_empty() { "" } else { "\n\n" };
        let text = format!("{}{gap}{}", words.trim_end(), write_text(quoted));
        if text.len() > MAX_BODY {
            let message = "is larger than 1 MB with the mail that stands below it: shorten it";
            return Err(Refusal::field("text", Code::BodyTooLarge, message));
        }
        draft.text = Some(text);
    }
    let field = if gave_html { "html" } else { "text" };
    let join = |above: &str, quoted: &mail::Quoted<'_>| {
        let html = mail::append_html(Some(above), &write_html(quoted)).map_err(|refused| {
            let message = format!("together with the mail that stands below it {refused}");
            Refusal::field(field, refused.reason.code(), message)
        })?;
        match too_large_to_show(None, Some(&html)) {
            None => Ok(html),
            Some(error) => Err(Refusal::field(field, error.code, error.message)),
        }
    };
    if let Some(above) = above {
        // Its text takes less room, and can be written where its HTML can't.
        let whole = join(&above, quoted).or_else(|_| join(&above, &mail::Quoted { html: None, ..*quoted }));
        draft.html = Some(whole?);
    }
    match too_large_to_show(draft.text.as_deref(), None) {
        None => Ok(()),
        Some(error) => Err(Refusal::Invalid(vec![error])),
    }
}

fn address(party: &Party) -> mail::Addr<'_> {
    mail::Addr { name: party.name.as_deref(), address: &party.address }
}

fn addresses(parties: &[Party]) -> Vec<mail::Addr<'_>> {
    parties.iter().map(address).collect()
}

/// A file of the original. Its pictures are no part of the text that is passed on: they leave as files.
fn file(attachment: mail::ParsedAttachment<'_>) -> File {
    // A mail within a mail that would have to be encoded to leave is a file like any other.
    let content_type = leaving_type(&attachment.content_type, &attachment.contents);
    File {
        filename: attachment.filename.unwrap_or_else(|| UNNAMED.to_owned()),
        content_type,
        content_id: None,
        digest: Digest::from_bytes(attachment.sha256),
        contents: attachment.contents.into_owned().into(),
        inline: false,
        // It belongs to the conversation that the mail is passed on in.
        tainted: false,
    }
}
