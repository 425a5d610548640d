//! What a person is told of that happens to their own way in, whoever did it; and what owners are told of that somebody else did.

use crate::SessionId;
use crate::base::named::named;
use crate::people::access::{Actor, Role};
use crate::people::browser::Browser;
use crate::people::credential::Session;

/// One of these things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alert {
    /// A session was opened.
    SignedIn(SessionId),
    /// Another password was chosen.
    PasswordChanged,
    /// A second factor is asked for from now on.
    SecondFactorAdded,
    /// No second factor is asked for any more.
    SecondFactorRemoved,
    /// A passkey opens their sessions from now on.
    PasskeyAdded,
    /// One does no more.
    PasskeyRemoved,
    /// An account at a provider opens sessions of theirs from now on.
    OpenIdConnected,
    /// No account at a provider opens any more.
    OpenIdDisconnected,
    /// They may do something else than before.
    RoleChanged {
        /// The role that they had.
        from: Role,
        /// The role that they have.
        to: Role,
    },
}

named! {
    /// What somebody did that every owner is to know of: it gives rights away, takes them, or moves what holds mail back.
    Deed {
        /// A token was made.
        TokenMade = "token_made";
        /// Somebody else may do other things than before.
        RoleChanged = "role_changed";
        /// Somebody who was invited is a member.
        MemberJoined = "member_joined";
        /// A member was removed.
        MemberRemoved = "member_removed";
        /// Somebody else is owner.
        OwnershipGiven = "ownership_given";
        /// Mail of an organization, an inbox or a token is held back.
        Paused = "paused";
        /// It goes on.
        Resumed = "resumed";
        /// A policy was made, changed or deleted.
        PoliciesChanged = "policies_changed";
        /// Somebody signs in without a second factor from now on.
        SecondFactorRemoved = "second_factor_removed";
        /// A key that signs votes was registered or taken away, or for which mail one is demanded was changed.
        SigningKeysChanged = "signing_keys_changed";
        /// A webhook was made, which is told of what happens.
        WebhookMade = "webhook_made";
        /// An account was connected, or another key of one is used: mail leaves through it.
        AccountConnected = "account_connected";
        /// The provider of an account lets nothing leave through it.
        AccountRefused = "account_refused";
    }
}

/// What owners are told of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnersAlert {
    /// What was done.
    pub deed: Deed,
    /// Who did it: they are not told.
    pub actor: Actor,
    /// The id of what it was done to.
    pub target: String,
    /// The roles before and after, where it is about one.
    pub roles: Option<(Role, Role)>,
}

impl Alert {
    /// What it was done with, of the sessions that were open then: known where one alone was, and of a session that was opened.
    pub fn done_with(self, sessions: &[Session]) -> Option<Browser> {
        let session = match (self, sessions) {
            (Alert::SignedIn(id), _) => sessions.iter().find(|session| session.id == id)?,
            // Somebody else does this.
            (Alert::RoleChanged { .. }, _) => return None,
            (_, [only]) => only,
            _ => return None,
        };
        session.browser.clone()
    }
}

/// Whether a session is one that its person knows of: such a browser has another one open already, on such a platform, or it is their
/// first. `sessions` are those that are open, itself among them unless it was ended meanwhile; then it is not known, since whoever is
/// quick is told of all the same.
pub fn is_expected(session_id: SessionId, sessions: &[Session], signed_in_before: bool) -> bool {
    let own = sessions.iter().find(|session| session.id == session_id);
    let mut others = sessions.iter().filter(|session| session.id != session_id).peekable();
    let first = !signed_in_before && others.peek().is_none();
    first || own.is_some_and(|own| others.any(|other| other.browser == own.browser))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::base::digest::Digest;
    use crate::people::credential::OpenedWith;
    use crate::{MemberId, OrganizationId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn session(n: u8, agent: &str) -> Session {
        Session {
            id: SessionId::new(NOW, [n; 10]),
            organization_id: OrganizationId::new(NOW, [1; 10]),
            hash: Digest::of(&[n]),
            member_id: MemberId::new(NOW, [1; 10]),
            role: Role::Viewer,
            created_at: NOW,
            expires_at: NOW + Session::IDLE,
            ends_at: NOW + Session::LIFE,
            used_at: NOW,
            browser: Some(Browser::of(agent)),
            opened_with: OpenedWith::Password,
            proved_at: NOW,
            version: 1,
        }
    }

    #[test]
    fn a_session_is_expected_where_such_a_browser_has_another_or_it_is_the_first() {
        let (fox, newer, curl) =
            (session(1, "Firefox/1 Linux"), session(2, "Firefox/2 Linux"), session(3, "curl/8"));
        let expected = |own: &Session, all: &[&Session], before: bool| {
            let all: Vec<Session> = all.iter().copied().cloned().collect();
            is_expected(own.id, &all, before)
        };
        assert!(expected(&fox, &[&fox], false), "the first");
        assert!(!expected(&fox, &[&fox], true), "they were away for a week");
        assert!(expected(&newer, &[&fox, &newer], true));
        assert!(!expected(&curl, &[&fox, &curl], true));
        assert!(!expected(&curl, &[&fox, &curl], false), "the one before is open still");
        assert!(!expected(&curl, &[&fox], true), "it was ended meanwhile");
    }

    #[test]
    fn a_change_names_a_browser_only_where_there_was_one() {
        let (fox, curl) = (session(1, "Firefox/1 Linux"), session(3, "curl/8"));
        let both = [fox.clone(), curl.clone()];
        let word = |alert: Alert, sessions: &[Session]| {
            alert.done_with(sessions).map(|browser| browser.as_str().to_owned())
        };
        assert_eq!(word(Alert::SignedIn(curl.id), &both).as_deref(), Some("A program"));
        assert_eq!(word(Alert::PasswordChanged, &both), None);
        assert_eq!(word(Alert::PasswordChanged, &[fox]).as_deref(), Some("Firefox on Linux"));
        let role = Alert::RoleChanged { from: Role::Viewer, to: Role::Owner };
        assert_eq!(word(role, &[curl]), None);
    }
}
