//! Approvals.

use std::collections::BTreeSet;

use domain::base::digest::Digest;
use domain::base::hours::Hours;
use domain::gate::approval::{
    Approval, Decision, Delegation, HtmlChange, RevisionAsked, TakenBack, Verdict, Vote,
};
use domain::gate::group::GroupName;
use domain::gate::policy::{By, Late, Links, Requirement, Step, Terms};
use domain::gate::risk::Risk;
use domain::gate::statement::{Path, SignedVote};
use domain::gate::upload::RowOf;
use domain::mailbox::account::Provider;
use domain::mailbox::message::Party;
use domain::people::access::{Actor, Credential, Role};
use domain::people::signing::{Assertion, SignedVotes};
use domain::{
    ApprovalId, DraftId, InboxId, MemberId, MessageId, OrganizationId, PolicyId, StandingApprovalId,
    ThreadId, Timestamp, UploadId,
};
use jiff::SignedDuration;

use crate::base::field::{Corrupt, missing, record};
use crate::base::item::{IndexKeys, Kind, Listing, Place, place};
use crate::gate::upload;

record! {
    Approval as ApprovalRecord {
        id: ApprovalId,
        organization_id: OrganizationId,
        inbox_id: InboxId,
        message_id: MessageId,
        thread_id: ThreadId,
        answers: Option<MessageId>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        forward: bool,
        #[serde(default, rename = "attempts", skip_serializing_if = "Vec::is_empty")]
        resends: Vec<MessageId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        authors: BTreeSet<MemberId>,
        digest: Digest,
        revision: u32,
        supersedes: Option<ApprovalId>,
        edited_by: Option<MemberId>,
        requested_by: Actor,
        #[serde(rename = "asked_with")]
        requested_with: Credential,
        requested_at: Timestamp,
        expires_at: Timestamp,
        send_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        quiet: Vec<Hours>,
        terms: Option<Terms>,
        reasons: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        risks: Option<BTreeSet<Risk>>,
        trace: Vec<Step>,
        votes: Vec<Vote>,
        delegations: Vec<Delegation>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        taken_back: Vec<TakenBack>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision_asked: Option<RevisionAsked>,
        recipients: Vec<Party>,
        subject: String,
        preview: String,
        attachment_count: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        html_changes: Vec<HtmlChange>,
        #[serde(skip_serializing_if = "Option::is_none")]
        task_token: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        draft_id: Option<DraftId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        row: Option<RowOf>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<Provider>,
        version: u64,
        [decision: split_decision, join_decision] {
            status: String,
            decided_by: Option<Actor>,
            decided_at: Option<Timestamp>,
            decision_reason: Option<String>,
            superseded_by: Option<ApprovalId>,
        }
        [waits: split_waits, join_waits] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            waits: Option<u32>,
        }
        [demanded: split_signed_votes, join_signed_votes] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            demanded: Option<SignedVotes>,
        }
    }
}

/// Status, who, when, why, and what took its place.
type DecisionParts = (String, Option<Actor>, Option<Timestamp>, Option<String>, Option<ApprovalId>);

fn split_decision(decision: &Decision) -> DecisionParts {
    let person = |member_id: &MemberId| Actor::Member { member_id: *member_id };
    let (by, at, reason, next) = match decision {
        Decision::Pending => (None, None, None, None),
        Decision::Approved { by, at } => (by.as_ref().map(person), Some(*at), None, None),
        Decision::Rejected { by, at, reason } => (Some(person(by)), Some(*at), Some(reason.clone()), None),
        Decision::Expired { at } => (None, Some(*at), None, None),
        Decision::Cancelled { by, at, reason } => (Some(by.clone()), Some(*at), Some(reason.clone()), None),
        Decision::Superseded { by, at, next } => (Some(person(by)), Some(*at), None, Some(*next)),
    };
    (decision.as_str().to_owned(), by, at, reason, next)
}

fn join_decision((status, by, at, reason, next): DecisionParts) -> Result<Decision, Corrupt> {
    let member = by.as_ref().and_then(Actor::member);
    Ok(match status.as_str() {
        "pending" => Decision::Pending,
        "approved" => Decision::Approved { by: member, at: missing(at)? },
        "rejected" => {
            Decision::Rejected { by: missing(member)?, at: missing(at)?, reason: reason.unwrap_or_default() }
        }
        "cancelled" => {
            Decision::Cancelled { by: missing(by)?, at: missing(at)?, reason: reason.unwrap_or_default() }
        }
        "superseded" => Decision::Superseded { by: missing(member)?, at: missing(at)?, next: missing(next)? },
        "expired" => Decision::Expired { at: missing(at)? },
        _ => return Err(Corrupt("approval status")),
    })
}

record! {
    RowOf as RowOfRecord {
        upload_id: UploadId,
        number: u32,
        place: u8,
        after_days: u16,
    }
}

record! {
    HtmlChange as HtmlChangeRecord {
        kind: String,
        what: String,
        count: u32,
    }
}

record! {
    Terms as TermsRecord {
        requirements: Vec<Requirement>,
        separation: bool,
        rejections: u8,
        expires_in: SignedDuration,
        late: Late,
        remind_after: Option<SignedDuration>,
        notify: BTreeSet<Role>,
        by: By,
        links: Links,
        #[serde(default, skip_serializing_if = "is_zero")]
        open_rows: u8,
        [signed: split_signed_votes, join_signed_votes] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            signed: Option<SignedVotes>,
        }
    }
}

record! {
    SignedVotes as SignedVotesRecord {
        votes: u8,
        device_bound: bool,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_zero(n: &u8) -> bool {
    *n == 0
}

/// Terms that ask for none are stored as before there were keys.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as every field is split")]
fn split_signed_votes(signed: &SignedVotes) -> (Option<SignedVotes>,) {
    (Some(*signed).filter(|signed| *signed != SignedVotes::NONE),)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as every field is split")]
fn split_waits(waits: &u32) -> (Option<u32>,) {
    (Some(*waits).filter(|waits| *waits > 0),)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_waits((waits,): (Option<u32>,)) -> Result<u32, Corrupt> {
    Ok(waits.unwrap_or_default())
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_signed_votes((signed,): (Option<SignedVotes>,)) -> Result<SignedVotes, Corrupt> {
    Ok(signed.unwrap_or_default())
}

record! {
    Hours as HoursRecord {
        days: BTreeSet<i8>,
        from: u16,
        to: u16,
        time_zone: String,
    }
}

record! {
    Requirement as RequirementRecord {
        quorum: u8,
        roles: BTreeSet<Role>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: BTreeSet<GroupName>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        members: BTreeSet<MemberId>,
    }
}

record! {
    Step as StepRecord {
        policy_id: PolicyId,
        policy_version: u64,
        policy_name: String,
        rule: u32,
        rule_name: String,
        because: String,
        [outcome: split_outcome, join_outcome] { outcome: String, }
    }
}

fn split_outcome(outcome: &&'static str) -> (String,) {
    ((*outcome).to_owned(),)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_outcome((name,): (String,)) -> Result<&'static str, Corrupt> {
    Ok(["allow", "hold", "defer", "block"].into_iter().find(|known| *known == name).unwrap_or("unreadable"))
}

record! {
    Vote as VoteRecord {
        member_id: MemberId,
        role: Role,
        at: Timestamp,
        standing: Option<StandingApprovalId>,
        with: Credential,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unseen: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<SignedVote>,
        [verdict: split_verdict, join_verdict] { reject: Option<String>, }
    }
}

record! {
    SignedVote as SignedVoteRecord {
        key: Digest,
        device_bound: bool,
        given: Timestamp,
        not_after: Timestamp,
        assertion: Assertion,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<Path>,
    }
}

record! {
    Assertion as AssertionRecord {
        client_data: Vec<u8> as binary,
        authenticator_data: Vec<u8> as binary,
        signature: Vec<u8> as binary,
    }
}

record! {
    Path as PathRecord {
        count: u32,
        place: u32,
        beside: Vec<Digest>,
    }
}

fn split_verdict(verdict: &Verdict) -> (Option<String>,) {
    match verdict {
        Verdict::Approve => (None,),
        Verdict::Reject(reason) => (Some(reason.clone()),),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_verdict((reject,): (Option<String>,)) -> Result<Verdict, Corrupt> {
    Ok(reject.map_or(Verdict::Approve, Verdict::Reject))
}

record! {
    Delegation as DelegationRecord {
        from: MemberId,
        role: Role,
        to: MemberId,
        at: Timestamp,
        with: Credential,
    }
}

record! {
    RevisionAsked as RevisionAskedRecord {
        by: MemberId,
        at: Timestamp,
        note: String,
        with: Credential,
    }
}

record! {
    TakenBack as TakenBackRecord {
        vote: Vote,
        at: Timestamp,
        with: Credential,
    }
}

impl Kind for Approval {
    const NAME: &'static str = "approval";
    fn index_keys(&self) -> IndexKeys {
        let (partition, order) = (list(self.organization_id, self.decision.as_str()), self.id.to_string());
        let waits = self.row.filter(|_| self.decision == Decision::Pending);
        let open = waits.map(|row| Listing {
            partition: upload::waiting(self.organization_id, row.upload_id),
            order: order.clone(),
        });
        IndexKeys { list: Some(Listing { partition, order }), open, ..IndexKeys::default() }
    }
}

/// Where an approval lies.
pub(crate) fn at(organization: OrganizationId, id: ApprovalId) -> Place {
    place(format!("{organization}/{id}"), "approval")
}

/// The list of an organization's approvals with a status.
pub(crate) fn list(organization: OrganizationId, status: &str) -> String {
    format!("{organization}/approvals/{status}")
}
