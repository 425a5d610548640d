//! What a mail takes over from the one that it answers or passes on: its words, quoted, and its files.

use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::mailbox::message::{Message, Party};

use crate::base::error::Refusal;
use crate::base::ports::Blobs;
use crate::gate::draft::{Draft, File, How};
use crate::mailbox::attachments::UNNAMED;
use crate::mailbox::messages::{is_unread_by_us, raw_bytes};

/// Puts the original below the words of a draft, and gives the files that are passed on with it.
pub(crate) async fn take_over(
    blobs: &dyn Blobs,
    draft: &mut Draft,
    original: &Message,
    how: How,
) -> Result<Vec<File>, Refusal> {
    if is_unread_by_us(original) {
        let message = "reading this mail failed when it came, so it can't be quoted: fetch it raw";
        return Err(Refusal::because(Code::MessageNotReadable, message));
    }
    let bytes = raw_bytes(blobs, original).await?;
    let parsed = mail::parse(&bytes);
    let (to, cc) = (addresses(&original.to), addresses(&original.cc));
    let quoted = mail::Quoted {
        from: address(&original.from),
        date: Some(original.date.unwrap_or(original.created_at)),
        subject: &original.subject,
        to: &to,
        cc: &cc,
        text: parsed.text.as_deref(),
        html: parsed.html.as_deref(),
    };
    let is_forward = matches!(how, How::Forward { .. });
    let (text, html) = if is_forward {
        (mail::forward_text(&quoted), mail::forward_html as fn(&mail::Quoted<'_>) -> String)
    } else {
        (mail::quote_text(&quoted), mail::quote_html as fn(&mail::Quoted<'_>) -> String)
    };
    // What is passed on looks as its reader saw it; an answer has HTML where its author gave some.
    let gave_html = draft.html.is_some();
    let own = match (draft.html.take(), &draft.text) {
        (Some(own), _) => Some(own),
        (None, words) if is_forward && parsed.html.is_some() => {
            Some(mail::text_as_html(words.as_deref().unwrap_or_default()))
        }
        (None, _) => None,
    };
    // Where only HTML was given, the text is made of it with what stands below it.
    if draft.text.is_some() || !gave_html {
        let words = draft.text.take().unwrap_or_default();
        let gap = if words.trim().is_empty() { "" } else { "\n\n" };
        draft.text = Some(format!("{}{gap}{text}", words.trim_end()));
    }
    draft.html = own.map(|own| own + &html(&quoted));
    if how != (How::Forward { files: true }) {
        return Ok(vec![]);
    }
    Ok(parsed.attachments.into_iter().map(file).collect())
}

fn address(party: &Party) -> mail::Addr<'_> {
    mail::Addr { name: party.name.as_deref(), address: &party.address }
}

fn addresses(parties: &[Party]) -> Vec<mail::Addr<'_>> {
    parties.iter().map(address).collect()
}

/// A file of the original. Its pictures are no part of the text that is passed on: they leave as files.
fn file(attachment: mail::ParsedAttachment<'_>) -> File {
    let kind = attachment.content_type.as_str();
    // A mail within a mail must be plain ASCII to be one (RFC 2046, section 5.2.1).
    let is_good =
        mail::compose::is_attachable(kind) && (kind != "message/rfc822" || attachment.contents.is_ascii());
    let content_type = if is_good { kind.to_owned() } else { "application/octet-stream".to_owned() };
    File {
        filename: attachment.filename.unwrap_or_else(|| UNNAMED.to_owned()),
        content_type,
        content_id: None,
        digest: Digest::of(&attachment.contents),
        contents: attachment.contents.into_owned().into(),
        inline: false,
    }
}
