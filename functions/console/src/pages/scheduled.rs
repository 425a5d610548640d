//! `/console/scheduled`: what is to go at a time, by day, a month at once.

use std::collections::BTreeMap;

use app::Refusal;
use app::base::store::PageRequest;
use app::gate::approvals;
use app::mailbox::messages;
use askama::Template;
use domain::Timestamp;
use domain::gate::approval::Approval;
use domain::mailbox::filter::MessageFilter;
use domain::mailbox::message::Message;
use domain::people::access::{Scope, scope};
use futures_util::future::try_join3;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use runtime::http::{Request, Response};

use super::render;
use super::unsettled::Mail;
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, people, subject};

/// The page.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/scheduled",
    trust: Trust::Decide,
    audience: Audience::With(Scope::MessagesRead),
    menu: Menu::Daily(22, "Scheduled"),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    back: Back::Here(&[]),
    ..Page::NEW
}];

/// So many pages of a hundred mails each are read.
const PAGES_READ: usize = 5;
/// Recipients that a row names.
const NAMED: usize = 2;

#[derive(Template)]
#[template(path = "scheduled.html")]
struct ScheduledPage {
    shell: Shell,
    csrf: String,
    /// `December 2026`.
    title: String,
    /// The addresses of the months beside it.
    before: Option<String>,
    after: Option<String>,
    /// The days, behind as many empty cells as its first week lacks.
    cells: Vec<Option<Cell>>,
    days: Vec<Day>,
    /// Whether nothing at all is to go.
    nothing: bool,
    /// Whether there is more than was read.
    more: bool,
}

impl ScheduledPage {
    /// What says times in the browser's zone.
    fn script() -> &'static str {
        guard::WRITE_SCRIPT
    }
}

/// A day in the month.
struct Cell {
    number: i8,
    /// What it is called, for whoever does not see the month.
    name: String,
    anchor: String,
    count: usize,
    today: bool,
}

/// A day on which something is to go.
struct Day {
    anchor: String,
    name: String,
    rows: Vec<Row>,
}

/// A mail that is to go.
struct Row {
    at: Timestamp,
    due: Moment,
    address: String,
    timeline: String,
    subject: String,
    recipients: String,
    from: String,
    /// Whether somebody must approve it first.
    waits: bool,
    /// Where it is cancelled, for whoever may.
    cancel: Option<String>,
}

impl Row {
    /// A mail that is let go already.
    fn scheduled(message: &Message, may_cancel: bool, now: Timestamp) -> Option<Self> {
        let outbound = message.outbound()?;
        let mail = Mail::new(message, now)?;
        let at = mail.at.machine.parse().ok()?;
        let more = if mail.more > 0 { format!(" and {} more", mail.more) } else { String::new() };
        Some(Self {
            at,
            due: mail.at,
            cancel: may_cancel.then(|| format!("{}/cancel", mail.address)),
            address: mail.address,
            timeline: route::timeline(outbound.approval_id),
            subject: mail.subject,
            recipients: format!("{}{more}", mail.recipients.join(", ")),
            from: mail.from,
            waits: false,
        })
    }

    /// One that waits for a decision, and has a time.
    fn waiting(approval: &Approval, own: bool, may_cancel: bool, now: Timestamp) -> Option<Self> {
        let at = approval.send_at?;
        let all: Vec<_> = people(&approval.recipients).into_iter().map(|person| person.address).collect();
        let more = all.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let address = route::approval(approval.id);
        Some(Self {
            at,
            due: Moment::new(at, now),
            cancel: (own || may_cancel).then(|| format!("{address}/cancel")),
            address,
            timeline: route::timeline(approval.id),
            subject: subject(&approval.subject),
            recipients: format!("{}{more}", all.into_iter().take(NAMED).collect::<Vec<_>>().join(", ")),
            from: String::new(),
            waits: true,
        })
    }

    fn day(&self) -> Date {
        day_of(self.at)
    }
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// All that is `scheduled`, what is due first, as far as it is read, and whether that is all.
async fn all(visit: &Visit) -> Result<(Vec<Message>, bool), Refusal> {
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let filter = MessageFilter { status: Some("scheduled".to_owned()), ..MessageFilter::default() };
    let (mut found, mut asked) = (vec![], PageRequest { limit: 100, cursor: None });
    for _ in 0..PAGES_READ {
        let page = messages::list(&visit.ports, &permit, None, &filter, &asked).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => asked.cursor = Some(next),
            None => return Ok((found, true)),
        }
    }
    Ok((found, false))
}

/// The month that is asked for, as its first day; this one where none is named that can be read.
fn month(request: &Request, today: Date) -> Date {
    let asked = request.query.get("month").and_then(|month| format!("{month}-01").parse::<Date>().ok());
    asked.unwrap_or(today).first_of_month()
}

/// A month of what is to go.
async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let reading = visit.principal.permit::<scope::ApprovalsRead>()?;
    let waiting = approvals::waiting(&visit.ports, &reading, None);
    let (frame, (scheduled, whole), waiting) =
        Box::pin(try_join3(Frame::of(&visit), all(&visit), waiting)).await?;
    let (now, may) = (visit.ports.now(), visit.may_decide());
    let own = |approval: &Approval| approval.requested_by.member() == Some(frame.me.member.id);
    let let_go = scheduled.iter().filter_map(|message| Row::scheduled(message, may, now));
    let waits = waiting.items.iter().filter_map(|approval| Row::waiting(approval, own(approval), may, now));
    let mut days: BTreeMap<Date, Vec<Row>> = BTreeMap::new();
    for row in let_go.chain(waits) {
        days.entry(row.day()).or_default().push(row);
    }
    let today = day_of(now);
    let first = month(request, today);
    // What should have gone is this month's, whenever that was.
    let is_this = first == today.first_of_month();
    let nothing = days.is_empty();
    let cells = cells(first, today, &days);
    days.retain(|day, _| day.first_of_month() == first || (is_this && *day < first));
    let address = |day: Option<Date>| {
        let month = day?.strftime("%Y-%m").to_string();
        Some(format!("{}?month={month}", route::SCHEDULED))
    };
    let page = ScheduledPage {
        csrf: visit.session.form_token(),
        title: first.strftime("%B %Y").to_string(),
        before: address(first.yesterday().ok()).filter(|_| first > today),
        after: address(first.last_of_month().tomorrow().ok()),
        cells,
        days: days.into_iter().map(|(day, rows)| listed(day, rows)).collect(),
        nothing,
        more: !whole || !waiting.complete,
        shell: frame.shell,
    };
    Ok(guard::html_with_writing(200, render(&page)?))
}

/// The days of a month, each with how much is to go, in weeks that begin on a Monday.
fn cells(first: Date, today: Date, days: &BTreeMap<Date, Vec<Row>>) -> Vec<Option<Cell>> {
    let lacking = usize::try_from(first.weekday().to_monday_zero_offset()).unwrap_or_default();
    let all = first.series(jiff::Span::new().days(1)).take_while(|day| day.first_of_month() == first);
    let cell = |day: Date| Cell {
        number: day.day(),
        name: day.strftime("%-d %B").to_string(),
        anchor: anchor(day),
        count: days.get(&day).map_or(0, Vec::len),
        today: day == today,
    };
    std::iter::repeat_with(|| None).take(lacking).chain(all.map(|day| Some(cell(day)))).collect()
}

fn anchor(day: Date) -> String {
    format!("day-{day}")
}

/// A day with what is to go on it, what goes first before what goes later.
fn listed(day: Date, mut rows: Vec<Row>) -> Day {
    rows.sort_by_key(|row| row.at);
    Day { anchor: anchor(day), name: day.strftime("%A, %-d %B %Y").to_string(), rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_days_and_begins_on_a_monday() {
        let (first, today) = ("2026-12-01".parse::<Date>().unwrap(), "2026-12-24".parse::<Date>().unwrap());
        let cells = cells(first, today, &BTreeMap::new());
        // The first is a Tuesday.
        assert!(cells[0].is_none() && cells.len() == 32);
        let days: Vec<_> = cells.iter().flatten().map(|cell| (&*cell.anchor, cell.today)).collect();
        assert_eq!((days[0], days[23]), (("day-2026-12-01", false), ("day-2026-12-24", true)));
    }

    #[test]
    fn what_is_no_month_is_this_one() {
        let today = "2026-12-24".parse::<Date>().unwrap();
        for (asked, first) in [("2027-02", "2027-02-01"), ("soon", "2026-12-01"), ("2027-13", "2026-12-01")] {
            let query = [("month".to_owned(), asked.to_owned())].into();
            let request = Request { query, ..Request::default() };
            assert_eq!(month(&request, today).to_string(), first);
        }
    }
}
