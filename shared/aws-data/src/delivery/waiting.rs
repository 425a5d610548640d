//! Deliveries that wait for a later attempt.

use domain::delivery::event::EventKind;
use domain::delivery::webhook::WaitingDelivery;
use domain::{EventId, OrganizationId, Timestamp, WebhookId};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Place, days_after, place, shard};

/// One that nobody looks after any more is deleted so long after its endpoint was first to be told: twice as long as it is told.
const KEPT_DAYS: i64 = 3;

/// What the partitions of the watch begin with in which they lie.
pub(crate) const WATCH: &str = "delivery";

record! {
    WaitingDelivery as WaitingDeliveryRecord {
        webhook_id: WebhookId,
        organization_id: OrganizationId,
        event_id: EventId,
        #[serde(rename = "event_type")]
        kind: EventKind,
        body: String,
        number: u32,
        put_off: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_at: Option<Timestamp>,
        due: Timestamp,
        look_at: Timestamp,
        version: u64,
    }
}

impl Kind for WaitingDelivery {
    const NAME: &'static str = "waiting-delivery";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys {
            watch: Some((shard(WATCH, self.event_id.body()), self.look_at)),
            ttl: Some(days_after(self.since(), KEPT_DAYS)),
            ..IndexKeys::default()
        }
    }
}

/// Where one lies.
pub(crate) fn at(organization: OrganizationId, webhook: WebhookId, event: EventId) -> Place {
    place(format!("{organization}/{webhook}/waiting"), event.to_string())
}
