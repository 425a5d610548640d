//! `/console/domains`: the organization's own domains, each with its records to copy and what was found in their place.
//!
//! What changes a domain makes or removes an identity in SES. The console's functions have no such right: those are calls of the API, which
//! these pages write down to be copied.

use app::Refusal;
use app::base::store::{Key, PageRequest};
use app::mailbox::domains;
use askama::Template;
use domain::mailbox::domains::{Answer, Domain, DomainStatus, Judged, Purpose, RecordStatus, Wanted};
use domain::people::access::{Scope, scope};
use domain::{DomainId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};

use super::render;
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, visible};

/// The list, one of them, and its zone file.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/domains",
        menu: Menu::Setting(30, "Domains"),
        get: Get::Page(|context, request, _| Box::pin(list(context, request))),
        back: Back::Here(&[]),
        ..DOMAINS
    },
    Page {
        path: ONE,
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, at.id()?).await })
        }),
        back: Back::Here(&[]),
        ..DOMAINS
    },
    Page {
        path: "/domains/{domain_id}/zone-file",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { zone(context, request, at.id()?).await })
        }),
        back: Back::To(ONE),
        ..DOMAINS
    },
];

const DOMAINS: Page = Page { audience: Audience::With(Scope::DomainsManage), ..Page::NEW };
const ONE: &str = "/domains/{domain_id}";

#[derive(Template)]
#[template(path = "domains.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    /// The call that adds one.
    curl: String,
}

/// A domain in the list, and at the top of its page.
struct Row {
    address: String,
    name: String,
    /// `pending`, `verified` or `failed`.
    status: &'static str,
    /// What that means now.
    says: String,
    looked: Option<Moment>,
    /// How many of its required records are not as they must be.
    lacking: usize,
}

impl Row {
    fn new(domain: &Domain, now: Timestamp) -> Self {
        let relative = |at: Timestamp| Moment::new(at, now).relative;
        let says = match (domain.status, domain.failing_since) {
            (DomainStatus::Pending, _) => {
                "Its records are looked for, three days at most. Copy them to where the domain\u{2019}s DNS is kept.".to_owned()
            }
            (DomainStatus::Verified, Some(since)) => format!(
                "Records that it needs are gone since {}. Put them back: three days after that no mail goes from it any more.",
                relative(since)
            ),
            (DomainStatus::Verified, None) => match domain.sends_per_day(now) {
                Some(limit) => format!(
                    "Inboxes can be made on it. While it is new, {} mails may be asked for from it today.",
                    limit.get()
                ),
                None => "Inboxes can be made on it.".to_owned(),
            },
            (DomainStatus::Failed, _) => {
                "Its records were not there in time. Mend them, then have it looked at again.".to_owned()
            }
        };
        let lacking = |(wanted, judged): &(Wanted, Judged)| {
            wanted.is_required() && judged.status != RecordStatus::Found
        };
        Self {
            address: format!("{}/{}", route::DOMAINS, domain.id),
            name: visible(domain.name.as_str()),
            status: domain.status.as_str(),
            says,
            looked: domain.looked_at.map(|at| Moment::new(at, now)),
            lacking: domain.judged().iter().filter(|record| lacking(record)).count(),
        }
    }
}

/// A call of the API, for a shell in which the token stands in `TOKEN`.
fn curl(visit: &Visit, request: &Request, method: &str, path: &str, body: &str) -> String {
    let url = route::public_url(&visit.ports, request);
    let body = if body.is_empty() {
        String::new()
    } else {
        format!(" -H \"Content-Type: application/json\" -d '{body}'")
    };
    format!("curl -X {method} {url}{path} -H \"Authorization: Bearer $TOKEN\"{body}")
}

/// The list.
async fn list(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::DomainsManage>()?;
    // There are at most 20.
    let all = PageRequest { limit: 100, cursor: None };
    let (frame, found) = try_join(Frame::of(&visit), domains::list(&visit.ports, &permit, &all)).await?;
    let now = visit.ports.now();
    let page = ListPage {
        rows: found.items.iter().map(|domain| Row::new(domain, now)).collect(),
        curl: curl(&visit, request, "POST", "/v1/domains", "{\"name\": \"example.com\"}"),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[derive(Template)]
#[template(path = "domain.html")]
struct DomainPage {
    shell: Shell,
    row: Row,
    records: Vec<Record>,
    check: String,
    remove: String,
}

/// A record that it takes.
struct Record {
    /// What it is for.
    purpose: &'static str,
    kind: &'static str,
    name: String,
    /// What to copy.
    value: String,
    priority: Option<u16>,
    required: bool,
    /// `found`, `missing`, `differs` or `unknown`.
    status: &'static str,
    /// What is there; none where nobody knows.
    found: Option<Vec<String>>,
    hint: Option<String>,
    /// A value that says what is there already and what is needed.
    merged: Option<String>,
}

impl Record {
    fn new(domain: &Domain, (wanted, judged): (Wanted, Judged)) -> Self {
        let answer = |answer: &Answer| match answer.priority {
            Some(priority) => format!("{priority} {}", visible(&answer.value)),
            None => visible(&answer.value),
        };
        let found = domain.found(&wanted).map(|answers| answers.iter().map(answer).collect());
        Self {
            purpose: match wanted.purpose {
                Purpose::Ownership => "Proves that the domain is yours",
                Purpose::Dkim => "Signs its mail (DKIM)",
                Purpose::MailFromMx => "Brings bounces back",
                Purpose::MailFromSpf => "Says that its mail may come from here (SPF)",
                Purpose::Dmarc => "Tells receivers what to do with forged mail (DMARC)",
                Purpose::Receiving => "Brings mail for the domain here",
            },
            kind: wanted.kind.as_str(),
            required: wanted.is_required(),
            status: judged.status.as_str(),
            found,
            hint: judged.hint.as_deref().map(visible),
            merged: judged.merged.as_deref().map(visible),
            priority: wanted.priority,
            name: wanted.name,
            value: wanted.value,
        }
    }
}

/// One of them.
async fn show(context: &Context, request: &Request, id: DomainId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Domain(id)]).await?;
    let permit = visit.principal.permit::<scope::DomainsManage>()?;
    let (frame, domain) = try_join(Frame::of(&visit), domains::get(&visit.ports, &permit, id)).await?;
    let page = DomainPage {
        row: Row::new(&domain, visit.ports.now()),
        records: domain.judged().into_iter().map(|record| Record::new(&domain, record)).collect(),
        check: curl(&visit, request, "POST", &format!("/v1/domains/{id}/verify"), ""),
        remove: curl(&visit, request, "DELETE", &format!("/v1/domains/{id}"), ""),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// Its records as lines of a zone file.
async fn zone(context: &Context, request: &Request, id: DomainId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Domain(id)]).await?;
    let permit = visit.principal.permit::<scope::DomainsManage>()?;
    let domain = domains::get(&visit.ports, &permit, id).await?;
    Ok(guard::file("text/plain; charset=utf-8", "records.zone", wire::mailbox::domains::zone_file(&domain)))
}
