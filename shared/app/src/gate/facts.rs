//! What policies judge: gathered for a mail that is submitted and for one that is only tried out.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::gate::policy::{
    Counted, Facts, FileFact, Per, PolicyBook, RecipientFact, Volume, Volumes, Window,
};
use domain::mailbox::inbox::Origin;
use domain::mailbox::listed::Barred;
use domain::people::access::Actor;
use domain::{InboxId, OrganizationId, ThreadId, Timestamp};
use futures_util::future::try_join;
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{Contact, Directory, Write, key, load};
use crate::mailbox::barred;
use crate::people::members;

/// What is known of a mail before anything is read.
#[derive(Clone, PartialEq, Eq)]
pub struct FactsInput<'a> {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox that it leaves.
    pub inbox: Origin,
    /// Who asks.
    pub actor: &'a Actor,
    /// Recipients in to, cc and bcc.
    pub recipients: Vec<EmailAddress>,
    /// The subject.
    pub subject: String,
    /// What a recipient reads: the text and, where there is HTML, the text of that as well, with and without marks.
    pub text: String,
    /// The files.
    pub attachments: Vec<FileFact>,
    /// The hosts that it links to, in lower case.
    pub links: Vec<String>,
    /// The hosts that it shows pictures from, in lower case.
    pub pictures: Vec<String>,
    /// In bytes, as it goes out.
    pub size: u64,
    /// Whether it answers a mail.
    pub is_reply: bool,
    /// Recipients who count as written to for the first time, whatever is known of them: only a mail of which nobody knows
    /// who wrote it names them.
    pub unproven: Vec<EmailAddress>,
    /// The conversation that it answers in.
    pub thread_id: Option<ThreadId>,
    /// Whether it answers a mail that a program wrote.
    pub answers_automatic: bool,
    /// Not before this; now where absent.
    pub send_at: Option<Timestamp>,
    /// Of a mail that somebody edits, the recipients that it had and when it would have gone: it is counted already.
    pub revises: Option<&'a (Vec<EmailAddress>, Timestamp)>,
}

/// What policies judge of a mail's bodies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bodies {
    /// What a recipient reads: the text and, where there is HTML, the text of that as well, with and without marks.
    pub(crate) text: String,
    /// The hosts that they lead to.
    pub(crate) links: Vec<String>,
    /// The hosts that they show pictures from.
    pub(crate) pictures: Vec<String>,
}

impl Bodies {
    /// Reads them; the HTML in its normal form.
    pub(crate) fn read(text: Option<&str>, html: Option<&str>) -> Self {
        let reading = html.map(mail::normal::read).unwrap_or_default();
        let read = html.into_iter().flat_map(|_| [reading.text.as_str(), reading.bare.as_str()]);
        let words: Vec<&str> = text.into_iter().chain(read).collect();
        let mut links = mail::links(text, html);
        // An address of which a part is a link, or bold, is one to a reader, and to programs that make links of words.
        let more = mail::links(html.map(|_| reading.bare.as_str()), None);
        let more: Vec<String> = more.into_iter().filter(|host| !links.contains(host)).collect();
        links.extend(more);
        Self { text: words.join("\n"), links, pictures: reading.picture_hosts() }
    }
}

/// Counts are kept for so long after their window: nothing reads them any more.
const COUNTER_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// So many counts of recipients one mail adds to. `DynamoDB` takes 100 writes in a transaction, and a mail to 50
/// recipients with 20 files, made of a draft, needs most of them. Beyond this the recipients' mails are not counted, and a policy that
/// asks for them holds the mail.
pub const MAX_RECIPIENT_COUNTS: usize = 13;

/// What is known of a mail once it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// What policies judge.
    pub facts: Facts,
    /// The recipients whom no mail may go to, whatever policies say.
    pub barred: Vec<Barred>,
    /// Nobody has claimed the organization yet: nobody lets anything go there, policies neither.
    pub unclaimed: bool,
}

/// Asks the store what else the policies of this book need to know: two reads at the same time.
pub async fn gather(
    ports: &Ports,
    directory: &dyn Directory,
    book: &PolicyBook,
    input: FactsInput<'_>,
) -> Result<Gathered, Refusal> {
    let now = ports.now();
    let at = input.send_at.map_or(now, |time| time.max(now));
    let counted_before =
        input.revises.map(|before| counter_hashes(input.organization_id, book, input.inbox, before));
    let counted_before = counted_before.unwrap_or_default();
    let addresses = distinct(input.recipients);
    let counted = volumes(book, input.inbox, &addresses);
    let contacts: Vec<_> = addresses.iter().map(|one| key::Contact(Contact::hash_of(one))).collect();
    let counters: Vec<_> = counted
        .iter()
        .map(|volume| key::Counter(counter_hash(input.organization_id, input.inbox.id, volume, at)))
        .collect();
    let lists = barred::wanted(input.organization_id, &addresses);
    let wanted = (contacts, counters, input.thread_id.map(key::Thread), lists, key::Organization);
    let records = load(&*ports.store, input.organization_id, wanted);
    // What is delivered to an inbox with a tag behind its name is written to the inbox.
    let named: BTreeMap<_, _> = addresses
        .iter()
        .flat_map(|one| [Some(one.clone()), untagged(one)])
        .flatten()
        .map(|one| (one.mailbox_key(), one))
        .collect();
    let named: Vec<EmailAddress> = named.into_values().collect();
    let ((contacts, counters, thread, lists, organization), owners) =
        try_join(records, directory.addresses(&named)).await?;
    let inboxes: BTreeSet<_> = owners
        .into_iter()
        .filter(|entry| entry.organization_id == input.organization_id)
        .map(|entry| entry.address.mailbox_key())
        .collect();
    let is_inbox = |one: &EmailAddress| {
        let of = |one: &EmailAddress| inboxes.contains(&one.mailbox_key());
        of(one) || untagged(one).is_some_and(|plain| of(&plain))
    };
    // Who belongs to the organization is read where a policy asks, and somebody is no inbox of it.
    let asks = book.asks_who_is_internal(input.inbox) && !addresses.iter().all(is_inbox);
    let members = if asks { members::all(ports, input.organization_id).await? } else { vec![] };
    let members: BTreeSet<_> = members.into_iter().map(|member| member.email.mailbox_key()).collect();
    let barred = barred::of(&addresses, lists);
    let tainted = thread.is_some_and(|thread| thread.tainted);
    let unproven: BTreeSet<_> = input.unproven.iter().map(EmailAddress::mailbox_key).collect();
    let recipients: Vec<RecipientFact> = addresses
        .into_iter()
        .zip(contacts)
        .map(|(address, contact)| RecipientFact {
            internal: is_inbox(&address) || members.contains(&address.mailbox_key()),
            first_contact: contact.is_none() || unproven.contains(&address.mailbox_key()),
            address,
        })
        .collect();
    let volumes: Volumes = counted
        .into_iter()
        .zip(counters)
        .map(|(volume, counter)| {
            let before = counter.map_or(0, |counter| counter.count);
            let hash = counter_hash(input.organization_id, input.inbox.id, &volume, at);
            // The count is with the mail itself.
            let count = match volume.of {
                Counted::Mails if counted_before.contains(&hash) => before.max(1),
                Counted::Mails => before.saturating_add(1),
                Counted::FirstContacts => {
                    before.saturating_add(new_contacts(&recipients, input.revises, volume.window, at))
                }
            };
            (volume, count)
        })
        .collect();
    let facts = Facts {
        inbox: input.inbox,
        actor: input.actor.clone(),
        recipients,
        subject: input.subject,
        text: input.text,
        attachments: input.attachments,
        links: input.links,
        pictures: input.pictures,
        size: input.size,
        is_reply: input.is_reply,
        tainted,
        answers_automatic: input.answers_automatic,
        at,
        volumes,
    };
    let unclaimed = organization.is_some_and(|organization| organization.unclaimed);
    Ok(Gathered { facts, barred, unclaimed })
}

/// The address without the tag behind the name, where it has one.
fn untagged(address: &EmailAddress) -> Option<EmailAddress> {
    let (local, domain) = address.as_str().rsplit_once('@')?;
    let (name, _) = local.split_once('+')?;
    EmailAddress::parse(&format!("{name}@{domain}")).ok()
}

/// So many first contacts a mail adds to a count: those that it was not counted with before it was edited.
fn new_contacts(
    recipients: &[RecipientFact],
    revises: Option<&(Vec<EmailAddress>, Timestamp)>,
    window: Window,
    at: Timestamp,
) -> u64 {
    let before: BTreeSet<_> = revises
        .filter(|(_, before)| window.start(*before) == window.start(at))
        .map(|(recipients, _)| recipients.iter().map(EmailAddress::mailbox_key).collect())
        .unwrap_or_default();
    let new =
        recipients.iter().filter(|one| one.first_contact && !before.contains(&one.address.mailbox_key()));
    new.count() as u64
}

/// Two spellings are one recipient.
fn distinct(recipients: Vec<EmailAddress>) -> Vec<EmailAddress> {
    let by_mailbox: BTreeMap<_, _> =
        recipients.into_iter().map(|address| (address.mailbox_key(), address)).collect();
    by_mailbox.into_values().collect()
}

/// What the policies of the book want to have counted for a mail of this inbox to these recipients.
fn volumes(book: &PolicyBook, inbox: Origin, recipients: &[EmailAddress]) -> BTreeSet<Volume> {
    let (mut volumes, mut of_recipients) = (BTreeSet::new(), BTreeSet::new());
    for (of, per, window, _) in book.counted(inbox) {
        match per {
            Per::Recipient => of_recipients.extend(recipients.iter().map(|one| Volume {
                of,
                per,
                recipient: Some(one.clone()),
                window,
            })),
            Per::Inbox | Per::Organization => {
                volumes.insert(Volume { of, per, recipient: None, window });
            }
        }
    }
    // Counts of first contacts need writes of the same transaction.
    let others = volumes.iter().filter(|volume: &&Volume| volume.of == Counted::FirstContacts).count();
    if of_recipients.len() + others <= MAX_RECIPIENT_COUNTS {
        volumes.extend(of_recipients);
    }
    volumes
}

/// The name of a count: addresses are no part of a key of the table, so it is a hash.
fn counter_hash(
    organization_id: OrganizationId,
    inbox_id: InboxId,
    volume: &Volume,
    at: Timestamp,
) -> Digest {
    let of = match volume.per {
        Per::Inbox => inbox_id.to_string(),
        Per::Organization => organization_id.to_string(),
        Per::Recipient => volume.recipient.as_ref().map(EmailAddress::mailbox_key).unwrap_or_default(),
    };
    let parts = [
        match volume.of {
            Counted::Mails => "volume",
            Counted::FirstContacts => "first_contacts",
        },
        &organization_id.to_string(),
        volume.per.as_str(),
        &of,
        volume.window.as_str(),
        &volume.window.start(at).to_string(),
    ];
    Digest::of_parts(&parts.map(str::as_bytes))
}

/// The counts that a mail of this inbox to these recipients stands in, which goes out at this time.
fn counter_hashes(
    organization_id: OrganizationId,
    book: &PolicyBook,
    inbox: Origin,
    (recipients, at): &(Vec<EmailAddress>, Timestamp),
) -> BTreeSet<Digest> {
    let volumes = volumes(book, inbox, &distinct(recipients.clone()));
    let mails = volumes.iter().filter(|volume| volume.of == Counted::Mails);
    mails.map(|volume| counter_hash(organization_id, inbox.id, volume, *at)).collect()
}

/// The counts that the mail of these facts adds to, to be written in the transaction that submits it.
///
/// Each has as its limit the largest count under which every rule still judges as it did: where another mail was
/// faster, the write conflicts on [`Key::Counter`], and the facts have to be gathered and judged again. So of many mails
/// at once no more pass than a policy allows.
///
/// Of a mail that somebody edits, `revises` has what it was: what it stands in already is not counted again.
pub fn counters(
    organization_id: OrganizationId,
    book: &PolicyBook,
    facts: &Facts,
    revises: Option<&(Vec<EmailAddress>, Timestamp)>,
) -> Vec<Write> {
    let asked = book.counted(facts.inbox);
    let before = revises.map(|before| counter_hashes(organization_id, book, facts.inbox, before));
    let before = before.unwrap_or_default();
    let write = |(volume, seen): (&Volume, &u64)| {
        let key = counter_hash(organization_id, facts.inbox.id, volume, facts.at);
        let by = match volume.of {
            Counted::Mails => u64::from(!before.contains(&key)),
            Counted::FirstContacts => new_contacts(&facts.recipients, revises, volume.window, facts.at),
        };
        let is_same = |(of, per, window, _): &&(Counted, Per, Window, u64)| {
            (*of, *per, *window) == (volume.of, volume.per, volume.window)
        };
        let limit = asked.iter().filter(is_same).map(|(.., over)| *over).filter(|over| over >= seen).min();
        let end = volume.window.start(facts.at) + volume.window.seconds();
        let expires_at = Timestamp::from_second(end).unwrap_or(facts.at) + COUNTER_KEPT;
        (by > 0).then_some(Write::Count { key, by, limit, expires_at })
    };
    facts.volumes.iter().filter_map(write).collect()
}
