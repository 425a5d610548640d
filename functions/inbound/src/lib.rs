//! Mail that comes in. These functions read bytes from strangers, so they can do nothing but file them: their roles
//! have no way to send, to decide or to read secrets.

pub mod quarantine;
pub mod receive;
mod ses;

use app::Ports;

/// The ports of this group.
pub fn ports() -> Ports {
    assembly::ports(&runtime::aws::config())
}
