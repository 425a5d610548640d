//! `POST /v1/inboxes`: makes an inbox on the installation's mail domain.
//!
//! Needs the scope `inboxes.manage`.

use app::Ports;
use app::mailbox::inboxes;
use assembly::Aws;
use domain::mailbox::inbox::Inbox;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::mailbox::inboxes::{CreateInbox, InboxView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-inboxes-create",
    method: "POST",
    path: "/v1/inboxes",
    access: Access::Scope(Scope::InboxesManage),
    says: "names that speak for the domain are not to be had: `shared/domain/src/mailbox/inbox.rs`",
    example: r#"{"username": "orders", "display_name": "Orders"}"#,
    query: None,
    body: Some(Shape::of::<CreateInbox>()),
    response: Some(schema::of::<InboxView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::InboxesManage>(ports, &[]).await?;
        let new = wire::mailbox::inboxes::new(&request.body)?;
        let saved = |inbox: &Inbox| (201, text(&wire::mailbox::inboxes::inbox(inbox)));
        let inbox = inboxes::create(&call.ports, &call.permit, new, &call.once, saved).await?;
        Ok(Response::json(201, &wire::mailbox::inboxes::inbox(&inbox)))
    })
}
