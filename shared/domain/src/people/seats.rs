//! Who may give which role to whom, and take it.

use crate::people::access::{Principal, Role, Scope};

/// Why somebody may not change who belongs to the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSeat {
    /// Owners and admins are made, changed and removed by owners.
    #[error("an owner makes, changes and removes owners and admins: ask one of them")]
    OwnersOnly,
    /// A program that makes a person who decides would decide.
    #[error(
        "a role that decides about mail is given and taken by a person: sign in (POST /v1/sessions, or the console)"
    )]
    PersonRequired,
}

impl Role {
    /// Whether a member of this role may give that one.
    pub fn gives(self, role: Role) -> bool {
        match role {
            Role::Owner | Role::Admin => self == Role::Owner,
            Role::Approver | Role::Editor | Role::Viewer => self.scopes().contains(&Scope::MembersManage),
        }
    }

    /// Whether who has it may let mail go.
    pub fn decides(self) -> bool {
        self.scopes().contains(&Scope::ApprovalsDecide)
    }
}

/// Whether this caller may give somebody this role. A program gives none that decides: with it, and an address that it reads, it would
/// be the person who lets its own mail go.
pub fn check_gift(principal: &Principal, role: Role) -> Result<(), InvalidSeat> {
    if !principal.role.gives(role) {
        return Err(InvalidSeat::OwnersOnly);
    }
    if role.decides() && !principal.credential.is_person() {
        return Err(InvalidSeat::PersonRequired);
    }
    Ok(())
}

/// Whether this caller may take this role from somebody. A program takes it from nobody who could end that program.
pub fn check_taking(principal: &Principal, role: Role) -> Result<(), InvalidSeat> {
    if !principal.role.gives(role) {
        return Err(InvalidSeat::OwnersOnly);
    }
    if matches!(role, Role::Owner | Role::Admin) && !principal.credential.is_person() {
        return Err(InvalidSeat::PersonRequired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::people::access::{Actor, Credential};
    use crate::{OrganizationId, SessionId, Timestamp, TokenId};

    fn person(role: Role) -> Principal {
        let at = Timestamp::UNIX_EPOCH;
        Principal {
            organization_id: OrganizationId::new(at, [1; 10]),
            actor: Actor::System,
            role,
            scopes: role.scopes(),
            inboxes: None,
            credential: Credential::Session(SessionId::new(at, [1; 10])),
            proved_at: Some(at),
            sends_per_day: None,
        }
    }

    fn program(role: Role) -> Principal {
        let id = TokenId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        Principal { credential: Credential::Token { id, chain: vec![Digest::of(b"x")] }, ..person(role) }
    }

    #[test]
    fn an_admin_makes_and_removes_no_owner_or_admin() {
        for role in [Role::Owner, Role::Admin] {
            let admin = person(Role::Admin);
            assert_eq!(check_gift(&admin, role), Err(InvalidSeat::OwnersOnly));
            assert_eq!(check_taking(&admin, role), Err(InvalidSeat::OwnersOnly));
            let owner = person(Role::Owner);
            assert_eq!((check_gift(&owner, role), check_taking(&owner, role)), (Ok(()), Ok(())));
        }
        for role in [Role::Approver, Role::Editor, Role::Viewer] {
            let admin = person(Role::Admin);
            assert_eq!((check_gift(&admin, role), check_taking(&admin, role)), (Ok(()), Ok(())));
            for other in [Role::Approver, Role::Editor, Role::Viewer] {
                assert!(!other.gives(role), "{other:?} {role:?}");
            }
        }
    }

    #[test]
    fn a_program_gives_no_role_that_decides_and_takes_none_that_manages() {
        for role in Role::ALL {
            let expected = if role.decides() { Err(InvalidSeat::PersonRequired) } else { Ok(()) };
            assert_eq!(check_gift(&program(Role::Owner), *role), expected, "{role:?}");
        }
        assert_eq!(check_taking(&program(Role::Owner), Role::Admin), Err(InvalidSeat::PersonRequired));
        assert_eq!(check_taking(&program(Role::Owner), Role::Approver), Ok(()));
    }
}
