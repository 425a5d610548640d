//! `POST /v1/uploads/{upload_id}/confirm`: says what would be made of its rows, or has it made: a mail with an approval of its own for
//! each good row, by and by.
//!
//! Needs the scope `uploads.manage`, and `messages.send` where it is no dry run.

use app::Ports;
use app::base::store::Key;
use app::gate::uploads::{Outlook, Planning};
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::gate::uploads::{ConfirmUpload, OutlookView, outlook};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-uploads-confirm",
    method: "POST",
    path: "/v1/uploads/{upload_id}/confirm",
    access: Access::Scope(Scope::UploadsManage),
    says: "with `dry_run` what would be made of its rows; else a mail of each good row, by and by; with `messages.send`",
    example: r#"{"mapping": {"to": "Email"}, "subject": "Your invoice", "text": "Hello {{first_name|there}}, it is due.", "dry_run": true}"#,
    query: None,
    body: Some(Shape::of::<ConfirmUpload>()),
    response: Some(schema::of::<OutlookView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.planning()), handle),
};

fn handle<'a>((ports, planning): &'a (Ports, Planning), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("upload_id")?;
        let call = request.enter_once::<scope::UploadsManage>(ports, &[Key::Upload(id)]).await?;
        let (plan, dry_run) = wire::gate::uploads::plan(&request.body)?;
        let planner = planning.over(&call.ports);
        if dry_run {
            let found = Box::pin(planner.try_out(&call.permit, id, &plan)).await?;
            return Ok(Response::json(200, &outlook(&found)));
        }
        let saved = |found: &Outlook| (202, text(&outlook(found)));
        let found = Box::pin(planner.confirm(&call.permit, id, &plan, &call.once, saved)).await?;
        Ok(Response::json(202, &outlook(&found)))
    })
}
