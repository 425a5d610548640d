//! `POST /v1/lists`: puts somebody on a list: allowed or blocked, for mail that goes out or comes in. `200` with the entry that is there.
//!
//! Needs the scope `lists.manage`.

use app::Ports;
use app::mailbox::entries;
use app::mailbox::suppressions::Made;
use assembly::Aws;
use domain::mailbox::listed::ListEntry;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::mailbox::listed::{self, CreateListEntry, ListEntryView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-lists-create",
    method: "POST",
    path: "/v1/lists",
    access: Access::Scope(Scope::ListsManage),
    says: "the most specific entry counts: `infra/docs/LISTS.md`",
    example: r#"{"direction": "send", "kind": "block", "domain": "example.com", "reason": "A competitor."}"#,
    query: None,
    body: Some(Shape::of::<CreateListEntry>()),
    response: Some(schema::of::<ListEntryView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::ListsManage>(ports, &[]).await?;
        let new = listed::new_entry(&request.body)?;
        let saved = |made: &Made<ListEntry>| match made {
            Made::New(one) => (201, text(&listed::entry(one))),
            Made::Known(one) => (200, text(&listed::entry(one))),
        };
        let made = entries::create(&call.ports, &call.permit, new, &call.once, saved).await?;
        Ok(match &made {
            Made::New(one) => Response::json(201, &listed::entry(one)),
            Made::Known(one) => Response::json(200, &listed::entry(one)),
        })
    })
}
