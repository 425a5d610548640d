//! What a page tells its script so that its reader's own key signs their vote.

use app::base::ports::KeyLogs;
use app::gate::signing_keys;
use app::{Ports, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::gate::approval::Approval;
use domain::gate::statement::SignedVote;
use domain::mailbox::message::Party;
use domain::people::signing::Assertion;
use domain::{MemberId, OrganizationId, Timestamp};
use jiff::SignedDuration;
use serde_json::json;

/// So long after it was to go a signed vote still lets a mail go: it may be paused meanwhile, or wait for other votes.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The keys of a reader, and what else is signed of every mail.
#[derive(Clone)]
pub(crate) struct Signer {
    /// For the script, as JSON.
    pub json: String,
    /// By what each is chosen, and its name.
    pub keys: Vec<(String, String)>,
    /// Whether one of them stays in its device.
    device_bound: bool,
}

impl Signer {
    /// A vote as if it were signed, to see what would be missing then.
    pub(crate) fn as_if(&self, now: Timestamp) -> SignedVote {
        let assertion = Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] };
        let (key, device_bound) = (Digest::of(b""), self.device_bound);
        SignedVote { key, device_bound, given: now, not_after: now, assertion, path: None }
    }

    /// Whether there is a choice.
    pub(crate) fn is_choice(&self) -> bool {
        self.keys.len() > 1
    }
}

/// An approval with as many signed votes as the key log demands of its mail by now, for whoever sees it on a page.
pub(crate) async fn demanded(
    logs: &dyn KeyLogs,
    approval: Approval,
    from: &Party,
    now: Timestamp,
) -> Result<Approval, Refusal> {
    let Ok(from) = EmailAddress::parse(&from.address) else { return Ok(approval) };
    let log = logs.read(approval.organization_id).await?.log;
    Ok(approval.with_floor(log.floor(&from, now)))
}

/// Whether some of the votes for a mail, or all, must be signed.
pub(crate) fn is_asked(approval: &Approval) -> bool {
    approval.asks_for_signatures()
}

/// The signer of whoever reads about these mails; none where none of them asks for it, or no key of theirs counts.
pub(crate) async fn of(
    ports: &Ports,
    logs: &dyn KeyLogs,
    (organization_id, member_id): (OrganizationId, MemberId),
    approvals: &[&Approval],
) -> Result<Option<Signer>, Refusal> {
    if !approvals.iter().any(|approval| is_asked(approval)) {
        return Ok(None);
    }
    let keys = signing_keys::of_member(ports, logs, organization_id, member_id).await?;
    if keys.is_empty() {
        return Ok(None);
    }
    let now = ports.now();
    let last = approvals.iter().filter_map(|approval| approval.send_at).max();
    let until = last.map_or(now, |at| at.max(now)).saturating_add(GOOD_FOR).unwrap_or(now);
    let whole = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at).to_string();
    let all: Vec<_> = keys
        .iter()
        .map(|key| json!({ "key": key.key_id().to_string(), "credential": STANDARD.encode(&key.credential_id) }))
        .collect();
    let json = json!({
        "organization": organization_id.to_string(),
        "member": member_id.to_string(),
        "now": now.to_string(),
        "until": whole(until),
        "keys": all,
    });
    let device_bound = keys.iter().any(|key| !key.synced);
    let keys = keys.into_iter().map(|key| (key.key_id().to_string(), key.name)).collect();
    Ok(Some(Signer { json: json.to_string(), keys, device_bound }))
}
