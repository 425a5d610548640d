//! Standing approvals: made, listed, revoked. They are used in `submit`.

use domain::base::code::Code;
use domain::gate::approval::{DecisionRefused, Voter};
use domain::gate::policy::DECIDERS;
use domain::gate::standing::{StandingApproval, Target};
use domain::people::access::{Permit, scope};
use domain::{InboxId, StandingApprovalId, Timestamp};

use crate::base::enter::Once;
use crate::base::error::{FieldError, Refusal};
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, List, Page, PageRequest, key, load, typed};

/// What a new standing approval is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStanding {
    /// The only inbox that it holds for.
    pub inbox_id: Option<InboxId>,
    /// What it covers.
    pub target: Target,
    /// So many mails.
    pub budget: u32,
    /// Until when.
    pub expires_at: Timestamp,
}

/// An organization has at most so many that still hold: a submission reads them all.
pub const MAX_LIVE: usize = 100;

/// Approves mails ahead.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsDecide>,
    new: NewStanding,
    once: &Once,
    answer: impl FnOnce(&StandingApproval) -> (u16, String),
) -> Result<StandingApproval, Refusal> {
    let (organization_id, now) = (permit.organization_id(), ports.now());
    let made_with = permit.principal().credential.clone();
    if !made_with.is_person() {
        return Err(DecisionRefused::NoPerson.into());
    }
    let mut errors = vec![];
    if new.budget == 0 || new.budget > StandingApproval::MAX_BUDGET {
        let message = format!("must be 1 to {}", StandingApproval::MAX_BUDGET);
        errors.push(FieldError::new("budget", Code::BudgetOutOfRange, message));
    }
    if new.expires_at <= now || new.expires_at > now + StandingApproval::MAX_TIME {
        let message = "must lie ahead, by at most 90 days";
        errors.push(FieldError::new("expires_at", Code::ExpiresAtOutOfRange, message));
    }
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors));
    }
    match new.inbox_id {
        Some(inbox_id) => permit.over(inbox_id)?,
        None if permit.principal().inboxes.is_some() => {
            let message = "your token is limited to some inboxes: name one of them";
            return Err(Refusal::field("inbox_id", Code::Required, message));
        }
        None => {}
    }
    let member_id = permit.actor().member().ok_or(DecisionRefused::NoPerson)?;
    let wanted = (key::Member(member_id), new.inbox_id.map(key::Inbox));
    let (member, inbox) = load(&*ports.store, organization_id, wanted).await?;
    let member = member
        .filter(|member| DECIDERS.contains(&member.role))
        .ok_or(Refusal::because(Code::MemberRemoved, "this needs a member who decides"))?;
    if new.inbox_id.is_some() && inbox.is_none() {
        return Err(Refusal::field("inbox_id", Code::UnknownInbox, "no such inbox"));
    }
    if let Target::Thread(id) = new.target {
        let thread = load(&*ports.store, organization_id, key::Thread(id)).await?;
        let thread = thread
            .filter(|thread| permit.over(thread.inbox_id).is_ok())
            .ok_or_else(|| Refusal::field("thread_id", Code::UnknownThread, "no such thread"))?;
        if thread.tainted {
            let message = "something in this thread looks wrong: its mails always need a person";
            return Err(Refusal::field("thread_id", Code::ThreadTainted, message));
        }
    }
    if live(ports, permit.organization_id()).await?.len() >= MAX_LIVE {
        return Err(Refusal::because(
            Code::TooManyStandingApprovals,
            format!("there are {MAX_LIVE} already: revoke some first"),
        ));
    }
    let standing = StandingApproval {
        id: ports.standing_approval_id(),
        organization_id,
        inbox_id: new.inbox_id,
        target: new.target,
        budget: new.budget,
        used: 0,
        expires_at: new.expires_at,
        made_by: Voter { member_id, role: member.role },
        made_with: made_with.clone(),
        created_at: now,
        revoked_at: None,
        version: 1,
    };
    let mut entry = ports.audit(organization_id, permit.actor(), "standing_approval.create", standing.id);
    entry.details = vec![
        ("budget", standing.budget.to_string()),
        ("expires_at", standing.expires_at.to_string()),
        ("credential", made_with.name()),
    ];
    let change = Change::new(organization_id).create(standing.clone()).audit(entry);
    once.commit(ports, once.save(change, now, || answer(&standing))).await?;
    Ok(standing)
}

/// Those that could be used now.
pub(crate) async fn live(
    ports: &Ports,
    organization_id: domain::OrganizationId,
) -> Result<Vec<StandingApproval>, Refusal> {
    let now = ports.now();
    let mut page = PageRequest { limit: 100, cursor: None };
    let mut all = vec![];
    // Newest first: beyond a thousand that have ended, none is looked for.
    for _ in 0..10 {
        let list = ports.store.list(organization_id, &List::StandingApprovals, &page).await?;
        let found = typed::<StandingApproval>(list);
        all.extend(found.items.into_iter().filter(|standing| standing.is_live(now)));
        match found.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    Ok(all)
}

/// A token that is limited to some inboxes sees what holds for those alone.
fn may_see<S>(permit: &Permit<S>, standing: &StandingApproval) -> bool {
    match standing.inbox_id {
        Some(inbox) => permit.over(inbox).is_ok(),
        None => permit.principal().inboxes.is_none(),
    }
}

/// All of them, newest first, those that have ended for 90 days.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    page: &PageRequest,
) -> Result<Page<StandingApproval>, Refusal> {
    let list = ports.store.list(permit.organization_id(), &List::StandingApprovals, page).await?;
    let mut page = typed::<StandingApproval>(list);
    page.items.retain(|standing| may_see(permit, standing));
    Ok(page)
}

/// Ends it at once: also for mails that were approved by it and are not claimed yet.
pub async fn revoke(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsDecide>,
    id: StandingApprovalId,
) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    retry(20, "the standing approval kept changing", || async {
        let standing = load(&*ports.store, organization_id, key::StandingApproval(id)).await?;
        let standing = standing
            .filter(|standing| may_see(permit, standing))
            .ok_or(Refusal::NotFound("standing approval"))?;
        if standing.revoked_at.is_some() {
            return Ok(Try::Done(()));
        }
        let mut entry = ports.audit(organization_id, permit.actor(), "standing_approval.revoke", id);
        entry.details = vec![("used", standing.used.to_string())];
        let revoked = StandingApproval { revoked_at: Some(ports.now()), ..standing };
        let change = Change::new(organization_id).update(revoked).audit(entry);
        // A conflict: it is being used at the same moment.
        Try::of(ports.store.commit(change).await, ())
    })
    .await
}
