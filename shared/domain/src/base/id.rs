//! The registry of ids. An id is a prefix that names its kind and a body of 26 characters that sorts
//! by time: 48 bits of Unix milliseconds and 80 random bits in Crockford's base 32 (the layout of a ULID).

use std::fmt;

use jiff::Timestamp;

/// Random bits of an id, drawn by the caller.
pub type Entropy = [u8; 10];

/// Length of the part behind the prefix, in characters.
pub const BODY_LENGTH: usize = 26;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is no id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not an id of the form {prefix}… with {BODY_LENGTH} characters of 0-9 a-z behind it")]
pub struct InvalidId {
    /// The prefix that was expected, underscore included.
    pub prefix: &'static str,
}

/// What all kinds of id share.
pub trait Id: Sized + Clone + Ord + fmt::Display {
    /// The prefix, underscore included, such as `msg_`.
    const PREFIX: &'static str;

    /// Another prefix under which callers may name it: that of what has the same bits.
    const ALSO: Option<&'static str>;

    /// Reads an id. Only the exact form that [`fmt::Display`] writes is taken.
    fn parse(text: &str) -> Result<Self, InvalidId>;

    /// Reads an id as callers may write it, with either prefix.
    fn of_caller(text: &str) -> Result<Self, InvalidId> {
        match Self::ALSO.and_then(|also| text.strip_prefix(also)) {
            Some(body) => Self::parse(&format!("{}{body}", Self::PREFIX)),
            None => Self::parse(text),
        }
    }
}

fn body(at: Timestamp, entropy: Entropy) -> [u8; BODY_LENGTH] {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0) & 0xffff_ffff_ffff;
    let mut bits = u128::from(millis) << 80;
    for (i, byte) in entropy.iter().enumerate() {
        bits |= u128::from(*byte) << (72 - 8 * i);
    }
    body_of(bits)
}

fn check(text: &str, prefix: &'static str) -> Result<[u8; BODY_LENGTH], InvalidId> {
    let body = text.strip_prefix(prefix).ok_or(InvalidId { prefix })?;
    let bytes: [u8; BODY_LENGTH] = body.as_bytes().try_into().map_err(|_| InvalidId { prefix })?;
    // 26 characters carry 130 bits: the first may only hold the top three of 128.
    if bytes[0] > b'7' || !bytes.iter().all(|b| ALPHABET.contains(b)) {
        return Err(InvalidId { prefix });
    }
    Ok(bytes)
}

/// The bits that a body stands for.
fn bits_of(body: &[u8; BODY_LENGTH]) -> u128 {
    let value = |c: &u8| ALPHABET.iter().position(|known| known == c).unwrap_or(0);
    body.iter().fold(0, |bits, c| bits << 5 | u128::try_from(value(c)).unwrap_or(0))
}

/// The body that stands for these bits.
fn body_of(bits: u128) -> [u8; BODY_LENGTH] {
    let mut out = [0; BODY_LENGTH];
    for (i, slot) in out.iter_mut().enumerate() {
        let shift = 5 * (BODY_LENGTH - 1 - i);
        *slot = ALPHABET[usize::try_from((bits >> shift) & 31).unwrap_or(0)];
    }
    out
}

/// The time that a body begins with.
fn made_at(body: &[u8; BODY_LENGTH]) -> Timestamp {
    let value = |c: &u8| ALPHABET.iter().position(|known| known == c).unwrap_or(0);
    // Ten characters are 50 bits, of which the first two are always 0: the 48 of the milliseconds.
    let millis = body[..10].iter().fold(0i64, |millis, c| millis << 5 | i64::try_from(value(c)).unwrap_or(0));
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal $(or $also:literal)?;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; BODY_LENGTH]);

        impl $name {
            /// Makes an id whose order follows `at` (millisecond precision).
            pub fn new(at: Timestamp, entropy: Entropy) -> Self {
                Self(body(at, entropy))
            }

            /// The part behind the prefix.
            pub fn body(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or_default()
            }

            /// Its 128 bits, whose order is that of the ids.
            pub fn bits(&self) -> u128 {
                bits_of(&self.0)
            }

            /// The id with these bits.
            pub fn from_bits(bits: u128) -> Self {
                Self(body_of(bits))
            }

            /// When it was made, in whole milliseconds.
            pub fn at(&self) -> Timestamp {
                made_at(&self.0)
            }
        }

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            const ALSO: Option<&'static str> = [$(Some($also),)? None][0];
            fn parse(text: &str) -> Result<Self, InvalidId> {
                check(text, $prefix).map(Self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(self.body())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*

        /// Every prefix there is.
        pub const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

ids! {
    /// A tenant.
    OrganizationId = "org_";
    /// A person with a login.
    UserId = "usr_";
    /// A person's seat in an organization.
    MemberId = "mem_";
    /// An API credential.
    TokenId = "tok_";
    /// A login of a person that has not ended.
    SessionId = "ses_";
    /// A key that somebody's device holds, by which they sign in.
    PasskeyId = "pky_";
    /// An address that sends and receives.
    InboxId = "inb_" or "acc_";
    /// A conversation.
    ThreadId = "thr_";
    /// A mail, received or to be sent.
    MessageId = "msg_";
    /// A mail that somebody is still writing.
    DraftId = "drf_";
    /// A file of a message.
    AttachmentId = "att_";
    /// The request for a human decision.
    ApprovalId = "apr_";
    /// An endpoint that is told of events.
    WebhookId = "whk_";
    /// Something that happened.
    EventId = "evt_";
    /// An entry of the audit log.
    AuditId = "aud_";
    /// Rules that decide what is held.
    PolicyId = "pol_";
    /// A budget of mails that are approved ahead.
    StandingApprovalId = "sta_";
    /// Members under a name, whom policies ask for votes.
    GroupId = "grp_";
    /// Whom no mail goes to any more.
    SuppressionId = "sup_";
    /// Somebody on a list.
    ListEntryId = "lst_";
    /// A domain of an organization.
    DomainId = "dom_";
    /// That somebody is invited to an organization.
    InvitationId = "ivt_";
    /// A spreadsheet and the mails made of it.
    UploadId = "upl_";
    /// A mailbox or sending provider that people have elsewhere. Its inbox has the same bits.
    AccountId = "acc_";
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes_are_distinct_and_none_begins_another() {
        for (i, a) in PREFIXES.iter().enumerate() {
            for b in &PREFIXES[i + 1..] {
                assert!(!a.starts_with(b) && !b.starts_with(a), "{a} and {b}");
            }
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = InboxId::new(Timestamp::UNIX_EPOCH, [7; 10]).to_string();
        assert_eq!(MessageId::parse(&id), Err(InvalidId { prefix: "msg_" }));
    }

    #[test]
    fn an_inbox_may_be_named_by_its_account() {
        let account = AccountId::new(Timestamp::UNIX_EPOCH, [7; 10]);
        let inbox = InboxId::from_bits(account.bits());
        assert_eq!(InboxId::of_caller(&account.to_string()), Ok(inbox));
        assert_eq!(InboxId::of_caller(&inbox.to_string()), Ok(inbox));
        assert!(InboxId::parse(&account.to_string()).is_err());
        assert!(AccountId::of_caller(&inbox.to_string()).is_err());
    }

    #[test]
    fn bits_are_the_id_and_sort_as_it_does() {
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let mut last = None;
        for (millis, entropy) in
            [(0, [0; 10]), (1, [255; 10]), (1_790_000_000_000, [7; 10]), (281_474_976_710_655, [255; 10])]
        {
            let id = MessageId::new(at(millis.min(253_402_207_200_000)), entropy);
            assert_eq!(MessageId::from_bits(id.bits()), id);
            assert_eq!(MessageId::parse(&id.to_string()), Ok(id));
            assert!(last.is_none_or(|last| last < id.bits()));
            last = Some(id.bits());
        }
    }

    #[test]
    fn only_the_canonical_form_is_taken() {
        for text in [
            "",
            "inb_",
            "inb_0000000000000000000000000",
            "inb_000000000000000000000000000",
            "inb_80000000000000000000000000",
            "inb_0000000000000000000000000I",
            "INB_00000000000000000000000000",
            "inb_0000000000000000000000000é",
        ] {
            assert!(InboxId::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn ids_sort_by_time(a in 0i64..253_402_300_799_000, b in 0i64..253_402_300_799_000, x: [u8; 10], y: [u8; 10]) {
            let (a_at, b_at) = (Timestamp::from_millisecond(a).unwrap(), Timestamp::from_millisecond(b).unwrap());
            let (a_id, b_id) = (EventId::new(a_at, x), EventId::new(b_at, y));
            if a != b {
                prop_assert_eq!(a < b, a_id < b_id);
                prop_assert_eq!(a < b, a_id.to_string() < b_id.to_string());
            }
            prop_assert_eq!(EventId::parse(&a_id.to_string()), Ok(a_id));
            prop_assert_eq!((a_id.at(), b_id.at()), (a_at, b_at));
        }
    }
}
