//! Sending what was approved, and telling people of what waits. The only group that links SES, with the only roles that
//! may send.

pub mod notify;
pub mod send;

use runtime::Function;

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&notify::TASK, &send::TASK];
