//! `/console/setup/{secret}`: where a set-up link leads. Whoever has it makes an organization, is in as its owner, and sees what an agent needs:
//! an inbox, a token, and the line that asks for a first mail.
//!
//! A `GET` changes nothing here. The organization, its owner and their session are made at once or not at all; what fails behind that is
//! made later from the pages that are there for it.

use app::Refusal;
use app::base::enter::Once;
use app::base::error::FieldError;
use app::mailbox::inboxes::{self, NewInbox};
use app::people::password::PASSWORD_LENGTH;
use app::people::setup::{self, Made, NewOrganization};
use app::people::tokens::{self, NewToken};
use askama::Template;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::mailbox::inbox::{DomainOf, Inbox, new_address};
use domain::people::access::{Scope, scope};
use domain::people::credential::Secret;
use domain::people::setup::{Setup, SetupSecret};
use runtime::http::{Request, Response};
use serde_json::json;

use super::sign_in::doors;
use super::{conflict, render};
use crate::Context;
use crate::fields::Wrong;
use crate::guard::{self, Form};
use crate::page::{At, Audience, Get, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::{Visit, cookie};
use crate::words::{Moment, visible};

/// The page, and its form.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/setup/{setup}",
    audience: Audience::Secret,
    get: Get::Page(|context, _, at| Box::pin(async move { show(context, &secret(&at)?).await })),
    post: Some(|context, request, at| Box::pin(async move { submit(context, request, &secret(&at)?).await })),
    ..Page::NEW
}];

fn secret(at: &At) -> Result<SetupSecret, Refusal> {
    at.read(|text| SetupSecret::parse(text).ok_or(()))
}

/// What the first inbox is called where nobody says otherwise.
pub(super) const USERNAME: &str = "agent";

/// What the first token may do: read its inbox, write drafts, and ask for mail to be sent.
const AGENT: [Scope; 3] = [Scope::MessagesRead, Scope::MessagesSend, Scope::DraftsManage];

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    shell: Shell,
    wrong: Wrong,
    /// What is wrong with no field of the form.
    alert: String,
    csrf: String,
    address: String,
    typed: Typed,
    mail_domain: String,
    until: Moment,
}

#[derive(Template)]
#[template(path = "setup_done.html")]
struct DonePage {
    shell: Shell,
    organization: String,
    /// The inbox's address; empty where it could not be made.
    inbox: String,
    /// Whether it has another name than was asked for.
    renamed: bool,
    /// The token's secret; empty where it could not be made.
    secret: String,
    /// A line for a shell that asks for a first mail.
    curl: String,
    /// Where another token is made.
    tokens: String,
    queue: &'static str,
    people: &'static str,
    /// Where they begin the key log; empty where nothing that they hold begins one.
    key_link: String,
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

/// What somebody typed, but for the password, which is never shown again.
struct Typed {
    organization: String,
    email: String,
    username: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let cut = |name: &str| form.field(name).trim().chars().take(254).collect();
        Self { organization: cut("organization_name"), email: cut("email"), username: cut("username") }
    }

    /// The name of the inbox.
    fn username(&self) -> &str {
        if self.username.is_empty() { USERNAME } else { &self.username }
    }

    /// What the rules make of it; all that is wrong with it at once.
    fn read(&self, context: &Context, password: &str) -> Result<NewOrganization, Wrong> {
        let body = json!({
            "organization_name": self.organization,
            "email": self.email,
            "password": password,
        });
        let read = wire::people::organization::set_up(body.to_string().as_bytes());
        let mut errors = match &read {
            Ok(new) => new.check(&context.ports),
            Err(Refusal::Invalid(errors)) => {
                let mut errors = errors.clone();
                // How easily it is guessed depends on the rest; how long it is does not.
                if errors.iter().all(|error| error.field != "password")
                    && !PASSWORD_LENGTH.contains(&password.chars().count())
                {
                    let message = "must be 12 to 200 characters";
                    errors.push(FieldError::new("password", Code::PasswordLength, message));
                }
                errors
            }
            Err(refusal) => return Err(Wrong::with("", &format!("It did not work out: {refusal}."))),
        };
        let domain = &context.ports.settings.mail_domain;
        if let Err(error) = new_address(self.username(), domain, DomainOf::Installation) {
            errors.push(FieldError::new("username", Code::InvalidUsername, error));
        }
        match read {
            Ok(new) if errors.is_empty() => Ok(new),
            _ => Err(Wrong::new(&errors)),
        }
    }
}

/// The form.
async fn show(context: &Context, secret: &SetupSecret) -> Result<Response, Refusal> {
    match setup::open(&context.ports, context.powers.directory()?, secret).await {
        Ok(setup) => {
            let typed =
                Typed { organization: String::new(), email: String::new(), username: USERNAME.to_owned() };
            page(context, secret, &setup, 200, typed, Wrong::default())
        }
        Err(refusal) => closed(refusal),
    }
}

fn page(
    context: &Context,
    secret: &SetupSecret,
    setup: &Setup,
    status: u16,
    typed: Typed,
    wrong: Wrong,
) -> Result<Response, Refusal> {
    let page = SetupPage {
        shell: Shell::bare(),
        alert: wrong.beside(&["organization_name", "email", "password", "username"]),
        wrong,
        csrf: secret.form_token(),
        address: format!("/console/setup/{}", secret.reveal()),
        typed,
        mail_domain: context.ports.settings.mail_domain.clone(),
        until: Moment::new(setup.expires_at, context.ports.now()),
    };
    Ok(guard::html(status, render(&page)?))
}

/// Makes it all, and signs them in.
async fn submit(context: &Context, request: &Request, secret: &SetupSecret) -> Result<Response, Refusal> {
    let form = Form::of_secret(request, &secret.form_token())?;
    let doors = doors(context)?;
    let setup = match setup::open(&context.ports, doors.directory, secret).await {
        Ok(setup) => setup,
        Err(refusal) => return closed(refusal),
    };
    let typed = Typed::of(&form);
    let new = match typed.read(context, form.field("password")) {
        Ok(new) => new,
        Err(wrong) => return page(context, secret, &setup, 422, typed, wrong),
    };
    let email = new.email.clone();
    match setup::make(&context.ports, &doors, secret, new, request.browser()).await {
        Ok(made) => done(context, request, made, &email, (typed.username(), Some(secret))).await,
        Err(Refusal::Invalid(errors)) => page(context, secret, &setup, 422, typed, Wrong::new(&errors)),
        Err(refusal) if refusal.code() == Code::EmailTaken => {
            let wrong = Wrong::with("email", "Somebody signs in with this address already. Take another.");
            page(context, secret, &setup, 409, typed, wrong)
        }
        Err(refusal) => closed(refusal),
    }
}

/// The last step. They are in, whatever comes of the rest.
pub(super) async fn done(
    context: &Context,
    request: &Request,
    made: Made,
    email: &EmailAddress,
    (username, link): (&str, Option<&SetupSecret>),
) -> Result<Response, Refusal> {
    let Made { organization, session, secret } = made;
    let ports = &context.ports;
    let principal = session
        .principal(ports.now())
        .ok_or_else(|| Refusal::Internal("a session that ended as it began".to_owned()))?;
    let visit =
        Visit { ports: ports.clone(), powers: context.powers.clone(), principal, session, page: None };
    let inbox = noted(request, "a first inbox", first_inbox(&visit, username).await);
    let token = match &inbox {
        Some(inbox) => noted(request, "a first token", first_token(&visit, inbox).await),
        None => None,
    };
    let frame = noted(request, "the frame of a page", Frame::of(&visit).await);
    let curl = inbox.as_ref().zip(token.as_ref()).map(|(inbox, token)| {
        let url = route::public_url(ports, request);
        first_mail(&url, inbox, token, email)
    });
    let wanted = new_address(username, &ports.settings.mail_domain, DomainOf::Installation).ok();
    let page = DonePage {
        shell: frame.map_or_else(Shell::bare, |frame| frame.shell),
        organization: visible(&organization.name),
        renamed: inbox.as_ref().is_some_and(|inbox| Some(&inbox.address) != wanted.as_ref()),
        inbox: inbox.map(|inbox| visible(inbox.address.as_str())).unwrap_or_default(),
        secret: token.map(|secret| secret.reveal().to_owned()).unwrap_or_default(),
        curl: curl.unwrap_or_default(),
        tokens: format!("{}/new?for=agent", route::TOKENS),
        queue: route::QUEUE,
        people: route::PEOPLE,
        key_link: link
            .map(|secret| format!("/console/signing-keys/link/{}", secret.reveal()))
            .unwrap_or_default(),
    };
    Ok(guard::html(200, render(&page)?).cookie(cookie(&secret)))
}

/// What was made, or a line in the log of why not: the page says what to do instead.
fn noted<T>(request: &Request, what: &'static str, made: Result<T, Refusal>) -> Option<T> {
    made.inspect_err(|error| {
        tracing::error!(request_id = request.id, %error, what, "setting up went on without it");
    })
    .ok()
}

/// The inbox. Where another organization has the name, one that is made up is better than none.
async fn first_inbox(visit: &Visit, username: &str) -> Result<Inbox, Refusal> {
    match make_inbox(visit, Some(username.to_owned())).await {
        Err(refusal) if refusal.code() == Code::AddressTaken => make_inbox(visit, None).await,
        made => made,
    }
}

async fn make_inbox(visit: &Visit, username: Option<String>) -> Result<Inbox, Refusal> {
    let permit = visit.principal.permit::<scope::InboxesManage>()?;
    let new = NewInbox { username, display_name: None, domain: None };
    inboxes::create(&visit.ports, &permit, new, &Once::default(), |_| (201, String::new())).await
}

/// The token of an agent that may use that inbox and no other.
async fn first_token(visit: &Visit, inbox: &Inbox) -> Result<Secret, Refusal> {
    let permit = visit.principal.permit::<scope::TokensManage>()?;
    let new = NewToken {
        name: "First agent".to_owned(),
        scopes: AGENT.into(),
        inboxes: Some([inbox.id].into()),
        expires_at: None,
        sends_per_day: None,
    };
    let made = tokens::create(&visit.ports, &permit, new, &Once::default(), |_| (201, String::new())).await;
    made.map(|(_, secret)| secret)
}

/// A line for a shell that asks for a mail to the owner themselves.
fn first_mail(url: &str, inbox: &Inbox, token: &Secret, to: &EmailAddress) -> String {
    let mail = json!({
        "to": [to.as_str()],
        "subject": "A first mail",
        "text": "Hello! An agent wrote this, and a person let it go.",
    });
    // An address may have an apostrophe, which would end the shell's text.
    let mail = mail.to_string().replace('\'', "'\\''");
    format!(
        "curl {url}/v1/inboxes/{}/messages/send -H \"Authorization: Bearer {}\" -H \"Content-Type: application/json\" -d '{mail}'",
        inbox.id,
        token.reveal()
    )
}

/// What is said of a link that opens nothing.
fn closed(refusal: Refusal) -> Result<Response, Refusal> {
    let again = "Whoever deployed this installation has another drawn.";
    let (status, title, message) = match refusal.code() {
        Code::SetupNotValid => {
            (404, "This link sets nothing up", format!("It is cut short, or long over. {again}"))
        }
        Code::SetupUsed => (
            410,
            "This link was used",
            "An organization was made with it. Sign in with the address and the password of its owner. Whoever did not see the token \
             for the agent makes another there, under API tokens."
                .to_owned(),
        ),
        Code::SetupExpired => (410, "This link has expired", format!("It held for 24 hours. {again}")),
        _ => match conflict(&refusal) {
            Some(sentence) => (409, "It did not work out", sentence),
            None => return Err(refusal),
        },
    };
    let address = "/console/sign-in".to_owned();
    let page = ClosedPage { shell: Shell::bare(), title, message: &message, address, button: "Sign in" };
    Ok(guard::html(status, render(&page)?))
}

#[cfg(test)]
mod tests {
    use domain::people::access::Role;
    use testkit::samples;

    use super::*;

    #[test]
    fn no_address_ends_the_line_for_the_shell() {
        let to = samples::address("o'brien@example.com");
        let (_, token) = samples::token(1, Role::Owner, &[]);
        let line = first_mail("https://c.test", &samples::inbox(1), &token, &to);
        assert!(line.contains(r"o'\''brien@example.com"), "{line}");
    }
}
