//! What only whoever owns the AWS account may do: invoked through IAM (`aws lambda invoke`), not through the API.

pub mod provision;

use app::Ports;
use runtime::Function;

/// The ports of this group.
pub fn ports() -> Ports {
    assembly::ports(&runtime::aws::config())
}

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&provision::TASK];
