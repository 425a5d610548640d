//! Sessions, by the hash of their secret, and the counts of attempts at signing in.

use app::base::store::{SessionPointer, Tally};
use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::people::browser::Browser;
use domain::people::credential::{OpenedWith, Session, SignInWindow};
use domain::people::pending::PendingSignIn;
use domain::{MemberId, OrganizationId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Kind, Place, key, number, place, text};

#[derive(Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    id: String,
    organization_id: String,
    hash: String,
    member_id: String,
    role: String,
    created_at: i64,
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    browser: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opened_with: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proved_at: Option<i64>,
    version: u64,
}

impl Field for Session {
    type Form = SessionRecord;
    fn write(&self) -> SessionRecord {
        SessionRecord {
            id: self.id.write(),
            organization_id: self.organization_id.write(),
            hash: self.hash.write(),
            member_id: self.member_id.write(),
            role: self.role.write(),
            created_at: self.created_at.write(),
            expires_at: self.expires_at.write(),
            ends_at: Some(self.ends_at.write()),
            used_at: Some(self.used_at.write()),
            browser: self.browser.as_ref().map(|browser| browser.as_str().to_owned()),
            opened_with: Some(self.opened_with.write()),
            proved_at: Some(self.proved_at.write()),
            version: self.version,
        }
    }
    fn read(form: SessionRecord) -> Result<Self, Corrupt> {
        let created_at = Timestamp::read(form.created_at)?;
        let expires_at = Timestamp::read(form.expires_at)?;
        Ok(Session {
            id: Field::read(form.id)?,
            organization_id: Field::read(form.organization_id)?,
            hash: Field::read(form.hash)?,
            member_id: Field::read(form.member_id)?,
            role: Field::read(form.role)?,
            created_at,
            expires_at,
            // Sessions of the first version had no end but that of their use.
            ends_at: Option::read(form.ends_at)?.unwrap_or(created_at + Session::LIFE),
            // Earlier ones said it by their end alone.
            used_at: Option::read(form.used_at)?.unwrap_or((expires_at - Session::IDLE).max(created_at)),
            browser: form.browser.as_deref().map(Browser::stored),
            opened_with: Option::read(form.opened_with)?.unwrap_or_default(),
            // Earlier ones were proved when they were opened, and never again.
            proved_at: Option::read(form.proved_at)?.unwrap_or(created_at),
            version: form.version,
        })
    }
}

impl Kind for Session {
    const NAME: &'static str = "session";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(ttl(self)), ..IndexKeys::default() }
    }
}

/// A session that has ended is kept for another day.
fn ttl(session: &Session) -> i64 {
    session.expires_at.as_second() + 86_400
}

/// Where the session of this hash lies.
pub(crate) fn at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/session/{}", hash.hex()), "session")
}

record! {
    SessionPointer as SessionPointerRecord {
        member_id: MemberId,
        id: SessionId,
        hash: Digest,
        ends_at: Timestamp,
    }
}

impl Kind for SessionPointer {
    const NAME: &'static str = "session_pointer";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(self.ends_at.as_second() + 86_400), ..IndexKeys::default() }
    }
}

/// Where what leads to a session of a member lies.
pub(crate) fn pointer_at(organization: OrganizationId, member: MemberId, id: SessionId) -> Place {
    place(list(organization, member), id.to_string())
}

/// The list of a member's sessions.
pub(crate) fn list(organization: OrganizationId, member: MemberId) -> String {
    format!("{organization}/{member}/sessions")
}

/// Names only the attributes that `template.yaml` lets routes write of a session.
pub(crate) fn prolong(organization: OrganizationId, session: &Session) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&at(organization, session.hash))))
        .update_expression("SET expires_at = :at, used_at = :used, #ttl = :ttl, version = version + :one")
        .condition_expression("version = :version")
        .expression_attribute_names("#ttl", "ttl")
        .expression_attribute_values(":at", number(session.expires_at.as_millisecond()))
        .expression_attribute_values(":used", number(session.used_at.as_millisecond()))
        .expression_attribute_values(":ttl", number(ttl(session)))
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":version", number(session.version))
}

/// Names only the attributes that `template.yaml` lets the routes of a second factor write of a session.
pub(crate) fn opened_with(organization: OrganizationId, hash: Digest, with: OpenedWith) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&at(organization, hash))))
        .update_expression("SET opened_with = :with")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":with", text(with.as_str()))
}

/// Names only the attribute that `template.yaml` lets a proof write of a session.
pub(crate) fn proved(organization: OrganizationId, hash: Digest, at: Timestamp) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&self::at(organization, hash))))
        .update_expression("SET proved_at = :at")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":at", number(at.as_millisecond()))
}

record! {
    PendingSignIn as PendingSignInRecord {
        hash: Digest,
        organization_id: OrganizationId,
        member_id: MemberId,
        login: Digest,
        expires_at: Timestamp,
    }
}

impl Kind for PendingSignIn {
    const NAME: &'static str = "pending_sign_in";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(self.expires_at.as_second() + 86_400), ..IndexKeys::default() }
    }
}

/// Where a sign-in that waits for its second factor lies.
pub(crate) fn pending_at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/pending/{}", hash.hex()), "pending")
}

/// The kind of the counts of attempts at signing in.
pub(crate) const SIGN_IN: &str = "sign_in";

/// Where a count of attempts lies. A window's counts are items of their own: nothing has to be reset, and time to live
/// removes them.
pub(crate) fn tally_at(email: &EmailAddress, tally: Tally, window: SignInWindow) -> Place {
    let name = match tally {
        Tally::Attempts => "attempts",
        Tally::Refusals => "refusals",
        Tally::Resets => "resets",
    };
    let pk = format!("sign-in/{}", Digest::of(email.mailbox_key().as_bytes()).hex());
    place(pk, format!("{name}/{}", window.begins_at().as_second()))
}

/// The attempts that were counted of an address count as none.
pub(crate) fn forget_attempts(email: &EmailAddress, window: SignInWindow) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&tally_at(email, Tally::Attempts, window))))
        .update_expression("SET #count = :none")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_names("#count", "count")
        .expression_attribute_values(":none", number(0))
}
