//! `/console/invitations/{secret}`: where the link of an invitation leads. Whoever has it chooses a password, and is in.
//!
//! Programs follow links in mail before people do: a `GET` changes nothing here.

use app::Refusal;
use app::gate::invitations;
use askama::Template;
use domain::base::code::{Class, Code};
use domain::people::invitation::InvitationSecret;
use runtime::http::{Request, Response};

use super::render;
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{At, Audience, Get, Page};
use crate::route;
use crate::shell::Shell;
use crate::visit::cookie;
use crate::words::{Moment, visible};

/// The page, and its form.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/invitations/{invitation}",
    audience: Audience::Secret,
    get: Get::Page(|context, request, at| {
        Box::pin(async move { show(context, request, &secret(&at)?).await })
    }),
    post: Some(|context, request, at| Box::pin(async move { accept(context, request, &secret(&at)?).await })),
    ..Page::NEW
}];

fn secret(at: &At) -> Result<InvitationSecret, Refusal> {
    at.read(|text| InvitationSecret::parse(text).ok_or(()))
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    shell: Shell,
    alert: String,
    csrf: String,
    address: String,
    organization: String,
    email: String,
    role: &'static str,
    until: Moment,
    /// What the provider is called that it may be accepted with; empty where there is none.
    provider: String,
    with_provider: String,
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

/// The form.
async fn show(context: &Context, _: &Request, secret: &InvitationSecret) -> Result<Response, Refusal> {
    page(context, secret, 200, String::new()).await
}

async fn page(
    context: &Context,
    secret: &InvitationSecret,
    status: u16,
    alert: String,
) -> Result<Response, Refusal> {
    let opened = match invitations::open(&context.ports, secret).await {
        Ok(opened) => opened,
        Err(refusal) => return closed(refusal),
    };
    let page = InvitationPage {
        shell: Shell::bare(),
        alert,
        csrf: secret.form_token(),
        address: format!("/console/invitations/{}", secret.reveal()),
        organization: visible(&opened.organization.name),
        email: opened.invitation.email.as_str().to_owned(),
        role: opened.invitation.role.as_str(),
        until: Moment::new(opened.invitation.expires_at, context.ports.now()),
        provider: context.powers.provider_name.as_deref().unwrap_or_default().to_owned(),
        with_provider: format!("/console/openid/invitations/{}", secret.reveal()),
    };
    Ok(guard::html(status, render(&page)?))
}

/// Makes the seat and signs them in.
async fn accept(
    context: &Context,
    request: &Request,
    secret: &InvitationSecret,
) -> Result<Response, Refusal> {
    let form = Form::of_secret(request, &secret.form_token())?;
    match invitations::accept(&context.ports, &secret.reveal(), form.field("password"), request.browser())
        .await
    {
        Ok((_, session)) => Ok(guard::see_other(route::QUEUE).cookie(cookie(&session))),
        Err(Refusal::Invalid(errors)) => {
            let all: Vec<_> =
                errors.into_iter().map(|error| format!("The password {}", error.message)).collect();
            page(context, secret, 422, all.join(" ")).await
        }
        Err(refusal) => closed(refusal),
    }
}

/// What is said of a link that opens nothing.
pub(super) fn closed(refusal: Refusal) -> Result<Response, Refusal> {
    let (status, title) = match refusal.code() {
        Code::InvitationNotValid => (404, "This link opens no invitation"),
        Code::InvitationUsed => (410, "This invitation was accepted"),
        Code::InvitationExpired => (410, "This invitation has expired"),
        Code::EmailTaken => (409, "This address has a login already"),
        _ if refusal.class() == Class::Conflict => (409, "It did not work out"),
        _ => return Err(refusal),
    };
    let text = refusal.to_string();
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let message = format!("{first}{}.", letters.as_str());
    let address = "/console/sign-in".to_owned();
    let page = ClosedPage { shell: Shell::bare(), title, message: &message, address, button: "Sign in" };
    Ok(guard::html(status, render(&page)?))
}
