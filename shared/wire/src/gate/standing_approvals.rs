//! Standing approvals: votes given ahead.

use app::base::error::Refusal;
use app::gate::standing::NewStanding;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::gate::standing::{StandingApproval, Target};
use domain::{InboxId, MemberId, StandingApprovalId, ThreadId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::{CredentialView, credential};
use crate::base::request::{self, Faults, request};
use crate::base::values::{Domain, Email, IdOf, Time};

request! {
    /// A budget of mails that are approved ahead: for exactly one of a conversation, a recipient and a domain.
    pub struct CreateStandingApproval {
        /// The inbox that they leave; left out, any.
        inbox_id: Option<IdOf<InboxId>>,
        /// Mails of this conversation.
        thread_id: Option<IdOf<ThreadId>>,
        /// Mails for this address alone.
        recipient: Option<Email>,
        /// Mails for addresses of this domain alone.
        domain: Option<Domain>,
        /// How many mails, 1 to 1,000.
        budget: u64,
        /// Until when, at most 90 days.
        expires_at: Time,
    }
    check one_target
}

fn one_target(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    if ["thread_id", "recipient", "domain"].iter().filter(|name| has(name)).count() != 1 {
        let message = "give exactly one of thread_id, recipient and domain";
        faults.note_at("recipient", Code::OneTarget, message);
    }
}

/// Reads [`CreateStandingApproval`].
pub fn new(body: &[u8]) -> Result<NewStanding, Refusal> {
    let new: CreateStandingApproval = request::body(body)?;
    let target = match (new.thread_id, new.recipient, new.domain) {
        (Some(id), ..) => Target::Thread(id.0),
        (_, Some(address), _) => Target::Recipient(address.0),
        (.., Some(domain)) => Target::Domain(domain.0),
        // Checked when it was read.
        (None, None, None) => return Err(Refusal::field("recipient", Code::OneTarget, "is required")),
    };
    Ok(NewStanding {
        inbox_id: new.inbox_id.map(|id| id.0),
        target,
        budget: u32::try_from(new.budget).unwrap_or(u32::MAX),
        expires_at: new.expires_at.whole_second(),
    })
}

/// A budget of mails that are approved ahead.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StandingApproval")]
pub struct StandingApprovalView<'a> {
    id: IdOf<StandingApprovalId>,
    /// `live`, `used_up`, `expired` or `revoked`.
    status: &'static str,
    inbox_id: Option<IdOf<InboxId>>,
    thread_id: Option<IdOf<ThreadId>>,
    recipient: Option<&'a str>,
    domain: Option<&'a str>,
    budget: u32,
    used: u32,
    expires_at: Time,
    /// Whose vote it is.
    member_id: IdOf<MemberId>,
    credential: CredentialView,
    created_at: Time,
    revoked_at: Option<Time>,
}

/// A budget of mails that are approved ahead.
pub fn standing_approval(standing: &StandingApproval, now: Timestamp) -> StandingApprovalView<'_> {
    let status = match standing.revoked_at {
        Some(_) => "revoked",
        None if now >= standing.expires_at => "expired",
        None if standing.used >= standing.budget => "used_up",
        None => "live",
    };
    let (thread_id, recipient, domain) = match &standing.target {
        Target::Thread(id) => (Some(IdOf(*id)), None, None),
        Target::Recipient(address) => (None, Some(EmailAddress::as_str(address)), None),
        Target::Domain(domain) => (None, None, Some(domain.as_str())),
    };
    StandingApprovalView {
        id: IdOf(standing.id),
        status,
        inbox_id: standing.inbox_id.map(IdOf),
        thread_id,
        recipient,
        domain,
        budget: standing.budget,
        used: standing.used,
        expires_at: Time(standing.expires_at),
        member_id: IdOf(standing.made_by.member_id),
        credential: credential(&standing.made_with),
        created_at: Time(standing.created_at),
        revoked_at: standing.revoked_at.map(Time),
    }
}
