//! Domains of organizations; and, over all organizations, which of them are verified and how many asked for one.

use app::base::store::Claimed;
use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::base::digest::Digest;
use domain::mailbox::domains::{
    Answer, Domain, DomainName, DomainNotice, DomainStatus, Family, Found, Holding, RecordType,
};
use domain::people::access::Actor;
use domain::{DomainId, OrganizationId, Timestamp};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Item, Kind, Listing, Place, key, number, place, shard, text};
use crate::mailbox::thread::instant;

impl Field for DomainName {
    type Form = String;
    fn write(&self) -> String {
        self.as_str().to_owned()
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        Ok(DomainName::stored(form))
    }
}

record! {
    Answer as AnswerRecord {
        value: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<u16>,
    }
}

record! {
    Found as FoundRecord {
        name: String,
        kind: RecordType,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<Vec<Answer>>,
    }
}

record! {
    Domain as DomainRecord {
        id: DomainId,
        organization_id: OrganizationId,
        name: DomainName,
        status: DomainStatus,
        warms_up: bool,
        created_at: Timestamp,
        created_by: Actor,
        asked_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verified_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failing_since: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        looked_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        look_at: Option<Timestamp>,
        region: String,
        tokens: Vec<String>,
        found: Vec<Found>,
        version: u64,
    }
}

/// What the partitions of the watch begin with in which domains lie that somebody looks at.
pub(crate) const WATCH: &str = "domain";

impl Kind for Domain {
    const NAME: &'static str = "domain";
    fn index_keys(&self) -> IndexKeys {
        let order = format!("{}/{}", instant(self.created_at), self.id);
        let list = Listing { partition: list(self.organization_id), order };
        let watch = self.look_at.map(|at| (shard(WATCH, self.id.body()), at));
        IndexKeys { list: Some(list), watch, ..IndexKeys::default() }
    }
}

/// Where a domain lies.
pub(crate) fn at(organization: OrganizationId, id: DomainId) -> Place {
    place(format!("{organization}/{id}"), "domain")
}

/// The list of an organization's domains.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/domains")
}

record! {
    DomainNotice as DomainNoticeRecord {
        id: DomainId,
        name: DomainName,
        status: DomainStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failing_since: Option<Timestamp>,
        missing: Vec<String>,
    }
}

record! {
    Holding as HoldingRecord {
        name: DomainName,
        organization_id: OrganizationId,
    }
}

record! {
    Family as FamilyRecord {
        look: String,
        holdings: Vec<Holding>,
        version: u64,
    }
}

impl Kind for Family {
    const NAME: &'static str = "domain_family";
}

/// Where it is written down which verified domains look so.
pub(crate) fn family_at(look: &str) -> Place {
    place(format!("domain-family/{}", Digest::of(look.as_bytes()).hex()), "family")
}

/// Where it is counted how many organizations asked for a domain.
pub(crate) fn claims_at(name: &DomainName) -> Place {
    place(format!("domain-claims/{}", Digest::of(name.as_str().as_bytes()).hex()), "claims")
}

/// One more organization asked for a domain, or one fewer.
pub(crate) fn claim(name: &DomainName, claimed: Claimed) -> UpdateBuilder {
    let by = match claimed {
        Claimed::Asked => 1,
        Claimed::Deleted => -1,
    };
    Update::builder()
        .set_key(Some(key(&claims_at(name))))
        .update_expression("SET #kind = :kind ADD #count :by")
        .expression_attribute_names("#kind", "kind")
        .expression_attribute_names("#count", "count")
        .expression_attribute_values(":kind", text("domain_claims"))
        .expression_attribute_values(":by", number(by))
}

/// How many asked, by the item that counts them.
pub(crate) fn claims_of(item: Option<&Item>) -> u64 {
    item.and_then(|item| item.get("count")?.as_n().ok()?.parse().ok()).unwrap_or_default()
}
