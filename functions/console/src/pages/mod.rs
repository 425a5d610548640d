//! One file for each page.

mod act;
mod approval;
mod attachment;
mod audit;
mod decide;
mod docs;
mod edit;
mod gate;
mod held;
mod link;
mod mail;
mod pause;
mod policies;
mod problem;
mod queue;
mod sign_in;
mod sign_out;
mod standing;
mod style;
mod unsettled;

use app::Refusal;
use app::gate::approvals::Verdict;
use askama::Template;
use domain::base::code::Class;
use runtime::http::{Request, Response};

use crate::Context;
use crate::guard;
use crate::route::{self, Route};
use crate::visit::{has_cookie, no_cookie};
use crate::words::encode;

/// Answers a request with a page, whatever happens.
pub(crate) async fn answer(context: &Context, request: &Request) -> Response {
    let Some(route) = Route::of(&request.path) else {
        return problem::page(&Refusal::NotFound("page"), request, context);
    };
    let found = match (route, request.method.as_str()) {
        (Route::Home, "GET" | "HEAD") => Ok(guard::see_other(route::QUEUE)),
        (Route::SignIn, "GET" | "HEAD") => sign_in::show(context, request).await,
        (Route::SignIn, "POST") => sign_in::submit(context, request).await,
        (Route::SignOut, "POST") => sign_out::submit(context, request).await,
        (Route::Queue, "GET" | "HEAD") => queue::show(context, request).await,
        (Route::Approval(id), "GET" | "HEAD") => approval::show(context, request, id).await,
        (Route::Approve(id), "POST") => decide::submit(context, request, id, |_| Verdict::Approve).await,
        (Route::Reject(id), "POST") => decide::submit(context, request, id, Verdict::Reject).await,
        // A decision's address in the browser's bar, opened again: a `GET` shows the mail and decides nothing.
        (
            Route::Approve(id)
            | Route::Reject(id)
            | Route::Cancel(id)
            | Route::Delegate(id)
            | Route::Ahead(id),
            "GET" | "HEAD",
        ) => Ok(guard::see_other(&route::approval(id))),
        (Route::Edit(id), "GET" | "HEAD") => edit::show(context, request, id).await,
        (Route::Edit(id), "POST") => Box::pin(edit::submit(context, request, id)).await,
        (Route::Cancel(id), "POST") => act::cancel(context, request, id).await,
        (Route::Delegate(id), "POST") => act::delegate(context, request, id).await,
        (Route::Ahead(id), "POST") => act::ahead(context, request, id).await,
        (Route::Standing, "GET" | "HEAD") => standing::show(context, request).await,
        (Route::Revoke(id), "POST") => standing::revoke(context, request, id).await,
        (Route::Revoke(_), "GET" | "HEAD") => Ok(guard::see_other(route::STANDING)),
        (Route::Pause, "GET" | "HEAD") => pause::show(context, request).await,
        (Route::Pause, "POST") => pause::pull(context, request).await,
        (Route::Resume, "POST") => pause::release(context, request).await,
        (Route::Resume, "GET" | "HEAD") => Ok(guard::see_other(route::PAUSE)),
        (Route::Unsettled, "GET" | "HEAD") => unsettled::show(context, request).await,
        (Route::SendAgain(inbox, id), "POST") => unsettled::again(context, request, inbox, id).await,
        (Route::SendAgain(..), "GET" | "HEAD") => Ok(guard::see_other(route::UNSETTLED)),
        (Route::Held, "GET" | "HEAD") => held::list(context, request).await,
        (Route::HeldMail(inbox, id), "GET" | "HEAD") => held::show(context, request, inbox, id).await,
        (Route::Release(inbox, id), "POST") => Box::pin(held::release(context, request, inbox, id)).await,
        (Route::Discard(inbox, id), "POST") => held::discard(context, request, inbox, id).await,
        (Route::Release(..) | Route::Discard(..), "GET" | "HEAD") => Ok(guard::see_other(route::HELD)),
        (Route::Audit, "GET" | "HEAD") => audit::show(context, request).await,
        (Route::Policies, "GET" | "HEAD") => policies::show(context, request).await,
        (Route::Attachment(id), "GET" | "HEAD") => attachment::show(context, request, id).await,
        (Route::Link(secret), "GET" | "HEAD") => link::show(context, request, &secret).await,
        (Route::LinkApprove(secret), "POST") => {
            link::submit(context, request, &secret, |_| Verdict::Approve).await
        }
        (Route::LinkReject(secret), "POST") => link::submit(context, request, &secret, Verdict::Reject).await,
        (Route::LinkApprove(secret) | Route::LinkReject(secret), "GET" | "HEAD") => {
            Ok(guard::see_other(&route::link(&secret)))
        }
        (Route::LinkAttachment(secret, id), "GET" | "HEAD") => {
            link::attachment(context, request, &secret, id).await
        }
        (Route::Docs, "GET" | "HEAD") => docs::show(),
        (Route::Style, "GET" | "HEAD") => Ok(style::show(request)),
        _ => Ok(problem::method(request).header("allow", route.methods())),
    };
    let response = match found {
        Ok(response) => response,
        Err(refusal) if refusal.class() == Class::Unauthenticated => {
            let status =
                request.query.get("status").map(|status| format!("?status={status}")).unwrap_or_default();
            let wanted = format!("{}{status}", request.path);
            let response = guard::see_other(&route::sign_in(&wanted));
            // Only a cookie that was shown is removed: without one this may be a request that another site sent.
            if has_cookie(request) { response.cookie(no_cookie()) } else { response }
        }
        Err(refusal) => problem::page(&refusal, request, context),
    };
    if route.is_link() { link::private(response) } else { response }
}

/// Writes a page down.
fn render(page: &impl Template) -> Result<String, Refusal> {
    page.render().map_err(|error| Refusal::Internal(format!("template: {error}")))
}

/// The address of the next page of a list.
fn older(here: &str, cursor: Option<String>) -> Option<String> {
    let join = if here.contains('?') { '&' } else { '?' };
    cursor.map(|cursor| format!("{here}{join}cursor={}", encode(&cursor)))
}
