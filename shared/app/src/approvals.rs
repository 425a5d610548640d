//! Deciding.

use domain::ApprovalId;
use domain::access::{Permit, scope};
use domain::approval::{Approval, Decision, DecisionRefused};
use domain::digest::Digest;
use domain::event::{Event, EventKind, Subject};
use domain::lifecycle::Outbound;
use domain::message::Message;

use crate::error::Refusal;
use crate::messages::{Detail, detail};
use crate::ports::{FlowError, Ports};
use crate::store::{Change, Expect, Key, List, Page, PageRequest, StoreError, Write, audit, load, typed};
use crate::submit::{pending, ticket};

/// What a person sees before they decide.
#[derive(Debug, Clone)]
pub struct View {
    /// The request.
    pub approval: Approval,
    /// The mail, decoded from the sealed octets: what would go out.
    pub message: Detail,
    /// The mail that it answers.
    pub answers: Option<Detail>,
    /// The last mails of the conversation, oldest first.
    pub thread: Vec<Message>,
}

/// How many mails of a conversation a person sees beside the one they decide about.
const THREAD_CONTEXT: u16 = 50;

/// A decision loses against a concurrent one at most so often before it gives up.
const TRIES: usize = 5;

/// Approvals with this status, newest first; a pending one whose time is over is left out.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    status: &str,
    page: &PageRequest,
) -> Result<Page<Approval>, Refusal> {
    if !Decision::STATUSES.contains(&status) {
        let message = format!("must be one of {}", Decision::STATUSES.join(", "));
        return Err(Refusal::field("status", "unknown_status", message));
    }
    let list = List::Approvals(status.to_owned());
    let mut page = typed::<Approval>(ports.store.list(permit.organization_id(), &list, page).await?);
    let now = ports.now();
    page.items.retain(|approval| permit.over(approval.inbox_id).is_ok() && approval.status(now) == status);
    Ok(page)
}

async fn find<S>(ports: &Ports, permit: &Permit<S>, id: ApprovalId) -> Result<Approval, Refusal> {
    load::<Approval>(&*ports.store, permit.organization_id(), Key::Approval(id))
        .await?
        .filter(|approval| permit.over(approval.inbox_id).is_ok())
        .ok_or(Refusal::NotFound("approval"))
}

/// One approval with everything that a person needs to decide.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    id: ApprovalId,
) -> Result<View, Refusal> {
    let approval = find(ports, permit, id).await?;
    let organization_id = permit.organization_id();
    let mut keys = vec![Key::Message(approval.inbox_id, approval.message_id)];
    keys.extend(approval.answers.map(|id| Key::Message(approval.inbox_id, id)));
    let mut found = ports.store.load(organization_id, &keys).await?.into_iter();
    let mut next = || found.next().flatten().and_then(|record| Message::try_from(record).ok());
    let (message, answers) = (next(), next());
    let message = detail(ports, message.ok_or(Refusal::NotFound("message"))?).await?;
    let answers = match answers {
        Some(answers) => Some(shortened(detail(ports, answers).await?)),
        None => None,
    };
    let page = PageRequest { limit: THREAD_CONTEXT, cursor: None };
    let list = List::LatestInThread(approval.thread_id);
    let mut thread = typed::<Message>(ports.store.list(organization_id, &list, &page).await?).items;
    thread.reverse();
    Ok(View { approval, message, answers, thread })
}

/// An answer of Lambda is at most 6 MB, and the mail that is decided about comes first: of the one that it answers, a
/// stranger's, so much is shown.
const MAX_ANSWERED: usize = 256 * 1024;

fn shortened(mut detail: Detail) -> Detail {
    if detail.html.as_ref().is_some_and(|html| html.len() > MAX_ANSWERED) {
        (detail.html, detail.html_truncated) = (None, true);
    }
    for text in [&mut detail.text, &mut detail.extracted_text].into_iter().flatten() {
        text.truncate(text.floor_char_boundary(MAX_ANSWERED));
    }
    detail
}

impl From<DecisionRefused> for Refusal {
    fn from(refused: DecisionRefused) -> Self {
        let message = refused.to_string();
        let conflict = |code, details| Refusal::Conflict { code, message: message.clone(), details };
        match refused {
            DecisionRefused::NotPending(status) => {
                conflict("approval_not_pending", vec![("status", status.to_owned())])
            }
            DecisionRefused::DigestMismatch { current } => {
                conflict("digest_mismatch", vec![("digest", current.to_string())])
            }
            DecisionRefused::Requester => Refusal::Forbidden { code: "requester_cannot_decide", message },
            DecisionRefused::NoPerson => Refusal::Forbidden { code: "person_required", message },
        }
    }
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Let it go.
    Approve,
    /// Stop it, for this reason.
    Reject(String),
}

/// Takes a decision about exactly the bytes with this digest.
///
/// The same person giving the same verdict on the same digest again is answered as the first time.
pub async fn decide(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    digest: Digest,
    verdict: &Verdict,
) -> Result<Approval, Refusal> {
    let (actor, now) = (permit.actor(), ports.now());
    for _ in 0..TRIES {
        let approval = find(ports, permit, id).await?;
        if approval.digest == digest && repeats(&approval, actor.member(), verdict) {
            // Whoever decides again may do so because the first answer was lost, and the workflow never told.
            wake(ports, &approval).await;
            return Ok(approval);
        }
        let (decided, kind, action, moved) = match verdict {
            Verdict::Approve => {
                let moved = pending(&approval).approve(now);
                let decided = approval.clone().approve(actor, digest, now)?;
                (decided, EventKind::ApprovalApproved, "approval.approve", moved)
            }
            Verdict::Reject(reason) => {
                let moved = pending(&approval).reject(now);
                let decided = approval.clone().reject(actor, digest, reason.clone(), now)?;
                (decided, EventKind::ApprovalRejected, "approval.reject", moved)
            }
        };
        let outbound = moved.map_err(|error| Refusal::Internal(error.to_string()))?;
        let mut entry = audit(ports, permit.organization_id(), actor, action, id);
        entry.details = vec![("digest", digest.to_string()), ("message_id", approval.message_id.to_string())];
        let change = decision(ports, &decided, outbound, kind).audit(entry);
        match ports.store.commit(change).await {
            Ok(()) => {
                wake(ports, &decided).await;
                return Ok(decided);
            }
            // Somebody decided, or the workflow parked, at the same moment: look again.
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Refusal::Unavailable("the approval kept changing".to_owned()))
}

fn repeats(approval: &Approval, member: Option<domain::MemberId>, verdict: &Verdict) -> bool {
    match (&approval.decision, verdict) {
        (Decision::Approved { by, .. }, Verdict::Approve) => Some(*by) == member,
        (Decision::Rejected { by, reason, .. }, Verdict::Reject(new)) => Some(*by) == member && reason == new,
        _ => false,
    }
}

/// The change that a decision makes: the approval, where its mail stands, and the event.
pub(crate) fn decision(ports: &Ports, decided: &Approval, outbound: Outbound, kind: EventKind) -> Change {
    Change::new(decided.organization_id)
        .write(Write::Put(decided.clone().into(), Expect::Version(decided.version)))
        .write(Write::Advance {
            inbox_id: decided.inbox_id,
            message_id: decided.message_id,
            version: decided.message_version,
            outbound,
        })
        .event(Event {
            id: ports.event_id(),
            organization_id: decided.organization_id,
            kind,
            created_at: ports.now(),
            subject: Subject::Approval(Box::new(decided.clone())),
        })
}

/// Tells the workflow of a decision. Whatever goes wrong here is found by the sweeper: the decision stands.
pub(crate) async fn wake(ports: &Ports, decided: &Approval) {
    let ticket = ticket(decided);
    let approved = matches!(decided.decision, Decision::Approved { .. });
    let told = match (&decided.task_token, approved) {
        (Some(token), true) => match ports.workflow.resume(token, &ticket, decided.send_at).await {
            Err(FlowError::Gone) => ports.workflow.start(&ticket, decided.send_at, 1).await,
            other => other,
        },
        // It has not parked yet, and will find that it need not, or it was never started.
        (None, true) => ports.workflow.start(&ticket, decided.send_at, 0).await,
        (Some(token), false) => ports.workflow.close(token).await,
        (None, false) => Ok(()),
    };
    match told {
        Ok(()) | Err(FlowError::Gone) => {}
        Err(error) => {
            tracing::warn!(approval_id = %decided.id, %error, "the workflow was not told of the decision");
        }
    }
}
