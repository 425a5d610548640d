//! What a page says when it can't be shown, or when what was asked can't be done.

use app::Refusal;
use askama::Template;
use domain::base::code::{Class, Code};
use runtime::http::{Request, Response};

use super::render;
use crate::shell::Shell;
use crate::visit::has_cookie;
use crate::{Context, guard};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    shell: Shell,
    title: &'a str,
    message: &'a str,
    request_id: &'a str,
}

/// The page of a refusal, with the menu for whoever signed in: from what they may not open they go on elsewhere.
pub(crate) async fn inside(refusal: &Refusal, context: &Context, request: &Request) -> Response {
    let asks = !matches!(refusal, Refusal::Unavailable(_) | Refusal::Internal(_)) && has_cookie(request);
    let shell = if asks { Shell::of_reader(context, request).await } else { Shell::bare() };
    in_shell(shell, refusal, request, context)
}

/// The page of a refusal.
pub(crate) fn page(refusal: &Refusal, request: &Request, context: &Context) -> Response {
    in_shell(Shell::bare(), refusal, request, context)
}

/// What an internal error says is for the log alone.
fn in_shell(shell: Shell, refusal: &Refusal, request: &Request, context: &Context) -> Response {
    let problem = wire::base::problem::problem(refusal, &request.id, context.ports.now());
    let (title, message) = match refusal {
        Refusal::NotFound("approval") => (
            "No such approval",
            "It does not exist, or it belongs to an organization that you are not signed in to.",
        ),
        Refusal::NotFound("page") => ("No such page", "Nothing is at this address."),
        Refusal::NotFound(_) => ("Not found", "It does not exist, or you may not see it."),
        Refusal::Because { code, message, .. } => match code.class() {
            Class::Unauthenticated => ("Not signed in", "Sign in, and open the page again."),
            // What a role lacks is no matter of credentials for a person.
            Class::Forbidden if *code == Code::MissingScope => (
                "Not for your role",
                "Your role in this organization does not open this page or do what you asked for. An owner or an admin can \
                 change your role.",
            ),
            Class::Forbidden => ("Not allowed", message.as_str()),
            Class::Unavailable => ("Not now", message.as_str()),
            _ => ("Not done", message.as_str()),
        },
        Refusal::Blocked(_) => {
            ("Blocked", "A policy of your organization blocks this mail. Nothing was stored.")
        }
        Refusal::NotBefore { message, .. } => ("Not now", message.as_str()),
        Refusal::Invalid(_) => (
            "That can\u{2019}t be read",
            "A part of the address or of the form is not as it must be. Nothing was done.",
        ),
        Refusal::Unavailable(error) => {
            tracing::error!(request_id = request.id, %error, "a page could not be made");
            (
                "Try again in a moment",
                "Something that Countersign needs did not answer. If you were deciding about a mail, open it again: \
                 it shows whether your decision counts, and deciding twice does no harm.",
            )
        }
        Refusal::Internal(error) => {
            tracing::error!(request_id = request.id, %error, "a page could not be made");
            (
                "Something broke",
                "This is a defect of Countersign. Tell your operator the number below: it leads to the log.",
            )
        }
        Refusal::Answered(_) => ("Not now", "This was answered before: look at what became of it."),
    };
    let response = write(shell, problem.status, title, message, request);
    match problem.retry_after {
        Some(seconds) => response.header("retry-after", seconds),
        None => response,
    }
}

/// A page that is there, asked for in a way that it does not take.
pub(crate) fn method(request: &Request) -> Response {
    let message = "This address does not take such a request. Nothing was done.";
    write(Shell::bare(), 405, "Not like this", message, request)
}

fn write(shell: Shell, status: u16, title: &str, message: &str, request: &Request) -> Response {
    let page = ProblemPage { shell, title, message, request_id: &request.id };
    guard::html(status, render(&page).unwrap_or_else(|_| message.to_owned()))
}
