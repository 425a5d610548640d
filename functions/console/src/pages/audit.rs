//! `/console/audit`: what was done, by whom, newest first; whether all of it still stands as it was written; and all of it as a file.

use app::Refusal;
use app::base::store::{Page as Part, PageRequest};
use app::ledger::audit::{self, Filter};
use askama::Template;
use domain::base::id::Id as _;
use domain::ledger::audit::ChainedEntry;
use domain::people::access::{Scope, scope};
use domain::{ApprovalId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};

use super::{older, render};
use crate::Context;
use crate::fields::{Wrong, end_of, start_of};
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, Names, encode, visible};

/// The page, the check, and the file.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LOG,
        menu: Menu::Setting(80, "Audit log"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        back: Back::Here(&[]),
        ..AUDIT
    },
    Page {
        path: "/audit/verify",
        get: Get::Page(|context, request, _| Box::pin(verify(context, request))),
        back: Back::Here(&[]),
        ..AUDIT
    },
    Page {
        path: "/audit/export",
        get: Get::Page(|context, request, _| Box::pin(export(context, request))),
        back: Back::To(LOG),
        ..AUDIT
    },
];

const AUDIT: Page = Page { audience: Audience::With(Scope::AuditRead), ..Page::NEW };
const LOG: &str = "/audit";

/// So many entries a file has at most.
const EXPORTED: usize = 2_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    shell: Shell,
    fields: Fields,
    wrong: Wrong,
    /// Whom a filter may name.
    actors: Vec<Choice>,
    /// The same filter, for the file.
    export: String,
    rows: Vec<Row>,
    older: Option<String>,
    /// Whether this is not the first page.
    further: bool,
}

struct Row {
    sequence: u64,
    at: Moment,
    by: Doer,
    action: String,
    target: String,
    /// The page of the target, where it has one.
    address: Option<String>,
    details: Vec<(String, String)>,
}

impl Row {
    fn new(link: &ChainedEntry, names: &Names, now: Timestamp) -> Self {
        let entry = &link.entry;
        let details = entry.details.iter().map(|(name, value)| (visible(name), visible(value)));
        Self {
            sequence: link.sequence,
            at: Moment::new(entry.at, now),
            by: names.doer(&entry.actor),
            action: visible(&entry.action),
            target: visible(&entry.target),
            address: ApprovalId::parse(&entry.target).ok().map(route::approval),
            details: details.collect(),
        }
    }
}

/// What is asked for, as it was typed.
struct Fields {
    actor: String,
    action: String,
    target: String,
    from: String,
    to: String,
}

impl Fields {
    fn of(request: &Request) -> Self {
        let asked = |name: &str| {
            let value = request.query.get(name).map(|value| value.trim()).unwrap_or_default();
            value.chars().take(200).collect()
        };
        Self {
            actor: asked("actor"),
            action: asked("action"),
            target: asked("target"),
            from: asked("from"),
            to: asked("to"),
        }
    }

    fn is_empty(&self) -> bool {
        [&self.actor, &self.action, &self.target, &self.from, &self.to].iter().all(|text| text.is_empty())
    }

    /// As a query.
    fn query(&self) -> String {
        let pairs = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("target", &self.target),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
    }

    /// What the log is asked for. Where a day is none, nothing is: what is shown then would not be what was asked for.
    fn filter(&self) -> (Filter, Wrong) {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        let (from, to) = (start_of(&self.from), end_of(&self.to));
        let mut wrong = Wrong::default();
        for (name, text, read) in [("from", &self.from, from), ("to", &self.to, to)] {
            if !text.is_empty() && read.is_none() {
                wrong.note(name, "This is not a day such as 2026-12-01.");
            }
        }
        let filter = Filter {
            actor: given(&self.actor),
            action: given(&self.action),
            target: given(&self.target),
            from,
            to,
        };
        (filter, wrong)
    }
}

/// Somebody whom a filter may name.
struct Choice {
    value: String,
    word: String,
    current: bool,
}

/// A page of the log.
async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::AuditRead>()?;
    let fields = Fields::of(request);
    let (filter, wrong) = fields.filter();
    let listed = async {
        if wrong.any() {
            return Ok(Part { items: vec![], next: None });
        }
        audit::list(visit.powers.trail()?, &permit, &filter, &page).await
    };
    let (frame, found) = Box::pin(try_join(Frame::of(&visit), listed)).await?;
    let status = if wrong.any() { 422 } else { 200 };
    let now = visit.ports.now();
    let choice = |value: String, word: String| Choice { current: value == fields.actor, value, word };
    let mut actors: Vec<_> = frame
        .members
        .iter()
        .map(|member| choice(member.id.to_string(), visible(member.email.as_str())))
        .collect();
    actors.push(choice("system".to_owned(), "Countersign itself".to_owned()));
    if !fields.actor.is_empty() && actors.iter().all(|actor| !actor.current) {
        actors.push(choice(fields.actor.clone(), visible(&fields.actor)));
    }
    let query = fields.query();
    let here = if query.is_empty() { route::AUDIT.to_owned() } else { format!("{}?{query}", route::AUDIT) };
    let page = AuditPage {
        rows: found.items.iter().map(|link| Row::new(link, &frame.names, now)).collect(),
        older: older(&here, found.next),
        further: page.cursor.is_some(),
        export: format!("{}/export?{query}", route::AUDIT),
        actors,
        fields,
        wrong,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// A cell of a table of values. What begins as a formula does is no formula to a program that shows tables.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// An entry as a line of such a table (RFC 4180).
fn csv_line(link: &ChainedEntry) -> String {
    let entry = &link.entry;
    let details: Vec<_> = entry.details.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cells = [
        link.sequence.to_string(),
        entry.at.to_string(),
        entry.actor.id(),
        entry.actor.member().map(|id| id.to_string()).unwrap_or_default(),
        entry.action.clone(),
        entry.target.clone(),
        details.join("; "),
        link.hash.to_string(),
    ];
    format!("{}\r\n", cells.map(|text| cell(&text)).join(","))
}

const CSV_HEAD: &str = "sequence,at,actor,member,action,target,details,hash\r\n";

/// The newest entries that a filter takes, a line of JSON each as the API writes them, or as a table. Where there are more than a file has,
/// its name says so, and the last line of JSON where the next begins.
async fn export(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::AuditRead>()?;
    let (filter, wrong) = Fields::of(request).filter();
    if wrong.any() {
        // A file of something else than was asked for would be taken for it.
        return show(context, request).await;
    }
    let mut asked = PageRequest { limit: 100, cursor: request.query.get("cursor").cloned() };
    let csv = request.query.get("format").is_some_and(|format| format == "csv");
    let (mut lines, mut count, mut reads) = (if csv { CSV_HEAD } else { "" }.to_owned(), 0, 0);
    while count < EXPORTED && reads < EXPORTED / 100 {
        let found = audit::list(visit.powers.trail()?, &permit, &filter, &asked).await?;
        for link in &found.items {
            if csv {
                lines.push_str(&csv_line(link));
            } else {
                let line = serde_json::to_string(&wire::ledger::audit::link(link))
                    .map_err(|error| Refusal::Internal(format!("an entry as JSON: {error}")))?;
                lines.push_str(&line);
                lines.push('\n');
            }
            count += 1;
        }
        reads += 1;
        asked.cursor = found.next;
        if asked.cursor.is_none() {
            break;
        }
    }
    let name = match (csv, &asked.cursor) {
        (true, None) => "audit.csv",
        (true, Some(_)) => "audit-not-all.csv",
        (false, None) => "audit.jsonl",
        (false, Some(_)) => "audit-not-all.jsonl",
    };
    if let Some(next_cursor) = asked.cursor.filter(|_| !csv) {
        // No entry has such fields; the cursor is one of this page, and of `GET /v1/audit`.
        let message = format!(
            "This file ends here and the log goes on: older entries are at {}/export with this cursor, or narrow the days.",
            route::AUDIT
        );
        let cut = serde_json::json!({ "truncated": true, "message": message, "next_cursor": next_cursor });
        lines.push_str(&cut.to_string());
        lines.push('\n');
    }
    let kind = if csv { "text/csv; charset=utf-8" } else { "application/x-ndjson" };
    Ok(guard::file(kind, name, lines))
}

#[derive(Template)]
#[template(path = "audit_verify.html")]
struct VerifyPage {
    shell: Shell,
    from: u64,
    to: u64,
    entries: u64,
    /// What is wrong, and at which entry; empty where nothing is.
    flaw: String,
    flaw_at: u64,
    /// How many ends of the chain that were written elsewhere agree with it.
    anchors: u64,
    /// The newest of them.
    newest: Option<(u64, Moment)>,
    /// What the chain ends with.
    head: String,
    /// Where to go on.
    next: Option<String>,
}

/// Computes a part of the chain anew, and compares it with what is stored and with what was written elsewhere.
async fn verify(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::AuditRead>()?;
    let from = request.query.get("from").and_then(|from| from.parse().ok());
    let (trail, anchors) = (visit.powers.trail()?, visit.powers.anchors()?);
    let checked = audit::verify(&*visit.ports.clock, trail, anchors, &permit, from, None);
    let (frame, verified) = Box::pin(try_join(Frame::of(&visit), checked)).await?;
    let now = visit.ports.now();
    let page = VerifyPage {
        from: verified.from,
        to: verified.to,
        entries: verified.entries,
        flaw: verified.flaw.as_ref().map(|flaw| flaw.code.message().to_owned()).unwrap_or_default(),
        flaw_at: verified.flaw.as_ref().map_or(0, |flaw| flaw.sequence),
        anchors: verified.anchored.agreeing,
        newest: verified.anchored.newest.as_ref().map(|it| (it.sequence, Moment::new(it.at, now))),
        head: verified.head.as_ref().map(|head| head.hash.to_string()).unwrap_or_default(),
        next: verified.next.map(|next| format!("{}/verify?from={next}", route::AUDIT)),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_ends_where_it_ends() {
        for (text, expected) in [
            ("policy.update", "\"policy.update\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("@x", "\"'@x\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
