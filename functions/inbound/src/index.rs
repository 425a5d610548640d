//! Mails that came in or went out get into the search index of their inbox: events of the bus through a queue, many at a time.

use std::collections::{BTreeMap, BTreeSet};

use app::mailbox::index::index;
use domain::base::id::Id;
use domain::{InboxId, MessageId, OrganizationId};
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError, batch_failures, messages};
use serde_json::Value;

use crate::Context;

/// The function.
pub const TASK: Task<Context> = Task { name: "inbound-index", context: crate::context, handle };

/// An inbox with its organization.
type Place = (OrganizationId, InboxId);

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let (mut inboxes, mut failed): (BTreeMap<Place, Vec<(String, MessageId)>>, _) =
            (BTreeMap::new(), vec![]);
        for (message_id, body) in messages(event)? {
            match read(&body) {
                Some((place, id)) => inboxes.entry(place).or_default().push((message_id, id)),
                None => {
                    tracing::error!(message_id, "a message of the queue can't be read");
                    failed.push(message_id);
                }
            }
        }
        // One inbox after the other: a segment that is merged is held in memory.
        for ((organization_id, inbox_id), mails) in inboxes {
            let ids: BTreeSet<_> = mails.iter().map(|(_, id)| *id).collect();
            let added = index(&context.ports, &*context.blobs, organization_id, inbox_id, &ids).await;
            if let Err(error) = added {
                tracing::warn!(%inbox_id, %error, "mails could not be indexed");
                failed.extend(mails.into_iter().map(|(message_id, _)| message_id));
            }
        }
        Ok(batch_failures(&failed))
    })
}

/// The mail that an event of the bus is about, and where it is.
fn read(body: &str) -> Option<(Place, MessageId)> {
    fn id<T: Id>(value: &Value, pointer: &str) -> Option<T> {
        T::parse(value.pointer(pointer)?.as_str()?).ok()
    }
    let value: Value = serde_json::from_str(body).ok()?;
    let detail = value.get("detail")?;
    let place = (id(detail, "/organization_id")?, id(detail, "/event/data/message/inbox_id")?);
    Some((place, id(detail, "/event/data/message/id")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_its_mail() {
        let message =
            r#"{"id":"msg_01kc1x5e3r0000000000000002","inbox_id":"inb_01kc1x5e3r0000000000000001"}"#;
        let detail = format!(
            r#"{{"organization_id":"org_01kc1x5e3r0000000000000001","event":{{"data":{{"message":{message}}}}}}}"#
        );
        let (place, id) = read(&format!(r#"{{"detail":{detail}}}"#)).unwrap();
        assert_eq!(place.1.to_string(), "inb_01kc1x5e3r0000000000000001");
        assert_eq!(id.to_string(), "msg_01kc1x5e3r0000000000000002");
        for bad in ["", "{}", r#"{"detail":{}}"#, r#"{"detail":{"organization_id":"org_x"}}"#] {
            assert_eq!(read(bad), None);
        }
    }
}
