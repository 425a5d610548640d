//! Members of an organization.

use app::people::sessions::Me;
use serde_json::{Value, json};

use crate::people::organization::pause;

/// Who somebody is.
pub fn me(me: &Me) -> Value {
    json!({
        "member_id": me.member.id.to_string(),
        "user_id": me.member.user_id.to_string(),
        "email": me.member.email.as_str(),
        "role": me.member.role.as_str(),
        "organization": {
            "id": me.organization.id.to_string(),
            "name": me.organization.name,
            "paused": me.organization.paused.as_ref().map(pause),
        },
    })
}
