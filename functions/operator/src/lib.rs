//! What only whoever owns the AWS account may do: invoked through IAM (`aws lambda invoke`), not through the API.

pub mod key_link;
pub mod provision;
pub mod setup;

use runtime::Function;

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&key_link::TASK, &provision::TASK, &setup::TASK];
