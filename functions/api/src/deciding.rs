//! What routes take of the world that decide about several mails, or leave a draft of one.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Blobs, KeyLogs, Workflow};
use assembly::Aws;

pub(crate) struct World {
    pub(crate) ports: Ports,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) workflow: Arc<dyn Workflow>,
    pub(crate) logs: Arc<dyn KeyLogs>,
}

impl World {
    pub(crate) fn of(aws: &Aws) -> Self {
        Self { ports: aws.ports(), blobs: aws.blobs(), workflow: aws.workflow(), logs: aws.key_logs() }
    }
}
