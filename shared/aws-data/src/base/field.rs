//! How values lie in an item: the stored form of what records are made of, and the way there and back.
//!
//! Names of fields are the table's: they change only together with the data, and what was stored once is read for ever.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::address::{EmailAddress, HeaderText};
use domain::base::digest::Digest;
use domain::base::id::Id;
use domain::delivery::event::{EventKind, EventPattern};
use domain::gate::group::GroupName;
use domain::gate::policy::{By, Late, Links};
use domain::gate::risk::Risk;
use domain::mailbox::account::{Provider, Region, Trouble};
use domain::mailbox::domains::{DomainStatus, RecordType};
use domain::mailbox::finding::FindingKind;
use domain::mailbox::label::Label;
use domain::mailbox::lifecycle::Outcome;
use domain::mailbox::listed::{Side, Source, Standing};
use domain::mailbox::mail_server::MailServer;
use domain::mailbox::notes::Tag;
use domain::mailbox::screening::{Check, Screened};
use domain::people::access::{Role, Scope};
use domain::people::credential::OpenedWith;
use domain::people::notifications::Mails;
use domain::{
    AccountId, ApprovalId, AttachmentId, AuditId, DomainId, DraftId, EventId, GroupId, InboxId, InvitationId,
    ListEntryId, MemberId, MessageId, OrganizationId, PasskeyId, PolicyId, SessionId, StandingApprovalId,
    SuppressionId, ThreadId, Timestamp, TokenId, UploadId, UserId, WebhookId,
};
use jiff::SignedDuration;

/// A stored item that is not what its kind says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored {0} can't be read")]
pub(crate) struct Corrupt(pub(crate) &'static str);

/// A value that is a field of an item, or an item.
pub(crate) trait Field: Sized {
    /// As it is stored.
    type Form;
    /// To be stored.
    fn write(&self) -> Self::Form;
    /// As it was stored.
    fn read(form: Self::Form) -> Result<Self, Corrupt>;
}

/// The value of a field that must be there.
pub(crate) fn missing<T>(value: Option<T>) -> Result<T, Corrupt> {
    value.ok_or(Corrupt("field"))
}

/// Values that are stored as they are.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Field for $type {
            type Form = Self;
            fn write(&self) -> Self {
                self.clone()
            }
            fn read(form: Self) -> Result<Self, Corrupt> {
                Ok(form)
            }
        }
    )*};
}

plain!(String, bool, i8, u8, u16, u32, u64);

/// Values that are stored as the text that they print.
macro_rules! printed {
    ($what:literal: $($type:ty),* $(,)?) => {$(
        impl Field for $type {
            type Form = String;
            fn write(&self) -> String {
                self.to_string()
            }
            fn read(form: String) -> Result<Self, Corrupt> {
                <$type>::parse(&form).map_err(|_| Corrupt($what))
            }
        }
    )*};
}

printed!("id": AccountId, ApprovalId, AttachmentId, AuditId, DomainId, DraftId, EventId, GroupId, InboxId, InvitationId, ListEntryId, MemberId, MessageId, OrganizationId,
    PasskeyId, PolicyId, SessionId, StandingApprovalId, SuppressionId, ThreadId, TokenId, UploadId, UserId, WebhookId);
printed!("address": EmailAddress);
printed!("digest": Digest);

/// Values that are stored by their name.
macro_rules! named {
    ($($type:ty: $what:literal),*) => {$(
        impl Field for $type {
            type Form = String;
            fn write(&self) -> String {
                self.as_str().to_owned()
            }
            fn read(form: String) -> Result<Self, Corrupt> {
                <$type>::parse(&form).ok_or(Corrupt($what))
            }
        }
    )*};
}

named!(Provider: "provider", Region: "region", Trouble: "trouble", DomainStatus: "status", RecordType: "record", Role: "role", OpenedWith: "field", Mails: "field", GroupName: "group", Late: "field", By: "field", Links: "field", Risk: "risk", EventKind: "field", Outcome: "field",
    Source: "source", Side: "side", Standing: "standing", Check: "check", Screened: "outcome", FindingKind: "finding");

/// Text of a header: what an older version allowed is made harmless.
impl Field for HeaderText {
    type Form = String;
    fn write(&self) -> String {
        self.as_str().to_owned()
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        Ok(HeaderText::lossy(&form))
    }
}

/// One that names no type that this version knows takes none, and stays.
impl Field for EventPattern {
    type Form = String;
    fn write(&self) -> String {
        self.as_str().to_owned()
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        Ok(EventPattern::stored(form))
    }
}

impl Field for MailServer {
    type Form = String;
    fn write(&self) -> String {
        self.to_string()
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        MailServer::parse(&form).ok_or(Corrupt("mail server"))
    }
}

impl Field for Label {
    type Form = String;
    fn write(&self) -> String {
        self.as_str().to_owned()
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        Label::stored(&form).map_err(|_| Corrupt("label"))
    }
}

impl Field for Tag {
    type Form = String;
    fn write(&self) -> String {
        self.as_str().to_owned()
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        Tag::parse(&form).map_err(|_| Corrupt("tag"))
    }
}

impl Field for BTreeMap<Tag, String> {
    type Form = BTreeMap<String, String>;
    fn write(&self) -> Self::Form {
        self.iter().map(|(name, value)| (name.as_str().to_owned(), value.clone())).collect()
    }
    fn read(form: Self::Form) -> Result<Self, Corrupt> {
        form.into_iter().map(|(name, value)| Ok((Tag::read(name)?, value))).collect()
    }
}

impl Field for BTreeMap<Label, u64> {
    type Form = BTreeMap<String, u64>;
    fn write(&self) -> Self::Form {
        self.iter().map(|(label, count)| (label.as_str().to_owned(), *count)).collect()
    }
    fn read(form: Self::Form) -> Result<Self, Corrupt> {
        form.into_iter().map(|(label, count)| Ok((Label::read(label)?, count))).collect()
    }
}

/// Times are Unix milliseconds.
impl Field for Timestamp {
    type Form = i64;
    fn write(&self) -> i64 {
        self.as_millisecond()
    }
    fn read(form: i64) -> Result<Self, Corrupt> {
        // The last one of all is written with a millisecond that lies behind it.
        if form == Timestamp::MAX.as_millisecond() {
            return Ok(Timestamp::MAX);
        }
        Timestamp::from_millisecond(form).map_err(|_| Corrupt("time"))
    }
}

/// Lengths of time are seconds.
impl Field for SignedDuration {
    type Form = i64;
    fn write(&self) -> i64 {
        self.as_secs()
    }
    fn read(form: i64) -> Result<Self, Corrupt> {
        Ok(SignedDuration::from_secs(form))
    }
}

impl<T: Field> Field for Option<T> {
    type Form = Option<T::Form>;
    fn write(&self) -> Self::Form {
        self.as_ref().map(T::write)
    }
    fn read(form: Self::Form) -> Result<Self, Corrupt> {
        form.map(T::read).transpose()
    }
}

impl<T: Field> Field for Vec<T> {
    type Form = Vec<T::Form>;
    fn write(&self) -> Self::Form {
        self.iter().map(T::write).collect()
    }
    fn read(form: Self::Form) -> Result<Self, Corrupt> {
        form.into_iter().map(T::read).collect()
    }
}

impl<T: Field + Ord> Field for BTreeSet<T> {
    type Form = Vec<T::Form>;
    fn write(&self) -> Self::Form {
        self.iter().map(T::write).collect()
    }
    fn read(form: Self::Form) -> Result<Self, Corrupt> {
        form.into_iter().map(T::read).collect()
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    type Form = BTreeMap<String, T::Form>;
    fn write(&self) -> Self::Form {
        self.iter().map(|(name, value)| (name.clone(), value.write())).collect()
    }
    fn read(form: Self::Form) -> Result<Self, Corrupt> {
        form.into_iter().map(|(name, value)| Ok((name, T::read(value)?))).collect()
    }
}

/// Bytes, in base 64.
pub(crate) mod binary {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::Corrupt;

    pub(crate) type Form = String;
    pub(crate) fn write(bytes: &[u8]) -> String {
        STANDARD.encode(bytes)
    }
    pub(crate) fn read(form: String) -> Result<Vec<u8>, Corrupt> {
        STANDARD.decode(form).map_err(|_| Corrupt("binary"))
    }
}

/// Scopes: one that this version does not know grants nothing.
pub(crate) mod scopes {
    use super::{BTreeSet, Corrupt, Scope};

    pub(crate) type Form = Vec<String>;
    pub(crate) fn write(scopes: &BTreeSet<Scope>) -> Form {
        scopes.iter().map(|scope| scope.as_str().to_owned()).collect()
    }
    #[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
    pub(crate) fn read(form: Form) -> Result<BTreeSet<Scope>, Corrupt> {
        Ok(form.iter().filter_map(|name| Scope::parse(name)).collect())
    }
}

/// Declares the stored form of a domain type, each field once.
///
/// ```text
/// record! {
///     Vote as VoteRecord {
///         at: Timestamp,                 // stored as <Timestamp as Field>::Form
///         scopes: Scopes as scopes,      // written and read by the functions of base::field::scopes
///         [verdict: split, join] {       // Vote::verdict, which lies in several fields of the item:
///             reject: Option<String>,    // `split` gives them as a tuple in this order, `join` takes it
///         }
///     }
/// }
/// ```
///
/// `#[serde(…)]` on a field goes to the stored form; `rename` gives the name in the table.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $domain:ident as $form:ident {
            $($(#[$field_meta:meta])* $field:ident: $type:ty $(as $via:ident)?,)*
            $([$whole:ident: $split:path, $join:path] {
                $($(#[$part_meta:meta])* $part:ident: $part_type:ty,)*
            })*
        }
    ) => {
        $(#[$meta])*
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(crate) struct $form {
            $($(#[$field_meta])* $field: $crate::base::field::record!(@form $type $(as $via)?),)*
            $($($(#[$part_meta])* $part: <$part_type as $crate::base::field::Field>::Form,)*)*
        }

        impl $crate::base::field::Field for $domain {
            type Form = $form;
            fn write(&self) -> $form {
                $(let ($($part,)*) = $split(&self.$whole);)*
                $form {
                    $($field: $crate::base::field::record!(@write self.$field, $type $(as $via)?),)*
                    $($($part: <$part_type as $crate::base::field::Field>::write(&$part),)*)*
                }
            }
            fn read(form: $form) -> Result<Self, $crate::base::field::Corrupt> {
                Ok($domain {
                    $($field: $crate::base::field::record!(@read form.$field, $type $(as $via)?)?,)*
                    $($whole: $join(($(<$part_type as $crate::base::field::Field>::read(form.$part)?,)*))?,)*
                })
            }
        }
    };
    (@form $type:ty) => { <$type as $crate::base::field::Field>::Form };
    (@form $type:ty as $via:ident) => { $crate::base::field::$via::Form };
    (@write $value:expr, $type:ty) => { <$type as $crate::base::field::Field>::write(&$value) };
    (@write $value:expr, $type:ty as $via:ident) => {{
        let value: &$type = &$value;
        $crate::base::field::$via::write(value)
    }};
    (@read $form:expr, $type:ty) => { <$type as $crate::base::field::Field>::read($form) };
    (@read $form:expr, $type:ty as $via:ident) => { $crate::base::field::$via::read($form) };
}

pub(crate) use record;
