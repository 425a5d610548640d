//! Bringing an organization into being: an operator's act, outside of the API.

use domain::OrganizationId;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::{Actor, Role};
use domain::people::credential::Login;
use domain::people::organization::{Member, Organization};

use crate::base::error::Refusal;
use crate::base::ports::{DataKeys, Ports};
use crate::base::store::{Change, DirectoryWrite};
use crate::people::password::{check_new_password, hash_password};

/// A person who is to have a seat.
#[derive(Clone, PartialEq, Eq)]
pub struct NewMember {
    /// The address they sign in with.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// Their first password, as [`check_new_password`] takes it.
    pub password: String,
}

/// So many people are made at once.
pub const MAX_MEMBERS: usize = 20;

/// Makes an organization with its first people, among them an owner, and its data key.
pub async fn organization(
    ports: &Ports,
    data_keys: &dyn DataKeys,
    name: String,
    members: &[NewMember],
) -> Result<(Organization, Vec<Member>), Refusal> {
    if !members.iter().any(|member| member.role == Role::Owner) || members.len() > MAX_MEMBERS {
        return Err(Refusal::field(
            "members",
            Code::OwnerRequired,
            "name 1 to 20 members, one of them an owner",
        ));
    }
    let checked = members.iter().enumerate().map(|(i, member)| {
        check_new_password(&format!("members[{i}].password"), &member.password, &member.email, &name)
    });
    let weak: Vec<_> = checked.filter_map(Result::err).collect();
    if !weak.is_empty() {
        return Err(Refusal::Invalid(weak));
    }
    let (organization, seats, change) =
        prepare(ports, data_keys, (ports.organization_id(), name), members).await?;
    match ports.store.commit(change).await.map_err(Refusal::from) {
        Err(Refusal::Because { code: Code::ChangedMeanwhile, .. }) => {
            Err(Refusal::because(Code::EmailTaken, "one of the addresses has a login already"))
        }
        Err(refusal) => Err(refusal),
        Ok(()) => Ok((organization, seats)),
    }
}

/// An organization with its first people and its data key, and the change that makes them. Whoever asks for it has checked who they are
/// and their passwords.
pub(crate) async fn prepare(
    ports: &Ports,
    data_keys: &dyn DataKeys,
    (organization_id, name): (OrganizationId, String),
    members: &[NewMember],
) -> Result<(Organization, Vec<Member>, Change), Refusal> {
    let now = ports.now();
    let (_, data_key) = data_keys.generate(organization_id).await?;
    let organization = Organization {
        id: organization_id,
        name,
        data_key,
        paused: None,
        sends_per_day: None,
        require_second_factor: false,
        unclaimed: false,
        created_at: now,
    };
    let mut change = Change::new(organization_id).create(organization.clone()).audit(ports.audit(
        organization_id,
        &Actor::System,
        "organization.create",
        organization_id,
    ));
    let mut seats = Vec::with_capacity(members.len());
    for new in members {
        let seat = Member {
            id: ports.member_id(),
            organization_id,
            user_id: ports.user_id(),
            email: new.email.clone(),
            role: new.role,
            created_at: now,
            sessions_since: None,
        };
        let login = Login {
            user_id: seat.user_id,
            email: new.email.clone(),
            password_hash: hash_password(&new.password, &ports.bytes())?,
            organization_id,
            member_id: seat.id,
        };
        let mut entry = ports.audit(organization_id, &Actor::System, "member.create", seat.id);
        entry.details.push(("role", seat.role.as_str().to_owned()));
        change = change.create(seat.clone()).directory(DirectoryWrite::NewLogin(login)).audit(entry);
        seats.push(seat);
    }
    Ok((organization, seats, change))
}
