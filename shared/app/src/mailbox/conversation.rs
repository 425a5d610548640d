//! How a mail finds the conversation that it belongs to: pointers from what it names.

use domain::base::digest::Digest;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::message::Message;

use crate::base::store::ThreadPointer;

/// The pointer by which an answer without `References` finds its conversation.
pub(crate) fn subject_pointer(inbox: &Inbox, message: &Message) -> ThreadPointer {
    let parties = std::iter::once(&message.from).chain(&message.to).chain(&message.cc);
    let key = mail::participants_key(&message.subject, parties.map(|party| party.address.as_str()));
    ThreadPointer {
        inbox_id: inbox.id,
        hash: Digest::of_parts(&[b"subject", key.as_bytes()]),
        thread_id: message.thread_id,
        at: message.created_at,
    }
}

/// The pointer of a `Message-ID`. SES ids are unique before the `@`, and the part behind it differs by region.
pub(crate) fn provider_pointer(message_id: &str) -> Digest {
    let local = match message_id.rsplit_once('@') {
        Some((local, domain)) if domain == "email.amazonses.com" || domain.ends_with(".amazonses.com") => {
            local
        }
        _ => message_id,
    };
    Digest::of_parts(&[b"message-id", local.as_bytes()])
}
