//! The look after work that stands still: the table is the truth, this is what makes it move again.

use std::collections::BTreeSet;

use domain::delivery::event::EventKind;
use domain::gate::approval::Deed;
use domain::gate::last_look::Hindrance;
use domain::ledger::audit::action;
use domain::mailbox::lifecycle::Status;
use domain::people::access::Actor;
use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::{Ports, Workflow};
use crate::base::store::{Record, StoreError, Watch, Watched, Write, key, load};
use crate::gate::dispatch::hindrance;
use crate::gate::steps::{approval_event, message_event, move_on, ticket, wake};

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Approvals whose time was over.
    pub expired: u32,
    /// Due mails whose workflow was started again.
    pub restarted: u32,
    /// Claimed mails that are unknown now.
    pub lost: u32,
    /// Mails of which somebody was reminded.
    pub reminded: u32,
}

/// So many mails are asked for at a time.
const BATCH: u16 = 200;
/// A sweep begins with others for so long, while there are any; the next follows within a minute.
const TIME: SignedDuration = SignedDuration::from_secs(25);
/// A mail gets one run at most in so many seconds.
pub const RUN: i64 = 300;
/// So many of them side by side.
const AT_ONCE: usize = 20;

/// Moves on whatever is overdue. One mail that can't be moved does not keep the others.
pub async fn sweep(ports: &Ports, workflow: &dyn Workflow, watch: &dyn Watch) -> Result<Swept, Refusal> {
    let (mut swept, started) = (Swept::default(), ports.now());
    let in_time = || ports.now().duration_since(started) < TIME;
    // Whatever is looked at once in a sweep is not looked at again: what can't be moved must not keep the rest.
    let (mut seen, mut limit) = (BTreeSet::new(), BATCH);
    while in_time() {
        let overdue = watch.overdue(ports.now(), limit).await?;
        let all = overdue.len() < usize::from(limit);
        let (again, new): (Vec<_>, Vec<_>) =
            overdue.into_iter().partition(|one| seen.contains(&(one.inbox_id, one.message_id)));
        for some in new.chunks(AT_ONCE).take_while(|_| in_time()) {
            seen.extend(some.iter().map(|one| (one.inbox_id, one.message_id)));
            batch(ports, workflow, some, &mut swept).await;
        }
        if all {
            break;
        }
        // Those that did not move stand before the others in the next answer.
        limit = BATCH.saturating_add(u16::try_from(again.len()).unwrap_or(u16::MAX));
    }
    Ok(swept)
}

/// Looks after some mails, side by side.
async fn batch(ports: &Ports, workflow: &dyn Workflow, some: &[Watched], swept: &mut Swept) {
    let looked =
        some.iter().map(|watched| async move { (watched, look_after(ports, workflow, watched).await) });
    for (watched, result) in join_all(looked).await {
        match result {
            Ok(Some(Status::Expired)) => swept.expired += 1,
            Ok(Some(Status::Scheduled)) => swept.restarted += 1,
            Ok(Some(Status::Unknown)) => swept.lost += 1,
            Ok(Some(Status::PendingApproval)) => swept.reminded += 1,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(message_id = %watched.message_id, %error, "could not be moved on");
            }
        }
    }
}

async fn look_after(
    ports: &Ports,
    workflow: &dyn Workflow,
    watched: &Watched,
) -> Result<Option<Status>, Refusal> {
    let organization_id = watched.organization_id;
    let key = key::Message(watched.inbox_id, watched.message_id);
    let Some(message) = load(&*ports.store, organization_id, key).await? else { return Ok(None) };
    let Some(outbound) = message.outbound().cloned() else { return Ok(None) };
    let now = ports.now();
    if outbound.watch_at().is_none_or(|at| now < at) {
        return Ok(None);
    }
    let status = outbound.status();
    let approval = load(&*ports.store, organization_id, key::Approval(outbound.approval_id)).await?;
    let Some(approval) = approval else { return Ok(None) };
    let committed = match status {
        Status::PendingApproval => {
            if let (Ok(expired), Ok(over)) = (approval.clone().expire(now), outbound.clone().expire(now)) {
                let entry = ports.audit(organization_id, &Actor::System, action::EXPIRE, expired.id);
                let mut entry = entry.telling_of(Deed::Ended, expired.id, now);
                entry.details = vec![
                    ("digest", expired.digest.to_string()),
                    ("message_id", expired.message_id.to_string()),
                ];
                let change = move_on(ports, message, over, status)
                    .update(expired.clone())
                    .audit(entry)
                    .event(approval_event(ports, EventKind::ApprovalExpired, &expired));
                let committed = ports.store.commit(change).await;
                if committed.is_ok() {
                    wake(workflow, &expired).await;
                }
                committed.map(|()| Status::Expired)
            } else {
                let pause = approval.terms.as_ref().and_then(|terms| terms.remind_after);
                let Some(Ok(reminded)) = pause.map(|pause| outbound.remind(now, pause)) else {
                    return Ok(None);
                };
                let change = move_on(ports, message, reminded, status).event(approval_event(
                    ports,
                    EventKind::ApprovalReminder,
                    &approval,
                ));
                ports.store.commit(change).await.map(|()| Status::PendingApproval)
            }
        }
        Status::Scheduled => {
            let paused = matches!(hindrance(ports, &message, &approval).await?, Some(Hindrance::Paused(_)));
            let next = if paused {
                outbound.postpone(now)
            } else {
                // A run that is under way is not started twice.
                let run = u32::try_from(now.as_second() / RUN).unwrap_or(u32::MAX);
                workflow.start(&ticket(&approval), approval.send_at, run).await?;
                // Watched from now on again, so that it does not stand before others in the next sweep.
                outbound.restart(now)
            };
            let Ok(next) = next else { return Ok(None) };
            ports.store.commit(move_on(ports, message, next, status)).await.map(|()| Status::Scheduled)
        }
        Status::Sending => {
            let Ok(lost) = outbound.lose(now) else { return Ok(None) };
            ports.store.commit(move_on(ports, message, lost, status)).await.map(|()| Status::Unknown)
        }
        Status::Unknown => {
            let Ok(told) = outbound.tell_again(now) else { return Ok(None) };
            let mut change = move_on(ports, message, told, status);
            if let Some(Write::Put(record, _)) = change.writes.last()
                && let Record::Message(message) = &**record
            {
                let event = message_event(ports, EventKind::MessageUnknown, message);
                change = change.event(event);
            }
            ports.store.commit(change).await.map(|()| Status::PendingApproval)
        }
        _ => return Ok(None),
    };
    match committed {
        Ok(status) => Ok(Some(status)),
        // It moved by itself at the same moment.
        Err(StoreError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
