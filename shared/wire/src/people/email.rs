//! What is queued of whoever proves their address.

use app::people::email::AskedProof;
use serde_json::json;

/// That a link is to be mailed, as a message of the queue of notifications, in the form of an event of the bus.
pub fn write(asked: &AskedProof) -> String {
    let proof = json!({ "member_id": asked.member_id.to_string(), "id": asked.id.to_string() });
    json!({ "detail": { "organization_id": asked.organization_id.to_string(), "email_verification": proof } })
        .to_string()
}
