//! What the audit chain tells of one approval, held against its record.
//!
//! A record can be changed by whoever may write it; a link of the chain can't, without being noticed. So a receipt is made of
//! links alone. The record only says which links there must be ([`Approval::deeds`]), and has to agree with them: where
//! either tells of a vote that the other does not have, there is no receipt.

use std::collections::BTreeMap;

use crate::base::code::Code;
use crate::base::id::Id as _;
use crate::gate::approval::{Approval, Decision, Deed, TakenBack, Verdict, Vote, reason_digest};
use crate::ledger::audit::{ChainedEntry, Entry, action};
use crate::people::access::Actor;
use crate::{ApprovalId, AuditId, MemberId};

/// A vote that the chain tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedVote {
    /// Its entry.
    pub link: ChainedEntry,
    /// Whose it is.
    pub member_id: MemberId,
    /// Whether it lets the mail go.
    pub approves: bool,
    /// Whether the same person gave no other one later, and did not take it back.
    pub stands: bool,
}

/// What the chain tells of one approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who asked for the mail.
    pub asked: ChainedEntry,
    /// Who edited it, where this is an edited revision.
    pub edited: Option<ChainedEntry>,
    /// All votes, in the order in which they were cast: also those that the same person replaced.
    pub votes: Vec<ChainedVote>,
    /// Votes handed on.
    pub delegations: Vec<ChainedEntry>,
    /// Votes taken back, in the order in which they were.
    pub taken_back: Vec<ChainedEntry>,
    /// When what had been approved began to wait for votes again that people's keys sign.
    pub reopened: Vec<ChainedEntry>,
    /// How it ended without a decision: called off, expired, edited once more.
    pub ended: Option<ChainedEntry>,
    /// What became of the mail as this approval sealed it.
    pub mail: Vec<ChainedEntry>,
}

/// Why record and chain give no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The record names steps whose entries are not in the chain: not yet, or never.
    #[error("the audit chain does not have what the record of this approval says")]
    NotChained(Vec<(Deed, AuditId)>),
    /// The chain has votes that the record does not name.
    #[error("the audit chain has a vote that the record of this approval does not have")]
    NotRecorded(Vec<AuditId>),
    /// Both tell of it, and not the same.
    #[error("the record of this approval and the audit chain tell different things")]
    Differs(Vec<AuditId>),
    /// The links in these places do not stand between their neighbours.
    #[error("an entry of this approval was changed after it was chained")]
    Altered(Vec<u64>),
}

impl Doubt {
    /// The code in the API.
    pub fn code(&self) -> Code {
        match self {
            Doubt::NotChained(missing) if missing.iter().any(|(deed, _)| deed.is_vote()) => {
                Code::VoteNotChained
            }
            Doubt::NotChained(_) => Code::EntryNotChained,
            Doubt::NotRecorded(_) => Code::VoteNotRecorded,
            Doubt::Differs(_) => Code::RecordDiffers,
            Doubt::Altered(_) => Code::EntryAltered,
        }
    }

    /// What it is about, for the log: ids of entries, or places in the chain.
    pub fn about(&self) -> Vec<String> {
        let written = |ids: &[AuditId]| ids.iter().map(AuditId::to_string).collect();
        match self {
            Doubt::NotChained(missing) => missing.iter().map(|(_, id)| id.to_string()).collect(),
            Doubt::NotRecorded(ids) | Doubt::Differs(ids) => written(ids),
            Doubt::Altered(places) => places.iter().map(u64::to_string).collect(),
        }
    }
}

/// The vote on this approval that an entry tells of.
fn vote(approval_id: &str, entry: &Entry) -> Option<(MemberId, bool)> {
    let approves = match entry.action.as_str() {
        action::APPROVE | action::STANDING_USE => true,
        action::REJECT => false,
        _ => return None,
    };
    if entry.action == action::STANDING_USE {
        let ours = entry.detail("approval_id") == Some(approval_id);
        return Some((MemberId::parse(entry.detail("member_id")?).ok()?, approves)).filter(|_| ours);
    }
    (entry.target == approval_id).then_some((entry.actor.member()?, approves))
}

impl Account {
    /// Gathers what the links of a mail tell of one of its approvals. `record` says which, and must agree.
    ///
    /// # Errors
    /// A [`Doubt`], where a step of the record has no link yet, or where the two tell different things.
    pub fn of(record: &Approval, links: &[ChainedEntry]) -> Result<Self, Doubt> {
        let known: BTreeMap<AuditId, &ChainedEntry> =
            links.iter().map(|link| (link.entry.id, link)).collect();
        let missing: Vec<_> = record.deeds().into_iter().filter(|(_, id)| !known.contains_key(id)).collect();
        if !missing.is_empty() {
            return Err(Doubt::NotChained(missing));
        }
        let account = Self::gathered(record.id, links).ok_or_else(|| {
            // The request of an edited mail is named by no record: the edit is.
            Doubt::NotChained(vec![(Deed::Asked, record.deeds()[0].1)])
        })?;
        account.agrees(record)?;
        Ok(account)
    }

    fn gathered(approval_id: ApprovalId, links: &[ChainedEntry]) -> Option<Self> {
        let mut links = links.to_vec();
        // By the time of each entry: those of different batches may be chained in another order.
        links.sort_by_key(|link| (link.entry.at, link.sequence));
        let id = approval_id.to_string();
        let of = |action: &str, link: &&ChainedEntry| link.entry.action == action;
        let ours = |action: &'static str| {
            let id = id.clone();
            links.iter().filter(move |link| of(action, link) && link.entry.target == id)
        };
        let edited = links
            .iter()
            .find(|link| of(action::EDIT, link) && link.entry.detail("new_approval_id") == Some(&id));
        let asked = links.iter().find(|link| {
            of(action::SUBMIT, link) && (edited.is_some() || link.entry.detail("approval_id") == Some(&id))
        })?;
        let ends = [action::CANCEL, action::EXPIRE, action::EDIT];
        let mut votes: Vec<ChainedVote> = links
            .iter()
            .filter_map(|link| {
                vote(&id, &link.entry).map(|(member_id, approves)| (link, member_id, approves))
            })
            .map(|(link, member_id, approves)| ChainedVote {
                link: link.clone(),
                member_id,
                approves,
                stands: false,
            })
            .collect();
        let taken_back: Vec<ChainedEntry> = ours(action::TAKE_BACK).cloned().collect();
        for place in 0..votes.len() {
            let (member_id, entry) = (votes[place].member_id, votes[place].link.entry.id.to_string());
            let taken = taken_back.iter().any(|link| link.entry.detail("vote") == Some(&*entry));
            votes[place].stands =
                !taken && votes[place + 1..].iter().all(|later| later.member_id != member_id);
        }
        let digest =
            edited.map_or_else(|| asked.entry.detail("digest"), |link| link.entry.detail("new_digest"));
        let mail = links.iter().filter(|link| {
            of(action::STATUS, link) && digest.is_some() && link.entry.detail("digest") == digest
        });
        Some(Self {
            asked: asked.clone(),
            edited: edited.cloned(),
            votes,
            delegations: ours(action::DELEGATE).cloned().collect(),
            taken_back,
            reopened: ours(action::WAIT_FOR_SIGNATURES).cloned().collect(),
            ended: ends.into_iter().find_map(|action| ours(action).next().cloned()),
            mail: mail.cloned().collect(),
        })
    }

    /// The entry of the request for this very approval.
    pub fn request(&self) -> &ChainedEntry {
        self.edited.as_ref().unwrap_or(&self.asked)
    }

    /// The digest that was asked about, as the chain has it.
    pub fn digest(&self) -> &str {
        let name = if self.edited.is_some() { "new_digest" } else { "digest" };
        self.request().entry.detail(name).unwrap_or_default()
    }

    /// Counts edits of the mail, from 1, as the chain has it.
    pub fn revision(&self) -> &str {
        self.edited.as_ref().map_or("1", |link| link.entry.detail("revision").unwrap_or_default())
    }

    /// Where the approval stands, as the chain tells.
    pub fn status(&self) -> &str {
        if let Some(ended) = &self.ended {
            return match ended.entry.action.as_str() {
                action::CANCEL => "cancelled",
                action::EXPIRE => "expired",
                _ => "superseded",
            };
        }
        let told = |link: &ChainedEntry| link.entry.detail("status").map(str::to_owned);
        // What was decided before a vote was taken back, or before it waited again, is decided no more, unless the votes that were left were enough.
        let place = |link: &ChainedEntry| (link.entry.at, link.sequence);
        let since = self.taken_back.iter().chain(&self.reopened).max_by_key(|link| place(link));
        let later = |vote: &&ChainedVote| since.is_none_or(|since| place(&vote.link) > place(since));
        let votes = self.votes.iter().filter(later).filter_map(|vote| told(&vote.link));
        let mut all = votes.chain(told(since.unwrap_or_else(|| self.request())));
        let decided = all.find(|status| status != Decision::Pending.as_str());
        match decided.as_deref() {
            Some("approved") => "approved",
            Some("rejected") => "rejected",
            _ => "pending",
        }
    }

    /// All links that it is made of, in the order of their places, each once.
    pub fn links(&self) -> Vec<&ChainedEntry> {
        let all = std::iter::once(&self.asked)
            .chain(&self.edited)
            .chain(self.votes.iter().map(|vote| &vote.link))
            .chain(&self.delegations)
            .chain(&self.taken_back)
            .chain(&self.reopened)
            .chain(&self.ended)
            .chain(&self.mail);
        let by_place: BTreeMap<u64, &ChainedEntry> = all.map(|link| (link.sequence, link)).collect();
        by_place.into_values().collect()
    }

    fn agrees(&self, record: &Approval) -> Result<(), Doubt> {
        let unknown = |chained: &&ChainedVote| {
            chained.stands && !record.votes.iter().any(|vote| vote.member_id == chained.member_id)
        };
        let unrecorded: Vec<_> = self.votes.iter().filter(unknown).map(|vote| vote.link.entry.id).collect();
        if !unrecorded.is_empty() {
            return Err(Doubt::NotRecorded(unrecorded));
        }
        let votes = record.votes.iter().filter(|vote| !self.has_vote(record, vote));
        let mut differing: Vec<_> = votes.map(|vote| vote.deed().entry_id(record.id, vote.at)).collect();
        if !self.has_request(record) || self.status() != record.decision.as_str() {
            differing.push(self.request().entry.id);
        }
        let handed = |from: MemberId| record.delegations.iter().any(|one| one.from == from);
        let strays = self
            .delegations
            .iter()
            .map(|link| &link.entry)
            .filter(|entry| !entry.detail("from").and_then(|from| from.parse().ok()).is_some_and(handed));
        differing.extend(strays.map(|entry| entry.id));
        let unnamed = self
            .taken_back
            .iter()
            .filter(|link| !record.taken_back.iter().any(|one| has_taken_back(record, one, &link.entry)));
        differing.extend(unnamed.map(|link| link.entry.id));
        let unproved = record.taken_back.iter().filter(|one| !self.has_taken_back_vote(record, &one.vote));
        differing.extend(unproved.map(|one| one.vote.deed().entry_id(record.id, one.vote.at)));
        if let Some(ended) = &self.ended
            && !has_end(record, &ended.entry)
        {
            differing.push(ended.entry.id);
        }
        if differing.is_empty() { Ok(()) } else { Err(Doubt::Differs(differing)) }
    }

    /// Whether a vote of the record is what the chain tells last of this person.
    fn has_vote(&self, record: &Approval, vote: &Vote) -> bool {
        self.votes.iter().any(|chained| chained.stands && is_vote(record, vote, chained))
    }

    /// Whether a vote that the record says was taken back is one that the chain tells of, and that does not stand.
    fn has_taken_back_vote(&self, record: &Approval, vote: &Vote) -> bool {
        self.votes.iter().any(|chained| !chained.stands && is_vote(record, vote, chained))
    }

    fn has_request(&self, record: &Approval) -> bool {
        let entry = &self.request().entry;
        let why = record.asked_details();
        let known = |name: &str| REQUEST.contains(&name) || why.iter().any(|(said, _)| *said == name);
        let edited_by = self.edited.as_ref().and_then(|link| link.entry.actor.member());
        tells(entry, &why)
            && entry.details.keys().all(|name| known(name))
            && self.digest() == record.digest.to_string()
            && self.revision() == record.revision.to_string()
            && self.asked.entry.actor == record.requested_by
            && self.asked.entry.detail("credential") == Some(&*record.requested_with.name())
            && edited_by == record.edited_by
    }
}

/// Whether the chain tells of this vote what the record does.
fn is_vote(record: &Approval, vote: &Vote, chained: &ChainedVote) -> bool {
    let entry = &chained.link.entry;
    let standing = vote.standing.map(|id| id.to_string());
    let by_standing = (entry.action == action::STANDING_USE).then_some(&entry.target);
    entry.id == vote.deed().entry_id(record.id, vote.at)
        && entry.at.as_millisecond() == vote.at.as_millisecond()
        && chained.member_id == vote.member_id
        && chained.approves == (vote.verdict == Verdict::Approve)
        && by_standing == standing.as_ref()
        // A row that forgets that its vote saw no more than a list would have it count for more.
        && entry.detail("seen").is_some() == vote.unseen
        && tells(entry, &record.vote_details(vote))
}

/// Whether this entry tells that this vote was taken back.
fn has_taken_back(record: &Approval, one: &TakenBack, entry: &Entry) -> bool {
    let member_id = one.vote.member_id;
    entry.id == Deed::TookBack(member_id).entry_id(record.id, one.at)
        && entry.actor.member() == Some(member_id)
        && tells(entry, &record.taken_back_details(one))
}

/// What the entry of a request tells beside [`Approval::asked_details`].
const REQUEST: [&str; 9] = [
    "digest",
    "approval_id",
    "status",
    "resends",
    "message_id",
    "revision",
    "new_digest",
    "new_approval_id",
    "credential",
];

/// Whether an entry has all these details.
fn tells(entry: &Entry, details: &[(&'static str, String)]) -> bool {
    details.iter().all(|(name, value)| entry.detail(name) == Some(value))
}

/// Whether the record ended as this entry says.
fn has_end(record: &Approval, entry: &Entry) -> bool {
    let same = match &record.decision {
        Decision::Cancelled { by, reason, .. } => {
            entry.actor == *by && tells(entry, &[("reason_digest", reason_digest(reason).to_string())])
        }
        Decision::Superseded { by, next, .. } => {
            entry.actor.member() == Some(*by) && tells(entry, &[("new_approval_id", next.to_string())])
        }
        Decision::Expired { .. } => entry.actor == Actor::System,
        _ => false,
    };
    same && tells(entry, &[("digest", record.digest.to_string())])
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::base::digest::Digest;
    use crate::gate::approval::{
        Voter,
        tests::{held, session},
    };
    use crate::gate::policy::Terms;
    use crate::ledger::audit::{AuditEntry, Head};
    use crate::people::access::{CalledThen, Credential, Role};
    use crate::{SessionId, StandingApprovalId, TokenId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    type Change = fn(&mut Approval);

    fn after(seconds: i64) -> Timestamp {
        NOW + SignedDuration::from_secs(seconds)
    }

    fn person(n: u8) -> Voter {
        Voter { member_id: MemberId::new(NOW, [n; 10]), role: Role::Approver }
    }

    fn two() -> Terms {
        let mut terms = Terms { rejections: 2, ..Terms::default() };
        terms.requirements[0].quorum = 2;
        terms
    }

    fn actor(voter: Voter) -> Actor {
        Actor::Member { member_id: voter.member_id }
    }

    fn entry(
        record: &Approval,
        (deed, at): (Deed, Timestamp),
        actor: Actor,
        (action, target): (&'static str, String),
        details: Vec<(&'static str, String)>,
    ) -> Entry {
        let entry = AuditEntry {
            id: AuditId::new(NOW, [0; 10]),
            organization_id: record.organization_id,
            at,
            actor,
            action,
            target,
            details,
        };
        Entry::from(&entry.telling_of(deed, record.id, at))
    }

    fn asked(record: &Approval) -> Entry {
        let mut details = vec![
            ("digest", record.digest.to_string()),
            ("approval_id", record.id.to_string()),
            ("status", "pending".to_owned()),
            ("credential", record.requested_with.name()),
        ];
        details.extend(record.asked_details());
        let what = (action::SUBMIT, record.message_id.to_string());
        entry(record, (Deed::Asked, NOW), record.requested_by.clone(), what, details)
    }

    /// The entry of the vote that was cast last.
    fn cast(record: &Approval) -> Entry {
        let vote = record.votes.last().unwrap();
        let mut details = record.vote_details(vote);
        details.push(("status", record.decision.as_str().to_owned()));
        let action = if vote.verdict == Verdict::Approve { action::APPROVE } else { action::REJECT };
        let what = (action, record.id.to_string());
        entry(record, (vote.deed(), vote.at), Actor::Member { member_id: vote.member_id }, what, details)
    }

    fn vote(record: Approval, n: u8, verdict: Verdict, at: Timestamp) -> Approval {
        let digest = record.digest;
        record.vote(person(n), (&session(), None), digest, verdict, None, at).unwrap()
    }

    fn chained(entries: &[Entry]) -> Vec<ChainedEntry> {
        let mut head = Head::genesis(entries[0].organization_id);
        entries.iter().map(|entry| head.append(entry.clone(), after(100))).collect()
    }

    /// A mail that two persons let go, with its entries.
    fn approved() -> (Approval, Vec<Entry>) {
        let record = held(two());
        let mut entries = vec![asked(&record)];
        let record = vote(record, 2, Verdict::Approve, after(1));
        entries.push(cast(&record));
        let record = vote(record, 3, Verdict::Approve, after(2));
        entries.push(cast(&record));
        (record, entries)
    }

    fn code(record: &Approval, entries: &[Entry]) -> &'static str {
        Account::of(record, &chained(entries)).map_or_else(|doubt| doubt.code().as_str(), |_| "receipt")
    }

    #[test]
    fn record_and_chain_that_agree_give_an_account() {
        let (record, entries) = approved();
        let links = chained(&entries);
        let account = Account::of(&record, &links).unwrap();
        assert_eq!((account.status(), account.revision()), ("approved", "1"));
        assert_eq!(account.digest(), record.digest.to_string());
        let votes: Vec<_> =
            account.votes.iter().map(|vote| (vote.member_id, vote.approves, vote.stands)).collect();
        assert_eq!(votes, [(person(2).member_id, true, true), (person(3).member_id, true, true)]);
        assert_eq!(account.links().into_iter().cloned().collect::<Vec<_>>(), links);
        // In whatever order they were chained.
        let mut turned = entries;
        turned.reverse();
        let turned = Account::of(&record, &chained(&turned)).unwrap();
        assert_eq!(
            turned.votes.iter().map(|vote| vote.member_id).collect::<Vec<_>>(),
            [votes[0].0, votes[1].0]
        );
    }

    #[test]
    fn a_vote_that_one_of_the_two_does_not_have_gives_no_receipt() {
        let (record, entries) = approved();
        assert_eq!(code(&record, &entries[..2]), "vote_not_chained");
        assert_eq!(code(&record, &entries[1..]), "entry_not_chained");
        let mut robbed = record.clone();
        robbed.votes.pop();
        assert_eq!(code(&robbed, &entries), "vote_not_recorded");
        let mut forged = record.clone();
        forged.votes.push(Vote { member_id: person(4).member_id, ..forged.votes[0].clone() });
        assert_eq!(code(&forged, &entries), "vote_not_chained");
        assert_eq!(code(&record, &entries), "receipt");
    }

    #[test]
    fn whatever_the_record_says_otherwise_is_noticed() {
        let (record, entries) = approved();
        let changes: [(&str, Change); 15] = [
            ("digest", |it| it.digest = Digest::of(b"other")),
            ("requester", |it| it.requested_by = Actor::System),
            ("token", |it| {
                let member_id = it.requested_by.member().unwrap();
                let (token_id, name) = (TokenId::new(NOW, [9; 10]), CalledThen::default());
                it.requested_by = Actor::Token { token_id, member_id, name };
            }),
            ("revision", |it| it.revision = 2),
            ("editor", |it| it.edited_by = Some(MemberId::new(NOW, [9; 10]))),
            ("reasons", |it| it.reasons.push("edited".into())),
            ("terms", |it| it.terms = Some(Terms::default())),
            ("no terms", |it| it.terms = None),
            ("who may vote", |it| it.terms.as_mut().unwrap().by = crate::gate::policy::By::Any),
            ("role", |it| it.votes[0].role = Role::Owner),
            ("session", |it| it.votes[0].with = Credential::Session(SessionId::new(NOW, [9; 10]))),
            ("requester's token", |it| it.requested_with = session()),
            ("decision", |it| it.decision = Decision::Pending),
            ("standing", |it| it.votes[0].standing = Some(StandingApprovalId::new(NOW, [9; 10]))),
            ("rejected", |it| {
                let (by, at) = (it.votes[0].member_id, NOW);
                it.decision = Decision::Rejected { by, at, reason: String::new() };
            }),
        ];
        for (name, change) in changes {
            let mut changed = record.clone();
            change(&mut changed);
            assert_eq!(code(&changed, &entries), "record_differs", "{name}");
        }
        // Who voted, when and how is in the id of the entry.
        let moved: [(&str, Change); 3] = [
            ("time", |it| it.votes[0].at = after(9)),
            ("verdict", |it| it.votes[0].verdict = Verdict::Reject("no".into())),
            ("voter", |it| it.votes[0].member_id = MemberId::new(NOW, [9; 10])),
        ];
        for (name, change) in moved {
            let mut changed = record.clone();
            change(&mut changed);
            assert_eq!(code(&changed, &entries), "vote_not_chained", "{name}");
        }
    }

    #[test]
    fn a_vote_that_was_replaced_is_told_and_does_not_stand() {
        let record = held(two());
        let mut entries = vec![asked(&record)];
        let before = vote(record, 2, Verdict::Reject("not so".into()), after(1));
        entries.push(cast(&before));
        let record = vote(before.clone(), 2, Verdict::Approve, after(2));
        entries.push(cast(&record));
        let account = Account::of(&record, &chained(&entries)).unwrap();
        let told: Vec<_> = account.votes.iter().map(|vote| (vote.approves, vote.stands)).collect();
        assert_eq!(
            (told.as_slice(), account.status()),
            ([(false, false), (true, true)].as_slice(), "pending")
        );
        let reason = account.votes[0].link.entry.detail("reason_digest");
        assert_eq!(reason, Some(&*reason_digest("not so").to_string()));
        // A record that was put back to the vote before.
        assert_eq!(code(&before, &entries), "record_differs");
    }

    #[test]
    fn a_vote_that_was_taken_back_is_told_and_decides_nothing() {
        let (record, mut entries) = approved();
        let back = record.clone().take_back(person(3).member_id, &session(), after(3)).unwrap();
        assert_eq!(code(&back, &entries), "entry_not_chained");
        let mut details = back.taken_back_details(&back.taken_back[0]);
        details.push(("status", "pending".to_owned()));
        let took = (Deed::TookBack(person(3).member_id), after(3));
        entries.push(entry(&back, took, actor(person(3)), (action::TAKE_BACK, back.id.to_string()), details));
        let account = Account::of(&back, &chained(&entries)).unwrap();
        let told: Vec<_> = account.votes.iter().map(|vote| (vote.member_id, vote.stands)).collect();
        assert_eq!(told, [(person(2).member_id, true), (person(3).member_id, false)]);
        assert_eq!((account.status(), account.taken_back.len()), ("pending", 1));
        assert_eq!(code(&record, &entries), "record_differs", "a record that was put back");
        let mut silent = back.clone();
        silent.taken_back.clear();
        assert_eq!(code(&silent, &entries), "record_differs");
        let again = vote(back, 3, Verdict::Approve, after(4));
        entries.push(cast(&again));
        let account = Account::of(&again, &chained(&entries)).unwrap();
        assert_eq!(account.status(), "approved");
        assert_eq!(account.votes.iter().filter(|vote| vote.stands).count(), 2);
    }

    #[test]
    fn a_standing_approval_casts_its_maker_s_vote() {
        let record = held(Terms::default());
        let standing = StandingApprovalId::new(NOW, [8; 10]);
        let digest = record.digest;
        let request = asked(&record);
        let record = record
            .vote(person(2), (&session(), None), digest, Verdict::Approve, Some(standing), NOW)
            .unwrap();
        let vote = record.votes[0].clone();
        let mut details = record.vote_details(&vote);
        details.push(("status", "approved".into()));
        let what = (action::STANDING_USE, standing.to_string());
        let used = entry(&record, (vote.deed(), NOW), record.requested_by.clone(), what, details);
        let account = Account::of(&record, &chained(&[request.clone(), used.clone()])).unwrap();
        assert_eq!((account.votes[0].member_id, account.status()), (person(2).member_id, "approved"));
        let mut other = used.clone();
        other.target = StandingApprovalId::new(NOW, [7; 10]).to_string();
        assert_eq!(code(&record, &[request.clone(), other]), "record_differs");
        let mut another = used;
        another.details.insert("member_id".into(), person(3).member_id.to_string());
        assert_eq!(code(&record, &[request, another]), "vote_not_recorded");
    }

    #[test]
    fn an_end_is_told_by_its_entry_and_by_no_other() {
        let (record, mut entries) = approved();
        let owner = actor(person(5));
        let cancelled = record.clone().cancel(&owner, "wrong price", after(3)).unwrap();
        assert_eq!(code(&cancelled, &entries), "entry_not_chained");
        let details = vec![
            ("digest", record.digest.to_string()),
            ("reason_digest", reason_digest("wrong price").to_string()),
        ];
        let what = (action::CANCEL, record.id.to_string());
        entries.push(entry(&record, (Deed::Ended, after(3)), owner, what, details));
        let account = Account::of(&cancelled, &chained(&entries)).unwrap();
        assert_eq!(account.status(), "cancelled");
        assert_eq!(code(&record, &entries), "record_differs", "a record that was put back");
        let mut other = cancelled.clone();
        other.decision =
            Decision::Cancelled { by: Actor::System, at: after(3), reason: "wrong price".into() };
        assert_eq!(code(&other, &entries), "record_differs");
        other.decision =
            Decision::Cancelled { by: actor(person(5)), at: after(3), reason: "right price".into() };
        assert_eq!(code(&other, &entries), "record_differs");
    }

    #[test]
    fn an_edit_ends_one_revision_and_is_the_request_of_the_next() {
        let old = held(Terms::default());
        let next = ApprovalId::new(after(5), [7; 10]);
        let superseded = old.clone().supersede(person(2), &session(), old.digest, next, after(5)).unwrap();
        let new = Approval {
            id: next,
            digest: Digest::of(b"edited"),
            revision: 2,
            supersedes: Some(old.id),
            edited_by: Some(person(2).member_id),
            ..old.clone()
        };
        let mut details = vec![
            ("digest", old.digest.to_string()),
            ("new_digest", new.digest.to_string()),
            ("new_approval_id", new.id.to_string()),
            ("revision", "2".to_owned()),
        ];
        details.extend(new.asked_details());
        let what = (action::EDIT, old.id.to_string());
        let edit = entry(&old, (Deed::Ended, next.at()), actor(person(2)), what, details);
        let entries = [asked(&old), edit];
        let ended = Account::of(&superseded, &chained(&entries)).unwrap();
        assert_eq!((ended.status(), ended.revision(), ended.edited.is_none()), ("superseded", "1", true));
        let account = Account::of(&new, &chained(&entries)).unwrap();
        assert_eq!((account.status(), account.revision()), ("pending", "2"));
        assert_eq!(account.digest(), new.digest.to_string());
        assert_eq!(account.asked.entry.actor, old.requested_by);
        assert_eq!(code(&new, &entries[..1]), "entry_not_chained");
        assert_eq!(code(&new, &entries[1..]), "entry_not_chained");
        let other = Approval { edited_by: Some(person(3).member_id), ..new };
        assert_eq!(code(&other, &entries), "record_differs");
    }

    #[test]
    fn of_the_mail_only_what_became_of_these_bytes_is_told() {
        let (record, mut entries) = approved();
        let moved = |digest: Digest, to: &str, at| {
            let details = vec![("digest", digest.to_string()), ("to", to.to_owned())];
            let what = (action::STATUS, record.message_id.to_string());
            let told = entry(&record, (Deed::Asked, at), Actor::System, what, details);
            Entry { id: AuditId::new(at, [5; 10]), ..told }
        };
        entries.push(moved(record.digest, "sent", after(3)));
        entries.push(moved(Digest::of(b"other"), "sent", after(4)));
        let account = Account::of(&record, &chained(&entries)).unwrap();
        let told: Vec<_> = account.mail.iter().map(|link| link.entry.at).collect();
        assert_eq!(told, [after(3)]);
        let delegated = entry(
            &record,
            (Deed::HandedOn(person(4).member_id), after(3)),
            actor(person(4)),
            (action::DELEGATE, record.id.to_string()),
            vec![("from", person(4).member_id.to_string())],
        );
        entries.push(delegated);
        assert_eq!(code(&record, &entries), "record_differs", "a delegation that the record does not name");
    }
}
