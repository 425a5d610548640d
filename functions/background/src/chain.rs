//! Audit entries out of the table's stream get their places in their organization's chain. Every few minutes a schedule
//! calls without records: then those are looked for that the stream lost.
//!
//! Of those that tell of somebody's own way in, or of what owners are to know, the alert is queued here, the stream's other reader being
//! busy with events; and of those that tell that an organization was signed up for, the mail to whoever is to claim it.

use std::sync::Arc;

use app::base::ports::Queue;
use app::base::trail::Trail;
use app::gate::notify::{Alerted, OwnersTold};
use app::gate::registrations::AskedClaim;
use app::ledger::audit::{catch_up, chain};
use app::people::email::AskedProof;
use assembly::Aws;
use aws_data::delivery::stream::position;
use aws_lambda_events::dynamodb::{Event, EventRecord};
use domain::ledger::alerts;
use domain::{AuditId, OrganizationId};
use futures_util::future::BoxFuture;
use runtime::environment::SystemClock;
use runtime::task::{Task, TaskError, batch_failures};
use serde_json::{Value, json};

use crate::patience::patiently;

/// What the function needs.
pub struct Context {
    trail: Arc<dyn Trail>,
    notices: Arc<dyn Queue>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-chain", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { trail: aws.trail(), notices: aws.notify_queue() }
}

/// Entries of one organization, with the position in the stream of the first.
type Batch = (OrganizationId, String, Vec<AuditId>);

fn handle(Context { trail, notices }: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        if event.get("Records").is_none() {
            let (given, failed) = catch_up(&SystemClock, &**trail).await?;
            tracing::info!(given, failed, "lost audit entries");
            if failed > 0 {
                return Err(TaskError::transient(format!("{failed} organizations could not be caught up")));
            }
            return Ok(json!({ "given": given }));
        }
        let stream: Event = serde_json::from_value(event).map_err(TaskError::permanent)?;
        let mut first_failed = None;
        for (organization_id, position, ids) in batches(&stream.records) {
            let chain = || chain(&SystemClock, &**trail, organization_id, &ids);
            if let Err(error) = patiently(chain).await {
                tracing::warn!(%organization_id, %error, "audit entries could not be chained yet");
                // The stream comes again from here: what has its place by then is passed over.
                first_failed = first_failed.or(Some(position));
            }
        }
        // The chain comes first. Of two positions Lambda begins again at the lower one, and whoever was told is not told again.
        let failed: Vec<_> =
            first_failed.into_iter().chain(queue_alerts(&**notices, &stream.records).await).collect();
        Ok(batch_failures(&failed))
    })
}

/// Queues what people are told of their own way in. Returns the position of the first entry of which that failed.
async fn queue_alerts(notices: &dyn Queue, records: &[EventRecord]) -> Option<String> {
    for record in records {
        let entry = match aws_data::delivery::stream::entry(record) {
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                tracing::warn!(%error, "of an audit entry in the stream nobody is told: it can't be read");
                continue;
            }
            None => continue,
        };
        let organization_id = entry.organization_id;
        let own = alerts::of(&entry).into_iter().map(|(member_id, alert)| {
            wire::gate::alerts::write(&Alerted { organization_id, member_id, id: entry.id, alert })
        });
        let of_owners = alerts::of_owners(&entry).map(|alert| {
            wire::gate::alerts::write_owners(&OwnersTold { organization_id, id: entry.id, alert })
        });
        let claim = alerts::asks_for_claim(&entry)
            .then(|| wire::gate::registrations::write(&AskedClaim { organization_id, id: entry.id }));
        let proof = alerts::asks_for_proof(&entry).map(|member_id| {
            wire::people::email::write(&AskedProof { organization_id, member_id, id: entry.id })
        });
        for body in own.chain(of_owners).chain(claim).chain(proof) {
            if let Err(error) = notices.send(organization_id, body, 0).await {
                tracing::warn!(%organization_id, %error, "a security alert could not be queued yet");
                return Some(position(record));
            }
        }
    }
    None
}

/// The entries by organization, in the order in which the stream names them.
fn batches(records: &[EventRecord]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = vec![];
    for record in records {
        let Some((organization_id, id)) = aws_data::delivery::stream::audit(record) else { continue };
        if let Some(batch) = batches.iter_mut().find(|batch| batch.0 == organization_id) {
            batch.2.push(id);
        } else {
            batches.push((organization_id, position(record), vec![id]));
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_gathered_by_organization_with_the_position_of_the_first() {
        let example: Value =
            serde_json::from_str(include_str!("../../../events/background-chain.json")).unwrap();
        let record = |organization: char, entry: char, position: &str| {
            let mut record = example["Records"][0].clone();
            let pk =
                format!("org_01kc1x5e3r000000000000000{organization}/aud_01kc1x5e3r000000000000000{entry}");
            record["dynamodb"]["NewImage"]["pk"]["S"] = json!(pk);
            record["dynamodb"]["SequenceNumber"] = json!(position);
            record
        };
        let mut changed = record('1', 'f', "4");
        changed["eventName"] = json!("MODIFY");
        let mut event = record('1', 'f', "5");
        event["dynamodb"]["NewImage"]["kind"]["S"] = json!("event");
        let records = [record('1', 'a', "1"), record('2', 'b', "2"), record('1', 'c', "3"), changed, event];
        let records = records.map(|record| serde_json::from_value(record).unwrap());
        let found: Vec<_> = batches(&records)
            .into_iter()
            .map(|(organization, position, ids)| {
                let ids: Vec<_> = ids.iter().map(|id| id.body()[25..].to_owned()).collect();
                (organization.body()[25..].to_owned(), position, ids.concat())
            })
            .collect();
        let expected = [("1", "1", "ac"), ("2", "2", "b")];
        assert_eq!(found, expected.map(|(o, p, i)| (o.to_owned(), p.to_owned(), i.to_owned())));
    }
}
