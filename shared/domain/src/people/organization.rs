//! Tenants and the people in them.

use jiff::Timestamp;

use crate::base::address::EmailAddress;
use crate::people::access::{Actor, Credential, Role};
use crate::people::limit::SendsPerDay;
use crate::{MemberId, OrganizationId, UserId};

/// What somebody paused: nothing that it covers goes out until it is resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why, in their words, at most 500 characters.
    pub reason: String,
}

impl Pause {
    /// To stop is always safe. What was stopped goes on only where a person says so who manages it.
    pub fn check_end(with: &Credential, role: Role) -> Result<(), StaysPaused> {
        if !with.is_person() {
            return Err(StaysPaused::NoPerson);
        }
        if !matches!(role, Role::Owner | Role::Admin) {
            return Err(StaysPaused::NoManager);
        }
        Ok(())
    }
}

/// Why a pause is not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StaysPaused {
    /// A program may stop mail; it never sets it going again.
    #[error("a pause is ended by a person: sign in (POST /v1/sessions, or the console) and resume there")]
    NoPerson,
    /// Others may pause and not resume.
    #[error("a pause is ended by an owner or an admin: ask one of them")]
    NoManager,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// The organization's data key, encrypted by KMS: secrets are sealed under keys derived from it.
    pub data_key: Vec<u8>,
    /// Whether all its mail is held back.
    pub paused: Option<Pause>,
    /// How many mails all of it may ask for on one day.
    pub sends_per_day: Option<SendsPerDay>,
    /// Whether whoever decides has to sign in with a second factor: a session that was opened without one, and a one-time link, decides
    /// nothing.
    pub require_second_factor: bool,
    /// Whether it was signed up for and nobody has claimed it yet: nobody decides there, and nothing leaves it.
    pub unclaimed: bool,
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
    /// Sessions that were opened until then are refused; none where they never were.
    pub sessions_since: Option<Timestamp>,
}

impl Member {
    /// Whether a session that was opened at this time was ended with all others.
    pub fn ended(&self, opened_at: Timestamp) -> bool {
        self.sessions_since.is_some_and(|since| opened_at <= since)
    }
}
