//! Records in `DynamoDB`, objects in S3, data keys in KMS.
//!
//! A kind of record is one file in its room: its fields, its name in the table, where it lies, and what the indexes and the
//! time to live need of it. [`table`] lists all kinds, and is the store, the directory, the watch, the audit trail and the feeds of events.

/// What every kind of record is made with; objects and keys.
pub mod base {
    pub(crate) mod answer;
    pub(crate) mod field;
    pub(crate) mod item;
    pub mod keys;
    pub mod objects;
}

mod people {
    pub(crate) mod email;
    pub(crate) mod invitation;
    pub(crate) mod key_log;
    pub(crate) mod member;
    pub(crate) mod notifications;
    pub(crate) mod openid;
    pub(crate) mod organization;
    pub(crate) mod passkey;
    pub(crate) mod registration;
    pub(crate) mod reset;
    pub(crate) mod session;
    pub(crate) mod setup;
    pub(crate) mod token;
    pub(crate) mod usage;
}

mod mailbox {
    pub(crate) mod account;
    pub(crate) mod attachment;
    pub(crate) mod domains;
    pub(crate) mod inbox;
    pub(crate) mod index;
    pub(crate) mod listed;
    pub(crate) mod message;
    pub(crate) mod opt_out;
    pub(crate) mod screening;
    pub(crate) mod thread;
    pub(crate) mod trash;
}

mod gate {
    pub(crate) mod approval;
    pub(crate) mod comment;
    pub(crate) mod contact;
    pub(crate) mod draft;
    pub(crate) mod link;
    pub(crate) mod notice;
    pub(crate) mod policy;
    pub(crate) mod sheet;
    pub(crate) mod standing;
    pub(crate) mod upload;
}

/// Webhooks, events and their feeds, and events out of the table's stream.
pub mod delivery {
    pub(crate) mod event;
    pub(crate) mod feed;
    pub mod stream;
    pub(crate) mod waiting;
    pub(crate) mod webhook;
}

/// The audit log, and its anchors in a bucket of their own, under Object Lock.
pub mod ledger {
    pub mod anchors;
    pub(crate) mod audit;
    pub(crate) mod requests;
}

pub mod table;

pub use base::keys::{KmsClientSecret, KmsDataKeys, KmsSigner};
pub use base::objects::S3Blobs;
pub use gate::sheet::{MAX_SHEET, S3Sheets, read_sheet, write_sheet};
pub use ledger::anchors::S3Anchors;
pub use people::key_log::S3KeyLogs;
pub use table::DynamoTable;
