//! `/console/openid/…`: signing in with a provider, Google say: the way there, the way back, and which account there opens a seat.
//!
//! A function of its own shows these pages, since it alone calls the provider. The way there is a form, and its answer a page that leads
//! on: browsers hold redirects of forms to `form-action`. The way back is the one `GET` that changes something: it is the provider that
//! sends it, and it does nothing but end what this very browser began by a form of ours, once.

use app::Refusal;
use app::gate::invitations::{self, LinkOf};
use app::people::openid::{self, Provider, Returned};
use app::people::sessions::Begun;
use askama::Template;
use domain::base::code::{Class, Code};
use domain::people::invitation::InvitationSecret;
use domain::people::openid::{OpenIdClaims, OpenIdPurpose, OpenIdTrip};
use runtime::http::{Request, Response};

use super::sign_in::doors;
use super::{invitation, render, settings, sign_in_code};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{At, Audience, Back, Get, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::{Visit, cookie, no_openid_cookie, openid_cookie, openid_secret, pending_cookie};
use crate::words::Moment;

/// The forms that lead there, the way back, and what is asked before a seat is connected or disconnected.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/openid/sign-in",
        trust: Trust::OpenId,
        audience: Audience::Anyone,
        get: Get::To("/sign-in"),
        post: Some(|context, request, _| Box::pin(sign_in(context, request))),
        ..Page::NEW
    },
    Page {
        path: "/openid/invitations/{invitation}",
        trust: Trust::OpenId,
        audience: Audience::Secret,
        get: Get::To("/invitations/{invitation}"),
        post: Some(|context, request, at| Box::pin(async move { accept(context, request, &at).await })),
        ..Page::NEW
    },
    Page {
        path: "/openid/return",
        trust: Trust::OpenId,
        audience: Audience::Secret,
        get: Get::Page(|context, request, _| Box::pin(come_back(context, request))),
        ..Page::NEW
    },
    Page {
        path: "/openid/connect",
        trust: Trust::OpenId,
        get: Get::Page(|context, request, _| Box::pin(show(context, request, Act::Connect))),
        post: Some(|context, request, _| Box::pin(connect(context, request))),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: "/openid/disconnect",
        trust: Trust::OpenId,
        get: Get::Page(|context, request, _| Box::pin(show(context, request, Act::Disconnect))),
        post: Some(|context, request, _| Box::pin(disconnect(context, request))),
        back: Back::Here(&[]),
        ..Page::NEW
    },
];

/// What the provider is called; no page is here where there is none.
fn name(context: &Context) -> Result<String, Refusal> {
    let name = context.powers.provider_name.as_deref();
    name.map(str::to_owned).ok_or(Refusal::NotFound("page"))
}

/// The provider, and where browsers come back to.
fn way<'a>(context: &'a Context, request: &Request) -> Result<Provider<'a>, Refusal> {
    let (book, provider) = (context.powers.book()?, context.powers.provider()?);
    let back = format!("{}/console/openid/return", route::public_url(&context.ports, request));
    Ok(Provider { book, provider, back })
}

#[derive(Template)]
#[template(path = "openid_going.html")]
struct GoingPage {
    shell: Shell,
    provider: String,
    address: String,
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

/// Leads to the provider.
async fn depart(
    context: &Context,
    request: &Request,
    purpose: OpenIdPurpose,
    next: &str,
) -> Result<Response, Refusal> {
    let provider = name(context)?;
    match openid::depart(&context.ports, &way(context, request)?, purpose, next).await {
        Ok((address, secret)) => {
            let page = GoingPage { shell: Shell::bare(), provider, address };
            Ok(guard::html(200, render(&page)?).cookie(openid_cookie(&secret)))
        }
        Err(refusal) => not_done(context, &refusal, purpose),
    }
}

/// What is said where it did not work out: in words, and nothing of what anybody else has.
fn not_done(context: &Context, refusal: &Refusal, purpose: OpenIdPurpose) -> Result<Response, Refusal> {
    let provider = name(context)?;
    let (status, title) = match (refusal, refusal.code()) {
        (Refusal::Unavailable(error), _) => {
            tracing::error!(%error, "signing in with a provider");
            (503, format!("{provider} can\u{2019}t be asked at the moment"))
        }
        (_, Code::OpenIdLapsed) => (410, "Begin anew".to_owned()),
        (_, Code::OpenIdRefused) => (403, format!("{provider} did not let you in")),
        (_, Code::OpenIdUnknown) => (403, "This account opens nothing here".to_owned()),
        (_, Code::OpenIdOtherAddress) => (403, "That is another address".to_owned()),
        (_, Code::OpenIdElsewhere) => (409, "This account opens another sign-in".to_owned()),
        (_, Code::OpenIdConnected) => (409, "You have one already".to_owned()),
        _ => return invitation::closed(refusal.clone()),
    };
    let text = match refusal {
        Refusal::Unavailable(_) => {
            "nothing was done: try again in a moment, or come in another way".to_owned()
        }
        other => other.to_string(),
    };
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let (address, button) = match purpose {
        OpenIdPurpose::Connect { .. } => ("/console/settings", "Your sign-in"),
        _ => ("/console/sign-in", "Sign in"),
    };
    let message = format!("{first}{}.", letters.as_str());
    let address = address.to_owned();
    let page = ClosedPage { shell: Shell::bare(), title: &title, message: &message, address, button };
    Ok(guard::html(status, render(&page)?))
}

/// Goes there to sign in.
async fn sign_in(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let form = Form::of(request)?;
    depart(context, request, OpenIdPurpose::SignIn, &route::destination(form.field("next"))).await
}

/// Goes there to accept an invitation.
async fn accept(context: &Context, request: &Request, at: &At) -> Result<Response, Refusal> {
    let secret = at.read(|text| InvitationSecret::parse(text).ok_or(()))?;
    Form::of_secret(request, &secret.form_token())?;
    // Who has no link that holds is told so here, before they sign in anywhere.
    if let Err(refusal) = invitations::open(&context.ports, &secret).await {
        return invitation::closed(refusal);
    }
    let LinkOf { organization_id, invitation_id, hash } = LinkOf::from(&secret);
    let purpose = OpenIdPurpose::Accept { organization_id, invitation_id, secret: hash };
    depart(context, request, purpose, route::QUEUE).await
}

/// The way back.
async fn come_back(context: &Context, request: &Request) -> Result<Response, Refusal> {
    name(context)?;
    let way = way(context, request)?;
    let text = |name: &str| request.query.get(name).cloned().unwrap_or_default();
    let returned = Returned {
        state: text("state"),
        code: text("code"),
        issuer: request.query.get("iss").cloned(),
        error: text("error"),
    };
    let secret = openid_secret(request);
    let (trip, claims) = match openid::come_back(&context.ports, &way, secret, &returned).await {
        Ok(back) => back,
        // The cookie stays: another site may have sent a browser here that is on its way still.
        Err(refusal) if matches!(refusal.class(), Class::Conflict) => {
            return not_done(context, &refusal, OpenIdPurpose::SignIn);
        }
        Err(refusal) => return Err(refusal),
    };
    let arrived = match claims {
        Ok(claims) => arrive(context, request, &way, &trip, &claims).await,
        Err(refusal) => Err(refusal),
    };
    let response = match arrived {
        Ok(response) => response,
        Err(refusal @ (Refusal::Because { .. } | Refusal::Unavailable(_))) => {
            not_done(context, &refusal, trip.purpose)?
        }
        Err(refusal) => return Err(refusal),
    };
    Ok(response.cookie(no_openid_cookie()))
}

/// Does what somebody went there for.
async fn arrive(
    context: &Context,
    request: &Request,
    way: &Provider<'_>,
    trip: &OpenIdTrip,
    claims: &OpenIdClaims,
) -> Result<Response, Refusal> {
    let (ports, directory) = (&context.ports, context.powers.directory()?);
    match trip.purpose {
        OpenIdPurpose::SignIn => {
            match openid::sign_in(ports, way, directory, claims, request.browser()).await? {
                Begun::Opened(opened) => {
                    Ok(guard::see_other(&route::destination(&trip.next)).cookie(cookie(&opened.1)))
                }
                // No redirect: its cookie is `Strict`, and on the way from another site browsers keep it back.
                Begun::CodeWanted(secret) => {
                    Ok(sign_in_code::form(&secret, &trip.next)?.cookie(pending_cookie(&secret)))
                }
            }
        }
        OpenIdPurpose::Connect { session_id, .. } => {
            let visit = Visit::of(context, request, &[]).await.ok();
            // Whoever signed in as somebody else meanwhile connects nothing with that.
            let own = visit.map(|visit| visit.session).filter(|session| session.id == session_id);
            let own = own.ok_or_else(|| {
                let message =
                    "you were signed out meanwhile, so nothing was connected: sign in and begin anew";
                Refusal::because(Code::OpenIdLapsed, message)
            })?;
            openid::connect(ports, way, directory, &own, claims).await?;
            Ok(guard::see_other("/console/settings?notice=connected"))
        }
        OpenIdPurpose::Accept { organization_id, invitation_id, secret } => {
            let link = LinkOf { organization_id, invitation_id, hash: secret };
            let joined =
                invitations::accept_with(ports, way, directory, &link, claims, request.browser()).await?;
            Ok(guard::see_other(route::QUEUE).cookie(cookie(&joined.1)))
        }
    }
}

/// What changes of somebody's own way in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Connect,
    Disconnect,
}

#[derive(Template)]
#[template(path = "openid_proof.html")]
struct ProofPage {
    shell: Shell,
    /// What went wrong; empty for nothing.
    alert: String,
    csrf: String,
    provider: String,
    /// Whether it connects; otherwise it disconnects.
    connects: bool,
}

/// Asks for a password or a code.
async fn show(context: &Context, request: &Request, act: Act) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    asked(context, &visit, act, 200, String::new()).await
}

async fn asked(
    context: &Context,
    visit: &Visit,
    act: Act,
    status: u16,
    alert: String,
) -> Result<Response, Refusal> {
    // Whoever is connected gets rid of it where there is no provider any more.
    let provider = match act {
        Act::Connect => name(context)?,
        Act::Disconnect => context.powers.provider_name.as_deref().unwrap_or("the provider").to_owned(),
    };
    let page = ProofPage {
        shell: Frame::of(visit).await?.shell,
        alert,
        csrf: visit.session.form_token(),
        provider,
        connects: act == Act::Connect,
    };
    Ok(guard::html(status, render(&page)?))
}

/// The page again, with what was wrong where a person can do something about it.
async fn again(context: &Context, visit: &Visit, act: Act, refusal: Refusal) -> Result<Response, Refusal> {
    let (status, text) = match &refusal {
        Refusal::Invalid(errors) => {
            let all: Vec<_> = errors.iter().map(|error| settings::sentence("It", error)).collect();
            (422, all.join(" "))
        }
        Refusal::NotBefore { retry_at, .. } => {
            let until = Moment::new(*retry_at, visit.ports.now());
            (429, format!("Too many attempts. Try again {}.", until.relative))
        }
        Refusal::Because { code, message, .. } if code.class() == Class::Conflict => {
            (409, format!("{}.", settings::capital(message)))
        }
        _ => return Err(refusal),
    };
    asked(context, visit, act, status, text).await
}

/// Goes there to connect an account.
async fn connect(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    name(context)?;
    let proof = settings::proof(&form);
    match openid::check_connect(&visit.ports, &doors(context)?, &visit.session, &proof).await {
        Ok(purpose) => depart(context, request, purpose, "").await,
        Err(refusal) => again(context, &visit, Act::Connect, refusal).await,
    }
}

/// Takes the connection away.
async fn disconnect(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let proof = settings::proof(&form);
    match openid::disconnect(&visit.ports, &doors(context)?, &visit.session, &proof).await {
        Ok(()) => Ok(guard::see_other("/console/settings?notice=disconnected")),
        Err(refusal) => again(context, &visit, Act::Disconnect, refusal).await,
    }
}
