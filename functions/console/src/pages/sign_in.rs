//! `/console/sign-in`

use app::Refusal;
use app::people::password::PASSWORD_LENGTH;
use app::people::sessions::{self, Begun, Doors, SignIn};
use askama::Template;
use domain::base::address::EmailAddress;
use domain::base::code::{Class, Code};
use domain::people::registration::SignUp;
use runtime::http::{Request, Response};

use super::render;
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Get, Page};
use crate::route;
use crate::shell::Shell;
use crate::visit::{Visit, cookie, pending_cookie};
use crate::words::{Moment, encode};

/// The form, and the front page, from where it goes to the queue.
pub(super) const PAGES: &[Page] = &[
    Page { path: "", audience: Audience::Anyone, get: Get::To("/approvals"), ..Page::NEW },
    Page {
        path: "/sign-in",
        audience: Audience::Anyone,
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        post: Some(|context, request, _| Box::pin(submit(context, request))),
        ..Page::NEW
    },
];

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    /// What went wrong; empty for nothing.
    alert: String,
    /// What went well; empty for nothing.
    notice: &'static str,
    email: String,
    /// Where to go afterwards.
    next: String,
    /// Whether `next` is more than the front page, which is worth a word.
    expected: bool,
    /// What the provider is called that somebody may sign in with; empty where there is none.
    provider: String,
    /// Whether whoever likes may make an organization.
    may_sign_up: bool,
}

impl SignInPage {
    fn new(wanted: &str) -> Self {
        let next = route::destination(wanted);
        let expected = next != route::QUEUE;
        let (alert, email, provider) = (String::new(), String::new(), String::new());
        let shell = Shell::bare();
        Self { shell, alert, notice: "", email, next, expected, provider, may_sign_up: false }
    }

    fn of(context: &Context, wanted: &str) -> Self {
        let provider = context.powers.provider_name.as_deref().unwrap_or_default().to_owned();
        let may_sign_up = context.ports.settings.sign_up == SignUp::Open;
        Self { provider, may_sign_up, ..Self::new(wanted) }
    }
}

/// Whatever it is that does not fit: an address that has no login is told no other words.
const WRONG: &str = "The address or the password is wrong. After ten attempts within a quarter of an hour even the right \
                     password is refused until the next begins.";

/// The form. Who is signed in needs none.
pub(crate) async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let wanted = request.query.get("next").map(String::as_str).unwrap_or_default();
    match Visit::of(context, request, &[]).await {
        Ok(visit) => match visit.me().await {
            Ok(_) => return Ok(guard::see_other(&route::destination(wanted))),
            // A session without a seat leads nowhere: here is where another one is opened.
            Err(refusal) if refusal.class() == Class::Unauthenticated => {}
            Err(refusal) => return Err(refusal),
        },
        Err(refusal) if refusal.class() == Class::Unauthenticated => {}
        Err(refusal) => return Err(refusal),
    }
    let mut page = SignInPage::of(context, wanted);
    page.notice = match request.query.get("notice").map(String::as_str) {
        Some("signed-out") => "You are signed out.",
        Some("ended") => {
            "Your session had ended before that was sent, so nothing was done. Sign in, and do it again."
        }
        Some("left") => "You left the organization.",
        Some("password-changed") => "Your password is changed. Sign in with it.",
        Some("took-too-long") => "Signing in took longer than five minutes, or was ended. Begin again.",
        _ => "",
    };
    Ok(guard::html(200, render(&page)?))
}

/// The form again, with what was wrong.
pub(super) fn again(context: &Context, next: &str, status: u16, alert: &str) -> Result<Response, Refusal> {
    let mut page = SignInPage::of(context, next);
    alert.clone_into(&mut page.alert);
    Ok(guard::html(status, render(&page)?))
}

/// What signing in takes of the world.
pub(super) fn doors(context: &Context) -> Result<Doors<'_>, Refusal> {
    let Context { powers, .. } = context;
    Ok(Doors { directory: powers.directory()?, data_keys: powers.data_keys()? })
}

/// Opens a session, or asks for a code first.
pub(crate) async fn submit(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let form = Form::of(request)?;
    let (email, password) = (form.field("email").trim(), form.field("password"));
    let wrong = Refusal::because(Code::WrongEmailOrPassword, "");
    // What can't be an address has no login; what is too long to be a password is not hashed.
    let opened = match EmailAddress::parse(email) {
        Ok(email) if password.chars().count() <= *PASSWORD_LENGTH.end() => {
            let shown = SignIn { email: &email, password, code: None, browser: request.browser() };
            sessions::begin(&context.ports, &doors(context)?, &shown).await
        }
        _ => Err(wrong),
    };
    let mut page = SignInPage::of(context, form.field("next"));
    page.email = email.chars().take(254).collect();
    match opened {
        Ok(Begun::Opened(opened)) => Ok(guard::see_other(&page.next).cookie(cookie(&opened.1))),
        // The password is not needed again: the next form holds a secret that says that it was shown.
        Ok(Begun::CodeWanted(secret)) => {
            let form = format!("/console/sign-in/code?next={}", encode(&page.next));
            Ok(guard::see_other(&form).cookie(pending_cookie(&secret)))
        }
        Err(refusal) if refusal.class() == Class::Unauthenticated => {
            WRONG.clone_into(&mut page.alert);
            Ok(guard::html(401, render(&page)?))
        }
        Err(Refusal::NotBefore { retry_at, .. }) => {
            let now = context.ports.now();
            let until = Moment::new(retry_at, now);
            page.alert = format!("Too many attempts with this address. Try again {}.", until.relative);
            let seconds = retry_at.duration_since(now).as_secs().max(1);
            Ok(guard::html(429, render(&page)?).header("retry-after", seconds))
        }
        Err(refusal) => Err(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_escaped_and_the_password_is_not_repeated() {
        let mut page = SignInPage::new("//evil.test/\"><script>");
        page.email = "\"><script>alert(1)</script>".to_owned();
        let html = render(&page).unwrap();
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        assert!(!html.contains("evil.test"), "{html}");
        assert!(html.contains("value=\"/console/approvals\""), "{html}");
    }
}
