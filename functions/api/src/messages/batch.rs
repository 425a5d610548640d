//! `POST /v1/messages/batch`: up to 100 mails by their ids, of any inboxes, without their bodies; with a change, all of them changed.
//!
//! Needs the scope `messages.read`, and `messages.modify` to change anything.

use app::Ports;
use app::mailbox::{marks, messages};
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{BatchMessages, BatchView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-batch",
    method: "POST",
    path: "/v1/messages/batch",
    access: Access::Scope(Scope::MessagesRead),
    says: "up to 100 by their ids, of any inboxes; with `messages.modify`, their labels and whether they were read",
    example: r#"{"messages": [{"inbox_id": "inb_01kc1x5e3r0000000000000002", "message_id": "msg_01kc1x5e3r0000000000000003"}]}"#,
    query: None,
    body: Some(Shape::of::<BatchMessages>()),
    response: Some(schema::of::<BatchView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::MessagesRead>(ports, &[]).await?;
        let (named, marking) = wire::mailbox::messages::batch(&request.body)?;
        let several = match marking {
            None => messages::get_several(&call.ports, &call.permit, &named).await?,
            Some(marking) => {
                let permit = call.permit.principal().permit::<scope::MessagesModify>()?;
                marks::mark_several(&call.ports, &permit, &named, &marking).await?
            }
        };
        Ok(Response::json(200, &wire::mailbox::messages::several(&several)))
    })
}
