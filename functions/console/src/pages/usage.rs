//! `/console/usage`: how much was used, by the day, by inbox and by token. The charts are drawn here, on the server.

use std::collections::BTreeMap;

use app::Refusal;
use app::base::store::PageRequest;
use app::mailbox::inboxes;
use app::people::usage::{self, Days, Row};
use askama::Template;
use domain::people::access::{Scope, scope};
use domain::people::usage::{Amounts, By, Of, day_of};
use futures_util::future::try_join4;
use jiff::ToSpan as _;
use jiff::civil::Date;
use runtime::http::{Request, Response};

use super::render;
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{size, visible};

/// The page.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/usage",
    audience: Audience::With(Scope::UsageRead),
    menu: Menu::Setting(70, "Usage"),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    back: Back::Here(&[("days", &["7", "90"])]),
    ..Page::NEW
}];

/// So many pages of counts are read at most.
const PAGES_READ: usize = 20;
/// The height of a chart, in units of its own.
const HEIGHT: u64 = 60;
/// The width of a day in a chart.
const STEP: usize = 10;

#[derive(Template)]
#[template(path = "usage.html")]
struct UsagePage {
    shell: Shell,
    spans: Vec<Span>,
    charts: Vec<Chart>,
    days: Vec<Day>,
    tables: Vec<Table>,
    total: Line,
}

/// A span of days that can be chosen.
struct Span {
    days: i32,
    current: bool,
}

/// One amount by the day.
struct Chart {
    title: &'static str,
    /// The sum, and the most of one day, in words: what the picture shows.
    total: String,
    most: String,
    width: usize,
    bars: Vec<Bar>,
    first: String,
    last: String,
}

struct Bar {
    x: usize,
    y: u64,
    height: u64,
    /// What it shows.
    title: String,
}

impl Chart {
    fn new(title: &'static str, days: &[(Date, Amounts)], amount: fn(&Amounts) -> u64) -> Self {
        let most = days.iter().map(|(_, amounts)| amount(amounts)).max().unwrap_or_default();
        let total: u64 = days.iter().map(|(_, amounts)| amount(amounts)).sum();
        let bar = |(i, (day, amounts)): (usize, &(Date, Amounts))| {
            let amount = amount(amounts);
            // What is there is seen: a day with one of a million has a bar too.
            let height = match amount {
                0 => 0,
                _ => u64::try_from(u128::from(amount) * u128::from(HEIGHT) / u128::from(most))
                    .unwrap_or(0)
                    .max(1),
            };
            let title = format!("{}: {}", day.strftime("%-d %b"), grouped(amount));
            Bar { x: i * STEP, y: HEIGHT - height, height, title }
        };
        let end = |day: Option<&(Date, Amounts)>| {
            day.map(|(day, _)| day.strftime("%-d %b").to_string()).unwrap_or_default()
        };
        Self {
            title,
            total: grouped(total),
            most: grouped(most),
            width: days.len() * STEP,
            bars: days.iter().enumerate().map(bar).collect(),
            first: end(days.first()),
            last: end(days.last()),
        }
    }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

struct Day {
    day: String,
    line: Line,
}

/// Amounts, as a person reads them.
struct Line {
    requests: String,
    sent: String,
    received: String,
    stored: String,
}

impl From<&Amounts> for Line {
    fn from(amounts: &Amounts) -> Self {
        Self {
            requests: grouped(amounts.requests),
            sent: grouped(amounts.sent),
            received: grouped(amounts.received),
            stored: size(amounts.stored_bytes),
        }
    }
}

/// Sums of each inbox or token.
struct Table {
    title: &'static str,
    rows: Vec<(String, Line)>,
    /// Whether there is more than was read.
    cut: bool,
}

/// The counts of these days.
async fn counted(visit: &Visit, by: By, days: Days) -> Result<(Vec<Row>, bool), Refusal> {
    let permit = visit.principal.permit::<scope::UsageRead>()?;
    let mut request = PageRequest { limit: 100, cursor: None };
    let mut rows = vec![];
    for _ in 0..PAGES_READ {
        let page = usage::list(&visit.ports, &permit, by, days, &request).await?;
        rows.extend(page.items);
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => return Ok((rows, false)),
        }
    }
    Ok((rows, true))
}

/// Sums over the days, most mails first.
fn sums(title: &'static str, (rows, cut): (Vec<Row>, bool), name: impl Fn(&Row) -> String) -> Table {
    let mut all: BTreeMap<Of, (String, Amounts)> = BTreeMap::new();
    for row in &rows {
        let sum = all.entry(row.of).or_insert_with(|| (name(row), Amounts::default()));
        sum.1 = sum.1.plus(row.amounts);
    }
    let mut all: Vec<_> = all.into_values().collect();
    all.sort_by_key(|(_, sum)| std::cmp::Reverse((sum.sent + sum.received, sum.requests)));
    Table { title, rows: all.into_iter().map(|(name, sum)| (name, Line::from(&sum))).collect(), cut }
}

/// The page.
async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::UsageRead>()?;
    let span: i32 = match request.query.get("days").map(String::as_str) {
        Some("7") => 7,
        Some("90") => 90,
        _ => 30,
    };
    let to = day_of(visit.ports.now());
    let from = to.saturating_sub((span - 1).days());
    let days = Days { from: Some(from), to: Some(to) };
    let (frame, (rows, _), inboxes, tokens) = Box::pin(try_join4(
        Frame::of(&visit),
        counted(&visit, By::Day, days),
        counted(&visit, By::Inbox, days),
        counted(&visit, By::Token, days),
    ))
    .await?;
    let reading = visit.principal.permit::<scope::MessagesRead>()?;
    let first = PageRequest { limit: 100, cursor: None };
    let known = inboxes::list(&visit.ports, &reading, &first).await?;
    let known: BTreeMap<_, _> =
        known.items.iter().map(|inbox| (inbox.id, visible(inbox.address.as_str()))).collect();
    let named = |row: &Row| match row.of {
        Of::Inbox(id) => known.get(&id).cloned().unwrap_or_else(|| id.to_string()),
        Of::Token(id) => row.name.as_deref().map_or_else(|| id.to_string(), visible),
        Of::Organization => String::new(),
    };
    let counts: BTreeMap<Date, Amounts> = rows.iter().map(|row| (row.day, row.amounts)).collect();
    // Days on which nothing was counted are zero, and have their place.
    let by_day: Vec<_> = (0..span)
        .map(|n| from.saturating_add(n.days()))
        .map(|day| (day, counts.get(&day).copied().unwrap_or_default()))
        .collect();
    let total = by_day.iter().fold(Amounts::default(), |sum, (_, amounts)| sum.plus(*amounts));
    let day = |(day, amounts): &(Date, Amounts)| Day {
        day: day.strftime("%-d %b %Y").to_string(),
        line: amounts.into(),
    };
    let page = UsagePage {
        spans: [7, 30, 90].map(|days| Span { days, current: days == span }).into(),
        charts: vec![
            Chart::new("Mails sent", &by_day, |amounts| amounts.sent),
            Chart::new("Mails received", &by_day, |amounts| amounts.received),
            Chart::new("Requests", &by_day, |amounts| amounts.requests),
        ],
        days: by_day.iter().rev().map(day).collect(),
        tables: vec![sums("By inbox", inboxes, named), sums("By token", tokens, named)],
        total: (&total).into(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_shows_the_least_and_the_most() {
        let day = |day, sent| (jiff::civil::date(2026, 12, day), Amounts { sent, ..Amounts::default() });
        let chart = Chart::new("Mails sent", &[day(1, 0), day(2, 1), day(3, 1_000_000)], |it| it.sent);
        let heights: Vec<_> = chart.bars.iter().map(|bar| (bar.x, bar.y, bar.height)).collect();
        assert_eq!(heights, [(0, 60, 0), (10, 59, 1), (20, 0, 60)]);
        assert_eq!((&*chart.total, &*chart.most, chart.width), ("1,000,001", "1,000,000", 30));
        assert_eq!((&*chart.first, &*chart.last, &*chart.bars[1].title), ("1 Dec", "3 Dec", "2 Dec: 1"));
        assert_eq!([0, 12, 123, 1_234].map(grouped), ["0", "12", "123", "1,234"]);
    }
}
