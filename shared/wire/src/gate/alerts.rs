//! Security alerts as messages of the queue of notifications, in the form of an event of the bus.

use app::gate::notify::Alerted;
use domain::people::alert::Alert;
use serde_json::json;

/// An alert as a message. It names a member, and no address.
pub fn write(alerted: &Alerted) -> String {
    let (what, session_id, roles) = match alerted.alert {
        Alert::SignedIn(session_id) => ("signed_in", Some(session_id.to_string()), None),
        Alert::PasswordChanged => ("password_changed", None, None),
        Alert::SecondFactorAdded => ("second_factor_added", None, None),
        Alert::SecondFactorRemoved => ("second_factor_removed", None, None),
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
