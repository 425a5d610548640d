//! What Countersign is about, without a clock, a network or a database.
//!
//! Time and randomness are arguments. Nothing here is async, nothing here is serialisable: the
//! public JSON is in `wire`, the stored records are in `aws-data`, so a rename here breaks neither.

pub mod access;
pub mod address;
pub mod approval;
pub mod audit;
pub mod credential;
pub mod digest;
pub mod event;
pub mod finding;
pub mod gate;
pub mod id;
pub mod inbox;
pub mod lifecycle;
pub mod link;
pub mod message;
pub mod notice;
pub mod organization;
pub mod policy;
pub mod receipt;
pub mod seal;
pub mod standing;
pub mod text;
pub mod webhook;

pub use id::{
    ApprovalId, AttachmentId, AuditId, EventId, InboxId, MemberId, MessageId, OrganizationId, PolicyId,
    SessionId, StandingApprovalId, ThreadId, TokenId, UserId, WebhookId,
};
pub use jiff::Timestamp;
