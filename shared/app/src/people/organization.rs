//! What an organization's managers set of it.

use domain::base::code::Code;
use domain::people::access::{Permit, Role, scope};
use domain::people::organization::Organization;

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{Amendment, Change, Key, StoreError, Write, key, load};
use crate::people::tokens::amended_details;

/// Gives the organization another name or another limit: a person does, who manages it.
pub async fn amend(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    amendment: Amendment,
) -> Result<Organization, Refusal> {
    let (organization_id, principal) = (permit.organization_id(), permit.principal());
    if !principal.credential.is_person() {
        return Err(Refusal::because(
            Code::PersonRequired,
            "what holds for an organization is set by a person: sign in (POST /v1/sessions) and set it there",
        ));
    }
    if !matches!(principal.role, Role::Owner | Role::Admin) {
        let message = "what holds for an organization is set by an owner or an admin: ask one of them";
        return Err(Refusal::because(Code::ManagerRequired, message));
    }
    let gone = || Refusal::NotFound("organization");
    let found = load(&*ports.store, organization_id, key::Organization).await?.ok_or_else(gone)?;
    let amended = Organization {
        name: amendment.name.clone().unwrap_or_else(|| found.name.clone()),
        sends_per_day: amendment.sends_per_day.unwrap_or(found.sends_per_day),
        require_second_factor: amendment.require_second_factor.unwrap_or(found.require_second_factor),
        ..found.clone()
    };
    if amended == found {
        return Ok(found);
    }
    if amended.require_second_factor != found.require_second_factor {
        check_second_factor(ports, permit, amended.require_second_factor).await?;
    }
    let mut entry = ports.audit(organization_id, permit.actor(), "organization.update", organization_id);
    entry.details = amended_details(&amendment);
    let change = Change::new(organization_id).write(Write::Amend { key: Key::Organization, amendment });
    match ports.store.commit(change.audit(entry)).await {
        Err(StoreError::Conflict(_)) => Err(gone()),
        written => Ok(written.map(|()| amended)?),
    }
}

/// That whoever decides needs a second factor is set by an owner; to ask others for one, they must have one themselves.
async fn check_second_factor(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    is_on: bool,
) -> Result<(), Refusal> {
    if permit.principal().role != Role::Owner {
        let message = "that whoever decides needs a second factor is set by an owner: ask one";
        return Err(Refusal::because(Code::OwnerNeeded, message));
    }
    if !is_on {
        permit.principal().proved(ports.now())?;
    }
    let member_id = permit.actor().member().ok_or(Refusal::NotFound("member"))?;
    let wanted = (key::SecondFactor(member_id), key::Passkeys(member_id));
    let (factor, passkeys) = load(&*ports.store, permit.organization_id(), wanted).await?;
    // A passkey counts as both factors.
    let has_one = factor.is_some_and(|it| it.is_enabled()) || passkeys.is_some_and(|it| !it.keys.is_empty());
    if is_on && !has_one {
        return Err(Refusal::because(
            Code::SecondFactorNeeded,
            "set up a second factor or a passkey for yourself first (POST /v1/me/totp, or the console's settings): you would decide nothing any more",
        ));
    }
    Ok(())
}
