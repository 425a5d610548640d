//! Members, and the logins that lead to them.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{ConditionCheck, Update};
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::people::access::Role;
use domain::people::credential::Login;
use domain::people::organization::Member;
use domain::people::second_factor::SecondFactor;
use domain::{MemberId, OrganizationId, Timestamp, UserId};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Listing, Place, key, number, place, text};

record! {
    Member as MemberRecord {
        id: MemberId,
        organization_id: OrganizationId,
        user_id: UserId,
        email: EmailAddress,
        role: Role,
        created_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sessions_since: Option<Timestamp>,
    }
}

impl Kind for Member {
    const NAME: &'static str = "member";
    fn index_keys(&self) -> IndexKeys {
        let list = Listing { partition: list(self.organization_id), order: self.id.to_string() };
        IndexKeys { list: Some(list), ..IndexKeys::default() }
    }
}

/// Where a member lies.
pub(crate) fn at(organization: OrganizationId, id: MemberId) -> Place {
    place(format!("{organization}/{id}/member"), "member")
}

/// Another role for the member who lies here.
pub(crate) fn give_role(place: &Place, seen: Role, role: Role) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(place)))
        .update_expression("SET #role = :role")
        .condition_expression(HAS_ROLE)
        .expression_attribute_names("#role", "role")
        .expression_attribute_values(":role", text(role.as_str()))
        .expression_attribute_values(":seen", text(seen.as_str()))
}

/// That all sessions of the member who lies here end that were opened until now.
pub(crate) fn end_sessions(place: &Place, at: Timestamp) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(place)))
        .update_expression("SET sessions_since = :at")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":at", number(at.as_millisecond()))
}

/// That a member has a role is a condition on `#role` and `:seen`: who is gone has none.
pub(crate) const HAS_ROLE: &str = "#role = :seen";

/// The list of an organization's members.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/members")
}

record! {
    SecondFactor as SecondFactorRecord {
        organization_id: OrganizationId,
        member_id: MemberId,
        seed: Vec<u8> as binary,
        started_at: Timestamp,
        enabled_at: Option<Timestamp>,
        last_step: u64,
        recovery: BTreeSet<Digest>,
        version: u64,
    }
}

impl Kind for SecondFactor {
    const NAME: &'static str = "second_factor";
}

/// Where a member's second factor lies.
pub(crate) fn factor_at(organization: OrganizationId, member: MemberId) -> Place {
    place(format!("{organization}/{member}/second-factor"), "second-factor")
}

record! {
    Login as LoginRecord {
        user_id: UserId,
        email: EmailAddress,
        password_hash: String,
        organization_id: OrganizationId,
        member_id: MemberId,
    }
}

impl Kind for Login {
    const NAME: &'static str = "login";
}

/// That a login has the password that it was seen with.
pub(crate) fn same_password(login: &Login) -> ConditionCheckBuilder {
    ConditionCheck::builder()
        .set_key(Some(key(&login_at(&login.email))))
        .condition_expression("password_hash = :seen")
        .expression_attribute_values(":seen", text(&login.password_hash))
}

/// Another password of a login. Names only the attributes that `template.yaml` lets routes write of one.
pub(crate) fn new_password(login: &Login, password_hash: &str) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&login_at(&login.email))))
        .update_expression("SET password_hash = :new")
        .condition_expression("password_hash = :seen")
        .expression_attribute_values(":seen", text(&login.password_hash))
        .expression_attribute_values(":new", text(password_hash))
}

/// Where the login of an address lies. Addresses are hashed: a key is no place for personal data, and it shows in metrics
/// and logs of AWS.
pub(crate) fn login_at(email: &EmailAddress) -> Place {
    place(format!("login/{}", Digest::of(email.mailbox_key().as_bytes()).hex()), "login")
}
