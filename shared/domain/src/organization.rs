//! Tenants and the people in them.

use jiff::Timestamp;

use crate::access::Role;
use crate::address::EmailAddress;
use crate::{MemberId, OrganizationId, UserId};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// The organization's data key, encrypted by KMS: secrets are sealed under keys derived from it.
    pub data_key: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A person's seat in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose.
    pub user_id: UserId,
    /// The address they sign in with.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// When they joined.
    pub created_at: Timestamp,
}
