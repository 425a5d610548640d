//! The receipt of an approval: who asked, who decided about which bytes, what became of them, and where all that stands in
//! the audit chain. It is made of what is chained, and of nothing else.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Decision, Verdict, Vote, reason_digest};
use domain::gate::statement::{Said, SignedVote};
use domain::ledger::audit::{ChainedEntry, Head};
use domain::ledger::receipt::{Account, Doubt};
use domain::people::access::{Permit, scope};
use domain::people::key_log::{By, KeyLog};
use domain::people::organization::Member;
use domain::people::signing::KeyId;
use domain::{ApprovalId, MemberId, OrganizationId, Timestamp};

use crate::base::error::Refusal;
use crate::base::ports::{KeyLogs, Ports, Signature, Signer};
use crate::base::store::{key, load};
use crate::base::trail::Trail;
use crate::gate::approvals::find;
use crate::gate::attest::subject_of;

/// What a receipt tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The approval.
    pub approval_id: ApprovalId,
    /// What the chain tells of it.
    pub account: Account,
    /// What people wrote as reasons, by its digest: that is what is chained of it.
    pub reasons: BTreeMap<Digest, String>,
    /// Everybody who is named in it and still has a seat.
    pub people: BTreeMap<MemberId, Member>,
    /// What people's own keys signed, of votes that stand.
    pub signatures: Vec<SignatureTold>,
    /// Where the organization's audit chain ended, at or behind the last link that is told.
    pub head: Head,
    /// When all this was so.
    pub at: Timestamp,
}

/// What somebody's key signed to approve a mail, with all that it takes to check it without anybody's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureTold {
    /// Who.
    pub member_id: MemberId,
    /// The very text.
    pub statement: String,
    /// With which key, which of how many mails it was, and what was signed.
    pub signed: SignedVote,
    /// The entry of the key log that registered the key, that of the key that vouched for it, and so on, up to one by a link.
    pub registrations: Vec<String>,
}

/// More entries about one mail than this come of no honest use.
const MAX_ENTRIES: u16 = 1_000;
/// A chain that grows by this mail's entries while it is read is read again at most so often.
const TRIES: usize = 3;

/// Gathers what the receipt of an approval tells. One that waits has one too, which says so.
///
/// Refused where record and chain do not tell the same. What has no place in the chain yet gets it in a moment; anything
/// else is said to the log, and never signed.
pub async fn gather(
    ports: &Ports,
    trail: &dyn Trail,
    logs: &dyn KeyLogs,
    permit: &Permit<scope::ApprovalsRead>,
    id: ApprovalId,
) -> Result<Receipt, Refusal> {
    let named = find(ports, permit, id).await?;
    let organization_id = named.organization_id;
    for _ in 0..TRIES {
        // The end comes first and the record last: of every vote up to that end the record knows.
        let head = trail.head(organization_id).await?;
        let head =
            head.ok_or_else(|| Refusal::Internal("the head of the audit chain can't be read".into()))?;
        let mut places: BTreeSet<u64> =
            trail.about(organization_id, named.message_id, MAX_ENTRIES).await?.into_iter().collect();
        if places.len() >= usize::from(MAX_ENTRIES) {
            let message = format!("more than {MAX_ENTRIES} audit entries tell of this mail");
            return Err(Refusal::because(Code::TooManyEntries, message));
        }
        let record = find(ports, permit, id).await?;
        let behind = |places: &BTreeSet<u64>| places.last().is_some_and(|last| *last > head.sequence);
        let refuse = |doubt: Doubt| refuse(&record, &doubt);
        if behind(&places) {
            continue;
        }
        let mut links = load_standing(trail, &head, &places).await?.map_err(refuse)?;
        let unlisted = find_unlisted(trail, &record, &links).await?;
        if !unlisted.is_empty() {
            places.extend(unlisted);
            if behind(&places) {
                continue;
            }
            links = load_standing(trail, &head, &places).await?.map_err(refuse)?;
        }
        let account = Account::of(&record, &links).map_err(refuse)?;
        let people = people(ports, organization_id, &account).await?;
        let reasons = reasons(&record);
        let signatures = signatures(logs, &record).await?;
        return Ok(Receipt { approval_id: id, account, reasons, people, signatures, head, at: ports.now() });
    }
    Err(not_yet())
}

/// The links in these places, each of which stands between its neighbours, or the doubt about those that don't.
async fn load_standing(
    trail: &dyn Trail,
    head: &Head,
    places: &BTreeSet<u64>,
) -> Result<Result<Vec<ChainedEntry>, Doubt>, Refusal> {
    let near = places.iter().flat_map(|place| [place.saturating_sub(1), *place, place + 1]);
    let wanted: BTreeSet<u64> = near.filter(|place| (1..=head.sequence).contains(place)).collect();
    let wanted: Vec<u64> = wanted.into_iter().collect();
    let found = trail.links_in(head.organization_id, &wanted).await?;
    let found: BTreeMap<u64, ChainedEntry> =
        found.into_iter().filter_map(|stored| Some((stored.sequence, stored.link?))).collect();
    let hash_before = |place: u64| match place {
        1 => Some(Head::genesis(head.organization_id).hash),
        _ => found.get(&(place - 1)).map(|link| link.hash),
    };
    let said_behind = |place: u64| {
        if place == head.sequence {
            Some(head.hash)
        } else {
            found.get(&(place + 1)).map(|link| link.previous)
        }
    };
    let stands = |place: &&u64| {
        let (before, behind) = (hash_before(**place), said_behind(**place));
        found.get(place).zip(before).zip(behind).is_some_and(|((link, before), behind)| {
            link.entry.organization_id == head.organization_id && link.stands_between(before, behind)
        })
    };
    let altered: Vec<u64> = places.iter().filter(|place| !stands(place)).copied().collect();
    if altered.is_empty() {
        return Ok(Ok(places.iter().filter_map(|place| found.get(place).cloned()).collect()));
    }
    Ok(Err(Doubt::Altered(altered)))
}

/// The places of entries that the record names and the index of the chain does not show yet. Refused where one of them
/// waits for its place.
async fn find_unlisted(
    trail: &dyn Trail,
    record: &Approval,
    links: &[ChainedEntry],
) -> Result<Vec<u64>, Refusal> {
    let listed: BTreeSet<_> = links.iter().map(|link| link.entry.id).collect();
    let missing: Vec<_> =
        record.deeds().into_iter().map(|(_, id)| id).filter(|id| !listed.contains(id)).collect();
    if missing.is_empty() {
        return Ok(vec![]);
    }
    let stand = trail.places(record.organization_id, &missing).await?;
    let written = missing.iter().all(|id| stand.contains_key(id));
    if written && stand.values().any(Option::is_none) {
        return Err(not_yet());
    }
    Ok(stand.into_values().flatten().collect())
}

fn not_yet() -> Refusal {
    Refusal::because(
        Code::NotChainedYet,
        "what was decided has no place in the audit chain yet: try again in a moment",
    )
}

fn refuse(record: &Approval, doubt: &Doubt) -> Refusal {
    tracing::error!(
        organization_id = %record.organization_id,
        approval_id = %record.id,
        code = doubt.code().as_str(),
        entries = doubt.about().join(" "),
        "a receipt was refused"
    );
    let message = format!("{doubt}: nothing was signed, and the operator has to look into it");
    Refusal::Because { code: doubt.code(), message, details: vec![("entries", doubt.about().join(" "))] }
}

/// What keys signed of the votes for a mail, where the key log still says what it said of them.
async fn signatures(logs: &dyn KeyLogs, record: &Approval) -> Result<Vec<SignatureTold>, Refusal> {
    let signed = |vote: &Vote| vote.signed.is_some() && vote.verdict == Verdict::Approve;
    if !record.votes.iter().any(signed) {
        return Ok(vec![]);
    }
    let log = logs.read(record.organization_id).await?.log;
    let told = |vote: &Vote| {
        let signed = vote.signed.clone()?;
        let statement =
            signed.text(record.organization_id, vote.member_id, Said::Approve, &subject_of(record))?;
        let registrations = registrations(&log, signed.key);
        Some(SignatureTold { member_id: vote.member_id, statement, signed, registrations })
    };
    Ok(record.votes.iter().filter(|vote| vote.verdict == Verdict::Approve).filter_map(told).collect())
}

/// The entry that registered a key, that of the one that vouched for it, and so on.
fn registrations(log: &KeyLog, id: KeyId) -> Vec<String> {
    let (mut all, mut next) = (vec![], Some(id));
    while let Some(key) = next.take().and_then(|id| log.key(id)) {
        let entry = usize::try_from(key.number).ok().and_then(|number| log.entries().get(number));
        let Some(entry) = entry else { break };
        all.push(entry.text());
        if let By::Key(voucher, _) = &entry.by {
            next = Some(*voucher);
        }
    }
    all
}

/// The reasons that the record gives, by their digests.
fn reasons(record: &Approval) -> BTreeMap<Digest, String> {
    let rejected = record.votes.iter().filter_map(|vote| match &vote.verdict {
        Verdict::Reject(reason) => Some(reason),
        Verdict::Approve => None,
    });
    let cancelled = match &record.decision {
        Decision::Cancelled { reason, .. } => Some(reason),
        _ => None,
    };
    rejected.chain(cancelled).map(|reason| (reason_digest(reason), reason.clone())).collect()
}

/// Everybody whom the links of an account name.
async fn people(
    ports: &Ports,
    organization_id: OrganizationId,
    account: &Account,
) -> Result<BTreeMap<MemberId, Member>, Refusal> {
    let mut named: BTreeSet<MemberId> = account.votes.iter().map(|vote| vote.member_id).collect();
    for link in account.links() {
        named.extend(link.entry.actor.member());
        named.extend(
            ["from", "to"].iter().filter_map(|name| link.entry.detail(name)?.parse::<MemberId>().ok()),
        );
    }
    let wanted: Vec<_> = named.into_iter().map(key::Member).collect();
    let members = load(&*ports.store, organization_id, wanted).await?.into_iter().flatten();
    Ok(members.map(|member| (member.id, member)).collect())
}

/// Signs the text of a receipt.
pub async fn sign(signer: &dyn Signer, text: &str) -> Result<Signature, Refusal> {
    Ok(signer.sign(text.as_bytes()).await?)
}
