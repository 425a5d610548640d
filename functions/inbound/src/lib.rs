//! Mail that comes in. These functions read bytes from strangers, so their roles have no way to call SES, to start or
//! resume a workflow, or to open a data key. They do write the table, which is one for all: see "Limits" in `ARCHITECTURE.md`.

pub mod index;
pub mod quarantine;
pub mod receive;
mod ses;

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Directory;
use assembly::Aws;
use runtime::Function;

/// What the functions of this group need.
pub struct Context {
    ports: Ports,
    blobs: Arc<dyn Blobs>,
    directory: Arc<dyn Directory>,
}

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { ports: aws.ports(), blobs: aws.blobs(), directory: aws.directory() }
}

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&index::TASK, &quarantine::TASK, &receive::TASK];
