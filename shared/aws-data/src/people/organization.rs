//! Organizations.

use app::base::store::{Amendment, StoreError};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use domain::people::access::{Actor, CalledThen};
use domain::people::limit::SendsPerDay;
use domain::people::organization::{Organization, Pause};
use domain::{MemberId, OrganizationId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{Kind, Place, corrupt, key, number, place, text};

record! {
    Organization as OrganizationRecord {
        id: OrganizationId,
        name: String,
        data_key: Vec<u8> as binary,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paused: Option<Pause>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sends_per_day: Option<SendsPerDay>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        require_second_factor: bool,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unclaimed: bool,
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

/// A limit is stored as its number.
impl Field for SendsPerDay {
    type Form = u32;
    fn write(&self) -> u32 {
        self.get()
    }
    fn read(form: u32) -> Result<Self, Corrupt> {
        SendsPerDay::new(u64::from(form)).ok_or(Corrupt("limit"))
    }
}

impl Kind for Organization {
    const NAME: &'static str = "organization";
}

/// Where an organization lies.
pub(crate) fn at(organization: OrganizationId) -> Place {
    place(format!("{organization}/organization"), "organization")
}

/// The pause of what lies here, or that it ends. Names only the attributes that `template.yaml` lets routes write that pause.
pub(crate) fn pause(
    place: &Place,
    seen: Option<Timestamp>,
    pause: Option<&Pause>,
) -> Result<UpdateBuilder, StoreError> {
    let update = Update::builder().set_key(Some(key(place)));
    let update = match seen {
        None => update.condition_expression("attribute_exists(pk) AND attribute_not_exists(paused)"),
        Some(at) => update
            .condition_expression("paused.#at = :at")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", number(at.as_millisecond())),
    };
    Ok(match pause {
        None => update.update_expression("REMOVE paused"),
        Some(pause) => {
            let pause = serde_dynamo::to_attribute_value(pause.write()).map_err(|error| corrupt(&error))?;
            update.update_expression("SET paused = :paused").expression_attribute_values(":paused", pause)
        }
    })
}

/// What changes of the organization or token that lies here.
pub(crate) fn amend(place: &Place, amendment: &Amendment) -> UpdateBuilder {
    let mut update = Update::builder().set_key(Some(key(place))).condition_expression("attribute_exists(pk)");
    let (mut set, mut remove) = (vec![], vec![]);
    if let Some(name) = &amendment.name {
        set.push("#name = :name");
        update = update
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", text(name));
    }
    if let Some(required) = amendment.require_second_factor {
        set.push("require_second_factor = :required");
        update = update.expression_attribute_values(":required", AttributeValue::Bool(required));
    }
    match amendment.sends_per_day {
        None => {}
        Some(None) => remove.push("sends_per_day"),
        Some(Some(limit)) => {
            set.push("sends_per_day = :limit");
            update = update.expression_attribute_values(":limit", number(limit.get()));
        }
    }
    if amendment.claimed {
        // Of two who claim it at once, one does.
        update = update.condition_expression("attribute_exists(unclaimed)");
        remove.push("unclaimed");
    }
    let part = |word: &str, names: &[&str]| match names {
        [] => String::new(),
        some => format!("{word} {} ", some.join(", ")),
    };
    update.update_expression(format!("{}{}", part("SET", &set), part("REMOVE", &remove)).trim_end())
}

/// Whoever caused something.
#[derive(Serialize, Deserialize)]
pub(crate) struct ActorRecord {
    kind: String,
    member_id: Option<String>,
    token_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
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
            name: self.name().map(str::to_owned),
        }
    }
    fn read(form: ActorRecord) -> Result<Self, Corrupt> {
        match (form.kind.as_str(), form.member_id, form.token_id) {
            ("member", Some(member), _) => Ok(Actor::Member { member_id: MemberId::read(member)? }),
            ("token", Some(member), Some(token)) => {
                let name = form.name.as_deref().map(CalledThen::new).unwrap_or_default();
                Ok(Actor::Token { token_id: TokenId::read(token)?, member_id: MemberId::read(member)?, name })
            }
            ("system", _, _) => Ok(Actor::System),
            _ => Err(Corrupt("actor")),
        }
    }
}
