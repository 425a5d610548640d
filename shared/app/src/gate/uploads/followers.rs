//! Mails that follow the first of a row: they are called off as soon as whoever got the first answers, or it comes back. Where nobody is told of
//! that, the dispatcher looks once more when they would go ([`crate::gate::rows`]).

use domain::gate::approval::Approval;
use domain::mailbox::lifecycle::{Outbound, Status};
use domain::mailbox::message::{Direction, Message};
use domain::{InboxId, MessageId, OrganizationId};

use crate::base::error::Refusal;
use crate::base::ports::{Ports, Workflow};
use crate::base::store::{List, PageRequest, key, load, typed};
use crate::gate::purge::call_off;

/// So many of the last mails of a conversation are looked at: the first answer meets those of one row, which are six at most.
const LOOKED_AT: u16 = 12;

/// Calls those off that follow in the conversation of this mail, where it is an answer that a person wrote, or a first mail that came back.
/// How many there were.
pub async fn end_followers(
    ports: &Ports,
    workflow: &dyn Workflow,
    organization_id: OrganizationId,
    (inbox_id, message_id): (InboxId, MessageId),
) -> Result<usize, Refusal> {
    let store = &*ports.store;
    let Some(message) = load(store, organization_id, key::Message(inbox_id, message_id)).await? else {
        return Ok(0);
    };
    let reason = match &message.direction {
        Direction::Inbound { automatic: false, .. } => "answered",
        Direction::Outbound(outbound)
            if matches!(outbound.status(), Status::Bounced | Status::Complained) =>
        {
            "first_mail_bounced"
        }
        _ => return Ok(0),
    };
    let page = PageRequest { limit: LOOKED_AT, cursor: None };
    let list = List::LatestInThread(message.thread_id);
    let near = typed::<Message>(store.list(organization_id, &list, &page).await?).items;
    let waits = |it: &&Message| {
        matches!(it.outbound().map(Outbound::status), Some(Status::PendingApproval | Status::Scheduled))
    };
    let waiting: Vec<_> =
        near.iter().filter(waits).filter_map(|it| Some((it, it.outbound()?.approval_id))).collect();
    if waiting.is_empty() {
        return Ok(0);
    }
    let wanted: Vec<_> = waiting.iter().map(|(_, id)| key::Approval(*id)).collect();
    let first = message.outbound().map(|outbound| key::Approval(outbound.approval_id));
    let (approvals, first) = load(store, organization_id, (wanted, first)).await?;
    let of = |approval: &Option<Approval>| approval.as_ref()?.row;
    let first = of(&first);
    let mut ended = 0;
    for ((waiting, _), approval) in waiting.iter().zip(&approvals) {
        let Some(row) = of(approval).filter(|row| row.place > 0) else { continue };
        // Of a mail of ours that came back, those of its own row alone.
        let is_its = |first: domain::gate::upload::RowOf| {
            first.place == 0 && (first.upload_id, first.number) == (row.upload_id, row.number)
        };
        if reason == "answered" || first.is_some_and(is_its) {
            call_off(ports, workflow, waiting, reason).await?;
            ended += 1;
        }
    }
    Ok(ended)
}
