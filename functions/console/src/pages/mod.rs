//! One file for each page.

mod approval;
mod attachment;
mod decide;
mod problem;
mod queue;
mod sign_in;
mod sign_out;
mod style;

use app::approvals::Verdict;
use app::{Ports, Refusal};
use askama::Template;
use runtime::http::{Request, Response};

use crate::guard;
use crate::route::{self, Route};
use crate::visit::{has_cookie, no_cookie};

/// Answers a request with a page, whatever happens.
pub(crate) async fn answer(ports: &Ports, request: &Request) -> Response {
    let Some(route) = Route::of(&request.path) else {
        return problem::page(&Refusal::NotFound("page"), request, ports);
    };
    let found = match (route, request.method.as_str()) {
        (Route::Home, "GET" | "HEAD") => Ok(guard::see_other(route::QUEUE)),
        (Route::SignIn, "GET" | "HEAD") => sign_in::show(ports, request).await,
        (Route::SignIn, "POST") => sign_in::submit(ports, request).await,
        (Route::SignOut, "POST") => sign_out::submit(ports, request).await,
        (Route::Queue, "GET" | "HEAD") => queue::show(ports, request).await,
        (Route::Approval(id), "GET" | "HEAD") => approval::show(ports, request, id).await,
        (Route::Approve(id), "POST") => decide::submit(ports, request, id, |_| Verdict::Approve).await,
        (Route::Reject(id), "POST") => decide::submit(ports, request, id, Verdict::Reject).await,
        // A decision's address in the browser's bar, opened again: a `GET` shows the mail and decides nothing.
        (Route::Approve(id) | Route::Reject(id), "GET" | "HEAD") => {
            Ok(guard::see_other(&route::approval(id)))
        }
        (Route::Attachment(id), "GET" | "HEAD") => attachment::show(ports, request, id).await,
        (Route::Style, "GET" | "HEAD") => Ok(style::show(request)),
        _ => Ok(problem::method(request).header("allow", route.methods())),
    };
    match found {
        Ok(response) => response,
        Err(Refusal::Unauthenticated { .. }) => {
            let status =
                request.query.get("status").map(|status| format!("?status={status}")).unwrap_or_default();
            let wanted = format!("{}{status}", request.path);
            let response = guard::see_other(&route::sign_in(&wanted));
            // Only a cookie that was shown is removed: without one this may be a request that another site sent.
            if has_cookie(request) { response.cookie(no_cookie()) } else { response }
        }
        Err(refusal) => problem::page(&refusal, request, ports),
    }
}

/// Writes a page down.
fn render(page: &impl Template) -> Result<String, Refusal> {
    page.render().map_err(|error| Refusal::Internal(format!("template: {error}")))
}
