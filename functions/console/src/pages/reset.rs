//! `/console/forgot-password` and `/console/password-resets/{secret}`: for whoever forgot their password.
//!
//! Whoever asks is told nothing of an address. A `GET` of the link changes nothing: programs follow links in mail before people do.

use app::Refusal;
use app::people::resets::{self, Asking};
use askama::Template;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::reset::ResetSecret;
use runtime::http::{Request, Response};

use super::render;
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{At, Audience, Get, Page};
use crate::shell::Shell;
use crate::words::Moment;

/// The page that asks for a link, and the page of the link.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/forgot-password",
        audience: Audience::Anyone,
        get: Get::Page(|_, _, _| Box::pin(async { forgot(200, "", "", String::new()) })),
        post: Some(|context, request, _| Box::pin(ask(context, request))),
        ..Page::NEW
    },
    Page {
        path: "/password-resets/{reset}",
        audience: Audience::Secret,
        get: Get::Page(|context, _, at| {
            Box::pin(async move { page(context, &secret(&at)?, 200, String::new()).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { choose(context, request, &secret(&at)?).await })
        }),
        ..Page::NEW
    },
];

fn secret(at: &At) -> Result<ResetSecret, Refusal> {
    at.read(|text| ResetSecret::parse(text).ok_or(()))
}

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage<'a> {
    shell: Shell,
    alert: &'a str,
    notice: &'a str,
    email: String,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage {
    shell: Shell,
    alert: String,
    csrf: String,
    address: String,
    email: String,
}

#[derive(Template)]
#[template(path = "link.html")]
struct ClosedPage<'a> {
    shell: Shell,
    title: &'a str,
    message: &'a str,
    address: String,
    button: &'static str,
}

fn forgot(status: u16, notice: &str, alert: &str, email: String) -> Result<Response, Refusal> {
    let page = ForgotPage { shell: Shell::bare(), alert, notice, email };
    Ok(guard::html(status, render(&page)?))
}

/// The same words whether the address has a login or not.
const SENT: &str =
    "If somebody signs in with this address, a mail with a link is on its way there. It holds for an hour.";

/// Has the link mailed.
async fn ask(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let form = Form::of(request)?;
    let typed: String = form.field("email").trim().chars().take(254).collect();
    let Ok(email) = EmailAddress::parse(&typed) else {
        return forgot(422, "", "Give an address such as name@example.com.", typed);
    };
    let with = Asking {
        directory: context.powers.directory()?,
        queue: context.powers.notices()?,
        encode: wire::people::resets::write,
    };
    match resets::ask(&context.ports, &with, &email).await {
        Ok(()) => forgot(200, SENT, "", String::new()),
        Err(Refusal::NotBefore { retry_at, .. }) => {
            let now = context.ports.now();
            let until = Moment::new(retry_at, now);
            let alert = format!("Too many attempts with this address. Try again {}.", until.relative);
            let seconds = retry_at.duration_since(now).as_secs().max(1);
            Ok(forgot(429, "", &alert, typed)?.header("retry-after", seconds))
        }
        Err(refusal) => Err(refusal),
    }
}

/// The form.
async fn page(
    context: &Context,
    secret: &ResetSecret,
    status: u16,
    alert: String,
) -> Result<Response, Refusal> {
    let opened = match resets::open(&context.ports, secret).await {
        Ok(opened) => opened,
        Err(refusal) => return closed(refusal),
    };
    let page = ResetPage {
        shell: Shell::bare(),
        alert,
        csrf: secret.form_token(),
        address: format!("/console/password-resets/{}", secret.reveal()),
        email: opened.member.email.as_str().to_owned(),
    };
    Ok(guard::html(status, render(&page)?))
}

/// Chooses another password.
async fn choose(context: &Context, request: &Request, secret: &ResetSecret) -> Result<Response, Refusal> {
    let form = Form::of_secret(request, &secret.form_token())?;
    let directory = context.powers.directory()?;
    match resets::confirm(&context.ports, directory, &secret.reveal(), form.field("password")).await {
        Ok(()) => Ok(guard::see_other("/console/sign-in?notice=password-changed")),
        Err(Refusal::Invalid(errors)) => {
            let all: Vec<_> =
                errors.into_iter().map(|error| format!("The password {}", error.message)).collect();
            page(context, secret, 422, all.join(" ")).await
        }
        Err(refusal) => closed(refusal),
    }
}

/// What is said of a link that opens nothing.
fn closed(refusal: Refusal) -> Result<Response, Refusal> {
    let (status, title, message) = match refusal.code() {
        Code::ResetNotValid => (
            404,
            "This link resets no password",
            "It is cut short, or a newer mail has the link that holds. Ask for another where there is none.",
        ),
        Code::ResetUsed => (
            410,
            "This link was used",
            "A password was chosen with it. Sign in with that one, or ask for another link.",
        ),
        Code::ResetExpired => (410, "This link has expired", "It held for an hour. Ask for another."),
        _ => return Err(refusal),
    };
    let address = "/console/forgot-password".to_owned();
    let page = ClosedPage { shell: Shell::bare(), title, message, address, button: "Ask for another link" };
    Ok(guard::html(status, render(&page)?))
}
