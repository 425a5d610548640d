//! `/console/sign-in/code`: the second form of signing in, for whoever has a second factor. It holds no password: a cookie of its own, good
//! for five minutes and once, says that the right one was shown.

use app::Refusal;
use app::people::sessions;
use askama::Template;
use domain::base::code::Code;
use domain::people::pending::PendingSecret;
use runtime::http::{Request, Response};

use super::render;
use super::sign_in::doors;
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Get, Page};
use crate::route;
use crate::shell::Shell;
use crate::visit::{cookie, no_pending_cookie, pending};
use crate::words::{Moment, encode};

/// The form.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/sign-in/code",
    audience: Audience::Anyone,
    get: Get::Page(|context, request, _| Box::pin(async move { show(context, request) })),
    post: Some(|context, request, _| Box::pin(submit(context, request))),
    ..Page::NEW
}];

/// What a wrong code is answered.
const WRONG: &str = "The code is wrong, or was used. Take the next one that your authenticator shows. After ten attempts within a quarter of an hour none is taken until the next begins.";

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct CodePage {
    shell: Shell,
    /// What went wrong; empty for nothing.
    alert: String,
    csrf: String,
    /// Where to go afterwards.
    next: String,
}

impl CodePage {
    fn new(secret: &PendingSecret, wanted: &str) -> Self {
        Self {
            shell: Shell::bare(),
            alert: String::new(),
            csrf: secret.form_token(),
            next: route::destination(wanted),
        }
    }
}

/// Where it begins anew.
fn anew(next: &str) -> Response {
    let address = format!("/console/sign-in?notice=took-too-long&next={}", encode(next));
    guard::see_other(&address).cookie(no_pending_cookie())
}

/// The form, in answer to whoever came in another way than by a password.
pub(super) fn form(secret: &PendingSecret, wanted: &str) -> Result<Response, Refusal> {
    Ok(guard::html(200, render(&CodePage::new(secret, wanted))?))
}

/// The form, for whoever showed their password a moment ago.
fn show(_: &Context, request: &Request) -> Result<Response, Refusal> {
    let wanted = request.query.get("next").map(String::as_str).unwrap_or_default();
    let Some(secret) = pending(request) else { return Ok(anew(&route::destination(wanted))) };
    Ok(guard::html(200, render(&CodePage::new(&secret, wanted))?))
}

/// Opens a session.
async fn submit(context: &Context, request: &Request) -> Result<Response, Refusal> {
    guard::same_origin(request)?;
    let Some(secret) = pending(request) else { return Ok(anew(route::QUEUE)) };
    let form = Form::of_pending(request, &secret)?;
    let mut page = CodePage::new(&secret, form.field("next"));
    let (doors, code) = (doors(context)?, form.field("code"));
    // What is longer than any code is no code.
    let code = if code.chars().count() <= 64 { code } else { "" };
    match sessions::go_on(&context.ports, &doors, &secret, code, request.browser()).await {
        Ok((_, session)) => {
            Ok(guard::see_other(&page.next).cookie(cookie(&session)).cookie(no_pending_cookie()))
        }
        Err(refusal) if refusal.code() == Code::WrongSecondFactor => {
            page.alert.push_str(WRONG);
            Ok(guard::html(401, render(&page)?))
        }
        Err(refusal) if refusal.code() == Code::SignedOut => Ok(anew(&page.next)),
        Err(Refusal::NotBefore { retry_at, .. }) => {
            let now = context.ports.now();
            page.alert = format!("Too many attempts. Try again {}.", Moment::new(retry_at, now).relative);
            let seconds = retry_at.duration_since(now).as_secs().max(1);
            Ok(guard::html(429, render(&page)?).header("retry-after", seconds))
        }
        Err(refusal) => Err(refusal),
    }
}
