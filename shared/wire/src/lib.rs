//! The public JSON: what requests may say, what answers look like, what events tell.
//!
//! A file is about one resource, and has what its requests may say before what its answers look like. Names are
//! `snake_case`, times RFC 3339 in UTC. Nothing here decides anything. The rooms stand in their order: each uses those
//! above it alone.

/// What all of it is made of: what fields are and how they are read, parts and pages that are shown, the error envelope.
pub mod base {
    pub mod pages;
    pub mod parts;
    pub mod problem;
    pub mod request;
    pub mod schema;
    pub mod values;
}

/// Who acts: organizations, their members, sessions and tokens.
pub mod people {
    pub mod email;
    pub mod members;
    pub mod notifications;
    pub mod organization;
    pub mod passkeys;
    pub mod proof;
    pub mod resets;
    pub mod second_factor;
    pub mod sessions;
    pub mod tokens;
    pub mod usage;
}

/// Inboxes, their mail, conversations and files.
pub mod mailbox {
    pub mod accounts;
    pub mod attachments;
    pub mod domains;
    pub mod inboxes;
    pub mod listed;
    pub mod messages;
    pub mod previews;
    pub mod screening;
    pub mod search;
    pub mod threads;
}

/// Mail that is to leave: how it is asked for, weighed, decided about and held back.
pub mod gate {
    pub mod alerts;
    pub mod approvals;
    pub mod comments;
    pub mod drafts;
    pub mod groups;
    pub mod invitations;
    pub mod pauses;
    pub mod policies;
    pub mod registrations;
    pub mod saved_drafts;
    pub mod seats;
    pub mod signing_keys;
    pub mod standing_approvals;
    pub mod templates;
    pub mod uploads;
}

/// Whom we tell: events, and the endpoints that get them.
pub mod delivery {
    pub mod events;
    pub mod webhooks;
}

/// What is kept and can be proved: the audit log, its anchors, receipts.
pub mod ledger {
    pub mod anchors;
    pub mod audit;
    pub mod receipts;
    pub mod requests;
    pub mod signature;
}
