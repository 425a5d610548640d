//! The audit log: giving entries their place in the chain, reading it, and proving it whole.
//!
//! A change writes its entries unchained, so that an organization's changes never wait for each other. The chain is laid
//! over them afterwards, by [`chain`], from the table's stream; [`catch_up`] finds what the stream lost.

use std::collections::BTreeMap;

use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::ledger::audit::{Anchored, ChainedEntry, Entry, Flaw, FlawCode, Head};
use domain::people::access::{Permit, scope};
use domain::{AuditId, OrganizationId, Timestamp};

use crate::base::error::Refusal;
use crate::base::ports::{Anchors, Clock};
use crate::base::retry::{Try, retry};
use crate::base::store::{ListError, Page, PageRequest};
use crate::base::trail::{LAST_PLACE, Range, Stored, Trail};

/// So many entries get their place in one transaction: two items each and the head, of 100 that `DynamoDB` takes.
pub const BATCH: usize = 40;

/// Appending loses against another at most so often before it gives up. Each loss is another's success.
const TRIES: usize = 8;

/// Gives entries of one organization their places, in the order of their ids. An entry that has one is passed over, so it
/// may be told of any number of times, by any number of callers at once. Returns how many were given.
pub async fn chain(
    clock: &dyn Clock,
    trail: &dyn Trail,
    organization_id: OrganizationId,
    ids: &[AuditId],
) -> Result<usize, Refusal> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut given = 0;
    for some in ids.chunks(BATCH) {
        given += chain_some(clock, trail, organization_id, some).await?;
    }
    Ok(given)
}

async fn chain_some(
    clock: &dyn Clock,
    trail: &dyn Trail,
    organization_id: OrganizationId,
    ids: &[AuditId],
) -> Result<usize, Refusal> {
    retry(TRIES, "the audit chain kept growing", || async {
        let mut entries = trail.unchained(organization_id, ids).await?;
        if entries.is_empty() {
            return Ok(Try::Done(0));
        }
        entries.sort_by_key(|entry| entry.id);
        let head = trail.head(organization_id).await?;
        let head =
            head.ok_or_else(|| Refusal::Internal("the head of the audit chain can't be read".into()))?;
        let (mut end, now) = (head.clone(), clock.now());
        let links: Vec<_> = entries.into_iter().map(|entry| end.append(entry, now)).collect();
        // A conflict: another shard of the stream, or the catch-up, was faster.
        Try::of(trail.append(&head, &links).await, links.len())
    })
    .await
}

/// At most so many lost entries in one run; the next follows within minutes.
const LOST: u16 = 400;

/// Gives those entries their places that the stream lost. One organization that fails does not keep the others.
/// Returns how many were given, and how many organizations failed.
pub async fn catch_up(clock: &dyn Clock, trail: &dyn Trail) -> Result<(usize, usize), Refusal> {
    let mut lost = trail.lost(clock.now(), LOST).await?;
    lost.sort_unstable();
    let (mut given, mut failed) = (0, 0);
    for some in lost.chunk_by(|a, b| a.0 == b.0) {
        let ids: Vec<_> = some.iter().map(|(_, id)| *id).collect();
        match chain(clock, trail, some[0].0, &ids).await {
            Ok(count) => given += count,
            Err(error) => {
                failed += 1;
                tracing::error!(organization_id = %some[0].0, %error, "lost audit entries could not be chained");
            }
        }
    }
    Ok((given, failed))
}

/// Which entries are wanted. All that is named must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// A member's or token's id, or `system`. A member's covers what their tokens did.
    pub actor: Option<String>,
    /// An action, or with a dot at its end the beginning of one, such as `approval.`.
    pub action: Option<String>,
    /// The id of what it was done to.
    pub target: Option<String>,
    /// Not older than this.
    pub from: Option<Timestamp>,
    /// Not younger than this.
    pub to: Option<Timestamp>,
}

impl Filter {
    fn takes(&self, entry: &Entry) -> bool {
        let actor = |wanted: &String| {
            *wanted == entry.actor.id() || entry.actor.member().is_some_and(|id| *wanted == id.to_string())
        };
        let action = |wanted: &String| {
            entry.action == *wanted || wanted.ends_with('.') && entry.action.starts_with(wanted)
        };
        self.actor.as_ref().is_none_or(actor)
            && self.action.as_ref().is_none_or(action)
            && self.target.as_ref().is_none_or(|wanted| *wanted == entry.target)
            && self.from.is_none_or(|from| entry.at >= from)
            && self.to.is_none_or(|to| entry.at <= to)
    }
}

/// At most so many links are read for one page: a filter that takes few gives short pages, even empty ones, with a cursor.
const SCANNED: u64 = 2_000;
/// So many of them in one call.
const CHUNK: u16 = 500;

/// The log, newest first.
pub async fn list(
    trail: &dyn Trail,
    permit: &Permit<scope::AuditRead>,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<ChainedEntry>, Refusal> {
    let mut to = match page.cursor.as_deref() {
        None => LAST_PLACE,
        Some(cursor) => {
            let before = cursor.parse().ok().filter(|before| (2..=LAST_PLACE).contains(before));
            before.ok_or(ListError::Cursor)? - 1
        }
    };
    let limit = if *filter == Filter::default() { page.limit } else { CHUNK };
    let (mut items, mut scanned) = (vec![], 0);
    while scanned < SCANNED {
        let range = Range { from: 1, to, newest_first: true, limit };
        let found = trail.links(permit.organization_id(), range).await?;
        let ended = found.is_empty();
        for stored in found {
            let next = (stored.sequence > 1).then(|| stored.sequence.to_string());
            (to, scanned) = (stored.sequence.saturating_sub(1), scanned + 1);
            let Some(link) = stored.link else {
                tracing::error!(sequence = stored.sequence, "an audit entry can't be read");
                continue;
            };
            // A link's time is never before its entry's: all that follow are older than what is asked for.
            if filter.from.is_some_and(|from| link.chained_at < from) {
                return Ok(Page { items, next: None });
            }
            if filter.takes(&link.entry) {
                items.push(link);
            }
            if items.len() == usize::from(page.limit) {
                return Ok(Page { items, next });
            }
        }
        if ended || to == 0 {
            return Ok(Page { items, next: None });
        }
    }
    Ok(Page { items, next: Some((to + 1).to_string()) })
}

/// What a check of a part of the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The first place of the part.
    pub from: u64,
    /// The last place that was looked at.
    pub to: u64,
    /// How many links hold.
    pub entries: u64,
    /// Where the chain ends; none where what is stored can't be read.
    pub head: Option<Head>,
    /// Where to go on, if the part was more than one call looks at.
    pub next: Option<u64>,
    /// What the anchors in this part say.
    pub anchored: Anchored,
    /// The first thing that is wrong.
    pub flaw: Option<Flaw>,
}

/// At most so many links are checked in one call.
pub const CHECKED: u64 = 2_000;

/// Computes the chain anew from place `from` (the first) to `to` (the last there is), and compares: each link with the one
/// before it, the end with the head, and all of it with the anchors, which nobody who writes the table can change.
pub async fn verify(
    clock: &dyn Clock,
    trail: &dyn Trail,
    anchors: &dyn Anchors,
    permit: &Permit<scope::AuditRead>,
    from: Option<u64>,
    to: Option<u64>,
) -> Result<Verified, Refusal> {
    let organization_id = permit.organization_id();
    let first = from.unwrap_or(1).max(1);
    let anchored = Anchored::default();
    let Some(head) = trail.head(organization_id).await? else {
        let flaw = Some(Flaw { sequence: 0, code: FlawCode::HeadMismatch });
        return Ok(Verified { from: first, to: first, entries: 0, head: None, next: None, anchored, flaw });
    };
    if first > head.sequence.max(1) {
        let message = format!("is beyond the last entry, which is {}", head.sequence);
        return Err(Refusal::field("from", Code::BeyondTheHead, message));
    }
    let last = to.unwrap_or(head.sequence).min(head.sequence);
    let until = last.min(first + CHECKED - 1);
    let mut verified = Verified {
        from: first,
        to: until,
        entries: 0,
        head: Some(head.clone()),
        next: None,
        anchored,
        flaw: None,
    };
    let mut links = BTreeMap::new();
    let mut end = match before(trail, organization_id, first).await? {
        Ok(end) => end,
        Err(flaw) => return Ok(Verified { flaw: Some(flaw), ..verified }),
    };
    while end.sequence < until && verified.flaw.is_none() {
        let start = end.sequence + 1;
        let range = Range { from: start, to: until, newest_first: false, limit: CHUNK };
        let found = trail.links(organization_id, range).await?;
        // Nothing between here and the end of the part: the rest was cut off, or a hole reaches beyond it.
        if found.is_empty() {
            let code = if until == head.sequence { FlawCode::Truncated } else { FlawCode::Gap };
            verified.flaw = Some(Flaw { sequence: start, code });
        }
        for stored in found {
            if let Err(flaw) = take(&mut end, &stored) {
                verified.flaw = Some(flaw);
                break;
            }
            verified.entries += 1;
            links.insert(end.sequence, (end.hash, end.at));
        }
    }
    if verified.flaw.is_none() && until == head.sequence {
        verified.flaw = check_end(trail, &head, &end).await?;
    }
    if verified.flaw.is_none() {
        verified.flaw = check_anchors(clock, trail, anchors, &head, &links, &mut verified.anchored).await?;
    }
    if verified.flaw.is_none() && until < last {
        verified.next = Some(until + 1);
    }
    Ok(verified)
}

/// Compares a part of the chain that holds with the anchors in it; at the end of the chain also looks for anchors of links
/// that are not there, and for links that no anchor holds though it is time.
async fn check_anchors(
    clock: &dyn Clock,
    trail: &dyn Trail,
    anchors: &dyn Anchors,
    head: &Head,
    links: &BTreeMap<u64, (Digest, Timestamp)>,
    anchored: &mut Anchored,
) -> Result<Option<Flaw>, Refusal> {
    let organization_id = head.organization_id;
    let (first, last) = match (links.first_key_value(), links.last_key_value()) {
        (Some((first, _)), Some((last, _))) => (*first, *last),
        // Only a chain without links has a part without links.
        _ => (1, 0),
    };
    let between = if first <= last { anchors.between(organization_id, first, last).await? } else { vec![] };
    *anchored = Anchored::compare(&between, links);
    let flaw = |sequence, code| Ok(Some(Flaw { sequence, code }));
    if let Some(differing) = &anchored.differing {
        return flaw(differing.sequence, FlawCode::AnchorMismatch);
    }
    if last < head.sequence {
        return Ok(None);
    }
    if let Some(beyond) = anchors.behind(organization_id, head.sequence + 1).await?.into_iter().next() {
        // The chain may have grown, and have been anchored, since its head was read.
        let now = trail.head(organization_id).await?;
        if now.is_none_or(|now| now.sequence < beyond.sequence) {
            let sequence = beyond.sequence;
            anchored.differing = Some(beyond);
            return flaw(sequence, FlawCode::AnchorBeyondEnd);
        }
    }
    match anchored.overdue(links, clock.now()) {
        Some(sequence) => flaw(sequence, FlawCode::NotAnchored),
        None => Ok(None),
    }
}

/// The link before the first that is checked, as the end of what needs no check.
async fn before(
    trail: &dyn Trail,
    organization_id: OrganizationId,
    first: u64,
) -> Result<Result<Head, Flaw>, Refusal> {
    let before = first - 1;
    if before == 0 {
        return Ok(Ok(Head::genesis(organization_id)));
    }
    let range = Range { from: before, to: before, newest_first: false, limit: 1 };
    let flaw = |code| Err(Flaw { sequence: before, code });
    Ok(match trail.links(organization_id, range).await?.pop() {
        None => flaw(FlawCode::Gap),
        Some(Stored { link: Some(link), .. }) if link.hash == link.computed() => {
            Ok(Head { organization_id, ..Head::of(&link) })
        }
        Some(_) => flaw(FlawCode::HashMismatch),
    })
}

fn take(end: &mut Head, stored: &Stored) -> Result<(), Flaw> {
    match &stored.link {
        Some(link) => end.follow(link),
        None if stored.sequence == end.sequence + 1 => {
            Err(Flaw { sequence: stored.sequence, code: FlawCode::HashMismatch })
        }
        None => Err(Flaw { sequence: end.sequence + 1, code: FlawCode::Gap }),
    }
}

/// Whether a chain that was checked to its end ends as its head says, and has nothing behind it.
async fn check_end(trail: &dyn Trail, head: &Head, end: &Head) -> Result<Option<Flaw>, Refusal> {
    let flaw = Flaw { sequence: end.sequence, code: FlawCode::HeadMismatch };
    if end != head {
        return Ok(Some(flaw));
    }
    let range = Range { from: head.sequence + 1, to: LAST_PLACE, newest_first: false, limit: 1 };
    let Some(behind) = trail.links(head.organization_id, range).await?.pop() else { return Ok(None) };
    // The chain may have grown since its head was read.
    let now = trail.head(head.organization_id).await?;
    Ok(now.is_none_or(|now| now.sequence < behind.sequence).then_some(flaw))
}
