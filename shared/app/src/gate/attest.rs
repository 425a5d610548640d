//! Which votes a key has signed that counts: asked of the key log, of the mail that is about to go, and of nothing that lies in the table.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Verdict, Vote};
use domain::gate::last_look::Around;
use domain::gate::seal::{Envelope, Sealed};
use domain::gate::statement::{MAX_GOOD_FOR, Said, SignedVote, Signer, Subject, tree};
use domain::people::key_links::Senders;
use domain::people::key_log::KeyLog;
use domain::people::signing::{Assertion, CLOCK, KeyId, SignedVotes};
use domain::{MemberId, OrganizationId, Timestamp};
use jiff::SignedDuration;
use mail::{Defect, ParsedAddress};
use signatures::BadSignature;

use crate::base::error::Refusal;
use crate::base::ports::{Departures, KeyLogError, StoredLog, StoredSenders};

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
pub(crate) fn signed_vote(
    log: &KeyLog,
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

/// What a key log says of the votes for a mail from this address that would go now. `back` are those who took back what they signed.
pub fn attested(
    log: &KeyLog,
    from: &EmailAddress,
    approval: Option<&Approval>,
    back: &BTreeSet<MemberId>,
    now: Timestamp,
) -> Attested {
    let votes = approval.iter().flat_map(|approval| approval.votes.iter().map(move |vote| (*approval, vote)));
    let stands = |vote: &Vote| vote.verdict == Verdict::Approve && !back.contains(&vote.member_id);
    let approving = votes.filter(|(_, vote)| stands(vote)).take(MAX_LOOKED_AT);
    let signed =
        approving.filter_map(|(approval, vote)| Some((vote.member_id, holds(log, approval, vote, now)?)));
    Attested { floor: log.floor(from, now), signed: signed.collect() }
}

/// Whether another organization alone sends from this address, since its key log demands signed votes for mail from there.
async fn is_of_another(
    logs: &dyn Departures,
    (senders, shared): (&Senders, &str),
    from: &EmailAddress,
    organization_id: OrganizationId,
    now: Timestamp,
) -> Result<bool, KeyLogError> {
    for other in senders.others(from, organization_id, shared) {
        if logs.read(other).await?.log.floor(from, now).votes > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks all that lies where nothing that writes the table can write whether these bytes may go, and tells the last look. `shared` is the
/// domain on which all organizations have inboxes.
pub(crate) async fn prove(
    keys: &dyn Departures,
    (log, owners, shared): (&StoredLog, &StoredSenders, &str),
    sealed: &Sealed,
    approval: Option<&Approval>,
    around: &mut Around,
    organization_id: OrganizationId,
) -> Result<(), KeyLogError> {
    let (from, now) = (&sealed.envelope().from, around.at);
    let mut back = BTreeSet::new();
    if let Some(approval) = approval {
        // Nobody signs and takes back within a second, and `given` is of whole ones.
        let second = SignedDuration::from_secs(1);
        let signed =
            approval.votes.iter().filter_map(|vote| Some((vote.member_id, vote.signed.as_ref()?.given)));
        for (member_id, given) in signed.take(MAX_LOOKED_AT) {
            let since = given.checked_add(second).unwrap_or(given);
            if keys.has_taken_back(organization_id, approval.id, (member_id, since)).await? {
                back.insert(member_id);
            }
        }
    }
    let Attested { floor, signed } = attested(&log.log, from, approval, &back, now);
    (around.floor, around.signed) = (floor, signed);
    let taken = is_of_another(keys, (&owners.senders, shared), from, organization_id, now).await?;
    around.unfit = if taken { Some("sender_of_another") } else { unfit(sealed, now) };
    Ok(())
}

/// Why sealed bytes may not go, as they say it themselves: whoever writes the table and the bucket can seal anything in anybody's name.
fn unfit(sealed: &Sealed, now: Timestamp) -> Option<&'static str> {
    let Envelope { from, send_at, .. } = sealed.envelope();
    // The provider goes by what the mail itself says.
    let Some(header) = header_of(sealed.mime()) else { return Some("sender_altered") };
    let said = mail::parse(header);
    let is_own = |party: &ParsedAddress| party.address.eq_ignore_ascii_case(from.as_str());
    let alone =
        !said.defects.contains(&Defect::SeveralFrom) && !said.defects.contains(&Defect::DuplicateHeader);
    if !alone || !said.from.as_ref().is_some_and(is_own) || !said.sender.as_ref().is_none_or(is_own) {
        return Some("sender_altered");
    }
    send_at.is_some_and(|at| at > now).then_some("not_due")
}

/// The header of a mail with the empty line that ends it, where every program reads the same fields in it, as we write it: lines end with
/// CRLF alone, each is a field or goes on with the one before, and there is one `From` and at most one `Sender` (RFC 5322, §2.2 and §3.6).
fn header_of(mime: &[u8]) -> Option<&[u8]> {
    let end = mime.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (mut from, mut sender) = (0, 0);
    for (n, line) in mime[..end + 2].split_inclusive(|byte| *byte == b'\n').enumerate() {
        // A bare line feed would be the end of a line to some programs and none to others.
        let line = line.strip_suffix(b"\r\n")?;
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') || line.trim_ascii().is_empty() {
            return None;
        }
        if matches!(line.first(), Some(b' ' | b'\t')) {
            if n == 0 {
                return None;
            }
            continue;
        }
        let name = &line[..line.iter().position(|byte| *byte == b':')?];
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        from += usize::from(name.eq_ignore_ascii_case(b"from"));
        sender += usize::from(name.eq_ignore_ascii_case(b"sender"));
    }
    (from == 1 && sender <= 1).then(|| &mime[..end + 4])
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
    if !counts || !good {
        return None;
    }
    signatures::check(&key.new, &text, &signed.assertion).ok()?;
    Some(key.new.device_bound)
}
