//! Sending what was approved: take a place, claim, hash again, call the provider once, write down what came of it.

use domain::base::address::EmailAddress;
use domain::delivery::event::EventKind;
use domain::gate::approval::{Approval, Decision};
use domain::gate::last_look::{self, Around, Hindrance};
use domain::gate::seal::{Claim, MAX_MIME, NoClaim, Sealed, Ticket};
use domain::ledger::audit::action;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{InvalidTransition, Nonce, Outbound, State, Status};
use domain::mailbox::message::{Fate, Message, Trashed};
use domain::people::access::Actor;
use domain::people::signing::SignedVotes;
use domain::{InboxId, MessageId};
use futures_util::future::{join, try_join};
use jiff::SignedDuration;

use crate::base::ports::{BlobError, BlobKey, Blobs, Departures, MailSender, Ports, SendOutcome};
use crate::base::store::{Change, StoreError, key, load};
use crate::gate::attest::{Attested, claimed, prove};
use crate::gate::departures::depart;
use crate::gate::rate::Pace;
use crate::gate::rows;
use crate::gate::steps::{approval_event, cancelled_entry, move_on};
use crate::mailbox::barred;
use crate::mailbox::trash::load_wherever;

/// What a dispatch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatched {
    /// This call moved the mail to this status.
    Now(Status),
    /// The mail was not there to be claimed: it stands here, and was not touched.
    Already(Status),
    /// There is no such mail.
    Gone,
}

/// Why a dispatch is to be called again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    /// The mail certainly was not accepted, and is scheduled: call again after a pause.
    #[error("not accepted: {0}")]
    NotAccepted(&'static str),
    /// The account may send no more at this moment. The mail was not touched: call again after a pause.
    #[error("no place is left at this moment")]
    NoPlace,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A write that loses against a provider's event is repeated at most so often.
const TRIES: usize = 8;

/// A workflow waits so long for a mail that is not due yet, and calls again.
const SOON: SignedDuration = SignedDuration::from_mins(1);

/// A claim whose answer does not come is asked for again so often, with the same nonce.
const CLAIM_TRIES: u32 = 3;

/// Sends the mail of a ticket, if it is cleared, due, nobody has claimed it, and nothing stops it any more.
///
/// The order is what keeps the promises: first a place of the account's rate, which a crash wastes; then the claim, so that no other
/// dispatcher calls; then read everything that could still stop it, so that whatever was paused or revoked before the
/// claim is seen; then call the provider, once. Between the claim and the last write nothing but reads is repeated. A
/// crash leaves the mail `sending`; the sweeper makes that `unknown`, and an event of SES settles it; of an account's mail, a person.
pub async fn dispatch(
    ports: &Ports,
    blobs: &dyn Blobs,
    sender: &dyn MailSender,
    keys: &dyn Departures,
    pace: Pace<'_>,
    ticket: &Ticket,
) -> Result<Dispatched, DispatchError> {
    let (asked, message) = stored(ports, ticket).await?;
    let now = ports.now();
    let waiting = message.as_ref().and_then(|message| due(message, ticket, now));
    let Some(recipients) = waiting else { return stands(ticket, asked.as_ref(), message.as_ref(), now) };
    // An account has a rate of its own.
    let pace = match asked.as_ref().and_then(|approval| approval.provider) {
        Some(provider) => pace.of_account(ticket.inbox_id.account_id(), provider),
        None => pace,
    };
    if !pace.take(ticket.organization_id, recipients, now).await? {
        return Err(DispatchError::NoPlace);
    }
    let Some(message) = claim(ports, ticket).await? else {
        let (asked, message) = stored(ports, ticket).await?;
        return stands(ticket, asked.as_ref(), message.as_ref(), ports.now());
    };
    // It holds all that is read: too much for whoever awaits this to hold as well.
    let claimed = Box::pin(send_claimed(ports, blobs, sender, keys, ticket, (asked, message))).await;
    let (message, outcome) = match claimed {
        Ok(sent) => sent,
        Err(ended) => return ended,
    };
    if !matches!(outcome, SendOutcome::Accepted(_)) {
        tracing::warn!(message_id = %message.id, outcome = ?outcome, "the provider did not accept a mail");
    }
    let own = own(&message);
    let then = |outbound| next(outbound, own, &outcome, ports.now());
    let status = record(ports, message, then, |change| change).await?;
    match outcome {
        SendOutcome::THROTTLED => pace.slow_down(ports.now()).await,
        SendOutcome::NotAccepted(
            "not_connected" | "timeout" | "connection_lost" | "no_tls" | "broken_answer",
        )
        | SendOutcome::Ambiguous(_) => {
            pace.keep_off(ports.now()).await;
        }
        _ => {}
    }
    match outcome {
        SendOutcome::NotAccepted(code) if status == Status::Scheduled => {
            Err(DispatchError::NotAccepted(code))
        }
        _ => Ok(Dispatched::Now(status)),
    }
}

/// Reads what could still stop a claimed mail, and calls the provider where nothing does: what that answered; or what became of the mail
/// without it.
async fn send_claimed(
    ports: &Ports,
    blobs: &dyn Blobs,
    sender: &dyn MailSender,
    keys: &dyn Departures,
    ticket: &Ticket,
    (asked, message): (Option<Approval>, Message),
) -> Result<(Message, SendOutcome), Result<Dispatched, DispatchError>> {
    let key = BlobKey::Sealed(ticket.organization_id, ticket.digest);
    let object = blobs.get(&key, MAX_MIME + 64 * 1024);
    let logs = try_join(keys.read(ticket.organization_id), keys.senders());
    let read = async { join(object, logs).await };
    let (looked, (object, stored)) = join(look(ports, &message, asked), read).await;
    let sealed = object.map(|bytes| Sealed::open(bytes.into(), ticket.digest));
    // Without the key log nobody knows whether keys must have signed.
    let proved = match (looked, &stored, &sealed) {
        (Ok((approval, mut around)), Ok((log, owners)), Ok(Ok(sealed))) => {
            let (approving, of) = (approval.as_ref(), ticket.organization_id);
            let known = (log, owners, &*ports.settings.mail_domain);
            let proved = Box::pin(prove(keys, known, sealed, approving, &mut around, of)).await;
            proved.map(|()| (approval, around)).map_err(drop)
        }
        (Ok(looked), Ok(_), _) => Ok(looked),
        _ => Err(()),
    };
    let outcome = match proved {
        Err(()) => SendOutcome::NotAccepted("storage_unavailable"),
        Ok((approval, around)) => {
            match Claim::of(&message, approval.as_ref(), &around) {
                Err(NoClaim::Hindered(hindrance)) => {
                    return Err(stop(ports, message, (approval, &around), hindrance).await);
                }
                Err(NoClaim::NotClaimed) => return Err(Ok(Dispatched::Gone)),
                Ok(claim) => match sealed {
                    Err(BlobError::Missing | BlobError::TooLarge) => {
                        SendOutcome::Refused("sealed_object_missing".to_owned())
                    }
                    // Even what looks permanent, such as a key that is disabled, may be mended within a day.
                    Err(BlobError::Transient(_) | BlobError::Permanent(_)) => {
                        SendOutcome::NotAccepted("storage_unavailable")
                    }
                    // Whose rate it took is said by a row.
                    Ok(Ok(sealed))
                        if approval
                            .as_ref()
                            .is_some_and(|it| it.provider != sealed.envelope().transport.provider()) =>
                    {
                        SendOutcome::Refused("sealed_object_altered".to_owned())
                    }
                    Ok(sealed) => match sealed.and_then(|sealed| claim.countersign(sealed)) {
                        Err(_) => SendOutcome::Refused("sealed_object_altered".to_owned()),
                        Ok(countersigned) => match &approval {
                            // Signatures outlive a policy, so what goes by them is noted wherever there are any.
                            Some(approval)
                                if around.floor != SignedVotes::NONE
                                    || approval.votes.iter().any(|vote| vote.signed.is_some()) =>
                            {
                                let of = (ticket.organization_id, approval.id);
                                depart(keys, sender, of, own(&message), &countersigned).await
                            }
                            _ => sender.send(&countersigned).await,
                        },
                    },
                },
            }
        }
    };
    Ok((message, outcome))
}

/// What a ticket names, as it stands.
async fn stored(ports: &Ports, ticket: &Ticket) -> Result<(Option<Approval>, Option<Message>), StoreError> {
    let wanted = (key::Approval(ticket.approval_id), key::Message(ticket.inbox_id, ticket.message_id));
    load(&*ports.store, ticket.organization_id, wanted).await
}

/// How many recipients a mail has that may be claimed by this ticket.
fn due(message: &Message, ticket: &Ticket, now: jiff::Timestamp) -> Option<u32> {
    let outbound = message.outbound()?;
    let is_due = matches!(outbound.state, State::Scheduled { due, .. } if due <= now);
    (is_due && is_of(outbound, ticket)).then_some(outbound.recipients)
}

fn is_of(outbound: &Outbound, ticket: &Ticket) -> bool {
    outbound.digest == ticket.digest && outbound.approval_id == ticket.approval_id
}

/// Where a mail stands that can't be claimed.
fn stands(
    ticket: &Ticket,
    approval: Option<&Approval>,
    message: Option<&Message>,
    now: jiff::Timestamp,
) -> Result<Dispatched, DispatchError> {
    let Some(outbound) = message.and_then(Message::outbound) else { return Ok(Dispatched::Gone) };
    match outbound.status() {
        // Approved as the ticket says, so it is only our clock that is behind the workflow's.
        Status::Scheduled if is_of(outbound, ticket) && !is_put_off(outbound, approval, now) => {
            Err(DispatchError::NotAccepted("not_due"))
        }
        status => Ok(Dispatched::Already(status)),
    }
}

/// Whether quiet hours, or the mail that it follows, put a mail off, and not for moments: then nobody calls again and again, and the sweeper
/// wakes it.
fn is_put_off(outbound: &Outbound, approval: Option<&Approval>, now: jiff::Timestamp) -> bool {
    let far = matches!(outbound.state, State::Scheduled { due, .. } if due > now + SOON);
    let may_wait = |it: &Approval| !it.quiet.is_empty() || it.row.is_some_and(|row| row.after_days > 0);
    far && approval.is_some_and(may_wait)
}

async fn claim(ports: &Ports, ticket: &Ticket) -> Result<Option<Message>, StoreError> {
    let (nonce, now) = (ports.bytes(), ports.now());
    let mut tries = 1;
    loop {
        match ports.store.claim(ticket, nonce, now).await {
            // Written or not, the same nonce finds out.
            Err(StoreError::Transient(_)) if tries < CLAIM_TRIES => tries += 1,
            other => return other,
        }
    }
}

/// What could stop a claimed mail, read after the claim, strongly consistent. `asked` is the approval as it was read
/// before the claim: it only tells what to read, and is read again with the rest. Where it is another by then, since somebody took their
/// vote back and others voted, it names other rows, and all is read once more: of a claimed mail no vote changes.
async fn look(
    ports: &Ports,
    message: &Message,
    asked: Option<Approval>,
) -> Result<(Option<Approval>, Around), StoreError> {
    let organization_id = message.organization_id;
    let Some(outbound) = message.outbound() else { return Ok((None, Around::default())) };
    let asked = match asked {
        // Read before its decision was written, it would not name those who voted.
        Some(asked) if matches!(asked.decision, Decision::Approved { .. }) => asked,
        _ => match load(&*ports.store, organization_id, key::Approval(outbound.approval_id)).await? {
            Some(asked) => asked,
            None => return Ok((None, Around::default())),
        },
    };
    // Each holds the records that it reads: too much for whoever awaits it to hold as well.
    match Box::pin(look_around(ports, message, &asked)).await? {
        (Some(read), _) if read.version != asked.version => {
            Box::pin(look_around(ports, message, &read)).await
        }
        looked => Ok(looked),
    }
}

/// The approval, and the rows that `asked` names.
async fn look_around(
    ports: &Ports,
    message: &Message,
    asked: &Approval,
) -> Result<(Option<Approval>, Around), StoreError> {
    let (organization_id, key) = (message.organization_id, key::Approval(asked.id));
    let recipients = asked.recipients.iter().filter_map(|party| EmailAddress::parse(&party.address).ok());
    let recipients: Vec<_> = recipients.collect();
    let wanted = (
        (key, barred::wanted(organization_id, &recipients), rows::wanted(asked)),
        key::Organization,
        key::Inbox(message.inbox_id),
        key::Thread(message.thread_id),
        asked.resends.iter().map(|id| earlier(message.inbox_id, *id)).collect::<Vec<_>>(),
        last_look::tokens_of(asked).into_iter().map(key::Token).collect::<Vec<_>>(),
        last_look::members_of(asked).into_iter().map(key::Member).collect::<Vec<_>>(),
        asked.votes.iter().filter_map(|vote| vote.standing).map(key::StandingApproval).collect::<Vec<_>>(),
    );
    let ((approval, lists, row), organization, inbox, thread, originals, tokens, members, standing) =
        load(&*ports.store, organization_id, wanted).await?;
    let mut pairs = vec![];
    for (id, pair) in asked.resends.iter().zip(originals) {
        // One that moves between list and trash at this moment may be in neither.
        let moves = pair.0.is_none() && pair.1.is_none();
        pairs.push(if moves {
            load_wherever(ports, organization_id, message.inbox_id, *id).await?
        } else {
            pair
        });
    }
    // One that was deleted meanwhile was over.
    let kept = |it: Trashed| match it.fate {
        Fate::Kept(message) | Fate::Going(message) => Some(*message),
        Fate::Gone(_) => None,
    };
    let mut originals = pairs.into_iter().filter_map(|(message, trashed)| message.or(trashed.and_then(kept)));
    let sent = |original: Message| {
        matches!(original.outbound().map(|outbound| &outbound.state), Some(State::Accepted { .. }))
    };
    // Most inboxes are on the installation's own domain, which costs no further read.
    let domain_lost = match inbox.as_ref().and_then(|inbox: &Inbox| inbox.domain_id) {
        Some(id) => {
            let domain = load(&*ports.store, organization_id, key::Domain(id)).await?;
            !domain.is_some_and(|domain| domain.is_verified())
        }
        None => false,
    };
    // What the table claims, until the key log is asked.
    let Attested { floor, signed } = claimed(approval.as_ref());
    let around = Around {
        domain_lost,
        floor,
        signed,
        organization,
        inbox,
        tokens: tokens.into_iter().flatten().collect(),
        members: members.into_iter().flatten().collect(),
        standing: standing.into_iter().flatten().collect(),
        tainted: thread.is_some_and(|thread| thread.tainted),
        original_sent: originals.any(sent),
        at: ports.now(),
        row: rows::hindrance(ports, asked, row).await?,
        barred: barred::of(&recipients, lists).first().map(|barred| barred.why.code()),
        unfit: None,
    };
    Ok((approval, around))
}

/// An earlier attempt at a mail, wherever it lies.
fn earlier(inbox_id: InboxId, id: MessageId) -> (key::Message, key::Trashed) {
    (key::Message(inbox_id, id), key::Trashed(inbox_id, id))
}

/// What keeps a mail that waits from going, if it were claimed now.
pub(crate) async fn hindrance(
    ports: &Ports,
    message: &Message,
    approval: &Approval,
) -> Result<Option<Hindrance>, StoreError> {
    let (approval, around) = look(ports, message, Some(approval.clone())).await?;
    let digest = message.outbound().map(|outbound| outbound.digest);
    Ok(digest.and_then(|digest| last_look::check(approval.as_ref(), digest, &around).err()))
}

/// Undoes a claim that must not be used: nobody was called.
async fn stop(
    ports: &Ports,
    message: Message,
    (approval, around): (Option<Approval>, &Around),
    hindrance: Hindrance,
) -> Result<Dispatched, DispatchError> {
    let now = ports.now();
    tracing::info!(message_id = %message.id, ?hindrance, "a claimed mail was stopped");
    let waits = match hindrance {
        Hindrance::Unsigned => approval.clone().and_then(|before| unsigned(&message, before, around)),
        _ => None,
    };
    let status = match hindrance {
        Hindrance::Paused(_) => {
            let own = own(&message);
            record(ports, message, |outbound| outbound.stand_back(now, own), |change| change).await?
        }
        Hindrance::Early(until) => {
            let own = own(&message);
            record(ports, message, |outbound| outbound.put_off(until, own), |change| change).await?
        }
        Hindrance::Unsigned if let Some(waits) = waits => wait_for_signatures(ports, message, &waits).await?,
        // What can't wait for signatures any more is called off for the lack of them.
        Hindrance::Unsigned | Hindrance::Withdrawn(_) => {
            let reason =
                if let Hindrance::Withdrawn(reason) = hindrance { reason } else { "signature_missing" };
            let cancelled = approval.and_then(|before| {
                let entry = cancelled_entry(ports, &before, &Actor::System, reason, now);
                before.cancel(&Actor::System, reason, now).ok().map(|cancelled| (cancelled, entry))
            });
            let add = |change: Change| match &cancelled {
                Some((approval, entry)) => change
                    .update(approval.clone())
                    .audit(entry.clone())
                    .event(approval_event(ports, EventKind::ApprovalCancelled, approval)),
                None => change,
            };
            record(ports, message, |outbound| outbound.call_off(now, reason), add).await?
        }
    };
    Ok(Dispatched::Now(status))
}

/// The approval of a claimed mail as it waits for signatures; none where it can't wait any more.
fn unsigned(message: &Message, approval: Approval, around: &Around) -> Option<Approval> {
    let waits = approval.wait_for_signatures(around.floor, &around.signed, around.at).ok()?;
    let outbound = message.outbound()?.clone();
    outbound.wait_for_signatures(waits.expires_at, waits.remind_at(around.at), own(message)).ok()?;
    Some(waits)
}

/// Lets a claimed mail wait for votes again, which people's keys sign. Those who may vote are told as when they are reminded; once enough
/// have signed, the mail is found by the sweeper at the latest.
async fn wait_for_signatures(
    ports: &Ports,
    message: Message,
    waits: &Approval,
) -> Result<Status, DispatchError> {
    let mut entry =
        ports.audit(message.organization_id, &Actor::System, action::WAIT_FOR_SIGNATURES, waits.id);
    entry.details = vec![
        ("digest", waits.digest.to_string()),
        ("message_id", message.id.to_string()),
        ("missing", waits.missing_signatures().to_string()),
        ("status", waits.decision.as_str().to_owned()),
    ];
    let event = approval_event(ports, EventKind::ApprovalReminder, waits);
    let (own, remind_at) = (own(&message), waits.remind_at(ports.now()));
    let again = |outbound: Outbound| outbound.wait_for_signatures(waits.expires_at, remind_at, own);
    let add = |change: Change| change.update(waits.clone()).audit(entry.clone()).event(event.clone());
    record(ports, message, again, add).await
}

/// The nonce of the claim that a message was returned with.
fn own(claimed: &Message) -> Nonce {
    match claimed.outbound().map(|outbound| &outbound.state) {
        Some(State::Sending { claim, .. }) => *claim,
        _ => Nonce::default(),
    }
}

fn next(
    outbound: Outbound,
    own: Nonce,
    outcome: &SendOutcome,
    now: jiff::Timestamp,
) -> Result<Outbound, InvalidTransition> {
    match outcome {
        SendOutcome::Accepted(id) => outbound.accept(now, id),
        SendOutcome::NotAccepted(code) => outbound.hold_off(now, own, code),
        SendOutcome::Refused(code) => outbound.fail(now, code),
        SendOutcome::Ambiguous(_) => outbound.lose(now),
    }
}

/// Writes down what came of a claim. What else belongs to the change `add` adds.
async fn record(
    ports: &Ports,
    claimed: Message,
    next: impl Fn(Outbound) -> Result<Outbound, InvalidTransition>,
    add: impl Fn(Change) -> Change,
) -> Result<Status, DispatchError> {
    let (organization_id, key) = (claimed.organization_id, key::Message(claimed.inbox_id, claimed.id));
    let mut message = claimed;
    let mut last = StoreError::Transient("the message kept changing".to_owned());
    for _ in 0..TRIES {
        let Some(outbound) = message.outbound().cloned() else { break };
        let before = outbound.status();
        // A provider's event may have moved it on already: then that stands.
        let Ok(outbound) = next(outbound) else { return Ok(before) };
        let change = add(move_on(ports, message, outbound.clone(), before));
        match ports.store.commit(change).await {
            Ok(()) => return Ok(outbound.status()),
            Err(StoreError::Permanent(text)) => return Err(StoreError::Permanent(text).into()),
            // A commit may be repeated: it is conditional on the version.
            Err(error) => last = error,
        }
        match load(&*ports.store, organization_id, key.clone()).await {
            Ok(Some(current)) => message = current,
            Ok(None) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Err(last.into())
}
