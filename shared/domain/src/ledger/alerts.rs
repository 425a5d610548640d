//! Which entries of the audit log tell of something that a person hears of by mail: it concerns their own way in, or they are an owner.
//!
//! The entry is in the transaction of what it tells of. So no change is without its alert, and what makes the change needs no right to
//! tell anybody.

use crate::base::id::Id as _;
use crate::ledger::audit::Entry;
use crate::people::access::Role;
use crate::people::alert::{Alert, Deed, OwnersAlert};
use crate::{MemberId, SessionId};

/// Who is told of an entry, and of what.
pub fn of(entry: &Entry) -> Vec<(MemberId, Alert)> {
    let own = |alert: Alert| entry.actor.member().map(|member_id| (member_id, alert)).into_iter().collect();
    match entry.action.as_str() {
        "session.create" => {
            SessionId::parse(&entry.target).map_or_else(|_| vec![], |id| own(Alert::SignedIn(id)))
        }
        "password.change" | "password_reset.confirm" => own(Alert::PasswordChanged),
        "second_factor.enable" => own(Alert::SecondFactorAdded),
        "second_factor.remove" => own(Alert::SecondFactorRemoved),
        "passkey.add" => own(Alert::PasskeyAdded),
        "passkey.remove" => own(Alert::PasskeyRemoved),
        "openid.connect" => own(Alert::OpenIdConnected),
        "openid.disconnect" => own(Alert::OpenIdDisconnected),
        // Somebody else did it for them.
        "second_factor.reset" => {
            let told = MemberId::parse(&entry.target).ok();
            told.map(|member_id| (member_id, Alert::SecondFactorRemoved)).into_iter().collect()
        }
        "member.update" => {
            let told = MemberId::parse(&entry.target).ok();
            told.zip(changed(role(entry, "from"), role(entry, "role"))).into_iter().collect()
        }
        "organization.transfer_ownership" => {
            let to = entry.details.get("to").and_then(|id| MemberId::parse(id).ok());
            let given = to.zip(changed(role(entry, "from"), Some(Role::Owner)));
            let given_up = entry.actor.member().zip(changed(Some(Role::Owner), Some(Role::Admin)));
            given.into_iter().chain(given_up).collect()
        }
        _ => vec![],
    }
}

/// What the owners are told of an entry.
pub fn of_owners(entry: &Entry) -> Option<OwnersAlert> {
    let deed = match entry.action.as_str() {
        "token.create" => Deed::TokenMade,
        "member.update" => Deed::RoleChanged,
        "member.delete" => Deed::MemberRemoved,
        "organization.transfer_ownership" => Deed::OwnershipGiven,
        "organization.pause" | "inbox.pause" | "token.pause" => Deed::Paused,
        "organization.resume" | "inbox.resume" | "token.resume" => Deed::Resumed,
        "policy.create" | "policy.update" | "policy.delete" | "group.create" | "group.update"
        | "group.delete" => Deed::PoliciesChanged,
        "second_factor.remove" | "second_factor.reset" => Deed::SecondFactorRemoved,
        "invitation.accept" => Deed::MemberJoined,
        "signing_key.register"
        | "signing_key.revoke"
        | "signing_key.suspend"
        | "signing_key.resume"
        | "signing_key.demand" => Deed::SigningKeysChanged,
        "account.connect" | "account.replace_key" => Deed::AccountConnected,
        "account.error" => Deed::AccountRefused,
        "webhook.create" => Deed::WebhookMade,
        "webhook.update"
            if entry.details.get("changed").is_some_and(|it| it.split(' ').any(|one| one == "url")) =>
        {
            Deed::WebhookMade
        }
        _ => return None,
    };
    let to = match deed {
        Deed::OwnershipGiven => Some(Role::Owner),
        _ => role(entry, "role"),
    };
    let roles =
        role(entry, "from").zip(to).filter(|_| matches!(deed, Deed::RoleChanged | Deed::OwnershipGiven));
    if deed == Deed::RoleChanged && roles.is_none_or(|(from, to)| from == to) {
        return None;
    }
    let given = (deed == Deed::OwnershipGiven).then(|| entry.details.get("to")).flatten();
    let target = given.unwrap_or(&entry.target).clone();
    Some(OwnersAlert { deed, actor: entry.actor.clone(), target, roles })
}

/// Whether an entry tells that somebody is to be mailed the link by which they claim an organization.
pub fn asks_for_claim(entry: &Entry) -> bool {
    ["registration.create", "registration.resend"].contains(&entry.action.as_str())
}

/// Whose address an entry tells that it is to be proven by mail.
pub fn asks_for_proof(entry: &Entry) -> Option<MemberId> {
    entry.actor.member().filter(|_| entry.action == "email_verification.ask")
}

fn role(entry: &Entry, name: &str) -> Option<Role> {
    entry.details.get(name).and_then(|name| Role::parse(name))
}

/// Nothing where the role stayed: other groups are no other rights of one's own.
fn changed(from: Option<Role>, to: Option<Role>) -> Option<Alert> {
    let (from, to) = from.zip(to)?;
    (from != to).then_some(Alert::RoleChanged { from, to })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::people::access::Actor;
    use crate::{AuditId, OrganizationId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn member(n: u8) -> MemberId {
        MemberId::new(NOW, [n; 10])
    }

    fn entry(action: &str, target: &str, details: &[(&str, &str)]) -> Entry {
        Entry {
            id: AuditId::new(NOW, [1; 10]),
            organization_id: OrganizationId::new(NOW, [1; 10]),
            at: NOW,
            actor: Actor::Member { member_id: member(1) },
            action: action.to_owned(),
            target: target.to_owned(),
            details: details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn each_hears_of_their_own_way_in() {
        let session = SessionId::new(NOW, [2; 10]);
        let found = of(&entry("session.create", &session.to_string(), &[]));
        assert_eq!(found, [(member(1), Alert::SignedIn(session))]);
        for (action, alert) in [
            ("password.change", Alert::PasswordChanged),
            ("password_reset.confirm", Alert::PasswordChanged),
            ("second_factor.enable", Alert::SecondFactorAdded),
            ("second_factor.remove", Alert::SecondFactorRemoved),
            ("passkey.add", Alert::PasskeyAdded),
            ("passkey.remove", Alert::PasskeyRemoved),
            ("openid.connect", Alert::OpenIdConnected),
            ("openid.disconnect", Alert::OpenIdDisconnected),
        ] {
            assert_eq!(of(&entry(action, "usr_1", &[])), [(member(1), alert)], "{action}");
        }
    }

    #[test]
    fn whoever_has_another_role_hears_of_it_and_not_who_gave_it() {
        let target = member(2).to_string();
        let update = |from, to| of(&entry("member.update", &target, &[("from", from), ("role", to)]));
        let alert = Alert::RoleChanged { from: Role::Viewer, to: Role::Owner };
        assert_eq!(update("viewer", "owner"), [(member(2), alert)]);
        let lost = of(&entry("second_factor.reset", &target, &[]));
        assert_eq!(lost, [(member(2), Alert::SecondFactorRemoved)]);
        assert_eq!(update("viewer", "viewer"), [], "other groups");
        assert_eq!(update("viewer", "king"), [], "of another version");
        let transfer =
            entry("organization.transfer_ownership", "org_1", &[("to", &target), ("from", "viewer")]);
        let given_up = Alert::RoleChanged { from: Role::Owner, to: Role::Admin };
        assert_eq!(of(&transfer), [(member(2), alert), (member(1), given_up)]);
    }

    #[test]
    fn owners_hear_of_what_gives_rights_or_moves_what_holds_mail_back() {
        let target = member(2).to_string();
        for (action, deed) in [
            ("token.create", Deed::TokenMade),
            ("member.delete", Deed::MemberRemoved),
            ("organization.pause", Deed::Paused),
            ("inbox.pause", Deed::Paused),
            ("token.resume", Deed::Resumed),
            ("policy.update", Deed::PoliciesChanged),
            ("policy.delete", Deed::PoliciesChanged),
            ("second_factor.remove", Deed::SecondFactorRemoved),
            ("second_factor.reset", Deed::SecondFactorRemoved),
            ("invitation.accept", Deed::MemberJoined),
            ("webhook.create", Deed::WebhookMade),
        ] {
            let found = of_owners(&entry(action, &target, &[("role", "viewer")])).unwrap();
            assert_eq!(
                (found.deed, found.target.as_str(), found.roles),
                (deed, target.as_str(), None),
                "{action}"
            );
        }
        let update = |from, to| of_owners(&entry("member.update", &target, &[("from", from), ("role", to)]));
        let roles = Some((Role::Viewer, Role::Admin));
        assert_eq!(
            update("viewer", "admin").map(|found| (found.deed, found.roles)),
            Some((Deed::RoleChanged, roles))
        );
        assert_eq!(update("viewer", "viewer"), None, "other groups");
        let transfer =
            entry("organization.transfer_ownership", "org_1", &[("to", &target), ("from", "viewer")]);
        assert_eq!(of_owners(&transfer).unwrap().target, target);
    }

    #[test]
    fn whoever_is_to_claim_an_organization_is_mailed_and_hears_of_nothing_else() {
        for (action, asks) in
            [("registration.create", true), ("registration.resend", true), ("registration.claim", false)]
        {
            let entry = entry(action, "org_1", &[]);
            assert_eq!((asks_for_claim(&entry), of(&entry)), (asks, vec![]), "{action}");
        }
    }

    #[test]
    fn whoever_proves_their_address_is_mailed() {
        let asked = entry("email_verification.ask", "mem_1", &[]);
        assert_eq!((asks_for_proof(&asked), of(&asked)), (Some(member(1)), vec![]));
        assert_eq!(asks_for_proof(&entry("email_verification.confirm", "mem_1", &[])), None);
    }

    #[test]
    fn of_all_else_nobody_hears() {
        for action in ["session.delete", "session.refuse", "second_factor.start", "approval.approve", ""] {
            let entry = entry(action, &member(2).to_string(), &[]);
            assert_eq!((of(&entry), of_owners(&entry)), (vec![], None), "{action}");
        }
        assert_eq!(of(&entry("session.create", "nonsense", &[])), []);
    }
}
