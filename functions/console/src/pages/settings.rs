//! `/console/settings`: one's own way in: password, sessions, second factor.

use app::Refusal;
use app::base::error::FieldError;
use app::base::store::PageRequest;
use app::people::second_factor::{self, Proof};
use app::people::{account, email, openid, passkeys, sessions};
use askama::Template;
use domain::SessionId;
use domain::base::code::Class;
use domain::people::browser::Browser;
use domain::people::credential::{OpenedWith, Session};
use domain::people::passkey::{Passkey, Passkeys};
use domain::people::second_factor::{RecoveryCode, TypedCode};
use runtime::http::{Request, Response};

use super::render;
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Back, Get, Menu, Page};
use crate::shell::{Frame, Shell};
use crate::visit::{Visit, no_cookie};
use crate::words::{Moment, count, visible};

/// The page, and what its forms ask for.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: HERE,
        menu: Menu::Setting(90, "Your sign-in"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: "/settings/password",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(change_password(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/settings/email",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(verify_email(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/settings/sessions/{session_id}/end",
        get: Get::To(HERE),
        post: Some(|context, request, at| Box::pin(async move { end(context, request, at.id()?).await })),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/settings/sessions/end-others",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(end_others(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/settings/second-factor/start",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(start(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/settings/second-factor/confirm",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(confirm(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/settings/second-factor/codes",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(renew_codes(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/settings/second-factor/remove",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(remove(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
];

const HERE: &str = "/settings";
const ADDRESS: &str = "/console/settings";

/// So many sessions a page shows.
const SHOWN: u16 = 50;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    shell: Shell,
    /// What went well; empty for nothing.
    notice: &'static str,
    /// What went wrong with which form.
    alert: Option<Alert>,
    csrf: String,
    /// The address that they sign in with.
    email: String,
    /// Whether it is known to be theirs.
    is_verified: bool,
    sessions: Vec<Row>,
    /// Whether there are more sessions than are shown.
    more: bool,
    /// Since when a second factor is asked for.
    since: Option<Moment>,
    codes_left: String,
    passkeys: Vec<PasskeyRow>,
    /// That there are as many as there may be; empty where there is room for one more.
    full: &'static str,
    /// Whether the organization asks for one that this session was opened without.
    wanted: bool,
    /// What the provider is called that an account may be connected at; empty where there is none.
    provider: String,
    connected: Option<Connected>,
}

/// The account at a provider that opens the sign-in as well.
struct Connected {
    /// Its address there; empty where it is not known.
    email: String,
    since: Moment,
    /// Whether there is no password.
    only: bool,
}

/// What went wrong, and in which form it stands.
struct Alert {
    form: &'static str,
    text: String,
}

/// A passkey.
struct PasskeyRow {
    name: String,
    added: Moment,
    used: Option<Moment>,
    synced: bool,
    /// Where it is taken away.
    remove: String,
}

impl PasskeyRow {
    fn new(key: &Passkey, now: domain::Timestamp) -> Self {
        Self {
            name: visible(&key.name),
            added: Moment::new(key.created_at, now),
            used: key.last_used_at.map(|at| Moment::new(at, now)),
            synced: key.synced,
            remove: format!("{ADDRESS}/passkeys/{}/remove", key.id),
        }
    }
}

/// A session.
struct Row {
    browser: String,
    opened: Moment,
    used: Moment,
    /// What was shown to open it.
    with: &'static str,
    /// Where it is ended; none for the one that looks.
    end: Option<String>,
}

impl Row {
    fn new(own: &Session, one: &Session, now: domain::Timestamp) -> Self {
        let browser = one.browser.as_ref().map_or("A browser", Browser::as_str);
        Self {
            browser: browser.to_owned(),
            opened: Moment::new(one.created_at, now),
            used: Moment::new(one.last_used_at(), now),
            with: match one.opened_with {
                OpenedWith::Password => "with a password",
                OpenedWith::OpenId => "with an account elsewhere",
                OpenedWith::Totp => "with a code of your authenticator as well",
                OpenedWith::RecoveryCode => "with a recovery code as well",
                OpenedWith::Passkey => "with a passkey",
            },
            end: (one.id != own.id).then(|| format!("{ADDRESS}/sessions/{}/end", one.id)),
        }
    }
}

/// The page.
async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("password") => "Your password is changed. All your other sessions have ended.",
        Some("mailed") => "A mail is on its way to your address. Its link holds for a day.",
        Some("ended") => "That session has ended.",
        Some("connected") => "Your account is connected. Sign in with it from now on, or with your password.",
        Some("disconnected") => "Your account is disconnected, and all your other sessions have ended.",
        Some("others-ended") => "All your other sessions have ended.",
        Some("passkey-added") => {
            "The passkey is added. From now on it opens your account, without your password."
        }
        Some("passkey-removed") => "The passkey is taken away, and all your other sessions have ended.",
        Some("removed") => {
            "Your second factor is taken away, and all your other sessions have ended. Your password alone opens your account now."
        }
        _ => "",
    };
    shown(&visit, 200, notice, None).await
}

async fn shown(
    visit: &Visit,
    status: u16,
    notice: &'static str,
    alert: Option<Alert>,
) -> Result<Response, Refusal> {
    let request = PageRequest { limit: SHOWN, cursor: None };
    let frame = Frame::of(visit).await?;
    let found = sessions::list(&visit.ports, &visit.session, &request).await?;
    let factor = second_factor::get(&visit.ports, &visit.session).await?;
    let keys = passkeys::list(&visit.ports, &visit.session).await?;
    let proof = email::get(&visit.ports, &visit.session).await?;
    let now = visit.ports.now();
    let left = factor.as_ref().map_or(0, |factor| factor.recovery.len());
    let page = SettingsPage {
        notice,
        alert,
        csrf: visit.session.form_token(),
        email: frame.me.member.email.as_str().to_owned(),
        is_verified: proof.is_some_and(|proof| proof.proven_at.is_some()),
        sessions: found.items.iter().map(|one| Row::new(&visit.session, one, now)).collect(),
        more: found.next.is_some() && found.items.len() >= usize::from(SHOWN),
        since: factor.as_ref().and_then(|factor| factor.enabled_at).map(|at| Moment::new(at, now)),
        passkeys: keys.iter().map(|key| PasskeyRow::new(key, now)).collect(),
        full: if keys.len() < Passkeys::MAX {
            ""
        } else {
            "You have ten, and that is as many as there may be."
        },
        codes_left: count(left, "recovery code is left", "recovery codes are left"),
        wanted: frame.me.organization.require_second_factor && !visit.session.opened_with.has_second_factor(),
        provider: visit.powers.provider_name.as_deref().unwrap_or_default().to_owned(),
        connected: connected(visit, &frame).await?,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// The page, with what was wrong with a form.
pub(super) async fn with_alert(
    visit: &Visit,
    status: u16,
    form: &'static str,
    text: String,
) -> Result<Response, Refusal> {
    shown(visit, status, "", Some(Alert { form, text })).await
}

async fn connected(visit: &Visit, frame: &Frame) -> Result<Option<Connected>, Refusal> {
    let Some(link) = openid::get(&visit.ports, &visit.session).await? else { return Ok(None) };
    // Whether the password is the one that nobody knows is asked where one was drawn alone.
    let only = match link.drawn {
        Some(_) => {
            let login = visit.powers.directory()?.login(&frame.me.member.email).await?;
            login.is_some_and(|login| link.is_only_way(&login))
        }
        None => false,
    };
    let email = link.shown.as_ref().map_or_else(String::new, |email| visible(email.as_str()));
    Ok(Some(Connected { email, since: Moment::new(link.linked_at, visit.ports.now()), only }))
}

/// The page again, with what was wrong where a person can do something about it.
async fn again(visit: &Visit, form: &'static str, refusal: Refusal) -> Result<Response, Refusal> {
    let text = match &refusal {
        Refusal::Invalid(errors) => {
            errors.iter().map(|error| sentence(form, error)).collect::<Vec<_>>().join(" ")
        }
        Refusal::NotBefore { retry_at, .. } => {
            let until = Moment::new(*retry_at, visit.ports.now());
            format!("Too many attempts. Try again {}.", until.relative)
        }
        other if matches!(other.class(), Class::Conflict) => format!("{}.", capital(&other.to_string())),
        _ => return Err(refusal),
    };
    let status = if matches!(refusal, Refusal::NotBefore { .. }) { 429 } else { 422 };
    shown(visit, status, "", Some(Alert { form, text })).await
}

/// A bad field in words, which begin with its name.
pub(super) fn sentence(form: &str, error: &FieldError) -> String {
    let name = match error.field.as_str() {
        "current_password" => "The current password",
        "new_password" => "The new password",
        "password" => "The password",
        "code" => "The code",
        _ => form,
    };
    let message = error.message.trim_end_matches('.');
    format!("{name} {message}.")
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

pub(super) fn to(notice: &str) -> Response {
    guard::see_other(&format!("{ADDRESS}?notice={notice}"))
}

/// Another password.
async fn change_password(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let directory = visit.powers.directory()?;
    let (current, new) = (form.field("current_password"), form.field("new_password"));
    match account::change_password(&visit.ports, directory, &visit.session, current, new).await {
        Ok(()) => Ok(to("password")),
        Err(refusal) => again(&visit, "password", refusal).await,
    }
}

/// Has a link mailed that proves their address.
async fn verify_email(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    match email::ask(&visit.ports, &visit.session).await {
        Ok(()) => Ok(to("mailed")),
        Err(refusal) => again(&visit, "email", refusal).await,
    }
}

/// Ends one session.
async fn end(context: &Context, request: &Request, id: SessionId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    match sessions::end(&visit.ports, &visit.session, id).await {
        // It had ended already: that is what was asked for.
        Ok(()) | Err(Refusal::NotFound(_)) => Ok(to("ended")),
        Err(refusal) => Err(refusal),
    }
}

/// Ends all sessions but this one, or also this one.
async fn end_others(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let everywhere = form.field("everywhere") == "yes";
    sessions::end_others(&visit.ports, &visit.session, everywhere).await?;
    if everywhere {
        return Ok(guard::see_other("/console/sign-in?notice=signed-out").cookie(no_cookie()));
    }
    Ok(to("others-ended"))
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct FactorPage {
    shell: Shell,
    alert: String,
    csrf: String,
    /// In groups of four, to be typed; empty where it was shown before.
    secret: String,
    uri: String,
}

/// Draws the secret and shows it, this once.
async fn start(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let data_keys = visit.powers.data_keys()?;
    match second_factor::start(&visit.ports, data_keys, &visit.session).await {
        Ok(started) => {
            let groups: Vec<_> = started.secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
            let page = FactorPage {
                shell: Frame::of(&visit).await?.shell,
                alert: String::new(),
                csrf: visit.session.form_token(),
                secret: groups.join(" "),
                uri: started.uri.to_string(),
            };
            Ok(guard::html(200, render(&page)?))
        }
        Err(refusal) => again(&visit, "factor", refusal).await,
    }
}

/// Enables it, and shows the recovery codes, this once.
async fn confirm(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let data_keys = visit.powers.data_keys()?;
    let (directory, shown) = (visit.powers.directory()?, (form.field("code"), form.field("password")));
    match second_factor::confirm(&visit.ports, directory, data_keys, &visit.session, shown).await {
        Ok(codes) => codes_page(&visit, &codes, true).await,
        // The secret is in the authenticator by now: only the code is asked for again.
        Err(Refusal::Invalid(errors)) => {
            let page = FactorPage {
                shell: Frame::of(&visit).await?.shell,
                alert: errors.iter().map(|error| sentence("It", error)).collect(),
                csrf: visit.session.form_token(),
                secret: String::new(),
                uri: String::new(),
            };
            Ok(guard::html(422, render(&page)?))
        }
        Err(refusal) => again(&visit, "factor", refusal).await,
    }
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    shell: Shell,
    codes: Vec<String>,
    /// Whether the second factor was set up just now.
    is_new: bool,
}

async fn codes_page(visit: &Visit, codes: &[RecoveryCode], is_new: bool) -> Result<Response, Refusal> {
    let codes = codes.iter().map(RecoveryCode::reveal).collect();
    let page = CodesPage { shell: Frame::of(visit).await?.shell, codes, is_new };
    Ok(guard::html(200, render(&page)?))
}

/// What somebody typed to prove that it is them: a code or their password, in one field. A recovery code is told from a password by the
/// hyphens with which it is shown.
pub(super) fn proof(form: &Form) -> Proof {
    let typed = form.field("proof").to_owned();
    match TypedCode::parse(&typed) {
        Some(TypedCode::Totp(_)) => Proof::Code(typed),
        Some(TypedCode::Recovery(_)) if typed.contains('-') => Proof::Code(typed),
        _ => Proof::Password(typed),
    }
}

/// Other recovery codes.
async fn renew_codes(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let (directory, data_keys) = (visit.powers.directory()?, visit.powers.data_keys()?);
    let (own, proof) = (&visit.session, proof(&form));
    match second_factor::renew_recovery_codes(&visit.ports, directory, data_keys, own, &proof).await {
        Ok(codes) => codes_page(&visit, &codes, false).await,
        Err(refusal) => again(&visit, "codes", refusal).await,
    }
}

/// Takes it away.
async fn remove(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let (directory, data_keys) = (visit.powers.directory()?, visit.powers.data_keys()?);
    match second_factor::remove(&visit.ports, directory, data_keys, &visit.session, &proof(&form)).await {
        Ok(()) => Ok(to("removed")),
        Err(refusal) => again(&visit, "remove", refusal).await,
    }
}
