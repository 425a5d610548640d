//! What is written down of every decision, setting and use of a credential.

use jiff::Timestamp;

use crate::access::Actor;
use crate::{AuditId, OrganizationId};

/// One entry. It is written in the transaction of the change that it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, as a stable code such as `approval.approve`.
    pub action: &'static str,
    /// To what: an id.
    pub target: String,
    /// Particulars: ids, digests and codes, never addresses or content.
    pub details: Vec<(&'static str, String)>,
}
