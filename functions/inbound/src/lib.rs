//! Mail that comes in. These functions read bytes from strangers, so their roles have no way to call SES, to start or
//! resume a workflow, or to open a data key. They do write the table, which is one for all: see "Limits" in `ARCHITECTURE.md`.

pub mod quarantine;
pub mod receive;
mod ses;

use app::Ports;
use runtime::Function;

/// The ports of this group.
pub fn ports() -> Ports {
    assembly::ports(&runtime::aws::config())
}

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&quarantine::TASK, &receive::TASK];
