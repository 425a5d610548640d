//! Passkeys: signing in with one, adding one and taking one away.
//!
//! A browser is asked on a page of its own, which a form leads to: the question is drawn by that, and no `GET` draws anything. Its script
//! ([`guard::PASSKEY_SCRIPT`]) sends the answer as a form, so the page loads nothing.

use app::Refusal;
use app::people::passkeys::{self, Answered, Asked, Site};
use askama::Template;
use domain::PasskeyId;
use domain::base::code::Code;
use domain::people::passkey::Passkey;
use runtime::http::{Request, Response};
use wire::people::passkeys::of_form;

use super::{render, settings, sign_in};
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Page};
use crate::shell::{Frame, Shell};
use crate::visit::{Visit, cookie};
use crate::words::Moment;
use crate::{Context, Powers, route};

/// What their forms ask for.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/sign-in/passkey",
        audience: Audience::Anyone,
        get: Get::To("/sign-in"),
        post: Some(|context, request, _| Box::pin(ask_who(context, request))),
        ..Page::NEW
    },
    Page {
        path: "/sign-in/passkey/answer",
        audience: Audience::Anyone,
        get: Get::To("/sign-in"),
        post: Some(|context, request, _| Box::pin(let_in(context, request))),
        ..Page::NEW
    },
    Page {
        path: "/settings/passkeys/new",
        get: Get::To(SETTINGS),
        post: Some(|context, request, _| Box::pin(ask_for_new(context, request))),
        back: Back::To(SETTINGS),
        ..Page::NEW
    },
    Page {
        path: "/settings/passkeys/add",
        get: Get::To(SETTINGS),
        post: Some(|context, request, _| Box::pin(add(context, request))),
        back: Back::To(SETTINGS),
        ..Page::NEW
    },
    Page {
        path: "/settings/passkeys/{passkey_id}/remove",
        get: Get::To(SETTINGS),
        post: Some(|context, request, at| Box::pin(async move { remove(context, request, at.id()?).await })),
        back: Back::To(SETTINGS),
        ..Page::NEW
    },
];

const SETTINGS: &str = "/settings";

/// The page on which the browser asks for a passkey.
#[derive(Template)]
#[template(path = "passkey.html")]
pub(super) struct PasskeyPage {
    pub shell: Shell,
    pub title: &'static str,
    /// What happens, in a sentence.
    pub what: &'static str,
    /// `create` or `get`.
    pub kind: &'static str,
    /// What the browser is asked.
    pub options: String,
    pub ceremony: String,
    /// Where the answer goes, and what goes with it.
    pub action: &'static str,
    pub fields: Vec<(&'static str, String)>,
    /// The way back.
    pub back: String,
    pub back_words: &'static str,
}

impl PasskeyPage {
    /// What asks the browser.
    fn script() -> &'static str {
        guard::PASSKEY_SCRIPT
    }
}

/// What passkeys take of the world.
pub(super) fn site<'a>(powers: &'a Powers, origin: &'a str) -> Result<Site<'a>, Refusal> {
    Ok(Site { directory: powers.directory()?, authenticators: powers.authenticators()?, origin })
}

/// Asks whoever signs in for a passkey, of whomever.
async fn ask_who(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let form = Form::of(request)?;
    let next = route::destination(form.field("next"));
    let origin = route::public_url(&context.ports, request);
    let Asked { ceremony, options } =
        match passkeys::ask_who(&context.ports, &site(&context.powers, &origin)?).await {
            Ok(asked) => asked,
            Err(refusal) if refusal.code() == Code::NoPasskeysHere => {
                return sign_in::again(
                    context,
                    &next,
                    409,
                    &format!("Sign in with your password: {refusal}."),
                );
            }
            Err(refusal) => return Err(refusal),
        };
    let page = PasskeyPage {
        shell: Shell::bare(),
        title: "Sign in with a passkey",
        what: "Your browser asks you for the passkey of this site, and unlocks it with your fingerprint, your face or a PIN.",
        kind: "get",
        options,
        ceremony: ceremony.reveal(),
        action: "/console/sign-in/passkey/answer",
        back: route::sign_in(&next),
        fields: vec![("next", next)],
        back_words: "Sign in with your password instead",
    };
    Ok(guard::html_with_passkey(200, render(&page)?))
}

/// Opens a session.
async fn let_in(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let form = Form::of(request)?;
    let next = route::destination(form.field("next"));
    if form.field("ceremony_id").is_empty() {
        // It is no form of the page that asks: there it begins.
        return Ok(guard::see_other(&route::sign_in(&next)));
    }
    let origin = route::public_url(&context.ports, request);
    let opened = match of_form(form.field("ceremony_id"), form.field("credential")) {
        Ok((ceremony, credential)) => {
            let answered = Answered { ceremony: &ceremony, credential: &credential };
            let site = site(&context.powers, &origin)?;
            passkeys::sign_in(&context.ports, &site, answered, request.browser()).await
        }
        Err(refusal) => Err(refusal),
    };
    match opened {
        Ok((_, secret)) => Ok(guard::see_other(&next).cookie(cookie(&secret))),
        Err(Refusal::NotBefore { retry_at, .. }) => {
            let until = Moment::new(retry_at, context.ports.now());
            sign_in::again(context, &next, 429, &format!("Too many attempts. Try again {}.", until.relative))
        }
        Err(refusal) => match words(&refusal) {
            Some((status, sentence)) => sign_in::again(context, &next, status, &sentence),
            None => Err(refusal),
        },
    }
}

/// What somebody is told of a passkey that was not taken; none where that is nothing that they can mend.
pub(super) fn words(refusal: &Refusal) -> Option<(u16, String)> {
    match refusal.code() {
        Code::WrongPasskey => Some((
            401,
            "This passkey opens nothing here. Take another, or sign in with your password. After ten attempts within a quarter of an hour \
             none is taken until the next begins."
                .to_owned(),
        )),
        Code::CeremonyOver => Some((409, "That took longer than five minutes, or was sent twice. Begin again.".to_owned())),
        Code::PasskeyRefused => {
            let said = match refusal {
                Refusal::Invalid(errors) => errors.first().map_or_else(String::new, |error| error.message.clone()),
                other => other.to_string(),
            };
            Some((422, format!("The passkey {said}.")))
        }
        Code::LastSigningKey => Some((409, format!("Nothing was removed: {refusal}."))),
        Code::PasskeyKnown => Some((409, "This passkey is among yours already. Sign in with it, or add one of another device.".to_owned())),
        Code::TooManyPasskeys => Some((409, "You have ten passkeys, and that is as many as there may be. Remove one that you don\u{2019}t use.".to_owned())),
        Code::NoPasskeysHere => Some((409, format!("There are no passkeys here: {refusal}."))),
        _ => None,
    }
}

/// Asks for a new passkey, under the name that was typed.
async fn ask_for_new(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let name = form.field("name").trim();
    if name.is_empty() || name.chars().count() > Passkey::MAX_NAME {
        let text =
            "Give the passkey a name of 1 to 100 characters, such as the device that has it.".to_owned();
        return settings::with_alert(&visit, 422, "passkey", text).await;
    }
    let origin = route::public_url(&visit.ports, request);
    let asked = passkeys::ask_for_new(&visit.ports, &site(&visit.powers, &origin)?, &visit.session).await;
    let Asked { ceremony, options } = match asked {
        Ok(asked) => asked,
        Err(refusal) => return told(&visit, refusal).await,
    };
    let page = PasskeyPage {
        shell: Frame::of(&visit).await?.shell,
        title: "Add a passkey",
        what: "Your browser asks you which device is to keep the passkey, and unlocks it with your fingerprint, your face or a PIN.",
        kind: "create",
        options,
        ceremony: ceremony.reveal(),
        action: "/console/settings/passkeys/add",
        fields: vec![("csrf", visit.session.form_token()), ("name", name.to_owned())],
        back: format!("/console{SETTINGS}"),
        back_words: "Cancel",
    };
    Ok(guard::html_with_passkey(200, render(&page)?))
}

/// Adds it.
async fn add(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let name: String = form.field("name").trim().chars().take(Passkey::MAX_NAME).collect();
    let name = if name.is_empty() { "Passkey" } else { &name };
    let origin = route::public_url(&visit.ports, request);
    let added = match of_form(form.field("ceremony_id"), form.field("credential")) {
        Ok((ceremony, credential)) => {
            let answered = Answered { ceremony: &ceremony, credential: &credential };
            let site = site(&visit.powers, &origin)?;
            passkeys::add(&visit.ports, &site, &visit.session, answered, name).await
        }
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok(_) => Ok(settings::to("passkey-added")),
        Err(refusal) => told(&visit, refusal).await,
    }
}

/// Takes one away.
async fn remove(context: &Context, request: &Request, id: PasskeyId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    match passkeys::remove(&visit.ports, visit.powers.key_logs()?, &visit.session, id).await {
        // It was taken away already: that is what was asked for.
        Ok(()) | Err(Refusal::NotFound(_)) => Ok(settings::to("passkey-removed")),
        Err(refusal) => told(&visit, refusal).await,
    }
}

/// The settings again, with what was wrong.
async fn told(visit: &Visit, refusal: Refusal) -> Result<Response, Refusal> {
    match words(&refusal) {
        Some((status, text)) => settings::with_alert(visit, status, "passkey", text).await,
        None => Err(refusal),
    }
}
