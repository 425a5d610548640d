//! Security alerts as messages of the queue of notifications, in the form of an event of the bus.

use app::gate::notify::{Alerted, OwnersTold};
use domain::people::access::Actor;
use domain::people::alert::Alert;
use serde_json::json;

/// An alert as a message. It names a member, and no address.
pub fn write(alerted: &Alerted) -> String {
    let (what, session_id, roles) = match alerted.alert {
        Alert::SignedIn(session_id) => ("signed_in", Some(session_id.to_string()), None),
        Alert::PasswordChanged => ("password_changed", None, None),
        Alert::SecondFactorAdded => ("second_factor_added", None, None),
        Alert::SecondFactorRemoved => ("second_factor_removed", None, None),
        Alert::PasskeyAdded => ("passkey_added", None, None),
        Alert::PasskeyRemoved => ("passkey_removed", None, None),
        Alert::OpenIdConnected => ("openid_connected", None, None),
        Alert::OpenIdDisconnected => ("openid_disconnected", None, None),
        Alert::RoleChanged { from, to } => ("role_changed", None, Some((from.as_str(), to.as_str()))),
    };
    let alert = json!({
        "member_id": alerted.member_id.to_string(),
        "id": alerted.id.to_string(),
        "what": what,
        "session_id": session_id,
        "from": roles.map(|(from, _)| from),
        "to": roles.map(|(_, to)| to),
    });
    json!({ "detail": { "organization_id": alerted.organization_id.to_string(), "security_alert": alert } })
        .to_string()
}

/// What owners are told of as a message. It names ids, and no address or name.
pub fn write_owners(told: &OwnersTold) -> String {
    let token_id = match &told.alert.actor {
        Actor::Token { token_id, .. } => Some(token_id.to_string()),
        Actor::Member { .. } | Actor::System => None,
    };
    let alert = json!({
        "id": told.id.to_string(),
        "what": told.alert.deed.as_str(),
        "target": told.alert.target,
        "member_id": told.alert.actor.member().map(|id| id.to_string()),
        "token_id": token_id,
        "from": told.alert.roles.map(|(from, _)| from.as_str()),
        "to": told.alert.roles.map(|(_, to)| to.as_str()),
    });
    json!({ "detail": { "organization_id": told.organization_id.to_string(), "owners_alert": alert } })
        .to_string()
}
