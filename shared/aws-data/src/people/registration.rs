//! How an organization was signed up for, and the counts of who signs up.

use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::people::registration::{BoundWindow, Registration, RegistrationEnd};
use domain::{InboxId, MemberId, OrganizationId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Kind, Place, key, number, place, shard, text};

record! {
    Registration as RegistrationRecord {
        organization_id: OrganizationId,
        email: EmailAddress,
        member_id: MemberId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inbox_id: Option<InboxId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token_id: Option<TokenId>,
        created_at: Timestamp,
        expires_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Digest>,
        mails: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        end: Option<RegistrationEnd>,
        version: u64,
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct EndRecord {
    what: String,
    at: i64,
}

impl Field for RegistrationEnd {
    type Form = EndRecord;
    fn write(&self) -> EndRecord {
        let (what, at) = match self {
            RegistrationEnd::Claimed(at) => ("claimed", at),
            RegistrationEnd::Expired(at) => ("expired", at),
        };
        EndRecord { what: what.to_owned(), at: at.write() }
    }
    fn read(form: EndRecord) -> Result<Self, Corrupt> {
        let at = Timestamp::read(form.at)?;
        match form.what.as_str() {
            "claimed" => Ok(RegistrationEnd::Claimed(at)),
            "expired" => Ok(RegistrationEnd::Expired(at)),
            _ => Err(Corrupt("registration")),
        }
    }
}

/// What the partitions of the watch begin with in which registrations lie.
pub(crate) const WATCH: &str = "registration";

impl Kind for Registration {
    const NAME: &'static str = "registration";
    fn index_keys(&self) -> IndexKeys {
        let watch = self.look_at().map(|at| (shard(WATCH, self.organization_id.body()), at));
        // One that waits is looked after until it came to an end.
        let ttl = self.end.map(|_| self.expires_at.as_second() + Registration::KEPT.as_secs());
        IndexKeys { watch, ttl, ..IndexKeys::default() }
    }
}

/// Where it lies.
pub(crate) fn at(organization: OrganizationId) -> Place {
    place(format!("{organization}/registration"), "registration")
}

/// The kind of the counts of who signs up.
const SIGN_UP: &str = "sign_up";

/// Where a count of registrations lies. A window's counts are items of their own, as those of attempts at signing in.
pub(crate) fn count_at(of: Digest, window: BoundWindow) -> Place {
    let name = format!("{}/{}", window.bound.as_str(), window.begins_at.as_second());
    place(format!("sign-up/{}", of.hex()), name)
}

/// One more, or that they count as none.
pub(crate) fn count(of: Digest, window: BoundWindow, forget: bool) -> UpdateBuilder {
    let (what, value) = if forget {
        ("SET #kind = :kind, #ttl = :ttl, #count = :value", number(0))
    } else {
        ("SET #kind = :kind, #ttl = :ttl ADD #count :value", number(1))
    };
    Update::builder()
        .set_key(Some(key(&count_at(of, window))))
        .update_expression(what)
        .expression_attribute_names("#kind", "kind")
        .expression_attribute_names("#ttl", "ttl")
        .expression_attribute_names("#count", "count")
        .expression_attribute_values(":kind", text(SIGN_UP))
        // A window longer than it counts.
        .expression_attribute_values(":ttl", number((window.ends_at() + window.bound.length()).as_second()))
        .expression_attribute_values(":value", value)
}
