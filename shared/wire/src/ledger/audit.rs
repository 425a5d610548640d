//! The audit log: which part of it is asked for, its entries, and what a check of it found.

use std::collections::BTreeMap;

use app::base::error::Refusal;
use app::base::store::PageRequest;
use app::ledger::audit::{Filter, Verified};
use domain::base::code::Code;
use domain::ledger::audit::{ChainedEntry, Head, time as millis};
use domain::{AuditId, MemberId, OrganizationId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::page_request;
use crate::base::parts::{ActorView, actor};
use crate::base::request::request;
use crate::base::values::{Filled, IdOf, Limit, Sequence, Sha256, Time};
use crate::ledger::anchors::{AnchorView, anchor_of};

request! {
    /// Which part of the audit log.
    pub struct AuditQuery {
        /// How many entries at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
        /// A member's or token's id, or `system`. A member's covers what their tokens did.
        actor: Option<Filled<100>>,
        /// An action, or with a dot at its end the beginning of one, such as `approval.`.
        action: Option<Filled<100>>,
        /// The id of what it was done to.
        target: Option<Filled<100>>,
        /// Not older than this.
        from: Option<Time>,
        /// Not younger than this.
        to: Option<Time>,
    }
}

impl AuditQuery {
    /// What is asked for, and which page of it.
    pub fn filter(self) -> (Filter, PageRequest) {
        let filter = Filter {
            actor: self.actor.map(|text| text.0),
            action: self.action.map(|text| text.0),
            target: self.target.map(|text| text.0),
            from: self.from.map(|at| at.0),
            to: self.to.map(|at| at.0),
        };
        (filter, page_request(self.limit, self.cursor))
    }
}

request! {
    /// Which part of the chain is checked; left out, the newest.
    pub struct VerifyQuery {
        /// The place of its first entry, from 1.
        from: Option<Sequence>,
        /// The place of its last entry.
        to: Option<Sequence>,
    }
}

impl VerifyQuery {
    /// The first and the last place.
    pub fn part(self) -> Result<(Option<u64>, Option<u64>), Refusal> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if to.0 < from.0 => {
                Err(Refusal::field("to", Code::InvalidSequence, "must not be before from"))
            }
            (from, to) => Ok((from.map(|place| place.0), to.map(|place| place.0))),
        }
    }
}

/// An entry of the audit log in its place. Whoever checks the chain needs all of it, with times as they are hashed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub struct LinkView<'a> {
    /// Its place in the chain, from 1.
    sequence: u64,
    id: IdOf<AuditId>,
    organization_id: IdOf<OrganizationId>,
    at: String,
    actor: AuditActorView,
    action: &'a str,
    /// What it was done to: an id, for the most part.
    target: &'a str,
    details: &'a BTreeMap<String, String>,
    chained_at: String,
    /// The hash of the entry before.
    previous: Sha256,
    hash: Sha256,
}

/// Who did it, and for a token its owner.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditActor")]
struct AuditActorView {
    #[serde(flatten)]
    actor: ActorView,
    member_id: Option<IdOf<MemberId>>,
}

/// An entry of the audit log in its place.
pub fn link(link: &ChainedEntry) -> LinkView<'_> {
    let entry = &link.entry;
    LinkView {
        sequence: link.sequence,
        id: IdOf(entry.id),
        organization_id: IdOf(entry.organization_id),
        at: millis(entry.at),
        actor: AuditActorView { actor: actor(&entry.actor), member_id: entry.actor.member().map(IdOf) },
        action: &entry.action,
        target: &entry.target,
        details: &entry.details,
        chained_at: millis(link.chained_at),
        previous: Sha256(link.previous),
        hash: Sha256(link.hash),
    }
}

/// The end of a chain.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditHead")]
pub struct HeadView {
    sequence: u64,
    hash: Sha256,
    at: String,
}

pub(crate) fn head(head: &Head) -> HeadView {
    HeadView { sequence: head.sequence, hash: Sha256(head.hash), at: millis(head.at) }
}

/// What a check of the audit log found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Verification")]
pub struct VerifiedView {
    verified: bool,
    /// The first place that was looked at.
    from: u64,
    /// The last.
    to: u64,
    /// How many were.
    entries: u64,
    head: Option<HeadView>,
    anchors: AnchorsView,
    /// Where to go on, if that was not all.
    next: Option<u64>,
    problem: Option<ProblemView>,
}

/// The anchors that lie in the part that was looked at.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Anchors")]
struct AnchorsView {
    agreeing: u64,
    newest: Option<AnchorView>,
}

/// The first thing that is wrong.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
struct ProblemView {
    sequence: u64,
    code: &'static str,
    message: &'static str,
    /// The anchor that says otherwise.
    anchor: Option<AnchorView>,
}

/// What a check of the audit log found.
pub fn verified(verified: &Verified) -> VerifiedView {
    let anchored = &verified.anchored;
    let problem = verified.flaw.map(|flaw| ProblemView {
        sequence: flaw.sequence,
        code: flaw.code.as_str(),
        message: flaw.code.message(),
        anchor: anchored.differing.as_ref().map(anchor_of),
    });
    VerifiedView {
        verified: verified.flaw.is_none(),
        from: verified.from,
        to: verified.to,
        entries: verified.entries,
        head: verified.head.as_ref().map(head),
        anchors: AnchorsView { agreeing: anchored.agreeing, newest: anchored.newest.as_ref().map(anchor_of) },
        next: verified.next,
        problem,
    }
}
