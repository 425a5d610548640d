//! The sealed object: envelope and MIME in one sequence of bytes, whose SHA-256 is what a person approves.
//!
//! The object lies in the bucket under its digest and is all that a dispatcher reads: what the table says of
//! a mail can't change what is sent. The form is text with lengths, so `sha256sum` and a pager check it, and
//! no two envelopes share one:
//!
//! ```text
//! countersign-sealed-1
//! organization 30
//! org_…
//! message 30
//! msg_…
//! transport 3
//! ses
//! from 17
//! agent@example.com
//! to 13
//! a@example.org
//! send_at 20
//! 2026-12-01T09:00:00Z
//! mime 1234
//! …
//! ```
//!
//! Each field is its name, a space, its length in bytes, LF, the bytes, LF. The order is fixed; `to`, `cc`
//! and `bcc` stand once for each recipient; `send_at` may be missing; `mime` is last. `transport` is `ses`, or a
//! provider and the account there, such as `resend acc_…`.

use jiff::Timestamp;

use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::id::Id as _;
use crate::gate::approval::Approval;
use crate::gate::last_look::{self, Around, Hindrance};
use crate::mailbox::account::Transport;
use crate::mailbox::lifecycle::State;
use crate::mailbox::message::Message;
use crate::{ApprovalId, InboxId, MessageId, OrganizationId};

const MAGIC: &[u8] = b"countersign-sealed-1\n";

/// Upper bound of recipients of one mail, of all kinds together (SES takes 50 a call).
pub const MAX_RECIPIENTS: usize = 50;

/// Upper bound of a MIME message in bytes (SES takes 40 MB).
pub const MAX_MIME: usize = 40 * 1024 * 1024;

/// Where a mail goes and when. Everything a recipient can tell stands here or in the MIME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The mail.
    pub message_id: MessageId,
    /// Through what it leaves.
    pub transport: Transport,
    /// The envelope sender.
    pub from: EmailAddress,
    /// Recipients.
    pub to: Vec<EmailAddress>,
    /// Recipients of copies.
    pub cc: Vec<EmailAddress>,
    /// Recipients that the others don't see.
    pub bcc: Vec<EmailAddress>,
    /// Not before this, in whole seconds.
    pub send_at: Option<Timestamp>,
}

impl Envelope {
    /// All recipients.
    pub fn recipients(&self) -> impl Iterator<Item = &EmailAddress> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

/// An envelope and its MIME, with the digest of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    envelope: Envelope,
    bytes: Vec<u8>,
    mime_at: usize,
    digest: Digest,
}

/// Why bytes are no sealed object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealBroken {
    /// They hash to something else.
    #[error("the sealed object is not the one that was approved")]
    Digest,
    /// They hash right but are not of the form.
    #[error("the sealed object is not of the form countersign-sealed-1")]
    Form,
    /// They belong to another mail.
    #[error("the sealed object belongs to another message")]
    Message,
}

impl Sealed {
    /// Seals a mail.
    pub fn new(envelope: Envelope, mime: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(mime.len() + 1024);
        bytes.extend_from_slice(MAGIC);
        let mut field = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(format!("{name} {}\n", value.len()).as_bytes());
            bytes.extend_from_slice(value);
            bytes.push(b'\n');
        };
        field("organization", envelope.organization_id.to_string().as_bytes());
        field("message", envelope.message_id.to_string().as_bytes());
        field("transport", envelope.transport.to_string().as_bytes());
        field("from", envelope.from.as_str().as_bytes());
        for (name, list) in [("to", &envelope.to), ("cc", &envelope.cc), ("bcc", &envelope.bcc)] {
            for address in list {
                field(name, address.as_str().as_bytes());
            }
        }
        if let Some(send_at) = envelope.send_at {
            field("send_at", send_at.to_string().as_bytes());
        }
        field("mime", mime);
        let mime_at = bytes.len() - 1 - mime.len();
        let digest = Digest::of(&bytes);
        Self { envelope, bytes, mime_at, digest }
    }

    /// Opens stored bytes, which must hash to `digest`.
    pub fn open(bytes: Vec<u8>, digest: Digest) -> Result<Self, SealBroken> {
        if Digest::of(&bytes) != digest {
            return Err(SealBroken::Digest);
        }
        let (envelope, mime_at) = parse(&bytes).ok_or(SealBroken::Form)?;
        Ok(Self { envelope, bytes, mime_at, digest })
    }

    /// Where it goes.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// What goes.
    pub fn mime(&self) -> &[u8] {
        &self.bytes[self.mime_at..self.bytes.len() - 1]
    }

    /// The whole object, as it is stored.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What a person approves.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

fn parse(bytes: &[u8]) -> Option<(Envelope, usize)> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut fields: Vec<(&str, &[u8])> = Vec::new();
    while !rest.is_empty() {
        let line_end = rest.iter().take(40).position(|b| *b == b'\n')?;
        let (name, length) = std::str::from_utf8(&rest[..line_end]).ok()?.split_once(' ')?;
        let length: usize = length.parse().ok()?;
        let value = rest.get(line_end + 1..(line_end + 1).checked_add(length)?)?;
        rest = rest.get(line_end + 1 + length..)?.strip_prefix(b"\n")?;
        fields.push((name, value));
        if fields.len() > MAX_RECIPIENTS + 10 {
            return None;
        }
    }
    let mut fields = fields.into_iter().peekable();
    let text = |value: &[u8]| std::str::from_utf8(value).ok().map(str::to_owned);
    let mut next = |name: &str| fields.next_if(|field| field.0 == name).map(|field| field.1);
    let organization_id = OrganizationId::parse(&text(next("organization")?)?).ok()?;
    let message_id = MessageId::parse(&text(next("message")?)?).ok()?;
    let transport = Transport::parse(&text(next("transport")?)?)?;
    let address = |value: &[u8]| EmailAddress::parse(&text(value)?).ok();
    let from = address(next("from")?)?;
    let mut lists = [vec![], vec![], vec![]];
    for (name, list) in ["to", "cc", "bcc"].iter().zip(&mut lists) {
        while let Some(value) = next(name) {
            list.push(address(value)?);
        }
    }
    let send_at = match next("send_at") {
        Some(value) => Some(text(value)?.parse().ok()?),
        None => None,
    };
    let mime = next("mime")?;
    if fields.next().is_some() {
        return None;
    }
    let [to, cc, bcc] = lists;
    let envelope = Envelope { organization_id, message_id, transport, from, to, cc, bcc, send_at };
    Some((envelope, bytes.len() - 1 - mime.len()))
}

/// What a workflow carries from the approval to the dispatch: names and a digest, no address and no content.
/// It entitles to nothing by itself: the claim holds only if the table agrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The sending inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub message_id: MessageId,
    /// The approval.
    pub approval_id: ApprovalId,
    /// Of the sealed object.
    pub digest: Digest,
}

/// A mail that this process alone has claimed, and that nothing hinders. Made by [`Claim::of`] from the state that the
/// claim wrote and everything that could still stop it.
#[derive(Debug)]
pub struct Claim {
    message_id: MessageId,
    inbox_id: InboxId,
    organization_id: OrganizationId,
    digest: Digest,
}

/// Why a claimed mail does not become a [`Claim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoClaim {
    /// It is not `sending`.
    NotClaimed,
    /// Something stops it.
    Hindered(Hindrance),
}

impl Claim {
    /// From the message that was written as `sending`, its approval, and what could stop it.
    pub fn of(message: &Message, approval: Option<&Approval>, around: &Around) -> Result<Self, NoClaim> {
        let outbound = message.outbound().ok_or(NoClaim::NotClaimed)?;
        if !matches!(outbound.state, State::Sending { .. }) {
            return Err(NoClaim::NotClaimed);
        }
        let approval = approval.filter(|approval| {
            approval.id == outbound.approval_id
                && approval.message_id == message.id
                && approval.organization_id == message.organization_id
        });
        last_look::check(approval, outbound.digest, around).map_err(NoClaim::Hindered)?;
        Ok(Self {
            message_id: message.id,
            inbox_id: message.inbox_id,
            organization_id: message.organization_id,
            digest: outbound.digest,
        })
    }

    /// Looks that this is the stored mail, whose bytes were hashed again, and gives the one value that a sender accepts.
    pub fn countersign(self, sealed: Sealed) -> Result<Countersigned, SealBroken> {
        if sealed.digest != self.digest {
            return Err(SealBroken::Digest);
        }
        // An account sends what leaves its own inbox, whatever a row says of where the mail lies.
        let elsewhere =
            matches!(sealed.envelope.transport, Transport::Account(_, id) if id.inbox_id() != self.inbox_id);
        if sealed.envelope.message_id != self.message_id
            || sealed.envelope.organization_id != self.organization_id
            || elsewhere
        {
            return Err(SealBroken::Message);
        }
        Ok(Countersigned { sealed, inbox_id: self.inbox_id })
    }
}

/// The proof that a mail was approved, claimed, and is byte for byte what was approved.
/// The ports that send take nothing else, and only [`Claim::countersign`] makes it.
#[derive(Debug)]
pub struct Countersigned {
    sealed: Sealed,
    inbox_id: InboxId,
}

impl Countersigned {
    /// What to send.
    pub fn sealed(&self) -> &Sealed {
        &self.sealed
    }

    /// The sending inbox.
    pub fn inbox_id(&self) -> InboxId {
        self.inbox_id
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(n: u8) -> EmailAddress {
        EmailAddress::parse(&format!("r{n}@example.org")).unwrap()
    }

    fn envelope(to: &[u8], cc: &[u8], bcc: &[u8], send_at: Option<i64>) -> Envelope {
        let list = |names: &[u8]| names.iter().map(|n| address(*n)).collect();
        Envelope {
            organization_id: OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            message_id: MessageId::new(Timestamp::UNIX_EPOCH, [2; 10]),
            transport: Transport::Ses,
            from: address(0),
            to: list(to),
            cc: list(cc),
            bcc: list(bcc),
            send_at: send_at.map(|s| Timestamp::from_second(s).unwrap()),
        }
    }

    #[test]
    fn the_form_is_what_the_documentation_shows() {
        let sealed = Sealed::new(envelope(&[1], &[], &[2], Some(0)), b"Subject: x\r\n\r\nhi");
        let text = String::from_utf8(sealed.bytes().to_vec()).unwrap();
        assert_eq!(
            text,
            "countersign-sealed-1\norganization 30\norg_00000000000410410410410410\nmessage 30\n\
             msg_000000000020g20g20g20g20g2\ntransport 3\nses\nfrom 14\nr0@example.org\nto 14\nr1@example.org\n\
             bcc 14\nr2@example.org\nsend_at 20\n1970-01-01T00:00:00Z\nmime 16\nSubject: x\r\n\r\nhi\n"
                .replace("00000000000410410410410410", envelope(&[], &[], &[], None).organization_id.body())
                .replace("000000000020g20g20g20g20g2", envelope(&[], &[], &[], None).message_id.body())
        );
    }

    /// Recipients of three kinds and MIME, each of few small values, and `send_at`.
    type Mail = ([Vec<u8>; 4], Option<i64>);

    fn mails() -> impl Strategy<Value = Mail> {
        let list = || prop::collection::vec(0u8..3, 0..3);
        ([list(), list(), list(), list()], prop::option::of(0i64..3))
    }

    proptest! {
        #[test]
        fn a_sealed_mail_opens_to_what_was_sealed(
            to in prop::collection::vec(0u8..9, 0..5), cc in prop::collection::vec(0u8..9, 0..5),
            bcc in prop::collection::vec(0u8..9, 0..5), send_at in prop::option::of(0i64..2_000_000_000),
            mime: Vec<u8>,
        ) {
            let sealed = Sealed::new(envelope(&to, &cc, &bcc, send_at), &mime);
            let opened = Sealed::open(sealed.bytes().to_vec(), sealed.digest()).unwrap();
            prop_assert_eq!(opened.mime(), &mime[..]);
            prop_assert_eq!(&opened, &sealed);
        }

        #[test]
        fn any_changed_byte_is_noticed(mime: Vec<u8>, at: prop::sample::Index, flip in 1u8..=255) {
            let sealed = Sealed::new(envelope(&[1], &[2], &[3], Some(5)), &mime);
            let mut bytes = sealed.bytes().to_vec();
            let i = at.index(bytes.len());
            bytes[i] ^= flip;
            prop_assert_eq!(Sealed::open(bytes, sealed.digest()), Err(SealBroken::Digest));
        }

        /// Who gets it, how, and when all stand in the digest.
        #[test]
        fn different_envelopes_have_different_digests(
            a in mails(), b in mails(),
        ) {
            let seal = |x: &Mail| Sealed::new(envelope(&x.0[0], &x.0[1], &x.0[2], x.1), &x.0[3]);
            prop_assert_eq!(a == b, seal(&a).digest() == seal(&b).digest());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let mut with_magic = MAGIC.to_vec();
            with_magic.extend_from_slice(&bytes);
            for candidate in [bytes, with_magic] {
                let digest = Digest::of(&candidate);
                let _ = Sealed::open(candidate, digest);
            }
        }
    }
}
