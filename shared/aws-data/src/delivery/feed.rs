//! The blocks of the feeds of events.

use domain::base::id::Id as _;
use domain::delivery::event::EventKind;
use domain::delivery::feed::{Block, Listed};
use domain::{EventId, InboxId, OrganizationId, Timestamp};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Kind, Place, numbered, place};

record! {
    Block as BlockRecord {
        organization_id: OrganizationId,
        number: u64,
        at: Timestamp,
        events: Vec<Listed>,
    }
}

/// One text, of some 80 bytes: a block costs by its size. A kind that this version does not know keeps its event's place.
impl Field for Listed {
    type Form = String;

    fn write(&self) -> String {
        let kind = self.kind.map_or("?", EventKind::as_str);
        let inbox_id = self.inbox_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        format!("{} {kind} {inbox_id}", self.event_id)
    }

    fn read(form: String) -> Result<Self, Corrupt> {
        let mut parts = form.splitn(3, ' ');
        let mut part = || parts.next().ok_or(Corrupt("event of a feed"));
        let (event_id, kind, inbox_id) = (part()?, part()?, part()?);
        let id = |_| Corrupt("id");
        Ok(Self {
            event_id: EventId::parse(event_id).map_err(id)?,
            kind: EventKind::parse(kind),
            inbox_id: (inbox_id != "-").then(|| InboxId::parse(inbox_id).map_err(id)).transpose()?,
        })
    }
}

impl Kind for Block {
    const NAME: &'static str = "event_block";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some((self.at + Block::KEPT).as_second()), ..IndexKeys::default() }
    }
}

/// One block of an organization's feed.
pub(crate) fn at(organization: OrganizationId, number: u64) -> Place {
    place(blocks(organization), numbered(number))
}

/// The partition of an organization's feed. It grows by one item for each batch of the stream.
pub(crate) fn blocks(organization: OrganizationId) -> String {
    format!("{organization}/events")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_another_version_keeps_its_place_in_the_block() {
        let (event_id, inbox_id) =
            (EventId::new(Timestamp::UNIX_EPOCH, [1; 10]), InboxId::new(Timestamp::UNIX_EPOCH, [2; 10]));
        for (form, listed) in [
            (
                format!("{event_id} message.sung {inbox_id}"),
                Listed { event_id, kind: None, inbox_id: Some(inbox_id) },
            ),
            (format!("{event_id} ? -"), Listed { event_id, kind: None, inbox_id: None }),
        ] {
            assert_eq!(Listed::read(form), Ok(listed));
        }
        for listed in [
            Listed { event_id, kind: Some(EventKind::MessageSent), inbox_id: Some(inbox_id) },
            Listed { event_id, kind: Some(EventKind::InboxCreated), inbox_id: None },
        ] {
            assert_eq!(Listed::read(listed.write()), Ok(listed));
        }
        for bad in [
            String::new(),
            event_id.to_string(),
            format!("{event_id} message.sent"),
            format!("{event_id} message.sent x"),
        ] {
            assert!(Listed::read(bad.clone()).is_err(), "{bad}");
        }
    }
}
