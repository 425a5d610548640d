//! What Countersign is about, without a clock, a network or a database.
//!
//! Time and randomness are arguments. Nothing here is async, nothing here is serialisable: the
//! public JSON is in `wire`, the stored records are in `aws-data`, so a rename here breaks neither.
//!
//! The rooms stand in their order: each uses those above it alone. `app`, `wire` and `aws-data` have the same, and the same holds inside
//! each of them.

/// What everything is made of: ids, addresses, hashes, text.
pub mod base {
    pub mod address;
    pub mod code;
    pub mod digest;
    pub mod hours;
    pub mod id;
    pub(crate) mod look;
    pub(crate) mod named;
    pub(crate) mod secret;
    pub mod text;
}

/// Who acts: organizations, their members, and by what they are known.
pub mod people {
    pub mod access;
    pub mod alert;
    pub mod browser;
    pub mod credential;
    pub mod email;
    pub mod invitation;
    pub mod key_links;
    pub mod key_log;
    pub mod limit;
    pub mod notifications;
    pub mod openid;
    pub mod organization;
    pub mod passkey;
    pub mod pending;
    pub mod registration;
    pub mod reset;
    pub mod seats;
    pub mod second_factor;
    pub mod setup;
    pub mod signing;
    pub mod usage;
}

/// Inboxes, the mail in them and the conversations that it forms.
pub mod mailbox {
    pub mod account;
    pub mod domains;
    pub mod filter;
    pub mod finding;
    pub mod inbox;
    pub mod index;
    pub mod label;
    pub mod lifecycle;
    pub mod listed;
    pub mod mail_server;
    pub mod media;
    pub mod message;
    pub mod notes;
    pub mod opt_out;
    pub mod screening;
    pub mod whom;
}

/// What may leave, and who says so.
pub mod gate {
    pub mod approval;
    pub mod comment;
    pub mod draft;
    pub mod group;
    pub mod last_look;
    pub mod link;
    pub mod merge;
    pub mod notice;
    pub mod policy;
    pub mod rate;
    pub mod risk;
    pub mod seal;
    pub mod sheet;
    pub mod standing;
    pub mod statement;
    pub mod triage;
    pub mod upload;
}

/// Whom we tell: events, and the endpoints that get them.
pub mod delivery {
    pub mod event;
    pub mod feed;
    pub mod webhook;
}

/// What is kept and can be proved.
pub mod ledger {
    pub mod alerts;
    pub mod audit;
    pub mod receipt;
    pub mod requests;
}

pub use base::id::{
    AccountId, ApprovalId, AttachmentId, AuditId, DomainId, DraftId, EventId, GroupId, InboxId, InvitationId,
    ListEntryId, MemberId, MessageId, OrganizationId, PasskeyId, PolicyId, SessionId, StandingApprovalId,
    SuppressionId, ThreadId, TokenId, UploadId, UserId, WebhookId,
};
pub use jiff::Timestamp;
