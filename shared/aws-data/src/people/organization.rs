//! Organizations.

use domain::people::access::Actor;
use domain::people::organization::{Organization, Pause};
use domain::{MemberId, OrganizationId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{Kind, Place, place};

record! {
    Organization as OrganizationRecord {
        id: OrganizationId,
        name: String,
        data_key: Vec<u8> as binary,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paused: Option<Pause>,
        created_at: Timestamp,
    }
}

record! {
    Pause as PauseRecord {
        by: Actor,
        at: Timestamp,
        reason: String,
    }
}

impl Kind for Organization {
    const NAME: &'static str = "organization";
}

/// Where an organization lies.
pub(crate) fn at(organization: OrganizationId) -> Place {
    place(format!("{organization}/organization"), "organization")
}

/// Whoever caused something.
#[derive(Serialize, Deserialize)]
pub(crate) struct ActorRecord {
    kind: String,
    member_id: Option<String>,
    token_id: Option<String>,
}

impl Field for Actor {
    type Form = ActorRecord;
    fn write(&self) -> ActorRecord {
        let (kind, token) = match self {
            Actor::Member { .. } => ("member", None),
            Actor::Token { token_id, .. } => ("token", Some(token_id.to_string())),
            Actor::System => ("system", None),
        };
        ActorRecord {
            kind: kind.to_owned(),
            member_id: self.member().map(|id| id.to_string()),
            token_id: token,
        }
    }
    fn read(form: ActorRecord) -> Result<Self, Corrupt> {
        match (form.kind.as_str(), form.member_id, form.token_id) {
            ("member", Some(member), _) => Ok(Actor::Member { member_id: MemberId::read(member)? }),
            ("token", Some(member), Some(token)) => {
                Ok(Actor::Token { token_id: TokenId::read(token)?, member_id: MemberId::read(member)? })
            }
            ("system", _, _) => Ok(Actor::System),
            _ => Err(Corrupt("actor")),
        }
    }
}
