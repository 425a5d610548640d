//! `/console/sign-out`

use app::Refusal;
use app::people::sessions;
use domain::base::code::Class;
use runtime::http::{Request, Response};

use crate::Context;
use crate::guard::{self, Form};
use crate::page::Page;
use crate::visit::{Visit, no_cookie};

/// The form in the head of each page.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/sign-out",
    post: Some(|context, request, _| Box::pin(submit(context, request))),
    ..Page::NEW
}];

/// Ends the session and removes the cookie.
pub(crate) async fn submit(context: &Context, request: &Request) -> Result<Response, Refusal> {
    guard::same_origin(request)?;
    match Visit::of(context, request, &[]).await {
        Ok(visit) => {
            Form::of_session(request, &visit.session)?;
            sessions::sign_out(&visit.ports, &visit.session).await?;
        }
        // It has ended already.
        Err(refusal) if refusal.class() == Class::Unauthenticated => {}
        Err(refusal) => return Err(refusal),
    }
    Ok(guard::see_other("/console/sign-in?notice=signed-out").cookie(no_cookie()))
}
