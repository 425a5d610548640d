//! What the gate makes of a mail: policies, taint, loops and standing approvals, together.

use std::collections::BTreeSet;

use domain::base::address::{EmailAddress, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::base::hours::{Hours, first_outside};
use domain::delivery::event::{Blocked, EventKind, Subject};
use domain::gate::approval::{Approval, Voter};
use domain::gate::policy::{By, Evaluation, Facts, PolicyBook, Step, Terms, Verdict};
use domain::gate::risk::{Risk, is_odd_host};
use domain::gate::standing::{Mail, StandingApproval};
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Outbound, State};
use domain::mailbox::listed::{Barred, Source, Suppression, Why};
use domain::mailbox::media::Harm;
use domain::mailbox::message::{Direction, Message};
use domain::people::access::{Actor, Role, Scope};
use domain::people::key_log::Key;
use domain::people::signing::SignedVotes;
use domain::{MemberId, OrganizationId, Timestamp};
use jiff::SignedDuration;

use crate::base::error::{FieldError, Refusal};
use crate::base::ports::Ports;
use crate::base::store::{Change, Directory, List, PageRequest, Write, key, load, typed};
use crate::gate::draft::{File, Prepared, Sending};
use crate::gate::facts::{self, Bodies, FactsInput, Gathered};
use crate::gate::standing;
use crate::people::members;

/// What a mail is to be done with.
pub(crate) struct Weighed {
    /// What it takes; none where it goes without a person.
    pub(crate) terms: Option<Terms>,
    /// Why, as stable codes.
    pub(crate) reasons: Vec<String>,
    /// What about it deserves a look.
    pub(crate) risks: BTreeSet<Risk>,
    /// Which rules matched.
    pub(crate) trace: Vec<Step>,
    /// Hours within which it does not go.
    pub(crate) quiet: Vec<Hours>,
    /// The standing approval whose maker's vote it gets.
    pub(crate) standing: Option<StandingApproval>,
    /// What is counted in the transaction.
    pub(crate) counts: Vec<Write>,
    /// Somebody gets it who was never written to before.
    pub(crate) first_contact: bool,
}

impl Weighed {
    /// What RFC 3834 §5 has a mail say of itself that no person looks at.
    pub(crate) fn automatic(&self, prepared: &Prepared) -> Option<&'static str> {
        if self.terms.is_some() && self.standing.is_none() {
            return None;
        }
        let answers = prepared.answered().is_some_and(|parent| parent.outbound().is_none());
        Some(if answers { "auto-replied" } else { "auto-generated" })
    }
}

/// So many mails a day and conversation go without a person: two programs that answer each other come to an end.
pub(crate) const THREAD_CAP: u64 = 10;
/// A mail goes without a person at most so far ahead: later, the rules that let it go may not stand any more.
const MAX_UNSEEN_AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// So many mails a day and recipient go without a person.
pub(crate) const RECIPIENT_CAP: u64 = 30;

/// Weighs a mail that `actor` asks for. A blocked one is refused, and it is written down that `by` tried.
pub(crate) async fn weigh(
    sending: &Sending,
    (actor, by): (&Actor, &Actor),
    inbox: &Inbox,
    book: &PolicyBook,
    prepared: &Prepared,
) -> Result<Weighed, Refusal> {
    let ports = &sending.ports;
    let (organization_id, now) = (inbox.organization_id, ports.now());
    let draft = &prepared.draft;
    let judged = judge(ports, &*sending.directory, actor, inbox, book, prepared).await?;
    let Judged { facts, evaluation, always, is_reply, answers_automatic, goes_at } = judged;
    let (risks, by_rule) = (risks(&facts, &always, prepared), evaluation.is_by_rule());
    let thread_id = prepared.parent.as_ref().map(|parent| parent.thread_id);
    let mut reasons = evaluation.reasons;
    let terms = match evaluation.outcome {
        Verdict::Block => {
            let mut entry = ports.audit(organization_id, by, "message.block", inbox.id);
            entry.details = vec![("reasons", reasons.join(" "))];
            let blocked = Blocked { inbox_id: inbox.id, requested_by: by.clone(), reasons };
            let subject = Subject::Blocked(Box::new(blocked));
            let event = ports.event(organization_id, EventKind::MessageBlocked, subject);
            ports.store.commit(Change::new(organization_id).audit(entry).event(event)).await?;
            return Err(Refusal::Blocked(evaluation.trace));
        }
        outcome => needed(outcome, &always),
    };
    reasons.extend(always.iter().map(|reason| (*reason).to_owned()));
    // Whatever policies say: the dispatcher looks for these votes, so people are asked for them.
    let floor = sending.logs.read(organization_id).await?.log.floor(&inbox.address, now);
    let terms = if floor == SignedVotes::NONE {
        terms
    } else {
        reasons.push(SIGNATURE_DEMANDED.to_owned());
        let terms = terms.unwrap_or_default();
        Some(Terms { signed: terms.signed.unite(floor), ..terms })
    };
    let recipients: Vec<(EmailAddress, bool)> =
        facts.recipients.iter().map(|r| (r.address.clone(), r.first_contact)).collect();
    let mut weighed = Weighed {
        terms,
        reasons,
        risks,
        trace: evaluation.trace,
        quiet: evaluation.quiet,
        standing: None,
        counts: facts::counters(organization_id, book, &facts, prepared.revises.as_ref()),
        first_contact: recipients.iter().any(|(_, first)| *first),
    };
    let is_signed =
        weighed.terms.as_ref().is_some_and(|terms| terms.signed.votes > 0 || terms.by == By::Passkey);
    // No standing approval signs anything.
    if weighed.terms.is_some() && always.is_empty() && !is_signed {
        let mail = Mail {
            inbox_id: inbox.id,
            thread_id: thread_id.filter(|_| is_reply),
            send_at: if goes_at > facts.at { Some(goes_at) } else { draft.send_at },
            recipients: &recipients,
            tainted: facts.tainted,
            answers_automatic,
        };
        let authors = prepared.saved.iter().flat_map(|saved| &saved.authors).copied();
        let authors = authors.chain(actor.member()).collect();
        weighed.standing = covering(ports, organization_id, &authors, weighed.terms.as_ref(), &mail).await?;
    }
    if weighed.terms.is_none() || weighed.standing.is_some() {
        cap(ports, &mut weighed, organization_id, &recipients, prepared.parent.as_ref(), now).await?;
    }
    if !by_rule && weighed.standing.is_none() {
        let asked_by = actor.member();
        if let Some(terms) = &mut weighed.terms
            && terms.separation
            && decides_alone(ports, organization_id, asked_by).await?
        {
            terms.separation = false;
            weighed.reasons.push(DECIDES_ALONE.to_owned());
        }
    }
    if floor.votes > 0 {
        let authors = prepared.saved.iter().flat_map(|saved| &saved.authors).copied();
        let out: BTreeSet<_> = authors.chain(actor.member()).chain(by.member()).collect();
        check_signers(sending, organization_id, &out, &weighed, floor).await?;
    }
    Ok(weighed)
}

/// Refuses a mail that too few could sign for whom its terms let vote: it would wait for nobody, and expire. `out` are those who may not vote
/// where its terms separate.
async fn check_signers(
    sending: &Sending,
    organization_id: OrganizationId,
    out: &BTreeSet<MemberId>,
    weighed: &Weighed,
    floor: SignedVotes,
) -> Result<(), Refusal> {
    let Some(terms) = &weighed.terms else { return Ok(()) };
    let (log, now) = (sending.logs.read(organization_id).await?.log, sending.ports.now());
    let has_key = |id: MemberId| {
        let counts =
            |key: &Key| key.new.decides && key.counts(now) && (key.new.device_bound || !floor.device_bound);
        log.keys().any(|key| key.new.member_id == id && counts(key))
    };
    let votes = |id: MemberId, role: Role| {
        role.scopes().contains(&Scope::ApprovalsDecide)
            && !(terms.separation && out.contains(&id))
            && terms.requirements.iter().any(|one| one.takes(id, role))
    };
    let seats = members::seats(&sending.ports, organization_id).await?;
    let able = seats.into_iter().filter(|(id, role)| votes(*id, *role) && has_key(*id)).count();
    if able >= usize::from(floor.votes) {
        return Ok(());
    }
    Err(Refusal::because(
        Code::NobodyCouldSign,
        format!(
            "the key log demands {} signed votes for mail from here, and {able} of those who may vote about this mail have a key that could \
             sign: whoever asked for it, owns the token that did, or wrote it does not count",
            floor.votes
        ),
    ))
}

/// The key log says that a person's own key signs mail from there.
pub(crate) const SIGNATURE_DEMANDED: &str = "signature_demanded";

/// Why whoever asked for a mail, or owns the token that did, may approve it: nobody else could, and no policy wants somebody else.
pub(crate) const DECIDES_ALONE: &str = "nobody_else_decides";

/// Whether this member decides about mail, and nobody else of the organization does. The list follows the table within moments.
async fn decides_alone(
    ports: &Ports,
    organization_id: OrganizationId,
    member_id: Option<MemberId>,
) -> Result<bool, Refusal> {
    let seats = members::seats(ports, organization_id).await?;
    if seats.len() >= members::MAX_LISTED {
        // Behind these there may be more.
        return Ok(false);
    }
    let mut deciders = seats.into_iter().filter(|(_, role)| role.decides()).map(|(id, _)| Some(id));
    Ok(member_id.is_some() && deciders.next() == Some(member_id) && deciders.next().is_none())
}

/// What policies, and what always needs a person, make of a mail.
pub(crate) struct Judged {
    /// What is known of it.
    pub(crate) facts: Facts,
    /// What policies make of it.
    pub(crate) evaluation: Evaluation,
    /// Why it needs a person, whatever they make of it.
    always: Vec<&'static str>,
    is_reply: bool,
    answers_automatic: bool,
    /// When it would go.
    goes_at: Timestamp,
}

impl Judged {
    /// What becomes of it, with what is known of it.
    pub(crate) fn outcome(self) -> (Evaluation, Facts) {
        let Self { facts, mut evaluation, always, .. } = self;
        if evaluation.outcome != Verdict::Block {
            evaluation.reasons.extend(always.iter().map(|reason| (*reason).to_owned()));
            evaluation.outcome = needed(evaluation.outcome, &always).map_or(Verdict::Allow, Verdict::Hold);
        }
        (evaluation, facts)
    }
}

/// What a mail takes that is not blocked. Where a person is needed whatever policies say, no program stands in for one.
fn needed(outcome: Verdict, always: &[&'static str]) -> Option<Terms> {
    let terms = match outcome {
        Verdict::Hold(terms) => Some(terms),
        Verdict::Allow | Verdict::Block => (!always.is_empty()).then(Terms::default),
    };
    terms.map(|terms| if always.is_empty() { terms } else { by_person(terms) })
}

/// Judges a mail that `actor` asks for, and refuses one that goes to nobody whom a mail may go to. Nothing is written.
pub(crate) async fn judge(
    ports: &Ports,
    directory: &dyn Directory,
    actor: &Actor,
    inbox: &Inbox,
    book: &PolicyBook,
    prepared: &Prepared,
) -> Result<Judged, Refusal> {
    let draft = &prepared.draft;
    let answers_automatic = prepared
        .answered()
        .is_some_and(|parent| matches!(parent.direction, Direction::Inbound { automatic: true, .. }));
    let mut bodies = Bodies::read(draft.text.as_deref(), draft.html.as_deref());
    // Header fields are judged as the text is: they have words and links too.
    let fields = draft.headers.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("\n");
    if !fields.is_empty() {
        bodies.links.extend(mail::links(Some(&fields), None));
        bodies.text = format!("{}\n{fields}", bodies.text);
    }
    let thread_id = prepared.parent.as_ref().map(|parent| parent.thread_id);
    let answering = answering(ports, prepared.answered(), prepared.recipients()).await?;
    let is_reply = answering.is_reply;
    let input = FactsInput {
        organization_id: inbox.organization_id,
        inbox: inbox.origin(),
        actor,
        recipients: prepared.recipients().map(|m| m.address.clone()).collect(),
        subject: draft.subject.as_ref().map(|s| s.as_str().to_owned()).unwrap_or_default(),
        text: bodies.text,
        attachments: prepared.files.iter().map(File::fact).collect(),
        links: bodies.links,
        pictures: bodies.pictures,
        size: prepared.size() + fields.len() as u64,
        is_reply,
        unproven: answering.unproven,
        thread_id,
        answers_automatic,
        send_at: draft.send_at,
        revises: prepared.revises.as_ref(),
    };
    let Gathered { facts, barred, unclaimed } = facts::gather(ports, directory, book, input).await?;
    refuse_barred(prepared, &barred)?;
    let evaluation = book.evaluate(&facts);
    // Deferred, it goes later than it was asked for.
    let goes_at = first_outside(&evaluation.quiet, facts.at);
    let facts_of = (facts.tainted, answers_automatic, goes_at);
    let mut always = always(inbox, prepared, facts_of, &evaluation.outcome, ports.now());
    if unclaimed {
        always.push("organization_unclaimed");
    }
    Ok(Judged { facts, evaluation, always, is_reply, answers_automatic, goes_at })
}

/// Refuses a mail to recipients whom none may go to, and names each of them with the reason.
fn refuse_barred(prepared: &Prepared, barred: &[Barred]) -> Result<(), Refusal> {
    let draft = &prepared.draft;
    let mut errors = vec![];
    for (field, list) in [("to", &draft.to), ("cc", &draft.cc), ("bcc", &draft.bcc)] {
        for (n, mailbox) in list.iter().enumerate() {
            let key = mailbox.address.mailbox_key();
            let found = barred.iter().find(|barred| barred.address.mailbox_key() == key);
            errors.extend(found.map(|barred| {
                let (code, message) = said_of(&barred.why);
                FieldError::new(format!("{field}[{n}]"), code, message)
            }));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

pub(crate) fn said_of(why: &Why) -> (Code, String) {
    let quoted = |reason: &Option<String>| reason.as_ref().map(|it| format!(" ({it:?})")).unwrap_or_default();
    match why {
        Why::Suppressed(Suppression { id, source, reason, created_at, .. }) => {
            let came = match source {
                Source::Manual => "somebody asked for it",
                Source::Bounce => "a mail to it bounced for good",
                Source::Complaint => "a mail to it was complained of",
                Source::Unsubscribed => "its owner unsubscribed",
            };
            let since = created_at.strftime("%Y-%m-%d");
            let message = format!("is suppressed since {since} as {id}: {came}{}", quoted(reason));
            (Code::RecipientSuppressed, message)
        }
        Why::Blocked(entry) => {
            let message = format!(
                "is blocked by a list of your organization, as {}{}",
                entry.id,
                quoted(&entry.reason)
            );
            (Code::RecipientBlocked, message)
        }
    }
}

/// The standing approval of somebody else than those who asked for a mail or wrote it, in a role that is asked for, that covers a mail, if there is one.
async fn covering(
    ports: &Ports,
    organization_id: OrganizationId,
    authors: &BTreeSet<MemberId>,
    terms: Option<&Terms>,
    mail: &Mail<'_>,
) -> Result<Option<StandingApproval>, Refusal> {
    let own = |standing: &StandingApproval| authors.contains(&standing.made_by.member_id);
    let wanted = |standing: &StandingApproval| {
        let separation = terms.is_none_or(|terms| terms.separation);
        let mut requirements = terms.iter().flat_map(|terms| &terms.requirements);
        let Voter { member_id, role } = standing.made_by;
        standing.covers(mail, ports.now())
            && !(separation && own(standing))
            && requirements.any(|requirement| requirement.takes(member_id, role))
    };
    let live = standing::live(ports, organization_id).await?;
    for standing in live.into_iter().filter(|standing| wanted(standing)) {
        // Of a maker who has left, or decides in another role, the vote would not stand.
        let maker = key::Member(standing.made_by.member_id);
        let maker = load(&*ports.store, organization_id, maker).await?;
        if maker.is_some_and(|maker| maker.role == standing.made_by.role) {
            return Ok(Some(standing));
        }
    }
    Ok(None)
}

/// What a mail is as an answer.
#[derive(Debug, Default)]
pub(crate) struct Answering {
    /// It goes to nobody but parties of the conversation.
    pub(crate) is_reply: bool,
    /// Recipients whom only a mail names of which nobody knows who wrote it.
    pub(crate) unproven: Vec<EmailAddress>,
}

/// So many of the last mails of a conversation are looked through for whom we wrote to in it.
const PARTIES_OF: u16 = 100;

/// Whether a mail goes to the parties of what it answers: its author, if it is proven who that is, and those to whom we
/// wrote in that conversation. What a stranger's mail says in `Reply-To`, `To` and `Cc` makes nobody a party.
pub(crate) async fn answering<'a>(
    ports: &Ports,
    parent: Option<&Message>,
    recipients: impl Iterator<Item = &'a Mailbox>,
) -> Result<Answering, Refusal> {
    let Some(parent) = parent else { return Ok(Answering::default()) };
    // An answer to a mail of our own is judged as a new one.
    let Direction::Inbound { authenticated, .. } = parent.direction else { return Ok(Answering::default()) };
    let author = EmailAddress::parse(&parent.from.address).ok().filter(|_| authenticated);
    let is_author =
        |one: &EmailAddress| author.as_ref().is_some_and(|it| it.mailbox_key() == one.mailbox_key());
    let mut others: Vec<EmailAddress> =
        recipients.map(|one| one.address.clone()).filter(|one| !is_author(one)).collect();
    if !others.is_empty() {
        let list = List::LatestInThread(parent.thread_id);
        let page = PageRequest { limit: PARTIES_OF, cursor: None };
        let thread = typed::<Message>(ports.store.list(parent.organization_id, &list, &page).await?).items;
        let known: BTreeSet<String> = thread
            .iter()
            .filter(|message| message.inbox_id == parent.inbox_id)
            .filter(|message| {
                let went = |outbound: &Outbound| matches!(outbound.state, State::Accepted { .. });
                message.outbound().is_some_and(|outbound| went(outbound) && !outbound.forward)
            })
            .flat_map(|message| message.to.iter().chain(&message.cc).chain(&message.bcc))
            .filter_map(|party| EmailAddress::parse(&party.address).ok())
            .map(|address| address.mailbox_key())
            .collect();
        others.retain(|one| !known.contains(&one.mailbox_key()));
    }
    let is_reply = others.is_empty();
    // Where the author is proven, whoever else is named is known or not as ever.
    Ok(Answering { is_reply, unproven: if authenticated { vec![] } else { others } })
}

/// What always needs a person, whatever a policy or a standing approval says.
fn always(
    inbox: &Inbox,
    prepared: &Prepared,
    (tainted, answers_automatic, goes_at): (bool, bool, Timestamp),
    outcome: &Verdict,
    now: Timestamp,
) -> Vec<&'static str> {
    let mut always = vec![];
    let saved = prepared.saved.as_ref().is_some_and(|saved| saved.tainted);
    if tainted || saved || prepared.tainted || prepared.files.iter().any(|file| file.tainted) {
        always.push(Approval::TAINTED);
    }
    if answers_automatic {
        always.push("answers_automatic_mail");
    }
    always.extend(prepared.always);
    if prepared.files.iter().any(File::is_disguised) {
        always.push("disguised_file");
    }
    let own = inbox.address.mailbox_key();
    if prepared.draft.reply_to.iter().any(|mailbox| mailbox.address.mailbox_key() != own) {
        // No rule judges where answers go, and whoever gets them gets what the recipient writes.
        always.push("foreign_reply_to");
    } else if prepared.draft.headers.iter().any(|(_, value)| leads_elsewhere(value, inbox)) {
        // As of `List-Post`, RFC 2369: an answer to the list goes there.
        always.push("foreign_reply_to");
    }
    if goes_at > now + MAX_UNSEEN_AHEAD && *outcome == Verdict::Allow {
        always.push("scheduled_far_ahead");
    }
    always
}

/// What about a mail deserves a look, whatever policies make of it.
fn risks(facts: &Facts, always: &[&'static str], prepared: &Prepared) -> BTreeSet<Risk> {
    let draft = &prepared.draft;
    let html = draft.html.as_deref();
    let misleads =
        || html.is_some_and(|it| mail::normal::read(it).links.iter().any(mail::normal::Link::misleads));
    let differs = || match (html, draft.text.as_deref()) {
        (Some(html), Some(text)) => !mail::normal::says_the_same(html, text),
        _ => false,
    };
    let unproven = prepared
        .answered()
        .is_some_and(|it| matches!(it.direction, Direction::Inbound { authenticated: false, .. }));
    // What is disguised is told as that.
    let has = |harm| prepared.files.iter().any(|file| !file.is_disguised() && file.harm() == Some(harm));
    let found = [
        (Risk::ThreadTainted, always.contains(&Approval::TAINTED)),
        (Risk::DisguisedFile, always.contains(&"disguised_file")),
        (Risk::ProgramFile, has(Harm::Program)),
        (Risk::ActiveFile, has(Harm::Active)),
        (Risk::LinksDiffer, misleads()),
        (Risk::OddLink, facts.links.iter().any(|host| is_odd_host(host))),
        (Risk::AnswersElsewhere, always.contains(&"foreign_reply_to")),
        (Risk::WordsDiffer, differs()),
        (Risk::AuthorUnproven, unproven),
        (Risk::FirstContact, facts.recipients.iter().any(|one| one.first_contact)),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(risk, _)| risk).collect()
}

/// Whether a header field names an address to write to (`mailto:`, RFC 6068) that is not the inbox's own.
fn leads_elsewhere(value: &str, inbox: &Inbox) -> bool {
    let value = value.to_ascii_lowercase();
    value.split("mailto:").skip(1).any(|rest| {
        let address = rest.split(['>', '?', ',', ';', ' ']).next().unwrap_or_default();
        let own = |address: &EmailAddress| mail::is_own_address(&inbox.address, address);
        !EmailAddress::parse(address).is_ok_and(|address| own(&address))
    })
}

fn by_person(terms: Terms) -> Terms {
    Terms { by: By::Person, ..terms }
}

/// Counts a mail that goes without a person, or holds it where too many did today.
async fn cap(
    ports: &Ports,
    weighed: &mut Weighed,
    organization_id: OrganizationId,
    recipients: &[(EmailAddress, bool)],
    parent: Option<&Message>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let day = now.as_second().div_euclid(86_400).to_string();
    let key = |kind: &[u8], what: &str| Digest::of_parts(&[b"cap", kind, what.as_bytes(), day.as_bytes()]);
    let mut caps: Vec<(Digest, u64, &str)> = recipients
        .iter()
        .map(|(address, _)| (key(b"recipient", &address.mailbox_key()), RECIPIENT_CAP, "recipient_cap"))
        .collect();
    caps.extend(
        parent.map(|parent| (key(b"thread", &parent.thread_id.to_string()), THREAD_CAP, "thread_cap")),
    );
    caps.sort_unstable();
    caps.dedup();
    let counters: Vec<_> = caps.iter().map(|(key, ..)| key::Counter(*key)).collect();
    let counters = load(&*ports.store, organization_id, counters).await?;
    let counted: Vec<u64> =
        counters.iter().map(|counter| counter.as_ref().map_or(0, |it| it.count)).collect();
    let full = caps.iter().zip(&counted).find(|((_, limit, _), count)| **count >= *limit);
    if let Some(((.., reason), _)) = full {
        weighed.standing = None;
        weighed.terms = Some(by_person(weighed.terms.take().unwrap_or_default()));
        weighed.reasons.push((*reason).to_owned());
        return Ok(());
    }
    let expires_at = now + SignedDuration::from_hours(48);
    weighed.counts.extend(caps.into_iter().map(|(key, limit, _)| Write::Count {
        key,
        by: 1,
        limit: Some(limit),
        expires_at,
    }));
    Ok(())
}
