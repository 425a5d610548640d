//! `/console/suppressions` and `/console/lists`: whom no mail goes to, and who is allowed or blocked in either direction.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::{Key, PageRequest};
use app::mailbox::entries;
use app::mailbox::suppressions::{self, Made};
use askama::Template;
use domain::mailbox::listed::{ListEntry, Side, Source, Standing, Suppression};
use domain::mailbox::whom::Whom;
use domain::people::access::{Scope, scope};
use domain::{ListEntryId, SuppressionId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};
use serde_json::{Map, Value, json};

use super::{older, render};
use crate::Context;
use crate::fields::Wrong;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, Names, visible};

/// Both kinds of list, and the forms that end an entry.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: SUPPRESSIONS,
        menu: Menu::Setting(60, "Suppressions"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request, List::Suppressions))),
        post: Some(|context, request, _| Box::pin(add(context, request, List::Suppressions))),
        back: Back::Here(&[]),
        ..LISTS
    },
    Page {
        path: "/suppressions/{suppression_id}/delete",
        get: Get::To(SUPPRESSIONS),
        post: Some(|context, request, at| {
            Box::pin(async move { unsuppress(context, request, at.id()?).await })
        }),
        back: Back::To(SUPPRESSIONS),
        ..LISTS
    },
    Page {
        path: ENTRIES,
        menu: Menu::Setting(61, "Allowed and blocked"),
        get: Get::Page(|context, request, _| {
            Box::pin(async move { show(context, request, asked(request)).await })
        }),
        post: Some(|context, request, _| {
            Box::pin(async move { add(context, request, asked(request)).await })
        }),
        back: Back::Here(&[("direction", &["send", "receive"]), ("kind", &["allow", "block"])]),
        ..LISTS
    },
    Page {
        path: "/lists/{list_entry_id}/delete",
        get: Get::To(ENTRIES),
        post: Some(|context, request, at| Box::pin(async move { unlist(context, request, at.id()?).await })),
        back: Back::To(ENTRIES),
        ..LISTS
    },
];

const LISTS: Page = Page { audience: Audience::With(Scope::ListsManage), ..Page::NEW };
const SUPPRESSIONS: &str = "/suppressions";
const ENTRIES: &str = "/lists";

/// A list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Suppressions,
    Entries(Side, Standing),
}

/// The list that an address names: who is blocked for mail that goes out, where it names none.
fn asked(request: &Request) -> List {
    let query = |name: &str| request.query.get(name).map(String::as_str).unwrap_or_default();
    let side = if query("direction") == "receive" { Side::Receive } else { Side::Send };
    let standing = if query("kind") == "allow" { Standing::Allow } else { Standing::Block };
    List::Entries(side, standing)
}

impl List {
    fn address(self) -> String {
        match self {
            List::Suppressions => route::SUPPRESSIONS.to_owned(),
            List::Entries(side, standing) => {
                format!("{}?direction={}&kind={}", route::LISTS, side.as_str(), standing.as_str())
            }
        }
    }

    fn title(self) -> &'static str {
        match self {
            List::Suppressions => "Suppressions",
            List::Entries(Side::Send, Standing::Block) => "No mail may go to",
            List::Entries(Side::Send, Standing::Allow) => "Mail may go to, whatever is blocked above",
            List::Entries(Side::Receive, Standing::Block) => "Mail from here is kept out",
            List::Entries(Side::Receive, Standing::Allow) => "Mail from here comes in",
        }
    }
}

#[derive(Template)]
#[template(path = "lists.html")]
struct ListPage {
    shell: Shell,
    title: &'static str,
    /// Whether it is the list of suppressions.
    suppressions: bool,
    tabs: Vec<Tab>,
    notice: &'static str,
    csrf: String,
    /// Where the form goes.
    here: String,
    wrong: Wrong,
    alert: String,
    whom: String,
    reason: String,
    rows: Vec<Row>,
    older: Option<String>,
    further: bool,
}

struct Tab {
    word: &'static str,
    address: String,
    current: bool,
}

struct Row {
    /// Before the address or the domain.
    before: &'static str,
    whom: String,
    /// Where it comes from.
    source: &'static str,
    reason: String,
    at: Moment,
    by: Doer,
    delete: String,
}

fn whom(whom: &Whom) -> (&'static str, String) {
    match whom {
        Whom::Address(address) => ("", visible(address.as_str())),
        Whom::Domain(domain) => ("Everybody at", visible(domain)),
        Whom::Everyone => ("", "Everybody who has no entry of their own".to_owned()),
    }
}

impl Row {
    fn suppressed(one: &Suppression, names: &Names, now: Timestamp) -> Self {
        let (before, whom) = whom(&one.whom);
        Self {
            before,
            whom,
            source: match one.source {
                Source::Manual => "Added by hand",
                Source::Bounce => "Mail bounced for good",
                Source::Complaint => "Called a mail spam",
                Source::Unsubscribed => "Unsubscribed",
            },
            reason: one.reason.as_deref().map(visible).unwrap_or_default(),
            at: Moment::new(one.created_at, now),
            by: names.doer(&one.created_by),
            delete: format!("{}/{}/delete", route::SUPPRESSIONS, one.id),
        }
    }

    fn listed(one: &ListEntry, names: &Names, now: Timestamp) -> Self {
        let (before, whom) = whom(&one.whom);
        Self {
            before,
            whom,
            source: "",
            reason: one.reason.as_deref().map(visible).unwrap_or_default(),
            at: Moment::new(one.created_at, now),
            by: names.doer(&one.created_by),
            delete: format!("{}/{}/delete", route::LISTS, one.id),
        }
    }
}

/// What somebody typed.
#[derive(Default)]
struct Typed {
    whom: String,
    reason: String,
}

impl Typed {
    /// The same as the API is told it: what has an `@` is an address, and what has none a domain.
    fn body(&self, list: List) -> Vec<u8> {
        let mut body = Map::new();
        let whom = self.whom.trim().trim_start_matches("*@").trim_start_matches('@');
        match (whom, list) {
            ("*", List::Entries(..)) => body.insert("everyone".to_owned(), json!(true)),
            (address, _) if address.contains('@') => body.insert("address".to_owned(), json!(address)),
            ("", _) => None,
            (domain, _) => body.insert("domain".to_owned(), json!(domain)),
        };
        if !self.reason.trim().is_empty() {
            body.insert("reason".to_owned(), json!(self.reason.trim()));
        }
        if let List::Entries(side, standing) = list {
            body.insert("direction".to_owned(), json!(side.as_str()));
            body.insert("kind".to_owned(), json!(standing.as_str()));
        }
        Value::Object(body).to_string().into_bytes()
    }
}

/// A list.
async fn show(context: &Context, request: &Request, list: List) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("added") => "It is on the list.",
        Some("known") => "It was on the list already, and stays as it was.",
        Some("deleted") => "It is off the list.",
        _ => "",
    };
    page(&visit, request, 200, list, (notice, Wrong::default(), Typed::default())).await
}

async fn page(
    visit: &Visit,
    request: &Request,
    status: u16,
    list: List,
    (notice, wrong, typed): (&'static str, Wrong, Typed),
) -> Result<Response, Refusal> {
    let asked = request.page()?;
    let (frame, (rows, next)) = Box::pin(try_join(Frame::of(visit), read(visit, list, &asked))).await?;
    let rows = rows.into_iter().map(|row| row(&frame.names)).collect();
    let tab = |side, standing, word| {
        let tab = List::Entries(side, standing);
        Tab { word, address: tab.address(), current: tab == list }
    };
    let tabs = match list {
        List::Suppressions => vec![],
        List::Entries(..) => vec![
            tab(Side::Send, Standing::Block, "Out: blocked"),
            tab(Side::Send, Standing::Allow, "Out: allowed"),
            tab(Side::Receive, Standing::Block, "In: blocked"),
            tab(Side::Receive, Standing::Allow, "In: allowed"),
        ],
    };
    let here = list.address();
    let page = ListPage {
        title: list.title(),
        suppressions: list == List::Suppressions,
        tabs,
        notice,
        csrf: visit.session.form_token(),
        alert: wrong.beside(&["address", "domain", "everyone", "reason"]),
        whom: typed.whom,
        reason: typed.reason,
        wrong,
        rows,
        older: older(&here, next),
        further: asked.cursor.is_some(),
        here,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// A row, once the names of people are known.
type Unnamed = Box<dyn FnOnce(&Names) -> Row + Send>;

async fn read(
    visit: &Visit,
    list: List,
    page: &PageRequest,
) -> Result<(Vec<Unnamed>, Option<String>), Refusal> {
    let permit = visit.principal.permit::<scope::ListsManage>()?;
    let now = visit.ports.now();
    match list {
        List::Suppressions => {
            let found = suppressions::list(&visit.ports, &permit, page).await?;
            let row = |one: Suppression| -> Unnamed {
                Box::new(move |names: &Names| Row::suppressed(&one, names, now))
            };
            Ok((found.items.into_iter().map(row).collect(), found.next))
        }
        List::Entries(side, standing) => {
            let found = entries::list(&visit.ports, &permit, (side, standing), page).await?;
            let row =
                |one: ListEntry| -> Unnamed { Box::new(move |names: &Names| Row::listed(&one, names, now)) };
            Ok((found.items.into_iter().map(row).collect(), found.next))
        }
    }
}

/// Adds somebody.
async fn add(context: &Context, request: &Request, list: List) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ListsManage>()?;
    let typed = Typed { whom: form.field("whom").to_owned(), reason: form.text("reason") };
    let body = typed.body(list);
    let once = Once::default();
    let added = async {
        Ok::<_, Refusal>(match list {
            List::Suppressions => {
                let new = wire::mailbox::listed::new_suppression(&body)?;
                let saved = |_: &_| (201, String::new());
                let made = suppressions::create(&visit.ports, &permit, new, &once, saved).await?;
                matches!(made, Made::New(_))
            }
            List::Entries(..) => {
                let new = wire::mailbox::listed::new_entry(&body)?;
                let saved = |_: &_| (201, String::new());
                let made = entries::create(&visit.ports, &permit, new, &once, saved).await?;
                matches!(made, Made::New(_))
            }
        })
    };
    match added.await {
        Ok(new) => {
            let address = list.address();
            let join = if address.contains('?') { '&' } else { '?' };
            Ok(guard::see_other(&format!("{address}{join}notice={}", if new { "added" } else { "known" })))
        }
        Err(Refusal::Invalid(errors)) => {
            page(&visit, request, 422, list, ("", Wrong::new(&errors), typed)).await
        }
        Err(refusal) => match super::conflict(&refusal) {
            Some(said) => page(&visit, request, 409, list, ("", Wrong::with("", &said), typed)).await,
            None => Err(refusal),
        },
    }
}

/// Ends a suppression.
async fn unsuppress(context: &Context, request: &Request, id: SuppressionId) -> Result<Response, Refusal> {
    let (visit, _): (Visit, Form) = Visit::of_form(context, request, &[Key::Suppression(id)]).await?;
    let permit = visit.principal.permit::<scope::ListsManage>()?;
    suppressions::delete(&visit.ports, &permit, id).await?;
    Ok(guard::see_other(&format!("{}?notice=deleted", route::SUPPRESSIONS)))
}

/// Takes somebody off a list, and leads back to it.
async fn unlist(context: &Context, request: &Request, id: ListEntryId) -> Result<Response, Refusal> {
    let (visit, _): (Visit, Form) = Visit::of_form(context, request, &[Key::ListEntry(id)]).await?;
    let permit = visit.principal.permit::<scope::ListsManage>()?;
    let entry = entries::get(&visit.ports, &permit, id).await?;
    entries::delete(&visit.ports, &permit, id).await?;
    let list = List::Entries(entry.side, entry.standing);
    Ok(guard::see_other(&format!("{}&notice=deleted", list.address())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_a_domain_and_everybody_are_told_apart() {
        let list = List::Entries(Side::Send, Standing::Block);
        let body = |whom: &str, list| {
            let typed = Typed { whom: whom.to_owned(), reason: String::new() };
            String::from_utf8(typed.body(list)).unwrap()
        };
        assert_eq!(body(" ann@example.org ", List::Suppressions), r#"{"address":"ann@example.org"}"#);
        assert_eq!(body("@example.org", List::Suppressions), r#"{"domain":"example.org"}"#);
        assert_eq!(body("*@example.org", List::Suppressions), r#"{"domain":"example.org"}"#);
        assert!(body("*", list).contains(r#""everyone":true"#));
        assert_eq!(body("", List::Suppressions), "{}");
    }
}
