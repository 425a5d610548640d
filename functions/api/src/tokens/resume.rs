//! `POST /v1/tokens/{token_id}/resume`: takes a paused token again, and lets its mail go, without what is dropped; with `preview` only says what would go.
//!
//! Needs the scope `tokens.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Workflow;
use app::gate::pause::Covered;
use domain::people::access::{self, scope};
use runtime::http::{Access, Endpoint, Handling, Request};
use wire::base::pages::PageQuery;
use wire::base::schema::{self, Shape};
use wire::gate::pauses::{Resume, ResumedView};

use crate::pausing;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-tokens-resume",
    method: "POST",
    path: "/v1/tokens/{token_id}/resume",
    access: Access::Scope(access::Scope::TokensManage),
    says: "owners and admins, in a session",
    example: r#"{"preview": true}"#,
    query: Some(Shape::of::<PageQuery>()),
    body: Some(Shape::of::<Resume>()),
    response: Some(schema::of::<ResumedView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.workflow()), handle),
};

fn handle<'a>((ports, workflow): &'a (Ports, Arc<dyn Workflow>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("token_id")?;
        pausing::resume::<scope::TokensManage>((ports, &**workflow), request, Covered::Token(id), vec![])
            .await
    })
}
