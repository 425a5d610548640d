//! Passkeys, and what they were asked for.

use aws_sdk_dynamodb::types::Delete;
use aws_sdk_dynamodb::types::builders::DeleteBuilder;
use domain::base::digest::Digest;
use domain::people::passkey::{Ceremony, Offer, Passkey, Passkeys, Purpose, UserHandle};
use domain::people::signing::{Algorithm, Assertion};
use domain::{MemberId, OrganizationId, PasskeyId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Kind, Place, key, place};

record! {
    Passkey as PasskeyRecord {
        id: PasskeyId,
        name: String,
        credential_id: Vec<u8> as binary,
        credential: String,
        created_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_used_at: Option<Timestamp>,
        synced: bool,
        sign_count: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offer: Option<Offer>,
    }
}

record! {
    Offer as OfferRecord {
        at: Timestamp,
        algorithm: Algorithm,
        public_key: Vec<u8> as binary,
        site: String,
        assertion: Assertion,
    }
}

impl Field for Algorithm {
    type Form = String;
    fn write(&self) -> String {
        self.name().to_owned()
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        Algorithm::named(&form).ok_or(Corrupt("algorithm"))
    }
}

record! {
    Passkeys as PasskeysRecord {
        organization_id: OrganizationId,
        member_id: MemberId,
        keys: Vec<Passkey>,
        version: u64,
    }
}

impl Kind for Passkeys {
    const NAME: &'static str = "passkeys";
}

/// Where a member's passkeys lie.
pub(crate) fn at(organization: OrganizationId, member: MemberId) -> Place {
    place(format!("{organization}/{member}/passkeys"), "passkeys")
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CeremonyRecord {
    hash: String,
    purpose: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whose: Option<String>,
    expires_at: i64,
}

impl Field for Ceremony {
    type Form = CeremonyRecord;
    fn write(&self) -> CeremonyRecord {
        CeremonyRecord {
            hash: self.hash.write(),
            purpose: self.purpose.as_str().to_owned(),
            whose: self.purpose.whose().map(UserHandle::reveal),
            expires_at: self.expires_at.write(),
        }
    }
    fn read(form: CeremonyRecord) -> Result<Self, Corrupt> {
        let whose = form.whose.map(|text| UserHandle::parse(&text).ok_or(Corrupt("handle"))).transpose()?;
        Ok(Ceremony {
            hash: Field::read(form.hash)?,
            purpose: Purpose::parse(&form.purpose, whose).ok_or(Corrupt("purpose"))?,
            expires_at: Field::read(form.expires_at)?,
        })
    }
}

impl Kind for Ceremony {
    const NAME: &'static str = "ceremony";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(self.expires_at.as_second()), ..IndexKeys::default() }
    }
}

/// Where that a passkey was asked for lies: who signs in belongs to no organization yet.
pub(crate) fn ceremony_at(hash: Digest) -> Place {
    place(format!("ceremony/{}", hash.hex()), "ceremony")
}

/// That it is done: of two at once, one finds it.
pub(crate) fn end_ceremony(hash: Digest) -> DeleteBuilder {
    Delete::builder().set_key(Some(key(&ceremony_at(hash)))).condition_expression("attribute_exists(pk)")
}
