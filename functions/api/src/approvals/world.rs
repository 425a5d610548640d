//! What routes take of the world that decide about several mails, or leave a draft of one.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Blobs, KeyLogs, Workflow};
use assembly::Aws;

pub(super) struct World {
    pub(super) ports: Ports,
    pub(super) blobs: Arc<dyn Blobs>,
    pub(super) workflow: Arc<dyn Workflow>,
    pub(super) logs: Arc<dyn KeyLogs>,
}

impl World {
    pub(super) fn of(aws: &Aws) -> Self {
        Self { ports: aws.ports(), blobs: aws.blobs(), workflow: aws.workflow(), logs: aws.key_logs() }
    }
}
