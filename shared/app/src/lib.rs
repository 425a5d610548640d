//! What Countersign does: one async function for each command or query, and the ports they need.
//!
//! A use case loads, lets the domain decide and saves. Branches worth testing live in `domain`. The rooms stand in their
//! order: each uses those above it alone.

/// What every use case has: ports, the store, refusals, the way in, secrets.
pub mod base {
    pub mod enter;
    pub mod error;
    pub mod feed;
    pub mod plain;
    pub mod ports;
    pub mod retry;
    pub mod store;
    pub mod trail;
    pub mod vault;
}

/// Members, sessions and tokens.
pub mod people {
    pub mod account;
    mod attempts;
    mod codes;
    pub mod email;
    pub mod members;
    pub mod notifications;
    pub mod openid;
    pub mod organization;
    pub mod passkeys;
    pub mod password;
    pub mod proof;
    pub mod provision;
    pub mod resets;
    pub mod second_factor;
    pub mod sessions;
    pub mod setup;
    pub mod tokens;
    pub mod usage;
}

/// Inboxes, their mail, conversations and files; mail that comes in.
pub mod mailbox {
    pub mod accounts;
    pub mod attachments;
    pub(crate) mod barred;
    pub(crate) mod conversation;
    pub mod domains;
    pub mod entries;
    pub mod held;
    pub mod inboxes;
    pub mod index;
    pub mod lists;
    pub mod marks;
    pub mod messages;
    pub mod opt_outs;
    pub mod receive;
    pub mod screening;
    pub mod search;
    pub mod suppressions;
    pub mod threads;
    pub mod trash;
}

/// The way out: a mail is asked for, weighed, decided about, sent and settled.
pub mod gate {
    pub mod approvals;
    pub mod attest;
    pub mod comments;
    pub mod departures;
    pub mod diff;
    pub mod dispatch;
    mod draft;
    pub mod drafts;
    pub mod edit;
    pub mod facts;
    pub mod groups;
    pub mod html;
    pub mod invitations;
    pub mod links;
    pub mod notify;
    pub mod pause;
    pub mod policies;
    pub mod purge;
    pub(crate) mod quote;
    pub mod rate;
    pub mod registrations;
    pub mod risks;
    mod rows;
    pub mod seats;
    pub mod settle;
    pub mod signing_keys;
    pub mod standing;
    mod steps;
    pub mod submit;
    pub mod sweep;
    pub mod transports;
    pub mod uploads;
    mod weigh;
}

/// Events as they are read, and webhooks, which are told of them.
pub mod delivery {
    pub mod again;
    pub mod feed;
    pub mod webhooks;
}

/// The audit log, its chain and anchors, and receipts.
pub mod ledger {
    pub mod anchor;
    pub mod audit;
    pub mod receipts;
    pub mod requests;
}

pub use base::error::{FieldError, Refusal};
pub use base::ports::Ports;
