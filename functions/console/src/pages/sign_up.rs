//! `/console/sign-up` and `/console/claims/{secret}`: where signing up is open, a person asks for an organization of their own; and whoever
//! has the link of the mail that follows, or of one that a program asked for, claims it with a password, and is in.
//!
//! The mail is the proof that the address is theirs. Programs follow links in mail before people do: a `GET` changes nothing here.

use app::Refusal;
use app::gate::registrations::{self, NewRegistration};
use askama::Template;
use domain::base::code::Code;
use domain::people::registration::ClaimSecret;
use runtime::http::{Request, Response};
use serde_json::json;

use super::sign_in::doors;
use super::{conflict, render, setup};
use crate::Context;
use crate::fields::Wrong;
use crate::guard::{self, Form};
use crate::page::{At, Audience, Get, Page};
use crate::route;
use crate::shell::Shell;
use crate::visit::cookie;
use crate::words::{Moment, visible};

/// The page that asks for an organization, and the page of the link.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/sign-up",
        audience: Audience::Anyone,
        get: Get::Page(|context, _, _| Box::pin(async move { form(context) })),
        post: Some(|context, request, _| Box::pin(ask(context, request))),
        ..Page::NEW
    },
    Page {
        path: "/claims/{claim}",
        audience: Audience::Secret,
        get: Get::Page(|context, _, at| {
            Box::pin(async move { page(context, &secret(&at)?, 200, String::new()).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { claim(context, request, &secret(&at)?).await })
        }),
        ..Page::NEW
    },
];

fn secret(at: &At) -> Result<ClaimSecret, Refusal> {
    at.read(|text| ClaimSecret::parse(text).ok_or(()))
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage {
    shell: Shell,
    wrong: Wrong,
    /// What is wrong with no field of the form.
    alert: String,
    /// Whether the mail is on its way.
    sent: bool,
    typed: Typed,
}

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimPage {
    shell: Shell,
    alert: String,
    csrf: String,
    address: String,
    organization: String,
    email: String,
    /// Whether a program asked for it.
    by_program: bool,
    until: Moment,
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

/// What somebody typed.
#[derive(Default)]
struct Typed {
    name: String,
    email: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let cut = |name: &str| form.field(name).trim().chars().take(254).collect();
        Self { name: cut("name"), email: cut("owner_email") }
    }

    /// What the API's rules make of it.
    fn read(&self) -> Result<NewRegistration, Refusal> {
        let body = json!({ "name": self.name, "owner_email": self.email });
        wire::gate::registrations::new(body.to_string().as_bytes())
    }
}

/// The form, where signing up is open.
fn form(context: &Context) -> Result<Response, Refusal> {
    match registrations::check_open(&context.ports) {
        Ok(()) => asked(200, false, Typed::default(), Wrong::default()),
        Err(refusal) => closed(refusal),
    }
}

fn asked(status: u16, sent: bool, typed: Typed, wrong: Wrong) -> Result<Response, Refusal> {
    let alert = wrong.beside(&["name", "owner_email"]);
    let page = SignUpPage { shell: Shell::bare(), wrong, alert, sent, typed };
    Ok(guard::html(status, render(&page)?))
}

/// Makes the organization, which nobody owns yet, and has the link mailed. The same words whether the address has a login or not.
async fn ask(context: &Context, request: &Request) -> Result<Response, Refusal> {
    if let Err(refusal) = registrations::check_open(&context.ports) {
        return closed(refusal);
    }
    let form = Form::of(request)?;
    let typed = Typed::of(&form);
    let made = match typed.read() {
        Ok(new) => {
            let doors = doors(context)?;
            registrations::create(&context.ports, &doors, new, request.source, false).await
        }
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok(_) => asked(200, true, typed, Wrong::default()),
        Err(Refusal::Invalid(errors)) => asked(422, false, typed, Wrong::new(&errors)),
        Err(Refusal::NotBefore { retry_at, .. }) => {
            let now = context.ports.now();
            let until = Moment::new(retry_at, now);
            let said = format!("Too many organizations were asked for. Try again {}.", until.relative);
            let seconds = retry_at.duration_since(now).as_secs().max(1);
            Ok(asked(429, false, typed, Wrong::with("", &said))?.header("retry-after", seconds))
        }
        Err(refusal) => Err(refusal),
    }
}

/// The form of the link.
async fn page(
    context: &Context,
    secret: &ClaimSecret,
    status: u16,
    alert: String,
) -> Result<Response, Refusal> {
    let (registration, organization) = match registrations::open(&context.ports, secret).await {
        Ok(opened) => opened,
        Err(refusal) => return closed(refusal),
    };
    let page = ClaimPage {
        shell: Shell::bare(),
        alert,
        csrf: secret.form_token(),
        address: format!("/console/claims/{}", secret.reveal()),
        organization: visible(&organization.name),
        email: registration.email.as_str().to_owned(),
        by_program: registration.token_id.is_some(),
        until: Moment::new(registration.expires_at, context.ports.now()),
    };
    Ok(guard::html(status, render(&page)?))
}

/// Makes them its owner and signs them in. Who asked by themselves gets an inbox and a token now; a program has its own.
async fn claim(context: &Context, request: &Request, secret: &ClaimSecret) -> Result<Response, Refusal> {
    let form = Form::of_secret(request, &secret.form_token())?;
    let claimed =
        registrations::claim(&context.ports, secret, form.field("password"), request.browser()).await;
    match claimed {
        Ok((made, registration)) if registration.token_id.is_some() => {
            Ok(guard::see_other(route::QUEUE).cookie(cookie(&made.secret)))
        }
        Ok((made, registration)) => {
            setup::done(context, request, made, &registration.email, (setup::USERNAME, None)).await
        }
        Err(Refusal::Invalid(errors)) => {
            let all: Vec<_> =
                errors.into_iter().map(|error| format!("The password {}", error.message)).collect();
            page(context, secret, 422, all.join(" ")).await
        }
        Err(refusal) => closed(refusal),
    }
}

/// What is said where nothing is to be had.
fn closed(refusal: Refusal) -> Result<Response, Refusal> {
    let again = "Whoever asked for it asks again.";
    let (status, title, message) = match refusal.code() {
        Code::SignUpClosed => (
            403,
            "People are invited here",
            "Nobody makes an organization here by themselves. Ask an owner of one for an invitation.".to_owned(),
        ),
        Code::ClaimNotValid => (
            404,
            "This link claims nothing",
            format!("A newer mail may have the link that holds, or the organization is long over. {again}"),
        ),
        Code::ClaimUsed => (
            410,
            "This organization was claimed",
            "Sign in with the address and the password of its owner. If that was not you, tell whoever runs this installation.".to_owned(),
        ),
        Code::ClaimExpired => (
            410,
            "This organization is over",
            format!("Nobody claimed it within seven days, so it is deleted with its mail. {again}"),
        ),
        Code::EmailTaken => (
            409,
            "This address has a login already",
            "It signs in to another organization, and an address has one. To have this one, sign up again with another address of yours."
                .to_owned(),
        ),
        _ => match conflict(&refusal) {
            Some(sentence) => (409, "It did not work out", sentence),
            None => return Err(refusal),
        },
    };
    let address = "/console/sign-in".to_owned();
    let page = ClosedPage { shell: Shell::bare(), title, message: &message, address, button: "Sign in" };
    Ok(guard::html(status, render(&page)?))
}
