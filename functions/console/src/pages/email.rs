//! `/console/email-verifications/{secret}`: where the link leads that proves somebody's address.
//!
//! Programs follow links in mail before people do: a `GET` changes nothing here.

use app::Refusal;
use app::people::email;
use askama::Template;
use domain::base::code::Code;
use domain::people::email::EmailSecret;
use runtime::http::{Request, Response};

use super::{conflict, render};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{At, Audience, Get, Page};
use crate::shell::Shell;

/// The page, and its button.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/email-verifications/{email_proof}",
    audience: Audience::Secret,
    get: Get::Page(|context, _, at| Box::pin(async move { show(context, &secret(&at)?).await })),
    post: Some(|context, request, at| {
        Box::pin(async move { confirm(context, request, &secret(&at)?).await })
    }),
    ..Page::NEW
}];

fn secret(at: &At) -> Result<EmailSecret, Refusal> {
    at.read(|text| EmailSecret::parse(text).ok_or(()))
}

#[derive(Template)]
#[template(path = "email.html")]
struct EmailPage {
    shell: Shell,
    csrf: String,
    address: String,
    email: String,
}

#[derive(Template)]
#[template(path = "link.html")]
struct DonePage<'a> {
    shell: Shell,
    title: &'a str,
    message: &'a str,
    address: String,
    button: &'static str,
}

/// The button.
async fn show(context: &Context, secret: &EmailSecret) -> Result<Response, Refusal> {
    let (proof, member) = match email::open(&context.ports, secret).await {
        Ok(opened) => opened,
        Err(refusal) => return closed(refusal),
    };
    if proof.proven_at.is_some() {
        return done();
    }
    let page = EmailPage {
        shell: Shell::bare(),
        csrf: secret.form_token(),
        address: format!("/console/email-verifications/{}", secret.reveal()),
        email: member.email.as_str().to_owned(),
    };
    Ok(guard::html(200, render(&page)?))
}

/// Confirms it.
async fn confirm(context: &Context, request: &Request, secret: &EmailSecret) -> Result<Response, Refusal> {
    Form::of_secret(request, &secret.form_token())?;
    match email::confirm(&context.ports, secret).await {
        Ok(()) => done(),
        Err(refusal) => closed(refusal),
    }
}

fn done() -> Result<Response, Refusal> {
    said(200, "Your address is verified", "There is nothing more to do.", "Go on")
}

/// What is said of a link that proves nothing.
fn closed(refusal: Refusal) -> Result<Response, Refusal> {
    let again = "Ask for another on the page of your sign-in.";
    match refusal.code() {
        Code::EmailLinkNotValid => {
            let message = format!("A newer mail may have the link that holds. {again}");
            said(404, "This link verifies no address", &message, "Sign in")
        }
        Code::EmailLinkExpired => {
            said(410, "This link has expired", &format!("It held for a day. {again}"), "Sign in")
        }
        _ => match conflict(&refusal) {
            Some(sentence) => said(409, "It did not work out", &sentence, "Sign in"),
            None => Err(refusal),
        },
    }
}

fn said(status: u16, title: &'static str, message: &str, button: &'static str) -> Result<Response, Refusal> {
    let address = "/console/settings".to_owned();
    let page = DonePage { shell: Shell::bare(), title, message, address, button };
    Ok(guard::html(status, render(&page)?))
}
