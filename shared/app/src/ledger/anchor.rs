//! Anchoring: writing down where the chains end, in a place that nobody who writes the table can change.
//!
//! Whoever can write every row of the table can write a whole chain anew, so that it holds in itself. An anchor that was made
//! before then names another hash for its place than the new chain has. One anchor holds all links up to its place, so it
//! matters little when an older one is lost.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use domain::ledger::audit::{Anchor, Head};
use domain::{OrganizationId, Timestamp};
use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::{Anchors, Clock, Signature, Signer};
use crate::base::trail::Trail;

/// The heads that are known to be anchored: what did not move since needs no look at the anchors.
pub type Known = Mutex<BTreeMap<OrganizationId, Head>>;

/// How an anchor is written: the text that is signed, and the document that holds it with its signature.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The text.
    pub text: fn(&Head, Timestamp) -> String,
    /// The document.
    pub document: fn(&str, &Signature) -> String,
}

/// What anchoring takes of the world: it reads the chains, and writes nothing but anchors.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// The audit chains.
    pub trail: &'a dyn Trail,
    /// Where the anchors lie.
    pub anchors: &'a dyn Anchors,
    /// What signs them.
    pub signer: &'a dyn Signer,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ran {
    /// Heads that were anchored.
    pub anchored: u32,
    /// Organizations whose head could not be anchored, or must not be: it contradicts an anchor.
    pub failed: u32,
    /// Heads that wait for the next run.
    pub left: u32,
}

/// So many heads are read at a time.
const PAGE: u16 = 100;
/// So many are anchored side by side.
const AT_ONCE: usize = 20;
/// A run begins with others for so long; the next follows within minutes.
const TIME: SignedDuration = SignedDuration::from_secs(40);

/// Anchors every head that moved since it was anchored last. One organization that fails does not keep the others.
pub async fn run(means: &Means<'_>, known: &Known, form: Form) -> Result<Ran, Refusal> {
    let (started, mut ran) = (means.clock.now(), Ran::default());
    let mut moved = list_moved(means.trail, known, &mut ran).await?;
    // Those that have waited longest come first, so that none waits for ever.
    moved.sort_by_key(|head| (head.at, head.organization_id));
    for some in moved.chunks(AT_ONCE) {
        if means.clock.now().duration_since(started) >= TIME {
            ran.left += u32::try_from(some.len()).unwrap_or(u32::MAX);
            continue;
        }
        let written = some.iter().map(|head| async move { (head, write(means, known, form, head).await) });
        for (head, result) in join_all(written).await {
            match result {
                Ok((head, new)) => {
                    ran.anchored += u32::from(new);
                    known.lock().unwrap_or_else(PoisonError::into_inner).insert(head.organization_id, head);
                }
                Err(error) => {
                    ran.failed += 1;
                    tracing::error!(organization_id = %head.organization_id, %error, "a chain could not be anchored");
                }
            }
        }
    }
    Ok(ran)
}

/// The heads that are not those that are known to be anchored.
async fn list_moved(trail: &dyn Trail, known: &Known, ran: &mut Ran) -> Result<Vec<Head>, Refusal> {
    let (mut moved, mut after) = (vec![], None);
    loop {
        let page = trail.heads(after, PAGE).await?;
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        after = page.last().map(|(id, _)| *id).filter(|_| page.len() >= usize::from(PAGE));
        for (organization_id, head) in page {
            match head {
                Some(head) if known.get(&organization_id) == Some(&head) => {}
                Some(head) => moved.push(head),
                None => {
                    ran.failed += 1;
                    tracing::error!(%organization_id, "the head of an audit chain can't be read");
                }
            }
        }
        if after.is_none() {
            return Ok(moved);
        }
    }
}

/// Anchors a head, unless it is anchored already, and returns it with whether it was not. Refused where it contradicts what is.
async fn write(means: &Means<'_>, known: &Known, form: Form, head: &Head) -> Result<(Head, bool), Refusal> {
    let last = known.lock().unwrap_or_else(PoisonError::into_inner).get(&head.organization_id).cloned();
    let (head, anchored) = match last {
        Some(last) if last.sequence < head.sequence => (head.clone(), false),
        // Nothing is known of it, or it went back: what is anchored in its place or behind it says which.
        _ => compare(means, head.clone()).await?,
    };
    if !anchored {
        let text = (form.text)(&head, means.clock.now());
        let signature = means.signer.sign(text.as_bytes()).await?;
        means.anchors.put(&head, (form.document)(&text, &signature)).await?;
    }
    Ok((head, !anchored))
}

/// Compares a head with what is anchored in its place or behind it, and returns whether it is anchored. It is a later head
/// where the chain grew, and another run anchored it, since this one was read. Refused where it contradicts an anchor: anchors come
/// in the order of their places, so that one in the head's own place is seen before later ones.
async fn compare(means: &Means<'_>, mut head: Head) -> Result<(Head, bool), Refusal> {
    loop {
        let anchors = means.anchors.behind(head.organization_id, head.sequence).await?;
        let same = |anchor: &&Anchor| (anchor.sequence, anchor.hash) == (head.sequence, head.hash);
        let Some(other) = anchors.iter().find(|anchor| !same(anchor)) else {
            return Ok((head, !anchors.is_empty()));
        };
        let now = means.trail.head(head.organization_id).await?;
        let grown = now.filter(|now| head.sequence < other.sequence && other.sequence <= now.sequence);
        let Some(now) = grown else {
            let text = format!("its end, {}, contradicts the anchor of {}", head.sequence, other.sequence);
            return Err(Refusal::Internal(text));
        };
        head = now;
    }
}
