//! Which votes a key has signed that counts: asked of the key log, of the mail that is about to go, and of nothing that lies in the table.

use std::collections::BTreeMap;

use domain::base::address::EmailAddress;
use domain::gate::approval::{Approval, Verdict, Vote};
use domain::gate::statement::{MAX_GOOD_FOR, Said, Subject};
use domain::people::key_log::KeyLog;
use domain::people::signing::{CLOCK, SignedVotes};
use domain::{MemberId, Timestamp};

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

/// What a key log says of the votes for a mail from this address that would go now.
pub fn attested(log: &KeyLog, from: &EmailAddress, approval: Option<&Approval>, now: Timestamp) -> Attested {
    let votes = approval.iter().flat_map(|approval| approval.votes.iter().map(move |vote| (*approval, vote)));
    let approving = votes.filter(|(_, vote)| vote.verdict == Verdict::Approve).take(MAX_LOOKED_AT);
    let signed =
        approving.filter_map(|(approval, vote)| Some((vote.member_id, holds(log, approval, vote, now)?)));
    Attested { floor: log.floor(from, now), signed: signed.collect() }
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
    let subject = Subject { approval_id: approval.id, revision: approval.revision, digest: approval.digest };
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
