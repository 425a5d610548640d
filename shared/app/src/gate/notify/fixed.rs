//! The words of the mails that leave without anybody's approval and say nothing of any mail: each a fixed text with the few things that it
//! names. Here is the place for another kind; nothing that a program wrote may stand in one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::base::address::EmailAddress;
use domain::base::id::Id as _;
use domain::people::access::{Actor, Role};
use domain::people::alert::{Alert, Deed, OwnersAlert};
use domain::people::browser::Browser;
use domain::people::invitation::Invitation;
use domain::people::registration::Registration;
use domain::{MemberId, Timestamp};

use super::{ADDRESS, Disabled, OwnersTold, Words, button, escape, page};
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

/// What whoever decides is told when mails were made of a spreadsheet, whose name somebody chose.
pub(super) fn uploaded(filename: &str, held: u32, url: &str) -> Words {
    let name = inert(filename, NAME);
    let mails = if held == 1 { "1 mail waits".to_owned() } else { format!("{held} mails wait") };
    linked(
        format!("{mails} for your decision"),
        &[format!(
            "{mails} for a decision. They were made of the rows of a spreadsheet that is called \"{name}\"."
        )],
        ("See what they say, and decide", url),
        &["You sign in there. Opening the page changes nothing, and no mail leaves that nobody approves."],
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
        Alert::PasskeyAdded => (
            "A passkey was added to your sign-in to Countersign",
            "From now on one more passkey opens Countersign as you, without your password.".to_owned(),
        ),
        Alert::PasskeyRemoved => (
            "A passkey was removed from your sign-in to Countersign",
            "One of your passkeys does not open Countersign any more, and all your other sessions ended."
                .to_owned(),
        ),
        Alert::OpenIdConnected => (
            "An account was connected with your sign-in to Countersign",
            "From now on an account elsewhere (Google, say) opens Countersign for you as well as your password does.".to_owned(),
        ),
        Alert::OpenIdDisconnected => (
            "An account was disconnected from your sign-in to Countersign",
            "The account elsewhere that opened Countersign for you opens it no more.".to_owned(),
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
    let otherwise = match alert {
        Alert::RoleChanged { .. } => "If you did not expect this, ask an owner of your organization.",
        // Another password would leave it.
        Alert::OpenIdConnected => {
            "If it was not you: sign in, disconnect that account on that page, which ends all other sessions, and then choose another password. \
             If you can\u{2019}t sign in any more, begin with the password (\"Forgot your password?\", where you sign in). Tell an owner of your \
             organization."
        }
        _ => {
            "If it was not you: sign in, choose \"Sign out everywhere\" on that page, and then another password (\"Forgot your password?\", where \
             you sign in). If you can\u{2019}t sign in any more, begin with the password. Tell an owner of your organization."
        }
    };
    let url = format!("{public_url}/console/settings");
    let after = ["If it was you, there is nothing to do.", otherwise];
    let after = if role { &after[1..] } else { &after[..] };
    linked(subject.to_owned(), &[what, when], ("Look at your sessions and your sign-in", url.as_str()), after)
}

/// Who did something, or whom it was done to, by their address: that is a quotation, and broken on purpose.
fn person(id: MemberId, people: &BTreeMap<MemberId, EmailAddress>) -> String {
    people
        .get(&id)
        .map_or_else(|| format!("member {id}"), |email| format!("\"{}\"", inert(email.as_str(), ADDRESS)))
}

/// What owners are told of that somebody else did: who, what and when, and where the rest stands. Nothing that anybody wrote.
pub(super) fn owners(
    told: &OwnersTold,
    people: &BTreeMap<MemberId, EmailAddress>,
    is_last: bool,
    public_url: &str,
) -> Words {
    let OwnersAlert { deed, actor, target, roles } = &told.alert;
    let who = match actor {
        Actor::Member { member_id } => person(*member_id, people),
        Actor::Token { token_id, member_id, .. } => {
            format!("The API token {token_id} of {}", person(*member_id, people))
        }
        Actor::System => "Countersign itself".to_owned(),
    };
    // An id, or whose it is; whatever else it were would be harmless.
    let what = MemberId::parse(target).map_or_else(|_| inert(target, NAME), |id| person(id, people));
    let changed = roles.map(|(from, to)| format!(", who was {}, {}", from.as_str(), to.as_str()));
    let changed = changed.unwrap_or_default();
    let (subject, did) = match deed {
        Deed::TokenMade => ("An API token was made", format!("made the API token {what}")),
        Deed::RoleChanged => ("A role was changed", format!("made {what}{changed}")),
        Deed::MemberJoined => ("Somebody joined", "took the seat that they were invited to".to_owned()),
        Deed::MemberRemoved => ("A member was removed", format!("removed {what}")),
        Deed::OwnershipGiven => ("Ownership was given away", format!("made {what}{changed}")),
        Deed::Paused => ("Mail was paused", format!("paused the mail of {what}")),
        Deed::Resumed => ("Paused mail goes on", format!("let the mail of {what} go on")),
        Deed::PoliciesChanged => (
            "A policy was changed",
            format!("made, changed or deleted {what}, which says what is held or who decides"),
        ),
        Deed::SecondFactorRemoved => {
            let is_own = actor.member().is_some_and(|own| own.to_string() == *target);
            let whose = if is_own {
                "their own second factor".to_owned()
            } else {
                format!("the second factor of {what}")
            };
            ("A second factor was removed", format!("took {whose} away"))
        }
        Deed::SigningKeysChanged => (
            "The key log was written",
            format!(
                "registered or took away a key that signs votes, or changed for which mail one is demanded: {what}"
            ),
        ),
        Deed::WebhookMade => {
            ("A webhook was made", format!("made the webhook {what}, which is told of what happens"))
        }
        Deed::AccountConnected => (
            "An account was connected",
            format!(
                "connected the account {what}, or gave it another key or password: mail leaves through it"
            ),
        ),
        Deed::AccountRefused => (
            "A connected account is refused",
            format!(
                "was told by the provider or mail server of the account {what} that nothing leaves through it now: approved mail waits, a day at most"
            ),
        ),
    };
    let when = format!("When: {}.", told.id.at().strftime("%-d %b %Y, %H:%M UTC"));
    let url = format!("{public_url}/console/audit");
    let mut after = vec![
        "If you did not expect this, ask them. Pausing all mail in the console stops what is on its way.",
    ];
    if is_last {
        after.push("This is the last mail of its kind today: the audit log has whatever else is done.");
    }
    linked(
        format!("{subject} in your organization on Countersign"),
        &[format!("{who} {did}."), when],
        ("Look at the audit log", url.as_str()),
        &after,
    )
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
