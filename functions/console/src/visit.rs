//! The session behind the cookie.

use app::base::enter::{Once, Repeatable, enter, glance};
use app::base::store::Key;
use app::gate::submit::Sending;
use app::people::sessions;
use app::{Ports, Refusal};
use domain::base::code::Code;
use domain::people::access::{Principal, Scope};
use domain::people::credential::{CredentialKind, Secret, Session};
use domain::people::openid::{OpenIdSecret, OpenIdTrip};
use domain::people::pending::{PendingSecret, PendingSignIn};
use runtime::http::Request;

use crate::guard::{Form, same_origin};
use crate::page::Page;
use crate::{Context, Powers};

/// The cookie that holds a session's secret. The prefix makes browsers refuse one that a neighbouring host, or a page
/// over plain HTTP, has set. Chromium and Firefox count loopback as secure, so it works there over plain HTTP too.
const COOKIE: &str = "__Host-cs_session";

/// The cookie of a new session.
///
/// `Lax`, not `Strict`: an approver comes by the link in a notification mail. With `Strict` the browser would keep the
/// cookie back on that way, and we would ask somebody who is signed in for a password, right after a click in a mail,
/// which is the habit that phishing lives on. What `Strict` would add is nothing here: `Lax` sends the cookie from
/// other sites only when a person follows a link, a `GET`, and no `GET` of ours decides or changes anything. A form on
/// another site goes out without the cookie; should it not, [`crate::guard`] refuses it twice, by origin and by token.
///
/// No `Max-Age`: the cookie goes when the browser does, the session ends by itself after 12 idle hours or seven days.
pub(crate) fn cookie(secret: &Secret) -> String {
    format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax", secret.reveal())
}

/// Removes the cookie.
pub(crate) fn no_cookie() -> String {
    format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// Whether the request shows our cookie, whatever is in it.
pub(crate) fn has_cookie(request: &Request) -> bool {
    request.cookies.contains_key(COOKIE)
}

/// The cookie that says that the right password was shown, while a code is asked for. It is no session, good for one, and goes by itself.
const PENDING: &str = "__Host-cs_pending";

/// The cookie of a sign-in that waits for its code. `Strict`: no link from elsewhere leads into the middle of a sign-in.
pub(crate) fn pending_cookie(secret: &PendingSecret) -> String {
    let age = PendingSignIn::LIFE.as_secs();
    format!("{PENDING}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={age}", secret.reveal())
}

/// Removes that cookie.
pub(crate) fn no_pending_cookie() -> String {
    format!("{PENDING}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// What that cookie holds.
pub(crate) fn pending(request: &Request) -> Option<PendingSecret> {
    PendingSecret::parse(request.cookies.get(PENDING)?)
}

/// The cookie of whoever is on their way to the provider that they sign in with.
const OPENID: &str = "__Host-cs_openid";

/// The cookie of whoever leaves for that provider. `Lax`: the provider sends them back by a link, which is a `GET`.
pub(crate) fn openid_cookie(secret: &OpenIdSecret) -> String {
    let age = OpenIdTrip::LIFE.as_secs();
    format!("{OPENID}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}", secret.reveal())
}

/// Removes that cookie.
pub(crate) fn no_openid_cookie() -> String {
    format!("{OPENID}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// What that cookie holds.
pub(crate) fn openid_secret(request: &Request) -> Option<OpenIdSecret> {
    OpenIdSecret::parse(request.cookies.get(OPENID)?)
}

/// Somebody who signed in.
pub(crate) struct Visit {
    /// The ports, with what was read at hand.
    pub ports: Ports,
    /// What more of the world the pages take.
    pub powers: Powers,
    /// Who, with which rights.
    pub principal: Principal,
    /// Their session.
    pub session: Session,
    /// The page that they asked for.
    pub page: Option<&'static Page>,
}

/// Nobody has signed in here.
fn nobody() -> Refusal {
    Refusal::because(Code::SignedOut, "sign in")
}

impl Visit {
    /// Lets somebody in by their cookie, reading `keys` in the same call.
    ///
    /// Only a session opens the console. A token is not tried: it is a program's, and a program must not countersign
    /// through a person's page.
    pub(crate) async fn of(context: &Context, request: &Request, keys: &[Key]) -> Result<Self, Refusal> {
        Self::opened(context, request, keys, true).await
    }

    /// The same for what a page asks for by itself: that is no use of the session, which ends in its time.
    pub(crate) async fn at_a_glance(
        context: &Context,
        request: &Request,
        keys: &[Key],
    ) -> Result<Self, Refusal> {
        Self::opened(context, request, keys, false).await
    }

    async fn opened(
        context: &Context,
        request: &Request,
        keys: &[Key],
        is_use: bool,
    ) -> Result<Self, Refusal> {
        let cookie = request.cookies.get(COOKIE).ok_or_else(nobody)?;
        if Secret::parse(cookie).map(|secret| secret.kind()) != Ok(CredentialKind::Session) {
            return Err(nobody());
        }
        let entered = if is_use {
            enter(&context.ports, Some(cookie), keys, None).await?
        } else {
            glance(&context.ports, Some(cookie), keys).await?
        };
        let session = entered.session.ok_or_else(nobody)?;
        Ok(Self {
            ports: entered.ports,
            powers: context.powers.clone(),
            principal: entered.principal,
            session,
            page: Page::find(&request.path).map(|(page, _)| page),
        })
    }

    /// Lets somebody in who sends a form: from a page of ours, and of their own session.
    pub(crate) async fn of_form(
        context: &Context,
        request: &Request,
        keys: &[Key],
    ) -> Result<(Self, Form), Refusal> {
        same_origin(request)?;
        let visit = Self::of(context, request, keys).await?;
        let form = Form::of_session(request, &visit.session)?;
        Ok((visit, form))
    }

    /// The same for a form that makes something each time that it is taken: sent twice, as by a double click, it is taken once, and answered
    /// as the first time. `name` is the field by which one copy of the page is told from another.
    pub(crate) async fn of_form_once(
        context: &Context,
        request: &Request,
        name: &str,
    ) -> Result<(Self, Form, Once), Refusal> {
        let key = Form::of(request)?.field(name).to_owned();
        let cookie = request.cookies.get(COOKIE).ok_or_else(nobody)?;
        if Secret::parse(cookie).map(|secret| secret.kind()) != Ok(CredentialKind::Session) {
            return Err(nobody());
        }
        // Files and boundaries may differ in a copy of the same form: what it is is told by its key alone.
        let repeatable = Repeatable { key: &key, route: &request.path, body: b"", shows_secret: false };
        // Nobody but a page of ours draws one, and what has none is taken each time.
        let repeatable = Some(repeatable).filter(|it| it.key.len() == 64);
        let entered = enter(&context.ports, Some(cookie), &[], repeatable).await?;
        let session = entered.session.ok_or_else(nobody)?;
        let form = Form::of_session(request, &session)?;
        let visit = Self {
            ports: entered.ports,
            powers: context.powers.clone(),
            principal: entered.principal,
            session,
            page: Page::find(&request.path).map(|(page, _)| page),
        };
        Ok((visit, form, entered.once))
    }

    /// What asking for a mail to be sent takes.
    pub(crate) fn sending(&self) -> Result<Sending, Refusal> {
        self.powers.sending(&self.ports)
    }

    /// The seat and the organization. Who has no seat any more is not in, whatever their cookie says.
    pub(crate) async fn me(&self) -> Result<sessions::Me, Refusal> {
        match sessions::me(&self.ports, &self.principal).await {
            Err(Refusal::NotFound(_)) => Err(nobody()),
            other => other,
        }
    }

    /// Whether they may approve and reject at all.
    pub(crate) fn may_decide(&self) -> bool {
        self.may(Scope::ApprovalsDecide)
    }

    /// Whether their role has this right.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.principal.scopes.contains(&scope)
    }
}

#[cfg(test)]
mod tests {
    use domain::{OrganizationId, Timestamp};

    use super::*;

    #[test]
    fn the_cookie_is_kept_from_scripts_and_neighbours() {
        let organization = OrganizationId::new(Timestamp::UNIX_EPOCH, [0; 10]);
        let secret = Secret::new(CredentialKind::Session, organization, [7; 32]);
        for cookie in [cookie(&secret), no_cookie()] {
            assert!(cookie.starts_with("__Host-cs_session="), "{cookie}");
            for needed in ["; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite=Lax"] {
                assert!(cookie.contains(needed), "{cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }
}
