//! The log of requests: written behind the requests, from what their functions wrote to `CloudWatch`, and read.
//!
//! `CloudWatch` and Lambda tell of a batch of lines at least once. Each line is stored under an id that follows from where the log has it, where
//! nothing lies there, in one transaction with what it counts as: a line that is there already is left out, and counts no more. So a batch
//! may be told twice, in parts, or by two at once.

use std::collections::BTreeMap;

use domain::ledger::requests::{RequestLine, StatusWanted};
use domain::mailbox::filter::Span;
use domain::people::access::{Permit, scope};
use domain::people::usage::{Usage, UsageCounts};
use domain::{OrganizationId, Timestamp, TokenId};
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{Change, Conflict, Key, List, Page, PageRequest, Store, StoreError, Write};
use crate::mailbox::lists::list_some;
use crate::people::usage::names;

/// A transaction has room for 100 writes: so many lines, each with all that it may count as.
const AT_ONCE: usize = 100 / (1 + UsageCounts::EACH);

/// What became of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// So many are new.
    pub new: usize,
    /// So many were there.
    pub known: usize,
    /// So many are too old to be shown, or dated ahead.
    pub stale: usize,
}

/// Writes lines of any organizations down. Where one organization's can't be written, the others' are all the same, and it is said at the
/// end.
pub async fn record(store: &dyn Store, now: Timestamp, lines: Vec<RequestLine>) -> Result<Recorded, Refusal> {
    let given = lines.len();
    let mut organizations: BTreeMap<OrganizationId, BTreeMap<Key, RequestLine>> = BTreeMap::new();
    let mut recorded = Recorded::default();
    for line in lines {
        if line.is_of_now(now) {
            let key = Key::RequestLine(line.at, line.id);
            organizations.entry(line.organization_id).or_default().insert(key, line);
        } else {
            recorded.stale += 1;
        }
    }
    let mut failed = None;
    for (organization_id, lines) in organizations {
        let lines: Vec<_> = lines.into_iter().collect();
        for some in lines.chunks(AT_ONCE) {
            match record_some(store, organization_id, some.to_vec()).await {
                Ok(new) => recorded.new += new,
                Err(error) => {
                    tracing::warn!(%organization_id, %error, "lines could not be written down");
                    failed = failed.or(Some(error));
                    break;
                }
            }
        }
    }
    recorded.known = given - recorded.new - recorded.stale;
    failed.map_or(Ok(recorded), |error| Err(error.into()))
}

/// Writes those of these lines down that are not there. Returns how many they were.
async fn record_some(
    store: &dyn Store,
    organization_id: OrganizationId,
    mut lines: Vec<(Key, RequestLine)>,
) -> Result<usize, StoreError> {
    while let Some((_, first)) = lines.first() {
        let part = first.id.as_bytes()[0] % Usage::REQUEST_PARTS;
        let mut counts = UsageCounts::default();
        let mut change = Change::new(organization_id);
        for (_, line) in &lines {
            counts.add(&line.used());
            change = change.create(line.clone());
        }
        let change =
            counts.parts(part).into_iter().fold(change, |change, usage| change.write(Write::Use(usage)));
        match store.commit(change).await {
            Ok(()) => return Ok(lines.len()),
            Err(StoreError::Conflict(there)) => {
                let before = lines.len();
                lines.retain(|(key, _)| !there.contains(&Conflict::Record(key.clone())));
                if lines.len() == before {
                    return Err(StoreError::Permanent("a conflict on no line".to_owned()));
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(0)
}

/// Which lines are wanted. All that is named must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// When the request was answered.
    pub span: Span,
    /// With which status.
    pub status: Option<StatusWanted>,
    /// The name of the operation.
    pub operation: Option<String>,
    /// The token that made it.
    pub token_id: Option<TokenId>,
}

impl Filter {
    fn takes(&self, line: &RequestLine) -> bool {
        self.span.takes(line.at)
            && self.status.is_none_or(|wanted| wanted.takes(line.status))
            && self.operation.as_ref().is_none_or(|wanted| *wanted == line.operation)
            && self.token_id.is_none_or(|wanted| line.with.token_id() == Some(wanted))
    }
}

/// A line, and what its token is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The line.
    pub line: RequestLine,
    /// What the token is called, where it is one that is there still.
    pub name: Option<String>,
}

/// A page of the log, the newest first: one read of the table where nothing but a span is asked for, and two more for the names of tokens.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::LogsRead>,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Shown>, Refusal> {
    let organization_id = permit.organization_id();
    let kept = ports.now() - RequestLine::KEPT;
    let since = |oldest: Timestamp| Some(filter.span.after.map_or(oldest, |after| after.max(oldest)));
    // A day more is read than is shown: a cursor stays within what is read while time moves on.
    let read = Span { after: since(kept - SignedDuration::from_hours(24)), ..filter.span };
    let wanted = Filter { span: Span { after: since(kept), ..filter.span }, ..filter.clone() };
    let narrow = filter.status.is_some() || filter.operation.is_some() || filter.token_id.is_some();
    let takes = |line: &RequestLine| wanted.takes(line);
    let found = list_some(ports, organization_id, &List::Requests(read), page, narrow, takes).await?;
    let ids = found.items.iter().filter_map(|line| line.with.token_id()).collect();
    let names = names(ports, organization_id, ids).await?;
    let shown = found.items.into_iter().map(|line| {
        let name = line.with.token_id().and_then(|id| names.get(&id).cloned());
        Shown { line, name }
    });
    Ok(Page { items: shown.collect(), next: found.next })
}
