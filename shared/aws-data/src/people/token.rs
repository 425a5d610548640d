//! Tokens, by the hash of their secret, and what leads to them by their id.

use std::collections::BTreeSet;

use app::base::store::{StoreError, TokenPointer};
use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::base::digest::Digest;
use domain::people::access::{Credential, Role, Scopes};
use domain::people::credential::{Rotation, Token};
use domain::people::limit::SendsPerDay;
use domain::people::organization::Pause;
use domain::{InboxId, MemberId, OrganizationId, SessionId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Kind, Listing, Place, corrupt, key, number, place, text};

record! {
    Token as TokenRecord {
        id: TokenId,
        organization_id: OrganizationId,
        hash: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Digest>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rotation: Option<Rotation>,
        last_four: String,
        name: String,
        member_id: MemberId,
        role: Role,
        scopes: Scopes as scopes,
        inboxes: Option<BTreeSet<InboxId>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paused: Option<Pause>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ancestors: Vec<Digest>,
        created_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_used_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sends_per_day: Option<SendsPerDay>,
    }
}

record! {
    Rotation as RotationRecord {
        secret: Digest,
        previous: Digest,
        previous_until: Timestamp,
        at: Timestamp,
    }
}

impl Kind for Token {
    const NAME: &'static str = "token";
    fn index_keys(&self) -> IndexKeys {
        // One that stands for a later secret is no token more.
        let list = self
            .first
            .is_none()
            .then(|| Listing { partition: list(self.organization_id), order: self.id.to_string() });
        IndexKeys { list, ..IndexKeys::default() }
    }
}

/// Where the token of this hash lies.
pub(crate) fn at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/token/{}", hash.hex()), "token")
}

/// Another secret for the token that lies here.
pub(crate) fn rotate(
    place: &Place,
    seen: Option<Digest>,
    rotation: &Rotation,
    last_four: &str,
) -> Result<UpdateBuilder, StoreError> {
    let rotation = serde_dynamo::to_attribute_value(rotation.write()).map_err(|error| corrupt(&error))?;
    let update = Update::builder()
        .set_key(Some(key(place)))
        .update_expression("SET #rotation = :rotation, last_four = :last_four")
        .expression_attribute_names("#rotation", "rotation")
        .expression_attribute_values(":rotation", rotation)
        .expression_attribute_values(":last_four", text(last_four));
    Ok(match seen {
        None => update.condition_expression("attribute_exists(pk) AND attribute_not_exists(#rotation)"),
        Some(seen) => update
            .condition_expression("#rotation.#secret = :seen")
            .expression_attribute_names("#secret", "secret")
            .expression_attribute_values(":seen", text(seen)),
    })
}

/// Names only the attributes that `template.yaml` lets all routes write of a token.
pub(crate) fn used(place: &Place, at: Timestamp) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(place)))
        .update_expression("SET last_used_at = :at")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":at", number(at.as_millisecond()))
}

/// The list of an organization's tokens.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/tokens")
}

record! {
    TokenPointer as TokenPointerRecord {
        id: TokenId,
        hash: Digest,
    }
}

impl Kind for TokenPointer {
    const NAME: &'static str = "token_pointer";
}

/// Where what leads to a token lies.
pub(crate) fn pointer_at(organization: OrganizationId, id: TokenId) -> Place {
    place(format!("{organization}/{id}"), "pointer")
}

/// What somebody acted with: a session's or a token's id, or what the secret of a one-time link hashes to, and of a token
/// the hashes of those that must hold.
#[derive(Serialize, Deserialize)]
pub(crate) struct CredentialRecord {
    kind: String,
    id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chain: Vec<String>,
}

impl Field for Credential {
    type Form = CredentialRecord;
    fn write(&self) -> CredentialRecord {
        CredentialRecord {
            kind: self.kind().to_owned(),
            id: self.name(),
            chain: self.tokens().iter().map(ToString::to_string).collect(),
        }
    }
    fn read(form: CredentialRecord) -> Result<Self, Corrupt> {
        Ok(match form.kind.as_str() {
            "session" => Credential::Session(SessionId::read(form.id)?),
            "link" => Credential::Link(Digest::read(form.id)?),
            "token" => Credential::Token { id: TokenId::read(form.id)?, chain: Field::read(form.chain)? },
            _ => return Err(Corrupt("credential")),
        })
    }
}
