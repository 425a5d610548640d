//! Which votes a key has signed that counts: asked of the key log, of the mail that is about to go, and of nothing that lies in the table.

use std::collections::BTreeMap;

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Verdict, Vote};
use domain::gate::seal::{Envelope, Sealed};
use domain::gate::statement::{MAX_GOOD_FOR, Said, SignedVote, Signer, Subject, tree};
use domain::people::key_links::Senders;
use domain::people::key_log::KeyLog;
use domain::people::signing::{Assertion, CLOCK, KeyId, SignedVotes};
use domain::{MemberId, OrganizationId, Timestamp};
use mail::{Defect, ParsedAddress};
use signatures::BadSignature;

use crate::base::error::Refusal;
use crate::base::ports::KeyLogs;

/// Of so many votes signatures are looked at, at most: a row holds what somebody wrote into it.
const MAX_LOOKED_AT: usize = 50;

/// What the key log says of the votes for a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attested {
    /// How many votes must be signed, whatever the table says.
    pub floor: SignedVotes,
    /// Whose signatures hold, and whether by a key that stays in its device.
    pub signed: BTreeMap<MemberId, bool>,
}

/// What somebody's key signed of one mail, or of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoteSignature {
    /// By which key.
    pub key: KeyId,
    /// When the page was made.
    pub given: Timestamp,
    /// How long it is good for.
    pub not_after: Timestamp,
    /// What was signed.
    pub assertion: Assertion,
    /// Of many mails: the leaves of the tree whose root was signed, in their order.
    pub leaves: Option<Vec<Digest>>,
}

/// The vote that a signature is for, once its key counts and it holds: the dispatcher looks again, when the mail goes.
pub(crate) async fn signed_vote(
    logs: &dyn KeyLogs,
    approval: &Approval,
    member_id: MemberId,
    said: Said,
    signature: &VoteSignature,
    now: Timestamp,
) -> Result<SignedVote, Refusal> {
    let refused = |why: &str| Refusal::because(Code::SignatureRefused, why);
    let organization_id = approval.organization_id;
    let VoteSignature { key, given, not_after, ref assertion, ref leaves } = *signature;
    let signer = Signer { organization_id, member_id, key, given, not_after };
    if !signer.is_fresh(now) {
        return Err(refused(
            "this was signed more than ten minutes ago, or is good for too long: open the mail again, and sign anew",
        ));
    }
    let log = logs.read(organization_id).await?.log;
    let known = log.key(key).filter(|known| known.new.member_id == member_id && known.new.decides);
    let known = known.filter(|known| known.counts(now)).ok_or_else(|| {
        refused(
            "this key signs no votes of yours: it is not in the key log, does not count yet, or was revoked",
        )
    })?;
    let subject = subject_of(approval);
    let path = match leaves {
        None => None,
        Some(leaves) => {
            let place = leaves.iter().position(|leaf| *leaf == subject.leaf());
            let (_, paths) = tree(leaves).ok_or_else(|| refused("a signature stands for 1 to 500 mails"))?;
            let path = place.and_then(|place| paths.into_iter().nth(place));
            Some(path.ok_or_else(|| {
                refused("the signature is for other mails, or this one was edited meanwhile")
            })?)
        }
    };
    let device_bound = known.new.device_bound;
    let vote = SignedVote { key, device_bound, given, not_after, assertion: assertion.clone(), path };
    let text = vote.text(organization_id, member_id, said, &subject);
    let text = text.ok_or_else(|| refused("the signature is for other mails"))?;
    signatures::check(&known.new, &text, assertion).map_err(not_signed)?;
    Ok(vote)
}

/// Why a signature was not taken, for whoever gave it.
pub(crate) fn not_signed(why: BadSignature) -> Refusal {
    Refusal::because(Code::SignatureRefused, format!("{why}: begin again on a page of this installation"))
}

/// What a key that votes about a mail signs.
pub fn subject_of(approval: &Approval) -> Subject {
    Subject { approval_id: approval.id, revision: approval.revision, digest: approval.digest }
}

/// What a key log says of the votes for a mail from this address that would go now.
pub fn attested(log: &KeyLog, from: &EmailAddress, approval: Option<&Approval>, now: Timestamp) -> Attested {
    let votes = approval.iter().flat_map(|approval| approval.votes.iter().map(move |vote| (*approval, vote)));
    let approving = votes.filter(|(_, vote)| vote.verdict == Verdict::Approve).take(MAX_LOOKED_AT);
    let signed =
        approving.filter_map(|(approval, vote)| Some((vote.member_id, holds(log, approval, vote, now)?)));
    Attested { floor: log.floor(from, now), signed: signed.collect() }
}

/// Why sealed bytes may not go, as they say it themselves: whoever writes the table and the bucket can seal anything in anybody's name.
pub(crate) fn unfit(
    sealed: &Sealed,
    organization_id: OrganizationId,
    senders: &Senders,
    now: Timestamp,
) -> Option<&'static str> {
    let Envelope { from, send_at, .. } = sealed.envelope();
    if senders.is_of_another(from, organization_id) {
        return Some("sender_of_another");
    }
    // The provider goes by what the mail itself says.
    let mime = sealed.mime();
    let end = mime.windows(4).position(|four| four == b"\r\n\r\n").map_or(mime.len(), |at| at + 4);
    let said = mail::parse(&mime[..end]);
    let is_own = |party: &ParsedAddress| party.address.eq_ignore_ascii_case(from.as_str());
    let alone =
        !said.defects.contains(&Defect::SeveralFrom) && !said.defects.contains(&Defect::DuplicateHeader);
    if !alone || !said.from.as_ref().is_some_and(is_own) || !said.sender.as_ref().is_none_or(is_own) {
        return Some("sender_altered");
    }
    send_at.is_some_and(|at| at > now).then_some("not_due")
}

/// The signatures that an approval claims to have, for whoever only asks what would hinder a mail, and sends nothing.
pub(crate) fn claimed(approval: Option<&Approval>) -> Attested {
    let votes = approval.iter().flat_map(|approval| &approval.votes);
    let signed = votes.filter_map(|vote| Some((vote.member_id, vote.signed.as_ref()?.device_bound)));
    Attested { floor: SignedVotes::NONE, signed: signed.collect() }
}

/// Whether a vote is signed by a key of its member that counts, for this very mail, and still good; then whether the key stays in its device.
fn holds(log: &KeyLog, approval: &Approval, vote: &Vote, now: Timestamp) -> Option<bool> {
    let signed = vote.signed.as_ref()?;
    let subject = subject_of(approval);
    let text = signed.text(approval.organization_id, vote.member_id, Said::Approve, &subject)?;
    let key = log.key(signed.key).filter(|key| key.new.member_id == vote.member_id && key.new.decides)?;
    // It counted when it signed, and counts now: one that was revoked since does not.
    let counts = key.new.from <= signed.given && key.counts(now);
    let good = signed.given <= now.checked_add(CLOCK).ok()?
        && now <= signed.not_after
        && signed.not_after.duration_since(signed.given) <= MAX_GOOD_FOR;
    if !counts || !good || log.is_withdrawn(subject.leaf(), vote.member_id, signed.given) {
        return None;
    }
    signatures::check(&key.new, &text, &signed.assertion).ok()?;
    Some(key.new.device_bound)
}
