//! `GET /v1/screening`: the rules by which mail that comes in is screened.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::screening;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::screening::ScreeningView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-screening-get",
    method: "GET",
    path: "/v1/screening",
    access: Access::Scope(Scope::PoliciesManage),
    says: "`infra/docs/LISTS.md`",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<ScreeningView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Screening]).await?;
        let found = screening::get(&call.ports, &call.permit).await?;
        Ok(Response::json(200, &wire::mailbox::screening::screening(&found)))
    })
}
