//! Which votes a key has signed that counts: asked of the key log, of the mail that is about to go, and of nothing that lies in the table.

use std::collections::BTreeMap;

use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Verdict, Vote};
use domain::gate::statement::{Said, SignedVotes, Subject};
use domain::people::key_log::KeyLog;
use domain::{InboxId, MemberId, Timestamp};
use signatures::Site;

use crate::base::ports::KeyLogs;

/// Where the key logs lie, and where people sign.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The logs.
    pub logs: &'a dyn KeyLogs,
    /// The site of the console.
    pub site: Site<'a>,
}

/// What the key log says of the votes for a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attested {
    /// How many votes must be signed, whatever the table says.
    pub floor: SignedVotes,
    /// Whose signatures hold, and whether by a key that stays in its device.
    pub signed: BTreeMap<MemberId, bool>,
}

/// What a key log says of the votes for a mail of this inbox that would go now. Without an approval it says how many there must be.
pub fn attested(
    log: &KeyLog,
    site: Site<'_>,
    inbox_id: InboxId,
    approval: Option<&Approval>,
    now: Timestamp,
) -> Attested {
    let Some(approval) = approval else {
        return Attested { floor: log.floor(inbox_id), ..Attested::default() };
    };
    let holds = |vote: &Vote| Some((vote.member_id, holds(log, site, approval, vote, now)?));
    Attested {
        floor: log.floor(inbox_id),
        signed: approval
            .votes
            .iter()
            .filter(|vote| vote.verdict == Verdict::Approve)
            .filter_map(holds)
            .collect(),
    }
}

/// Whether a vote is signed by a key of its member that counts, for this very mail, and still good; then whether the key stays in its device.
fn holds(log: &KeyLog, site: Site<'_>, approval: &Approval, vote: &Vote, now: Timestamp) -> Option<bool> {
    let signed = vote.signed.as_ref()?;
    let subject = Subject { approval_id: approval.id, revision: approval.revision, digest: approval.digest };
    let text = signed.text(approval.organization_id, vote.member_id, Said::Approve, &subject)?;
    let key = log.key(signed.key).filter(|key| key.new.member_id == vote.member_id)?;
    // It counted when it signed, and counts now: one that was revoked since does not.
    let counts = key.new.from <= signed.given && key.counts(now);
    if !counts || now > signed.not_after || log.is_withdrawn(Digest::of(text.as_bytes())) {
        return None;
    }
    signatures::check(site, &key.new, &text, &signed.assertion).ok()?;
    Some(key.new.device_bound)
}
