//! Pausing: nothing that a pause covers goes out until it is resumed, whatever was approved.
//!
//! Pulling it is one write, and every dispatcher looks at it after it has claimed a mail and before it calls the
//! provider: a pause that came before the claim always wins. Releasing it first tells what will go, and lets a person
//! drop some of it.

use domain::base::code::Code;
use domain::delivery::event::{Event, EventKind, Halt, Subject};
use domain::gate::approval::Approval;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::Status;
use domain::mailbox::message::Message;
use domain::people::access::{Permit, ScopeType, scope};
use domain::people::organization::{Pause, StaysPaused};
use domain::{InboxId, MessageId, TokenId};
use futures_util::future::join_all;

use crate::base::error::Refusal;
use crate::base::ports::{Ports, Workflow};
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Key, List, Page, PageRequest, StoreError, Write, key, load, typed};
use crate::gate::approvals::cancel;
use crate::gate::steps::ticket;
use crate::people::tokens;

/// What a pause covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covered {
    /// All mail of the organization.
    Organization,
    /// The mail of an inbox.
    Inbox(InboxId),
    /// What a token asked for; its requests are refused as well.
    Token(TokenId),
}

impl Covered {
    const fn name(self) -> &'static str {
        match self {
            Covered::Organization => "organization",
            Covered::Inbox(_) => "inbox",
            Covered::Token(_) => "token",
        }
    }
}

/// At most so many mails are started again at once when a pause ends; the sweeper starts the rest within a
/// quarter of an hour.
const KICKED: u16 = 100;
/// A pause loses against others at most so often before it gives up.
const TRIES: usize = 5;
/// At most so many mails are dropped by one release.
pub const MAX_DROPPED: usize = 100;

/// What can be paused, as it was found.
struct Found {
    key: Key,
    paused: Option<Pause>,
    /// Where it is one.
    inbox: Option<Inbox>,
}

async fn load_covered(
    ports: &Ports,
    permit: &Permit<impl ScopeType>,
    scope: Covered,
) -> Result<Found, Refusal> {
    let organization_id = permit.organization_id();
    Ok(match scope {
        Covered::Organization => {
            let found = load(&*ports.store, organization_id, key::Organization).await?;
            let found = found.ok_or(Refusal::NotFound("organization"))?;
            Found { key: Key::Organization, paused: found.paused, inbox: None }
        }
        Covered::Inbox(id) => {
            permit.over(id)?;
            let found = load(&*ports.store, organization_id, key::Inbox(id)).await?;
            let found = found.ok_or(Refusal::NotFound("inbox"))?;
            Found { key: Key::Inbox(id), paused: found.paused.clone(), inbox: Some(found) }
        }
        Covered::Token(id) => {
            let found = tokens::find(ports, organization_id, id).await?;
            Found { key: Key::Token(found.hash), paused: found.paused, inbox: None }
        }
    })
}

/// Whoever may decide may pause: to stop is always safe. A limited token pauses only its inboxes.
pub async fn pause(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsDecide>,
    scope: Covered,
    reason: &str,
) -> Result<Pause, Refusal> {
    if permit.principal().inboxes.is_some() && !matches!(scope, Covered::Inbox(_)) {
        return Err(Refusal::NotFound(scope.name()));
    }
    retry(TRIES, "the pause kept changing", || async {
        let found = load_covered(ports, permit, scope).await?;
        // Pulling it again is written down too: a release that is under way must not swallow it.
        let pause = Pause { by: permit.actor().clone(), at: ports.now(), reason: reason.to_owned() };
        let written = commit(ports, permit, scope, found, Some(pause.clone())).await;
        Try::of(written, pause)
    })
    .await
}

async fn commit(
    ports: &Ports,
    permit: &Permit<impl ScopeType>,
    scope: Covered,
    Found { key, paused: seen, inbox }: Found,
    pause: Option<Pause>,
) -> Result<(), StoreError> {
    let organization_id = permit.organization_id();
    let (action, target) = match (scope, &pause) {
        (Covered::Organization, Some(_)) => ("organization.pause", organization_id.to_string()),
        (Covered::Organization, None) => ("organization.resume", organization_id.to_string()),
        (Covered::Inbox(id), Some(_)) => ("inbox.pause", id.to_string()),
        (Covered::Inbox(id), None) => ("inbox.resume", id.to_string()),
        (Covered::Token(id), Some(_)) => ("token.pause", id.to_string()),
        (Covered::Token(id), None) => ("token.resume", id.to_string()),
    };
    let mut entry = ports.audit(organization_id, permit.actor(), action, target);
    entry.details.extend(pause.as_ref().map(|pause| ("reason", pause.reason.clone())));
    let event = told(ports, permit, scope, inbox, pause.clone());
    let write = Write::Pause { key, seen: seen.map(|seen| seen.at), pause };
    let change = Change::new(organization_id).write(write).audit(entry);
    ports.store.commit(event.into_iter().fold(change, Change::event)).await
}

/// The event of what is paused from now on, or goes on.
fn told(
    ports: &Ports,
    permit: &Permit<impl ScopeType>,
    scope: Covered,
    inbox: Option<Inbox>,
    pause: Option<Pause>,
) -> Option<Event> {
    let kind = match (scope, pause.is_some()) {
        (Covered::Organization, true) => EventKind::OrganizationPaused,
        (Covered::Organization, false) => EventKind::OrganizationResumed,
        (Covered::Inbox(_), true) => EventKind::InboxPaused,
        (Covered::Inbox(_), false) => EventKind::InboxResumed,
        (Covered::Token(_), true) => EventKind::TokenPaused,
        (Covered::Token(_), false) => EventKind::TokenResumed,
    };
    let halt = |token_id, paused| Subject::Halt(Box::new(Halt { token_id, paused }));
    let subject = match scope {
        Covered::Organization => halt(None, pause),
        Covered::Token(id) => halt(Some(id), pause),
        Covered::Inbox(_) => Subject::Inbox(Box::new(Inbox { paused: pause, ..inbox? })),
    };
    Some(ports.event(permit.organization_id(), kind, subject))
}

/// The pause of something, where there is one.
pub async fn look(
    ports: &Ports,
    permit: &Permit<impl ScopeType>,
    scope: Covered,
) -> Result<Option<Pause>, Refusal> {
    load_covered(ports, permit, scope).await.map(|found| found.paused)
}

/// Refuses a pause of something that is not there, or is not the caller's to see.
pub async fn check_exists(
    ports: &Ports,
    permit: &Permit<impl ScopeType>,
    scope: Covered,
) -> Result<(), Refusal> {
    load_covered(ports, permit, scope).await.map(drop)
}

/// A page of what waits behind a pause, those that are due first: what will go, now or when its time comes, once it is
/// released.
pub async fn waiting(
    ports: &Ports,
    permit: &Permit<impl ScopeType>,
    scope: Covered,
    page: &PageRequest,
) -> Result<Page<Message>, Refusal> {
    let organization_id = permit.organization_id();
    let list = List::Open(Status::Scheduled);
    let mut page = typed::<Message>(ports.store.list(organization_id, &list, page).await?);
    page.items.retain(|message| permit.over(message.inbox_id).is_ok());
    match scope {
        Covered::Organization => {}
        Covered::Inbox(id) => page.items.retain(|message| message.inbox_id == id),
        Covered::Token(id) => {
            let approvals = approvals_of(ports, permit, &page.items).await?;
            let asked = |message: &Message| {
                approvals.iter().any(|approval| {
                    let by = &approval.requested_by;
                    approval.message_id == message.id
                        && matches!(by, domain::people::access::Actor::Token { token_id, .. } if *token_id == id)
                })
            };
            page.items.retain(asked);
        }
    }
    Ok(page)
}

async fn approvals_of(
    ports: &Ports,
    permit: &Permit<impl ScopeType>,
    messages: &[Message],
) -> Result<Vec<Approval>, Refusal> {
    let wanted: Vec<_> =
        messages.iter().filter_map(Message::outbound).map(|o| key::Approval(o.approval_id)).collect();
    let found = load(&*ports.store, permit.organization_id(), wanted).await?;
    Ok(found.into_iter().flatten().collect())
}

/// What a release did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// The mails that were called off before.
    pub dropped: Vec<MessageId>,
    /// The first of those that go now, or when their time comes.
    pub will_send: Page<Message>,
}

/// Ends a pause, after it has called off the mails of `drop`.
pub async fn resume<S: ScopeType>(
    ports: &Ports,
    workflow: &dyn Workflow,
    permit: &Permit<S>,
    reading: &Permit<scope::MessagesRead>,
    scope: Covered,
    drop: &[MessageId],
) -> Result<Resumed, Refusal> {
    let principal = permit.principal();
    Pause::check_end(&principal.credential, principal.role).map_err(|refused| {
        Refusal::because(
            match refused {
                StaysPaused::NoPerson => Code::PersonRequired,
                StaysPaused::NoManager => Code::ManagerRequired,
            },
            refused.to_string(),
        )
    })?;
    principal.proved(ports.now())?;
    let found = load_covered(ports, permit, scope).await?;
    let first = PageRequest { limit: KICKED, cursor: None };
    let mut dropped = vec![];
    if !drop.is_empty() {
        let mut request = first.clone();
        let mut left: Vec<_> = drop.to_vec();
        while !left.is_empty() {
            let page = waiting(ports, permit, scope, &request).await?;
            for message in page.items.iter().filter(|message| left.contains(&message.id)) {
                if let Some(outbound) = message.outbound() {
                    cancel(ports, workflow, reading, outbound.approval_id, "dropped_on_resume").await?;
                    dropped.push(message.id);
                }
            }
            left.retain(|id| !dropped.contains(id));
            match page.next {
                Some(next) => request.cursor = Some(next),
                None => break,
            }
        }
        if let Some(id) = left.first() {
            // Nothing is released while a person believes that something is dropped which is not.
            return Err(Refusal::Because {
                code: Code::NotWaiting,
                message: format!("{id} does not wait behind this pause: nothing was resumed; look again"),
                details: vec![("message_id", id.to_string())],
            });
        }
    }
    if found.paused.is_some() {
        // Where somebody pulled it again meanwhile, nothing is released.
        commit(ports, permit, scope, found, None).await?;
    }
    let will_send = waiting(ports, permit, scope, &first).await?;
    let now = ports.now();
    let due: Vec<_> = approvals_of(ports, permit, &will_send.items)
        .await?
        .into_iter()
        .filter(|approval| approval.send_at.is_none_or(|at| at <= now))
        .collect();
    let run = u32::try_from(now.as_second()).unwrap_or(u32::MAX);
    join_all(due.iter().map(|approval| async move {
        // Whatever can't be started here the sweeper starts.
        if let Err(error) = workflow.start(&ticket(approval), approval.send_at, run).await {
            tracing::warn!(approval_id = %approval.id, %error, "not started after a pause");
        }
    }))
    .await;
    Ok(Resumed { dropped, will_send })
}
