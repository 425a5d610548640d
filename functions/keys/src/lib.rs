//! The key log's one writer.
//!
//! A group of its own: what writes the table can't write the log, and this writes no record. Each entry carries the signature of whoever
//! vouches for it, so nobody signs in here.

use runtime::http::Endpoint;

pub mod append;

/// All routes of this group.
pub const ENDPOINTS: &[Endpoint] = &[append::ENDPOINT];
