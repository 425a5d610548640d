//! `/console/prove`: asks somebody to show once more that it is them, before what can do great harm, and goes on with that.
//!
//! What they sent is carried from form to form: its address, which is one of our own pages that take forms, and its fields. No page keeps
//! it, and none but that page does it.

use app::Refusal;
use app::people::passkeys::{self, Answered, Asked};
use app::people::sessions::Doors;
use app::people::{proof, second_factor};
use askama::Template;
use domain::base::code::Code;
use form_urlencoded::Serializer;
use runtime::http::{Request, Response, form_pairs};
use wire::people::passkeys::of_form;

use super::passkeys::{PasskeyPage, site, words};
use super::render;
use crate::guard::{self, Form};
use crate::page::{Get, Page};
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::Moment;
use crate::{Context, route};

/// The forms.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/prove",
        get: Get::To("/approvals"),
        post: Some(|context, request, _| Box::pin(by_password(context, request))),
        ..Page::NEW
    },
    Page {
        path: "/prove/passkey",
        get: Get::To("/approvals"),
        post: Some(|context, request, _| Box::pin(ask(context, request))),
        ..Page::NEW
    },
    Page {
        path: "/prove/passkey/answer",
        get: Get::To("/approvals"),
        post: Some(|context, request, _| Box::pin(by_passkey(context, request))),
        ..Page::NEW
    },
];

#[derive(Template)]
#[template(path = "prove.html")]
struct ProvePage {
    shell: Shell,
    alert: String,
    csrf: String,
    /// Where what they asked for goes.
    then: String,
    /// Its fields.
    act: String,
    has_code: bool,
    has_passkey: bool,
}

#[derive(Template)]
#[template(path = "proved.html")]
struct ProvedPage {
    shell: Shell,
    then: String,
    fields: Vec<(String, String)>,
    csrf: String,
}

impl ProvedPage {
    /// What sends the form at once.
    fn script() -> &'static str {
        guard::PASSKEY_SCRIPT
    }
}

/// What somebody asked for, as it goes from form to form.
struct Act {
    then: String,
    fields: Vec<(String, String)>,
}

impl Act {
    /// Of a form that was not taken: all but its token.
    fn of(request: &Request) -> Option<Self> {
        let body = std::str::from_utf8(&request.body).ok()?;
        Self::new(&request.path, body)
    }

    /// As a form of this page brings it. Its address is written anew, so that it leads nowhere else.
    fn new(address: &str, fields: &str) -> Option<Self> {
        let (page, at) = Page::find(address).filter(|(page, _)| page.post.is_some())?;
        let mut fields: Vec<_> = form_pairs(fields).into_iter().filter(|(name, _)| name != "csrf").collect();
        fields.sort_unstable();
        Some(Self { then: at.address(page.path), fields })
    }

    fn of_form(form: &Form) -> Result<Self, Refusal> {
        Self::new(form.field("then"), form.field("act")).ok_or(Refusal::NotFound("page"))
    }

    fn encoded(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

/// Asks for a proof of whoever sent a form that takes a fresh one.
pub(super) async fn wanted(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let act = Act::of(request).ok_or(Refusal::NotFound("page"))?;
    page(&visit, 403, act, String::new()).await
}

async fn page(visit: &Visit, status: u16, act: Act, alert: String) -> Result<Response, Refusal> {
    let page = ProvePage {
        shell: Frame::of(visit).await?.shell,
        alert,
        csrf: visit.session.form_token(),
        act: act.encoded(),
        then: act.then,
        has_code: second_factor::get(&visit.ports, &visit.session).await?.is_some(),
        has_passkey: !passkeys::list(&visit.ports, &visit.session).await?.is_empty(),
    };
    Ok(guard::html(status, render(&page)?))
}

/// What they asked for is sent again, by a form of its own: it was not done yet.
async fn go_on(visit: &Visit, act: Act) -> Result<Response, Refusal> {
    let page = ProvedPage {
        shell: Frame::of(visit).await?.shell,
        then: act.then,
        fields: act.fields,
        csrf: visit.session.form_token(),
    };
    Ok(guard::html_with_passkey(200, render(&page)?))
}

/// What was wrong, where a person can do something about it.
async fn again(visit: &Visit, act: Act, refusal: Refusal) -> Result<Response, Refusal> {
    let (status, alert) = match &refusal {
        Refusal::NotBefore { retry_at, .. } => {
            let until = Moment::new(*retry_at, visit.ports.now());
            (429, format!("Too many attempts. Try again {}.", until.relative))
        }
        Refusal::Invalid(errors) if refusal.code() != Code::PasskeyRefused => {
            let name = |field: &str| if field == "code" { "The code" } else { "The password" };
            let sentences = errors.iter().map(|error| format!("{} {}.", name(&error.field), error.message));
            (422, sentences.collect::<Vec<_>>().join(" "))
        }
        other => words(other).ok_or_else(|| refusal.clone())?,
    };
    page(visit, status, act, alert).await
}

/// By the password, with a code where there is a second factor.
async fn by_password(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let act = Act::of_form(&form)?;
    // What is too long to be a password is not hashed, and what is longer than any code is none.
    let cut =
        |name: &str, max: usize| if form.field(name).chars().count() <= max { form.field(name) } else { "" };
    let (password, code) = (cut("password", 200), Some(cut("code", 64)).filter(|code| !code.is_empty()));
    let doors = Doors { directory: visit.powers.directory()?, data_keys: visit.powers.data_keys()? };
    match proof::by_password(&visit.ports, &doors, &visit.session, (password, code)).await {
        Ok(_) => go_on(&visit, act).await,
        Err(refusal) => again(&visit, act, refusal).await,
    }
}

/// Asks for one of their passkeys.
async fn ask(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let act = Act::of_form(&form)?;
    let origin = route::public_url(&visit.ports, request);
    let asked = proof::ask(&visit.ports, &site(&visit.powers, &origin)?, &visit.session).await;
    let Asked { ceremony, options } = match asked {
        Ok(asked) => asked,
        Err(refusal) => return again(&visit, act, refusal).await,
    };
    let page = PasskeyPage {
        shell: Frame::of(&visit).await?.shell,
        title: "Is it you?",
        what: "Your browser asks you for your passkey. Then what you asked for is done.",
        kind: "get",
        options,
        ceremony: ceremony.reveal(),
        action: "/console/prove/passkey/answer",
        fields: vec![("csrf", visit.session.form_token()), ("act", act.encoded()), ("then", act.then)],
        back: route::QUEUE.to_owned(),
        back_words: "Cancel: nothing is done",
    };
    Ok(guard::html_with_passkey(200, render(&page)?))
}

/// By a passkey.
async fn by_passkey(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let act = Act::of_form(&form)?;
    let origin = route::public_url(&visit.ports, request);
    let proved = match of_form(form.field("ceremony_id"), form.field("credential")) {
        Ok((ceremony, credential)) => {
            let answered = Answered { ceremony: &ceremony, credential: &credential };
            proof::by_passkey(&visit.ports, &site(&visit.powers, &origin)?, &visit.session, answered).await
        }
        Err(refusal) => Err(refusal),
    };
    match proved {
        Ok(_) => go_on(&visit, act).await,
        Err(refusal) => again(&visit, act, refusal).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_carried_and_leads_nowhere_else() {
        let act = Act::new("/console/resume", "csrf=secret&drop-msg_1=yes&reason=a+b%26c").unwrap();
        assert_eq!(act.then, "/console/resume");
        assert_eq!(act.encoded(), "drop-msg_1=yes&reason=a+b%26c");
        for address in
            ["https://evil.test/", "//evil.test/console/resume", "/console/audit", "/console/resume/../x", ""]
        {
            assert!(Act::new(address, "").is_none(), "{address}");
        }
    }
}
