//! What Countersign does: one async function for each command or query, and the ports they need.
//!
//! A use case loads, lets the domain decide and saves. Branches worth testing live in `domain`.

pub mod approvals;
pub mod attachments;
pub mod dispatch;
pub mod enter;
pub mod error;
pub mod inboxes;
pub mod messages;
pub mod ports;
pub mod provision;
pub mod receive;
pub mod sessions;
pub mod settle;
pub mod store;
pub mod submit;
pub mod sweep;
pub mod threads;
pub mod tokens;
pub mod vault;
pub mod webhooks;

pub use error::{FieldError, Refusal};
pub use ports::Ports;
