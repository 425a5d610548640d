//! `POST /v1/organization/resume`: lets the mail of a paused organization go, without what is dropped; with `preview` only says what would go.
//!
//! Needs the scope `policies.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Workflow;
use app::base::store::Key;
use app::gate::pause::Covered;
use domain::people::access::{self, scope};
use runtime::http::{Access, Endpoint, Handling, Request};
use wire::base::pages::PageQuery;
use wire::base::schema::{self, Shape};
use wire::gate::pauses::{Resume, ResumedView};

use crate::pausing;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-organization-resume",
    method: "POST",
    path: "/v1/organization/resume",
    access: Access::Scope(access::Scope::PoliciesManage),
    says: "in a session",
    example: r#"{"preview": true}"#,
    query: Some(Shape::of::<PageQuery>()),
    body: Some(Shape::of::<Resume>()),
    response: Some(schema::of::<ResumedView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.workflow()), handle),
};

fn handle<'a>((ports, workflow): &'a (Ports, Arc<dyn Workflow>), request: &'a Request) -> Handling<'a> {
    pausing::resume::<scope::PoliciesManage>(
        (ports, &**workflow),
        request,
        Covered::Organization,
        vec![Key::Organization],
    )
}
