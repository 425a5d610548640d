//! What Countersign does: one async function for each command or query, and the ports they need.
//!
//! A use case loads, lets the domain decide and saves. Branches worth testing live in `domain`.

pub mod anchor;
pub mod approvals;
pub mod attachments;
pub mod audit;
pub mod diff;
pub mod dispatch;
mod draft;
pub mod edit;
pub mod enter;
pub mod error;
pub mod facts;
pub mod html;
pub mod inboxes;
pub mod links;
pub mod members;
pub mod messages;
pub mod notify;
pub mod pause;
pub mod plain;
pub mod policies;
pub mod ports;
pub mod provision;
pub mod receipts;
pub mod receive;
pub mod sessions;
pub mod settle;
pub mod standing;
pub mod store;
pub mod submit;
pub mod sweep;
pub mod threads;
pub mod tokens;
pub mod vault;
pub mod webhooks;
mod weigh;

pub use error::{FieldError, Refusal};
pub use ports::Ports;
