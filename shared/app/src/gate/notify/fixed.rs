//! The words of the mails that leave without anybody's approval and say nothing of any mail: each a fixed text with the few things that it
//! names. Here is the place for another kind; nothing that a program wrote may stand in one.

use std::fmt::Write as _;

use domain::Timestamp;
use domain::people::access::Role;
use domain::people::alert::Alert;
use domain::people::browser::Browser;
use domain::people::invitation::Invitation;
use domain::people::registration::Registration;

use super::{Disabled, Words, button, escape, page};
use crate::base::plain::inert;
use domain::delivery::event::WhyDisabled;

/// Characters of an organization's name: its people gave it, and it is made harmless all the same.
const NAME: usize = 80;

/// A mail of some paragraphs and one link.
fn linked(subject: String, before: &[String], (label, url): (&str, &str), after: &[&str]) -> Words {
    let text = format!("{}\n\n{label}:\n\n{url}\n\n{}\n", before.join("\n\n"), after.join("\n\n"));
    let paragraphs = |all: &mut dyn Iterator<Item = &str>| {
        all.fold(String::new(), |out, one| format!("{out}<p>{}</p>", escape(one)))
    };
    let html = page(&format!(
        "{}{}{}",
        paragraphs(&mut before.iter().map(String::as_str)),
        button(url, label),
        paragraphs(&mut after.iter().copied())
    ));
    Words { subject, text, html }
}

/// What a role means to whoever is to have it.
fn what(role: Role) -> &'static str {
    match role {
        Role::Owner => "You are to be an owner: you decide about mail, and about the organization itself.",
        Role::Admin => {
            "You are to be an admin: you decide about mail, and look after people, policies and inboxes."
        }
        Role::Approver => "You are to be an approver: you read mail, and decide what leaves.",
        Role::Editor => "You are to be an editor: you read and write mail. Others decide what leaves.",
        Role::Viewer => "You are to be a viewer: you read mail, and change nothing.",
    }
}

/// What somebody is told who is invited.
pub(super) fn invitation(organization: &str, invitation: &Invitation, url: &str) -> Words {
    let name = inert(organization, NAME);
    let until = invitation.expires_at.strftime("%-d %b %Y, %H:%M UTC");
    linked(
        format!("You are invited to \"{name}\" on Countersign"),
        &[
            format!(
                "You are invited to the organization \"{name}\" on Countersign, where people decide which mails of programs leave."
            ),
            what(invitation.role).to_owned(),
        ],
        ("Accept the invitation and choose a password", url),
        &[
            &format!(
                "The link is for you alone, works once, and holds until {until}. Opening it changes nothing."
            ),
            "If you know nothing of this, do nothing: without you nothing follows from it.",
        ],
    )
}

/// What somebody is told who is to own an organization that was signed up for. Whoever asked for it chose its name, so it stands as a quotation.
pub(super) fn claim(organization: &str, registration: &Registration, url: &str) -> Words {
    let name = inert(organization, NAME);
    let until = registration.expires_at.strftime("%-d %b %Y, %H:%M UTC");
    let asked = if registration.token_id.is_some() {
        "A program asked for an organization on Countersign, where people decide which mails of programs leave, and named you as its owner."
    } else {
        "Somebody, you perhaps, asked for an organization on Countersign, where people decide which mails of programs leave, with this address."
    };
    linked(
        "Claim your organization on Countersign".to_owned(),
        &[
            format!("{asked} They call it \"{name}\"."),
            "Nobody can sign in to it and nothing leaves it until you claim it. Then you are its owner: you see what waits there, and decide."
                .to_owned(),
        ],
        ("Claim it and choose a password", url),
        &[
            &format!(
                "The link is for you alone, works once, and holds until {until}. Opening it changes nothing."
            ),
            "If you know nothing of this, do nothing: then it is deleted, with the mail that came to it.",
        ],
    )
}

/// What somebody is told who proves that their address is theirs.
pub(super) fn email_verification(url: &str) -> Words {
    linked(
        "Verify your address for Countersign".to_owned(),
        &["Somebody who signs in to Countersign with this address, you perhaps, asked whether it is theirs."
            .to_owned()],
        ("Verify this address", url),
        &[
            "The link is for you alone and holds for a day. Opening it changes nothing.",
            "If it was not you, do nothing: without you nothing follows from it.",
        ],
    )
}

/// What somebody is told who forgot their password, or of whom it was said that they did.
pub(super) fn password_reset(url: &str) -> Words {
    linked(
        "Choose another password for Countersign".to_owned(),
        &["Somebody, you perhaps, asked for another password for this address.".to_owned()],
        ("Choose another password", url),
        &[
            "The link is for you alone, works once, and holds for an hour. Opening it changes nothing. Choosing another password ends all \
             your sessions.",
            "If it was not you, do nothing: your password stays as it is, and nobody but you got this link.",
        ],
    )
}

/// What somebody is told of their own way in: when, and in which browser as far as that is known.
pub(super) fn alert(alert: Alert, at: Timestamp, browser: Option<&Browser>, public_url: &str) -> Words {
    let (subject, what) = match alert {
        Alert::SignedIn(_) => {
            ("A new sign-in to Countersign", "Somebody signed in to Countersign as you.".to_owned())
        }
        Alert::PasswordChanged => (
            "Your password for Countersign was changed",
            "Your password for Countersign was changed.".to_owned(),
        ),
        Alert::SecondFactorAdded => (
            "A second factor was added to your sign-in to Countersign",
            "From now on Countersign asks for a code of an authenticator when you sign in.".to_owned(),
        ),
        Alert::SecondFactorRemoved => (
            "Your second factor for Countersign was removed",
            "From now on Countersign asks for your password alone when you sign in.".to_owned(),
        ),
        Alert::RoleChanged { from, to } => (
            "Your role in Countersign was changed",
            format!("Your role in your organization was {}, and is {} now.", from.as_str(), to.as_str()),
        ),
    };
    let mut when = format!("When: {}.", at.strftime("%-d %b %Y, %H:%M UTC"));
    match (browser, alert) {
        (Some(browser), _) => {
            let _ = write!(when, " With: {}.", browser.as_str());
        }
        (None, Alert::SignedIn(_)) => when.push_str(" In which browser is not known."),
        (None, _) => {}
    }
    let role = matches!(alert, Alert::RoleChanged { .. });
    let otherwise = if role {
        "If you did not expect this, ask an owner of your organization."
    } else {
        "If it was not you: sign in, choose \"Sign out everywhere\" on that page, and then another password (\"Forgot your password?\", where \
         you sign in). If you can\u{2019}t sign in any more, begin with the password. Tell an owner of your organization."
    };
    let url = format!("{public_url}/console/settings");
    let after = ["If it was you, there is nothing to do.", otherwise];
    let after = if role { &after[1..] } else { &after[..] };
    linked(subject.to_owned(), &[what, when], ("Look at your sessions and your sign-in", url.as_str()), after)
}

/// What owners are told of a webhook: nothing that whoever made it wrote.
pub(super) fn disabled(disabled: &Disabled) -> Words {
    let id = disabled.webhook_id;
    let why = match disabled.why {
        WhyDisabled::Gone => "it answered that it is gone (410)",
        WhyDisabled::Failing => "every call of it failed for three days",
    };
    let lead = format!("Countersign tells the webhook {id} of nothing any more: {why}.");
    let then = format!(
        "Once it answers again, set its status to active (PATCH /v1/webhooks/{id}) and have it told of what it missed (POST /v1/webhooks/{id}/resend). If nobody needs it, delete it."
    );
    Words {
        subject: "A webhook of your organization was disabled".to_owned(),
        text: format!("{lead}\n\n{then}\n"),
        html: page(&format!("<p>{lead}</p><p>{then}</p>")),
    }
}
