//! What an organization used: read by the day, of all of it or of each inbox or token.

use std::collections::BTreeMap;

use domain::base::code::Code;
use domain::people::access::{Denied, Permit, Scope, scope};
use domain::people::usage::{Amounts, By, Of, Usage, day_of};
use domain::{OrganizationId, TokenId};
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{List, Page, PageRequest, TokenPointer, key, load, typed};

/// Where nothing is said, so many days are read.
const DAYS: i32 = 30;

/// What was used on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The day, in UTC.
    pub day: Date,
    /// By whom.
    pub of: Of,
    /// What the token is called, where it is one that is there still.
    pub name: Option<String>,
    /// How much.
    pub amounts: Amounts,
}

/// Which days: from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Days {
    /// The first; left out, 29 days before the last.
    pub from: Option<Date>,
    /// The last; left out, today.
    pub to: Option<Date>,
}

impl Days {
    /// Both ends.
    fn bounds(self, today: Date) -> Result<(Date, Date), Refusal> {
        let refuse = |message: String| Refusal::field("from", Code::OutOfRange, message);
        let to = self.to.unwrap_or(today);
        let first = to.saturating_sub((DAYS - 1).days());
        let from = self.from.unwrap_or(first);
        if from > to {
            return Err(refuse(format!("must not be after the last day, {to}")));
        }
        let earliest = to.saturating_sub((Usage::MOST_DAYS - 1).days());
        if from < earliest {
            let most = Usage::MOST_DAYS;
            return Err(refuse(format!(
                "must not be before {earliest}: at most {most} days are read at once"
            )));
        }
        Ok((from, to))
    }
}

/// A page of what was used, the last day first: one read of the table, and two more for the names of tokens. A day on which nothing was
/// counted has no row.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::UsageRead>,
    by: By,
    days: Days,
    page: &PageRequest,
) -> Result<Page<Row>, Refusal> {
    // One that is limited was made when this scope opened nothing.
    if permit.is_limited() {
        return Err(Denied::Scope(Scope::UsageRead).into());
    }
    let now = ports.now();
    let (from, to) = days.bounds(day_of(now))?;
    // What is old enough to be deleted is gone, whether it is deleted yet or not.
    let list = List::Usage(by, from.max(day_of(now - Usage::KEPT)), to);
    let organization_id = permit.organization_id();
    // One part more than the rows can have: what is cut off in the middle of a row is seen to be.
    let limit = page.limit * u16::from(Usage::PARTS) + 1;
    let request = PageRequest { limit, cursor: page.cursor.clone() };
    let found: Page<Usage> = typed(ports.store.list(organization_id, &list, &request).await?);
    let mut rows: Vec<(Row, Usage)> = vec![];
    for part in found.items {
        match rows.last_mut() {
            Some((row, last)) if (row.day, row.of) == (part.day, part.of) => {
                (row.amounts, *last) = (row.amounts.plus(part.amounts), part);
            }
            _ => rows.push((Row { day: part.day, of: part.of, name: None, amounts: part.amounts }, part)),
        }
    }
    // What is left of the last row may be behind: it is the first of the next page.
    let is_full = rows.len() > usize::from(page.limit);
    let more = is_full || found.next.is_some();
    if is_full {
        rows.truncate(usize::from(page.limit));
    } else if more {
        rows.pop();
    }
    let last = rows.last().filter(|_| more).map(|(_, last)| *last);
    let next = last.and_then(|last| ports.store.cursor(organization_id, &list, &last.into()));
    let token = |row: &Row| match row.of {
        Of::Token(id) => Some(id),
        Of::Organization | Of::Inbox(_) => None,
    };
    let ids = rows.iter().filter_map(|(row, _)| token(row)).collect();
    let names = names(ports, organization_id, ids).await?;
    let named = rows.into_iter().map(|(row, _)| {
        let name = token(&row).and_then(|id| names.get(&id).cloned());
        Row { name, ..row }
    });
    Ok(Page { items: named.collect(), next })
}

/// What these tokens are called, those that are there still.
pub(crate) async fn names(
    ports: &Ports,
    organization_id: OrganizationId,
    mut ids: Vec<TokenId>,
) -> Result<BTreeMap<TokenId, String>, Refusal> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wanted: Vec<_> = ids.into_iter().map(key::TokenPointer).collect();
    let pointers: Vec<Option<TokenPointer>> = load(&*ports.store, organization_id, wanted).await?;
    let wanted: Vec<_> = pointers.into_iter().flatten().map(|pointer| key::Token(pointer.hash)).collect();
    let tokens = load(&*ports.store, organization_id, wanted).await?;
    Ok(tokens.into_iter().flatten().map(|token| (token.id, token.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_ninety_days_are_read_and_the_first_is_not_after_the_last() {
        let day = |text: &str| text.parse::<Date>().unwrap_or_default();
        let today = day("2026-11-29");
        let bounds = |from: Option<&str>, to: Option<&str>| {
            Days { from: from.map(day), to: to.map(day) }.bounds(today).map_err(|refusal| refusal.code())
        };
        let of = |from: &str, to: &str| Ok((day(from), day(to)));
        assert_eq!(bounds(None, None), of("2026-10-31", "2026-11-29"));
        assert_eq!(bounds(None, Some("2026-03-01")), of("2026-01-31", "2026-03-01"));
        assert_eq!(bounds(Some("2026-11-29"), None), of("2026-11-29", "2026-11-29"));
        assert_eq!(bounds(Some("2026-09-01"), Some("2026-11-29")), of("2026-09-01", "2026-11-29"));
        assert_eq!(bounds(Some("2026-08-31"), Some("2026-11-29")), Err(Code::OutOfRange));
        assert_eq!(bounds(Some("2026-11-30"), None), Err(Code::OutOfRange));
        assert_eq!(bounds(None, Some("-009999-01-01")), Ok((Date::MIN, Date::MIN)));
    }
}
