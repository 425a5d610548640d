//! `POST /v1/suppressions`: suppresses an address or a domain: no mail goes there. `200` with the one that is there.
//!
//! Needs the scope `lists.manage`.

use app::Ports;
use app::mailbox::suppressions::{self, Made};
use assembly::Aws;
use domain::mailbox::listed::Suppression;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::mailbox::listed::{self, CreateSuppression, SuppressionView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-suppressions-create",
    method: "POST",
    path: "/v1/suppressions",
    access: Access::Scope(Scope::ListsManage),
    says: "bounces for good and complaints suppress by themselves",
    example: r#"{"address": "ann@example.com", "reason": "She asked for no more mail."}"#,
    query: None,
    body: Some(Shape::of::<CreateSuppression>()),
    response: Some(schema::of::<SuppressionView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::ListsManage>(ports, &[]).await?;
        let new = listed::new_suppression(&request.body)?;
        let saved = |made: &Made<Suppression>| match made {
            Made::New(one) => (201, text(&listed::suppression(one))),
            Made::Known(one) => (200, text(&listed::suppression(one))),
        };
        let made = suppressions::create(&call.ports, &call.permit, new, &call.once, saved).await?;
        Ok(match &made {
            Made::New(one) => Response::json(201, &listed::suppression(one)),
            Made::Known(one) => Response::json(200, &listed::suppression(one)),
        })
    })
}
