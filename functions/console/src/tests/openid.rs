//! Signing in with a provider, connecting an account there, and accepting an invitation with one.

use std::sync::Mutex;

use app::people::openid::{OpenIdProvider, ProviderError};
use async_trait::async_trait;
use domain::people::access::Role;
use domain::people::credential::OpenedWith;
use domain::people::openid::{OpenIdClaims, OpenIdLink, OpenIdSecret, OpenIdTrip};
use domain::people::second_factor::SecondFactor;

use super::*;

const PASSWORD: &str = "a long enough password";

/// A provider that says of whoever comes what it is told to say.
pub(super) struct Fake(Mutex<Result<OpenIdClaims, ProviderError>>);

impl Default for Fake {
    fn default() -> Self {
        Self(Mutex::new(Ok(samples::openid_claims(APPROVER))))
    }
}

#[async_trait]
impl OpenIdProvider for Fake {
    fn issuer(&self) -> &'static str {
        "https://accounts.example.org"
    }

    async fn address(&self, secret: &OpenIdSecret, back: &str) -> Result<String, ProviderError> {
        assert_eq!(back, "https://console.example.com/console/openid/return");
        if *self.0.lock().unwrap() == Err(ProviderError::Unavailable("away")) {
            return Err(ProviderError::Unavailable("away"));
        }
        Ok(format!("https://accounts.example.org/auth?state={}&nonce={}", secret.state(), secret.nonce()))
    }

    async fn identify(&self, code: &str, _: &OpenIdSecret, _: &str) -> Result<OpenIdClaims, ProviderError> {
        assert_eq!(code, "code-1");
        self.0.lock().unwrap().clone()
    }
}

/// Somebody on their way: what their browser holds, and what the provider sends back.
#[derive(Clone)]
struct Way {
    cookie: String,
    state: String,
}

impl Answer {
    fn cookies(&self) -> Vec<String> {
        let all = self.0["cookies"].as_array().into_iter().flatten();
        all.filter_map(|cookie| cookie.as_str().map(str::to_owned)).collect()
    }

    fn opens_a_session(&self) -> bool {
        self.cookies().iter().any(|cookie| cookie.starts_with("__Host-cs_session=cs_session_"))
    }

    /// The way that this page leads to.
    fn way(&self) -> Way {
        assert_eq!(self.status(), 200, "{}", self.body());
        let cookies = self.cookies();
        let cookie = cookies.iter().find_map(|cookie| cookie.strip_prefix("__Host-cs_openid=")).unwrap();
        assert!(cookie.contains("; HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
        let state = self.body().split("?state=").nth(1).unwrap().split("&#38;").next().unwrap();
        Way { cookie: cookie.split(';').next().unwrap().to_owned(), state: state.to_owned() }
    }
}

impl Console {
    async fn leave(&self, next: &str) -> Answer {
        self.post(None, "/console/openid/sign-in", &[("next", next)]).await
    }

    /// Comes back, with a session of somebody or none.
    async fn come(&self, way: &Way, who: Option<u8>) -> Answer {
        self.come_with(way, who, "code=code-1").await
    }

    async fn come_with(&self, way: &Way, who: Option<u8>, with: &str) -> Answer {
        let address = format!("/console/openid/return?{with}&state={}", way.state);
        let mut request = Self::request("GET", &address, who.map(secret).as_ref());
        request.cookies.insert("__Host-cs_openid".to_owned(), way.cookie.clone());
        request.headers = BTreeMap::from([("sec-fetch-site".to_owned(), "cross-site".to_owned())]);
        self.call(request).await
    }

    fn says(&self, said: Result<OpenIdClaims, ProviderError>) {
        *self.provider.0.lock().unwrap() = said;
    }

    fn has_login(&self, who: u8) {
        let login =
            Login { password_hash: hash_password(PASSWORD, &[7; 16]).unwrap(), ..samples::login(who) };
        self.world.store.contents().logins.insert(login.email.mailbox_key(), login);
    }

    /// Connects the account of this number with somebody's seat.
    async fn connect(&self, who: u8) -> Answer {
        let fields = [("csrf", &*token(who)), ("proof", PASSWORD)];
        let way = self.post(Some(who), "/console/openid/connect", &fields).await.way();
        self.come(&way, Some(who)).await
    }

    fn actions(&self) -> Vec<&'static str> {
        self.world.store.contents().audit.iter().map(|entry| entry.action).collect()
    }
}

#[tokio::test]
async fn whoever_connected_an_account_signs_in_with_it_and_with_each_way_there_once() {
    let console = Console::new().await;
    console.has_login(APPROVER);
    assert!(console.get(APPROVER, "/console/settings").await.body().contains("Connect an account"));
    let connected = console.connect(APPROVER).await;
    assert_eq!(connected.header("location"), "/console/settings?notice=connected", "{}", connected.body());
    let settings = console.get(APPROVER, "/console/settings").await;
    assert!(settings.body().contains("Disconnect it") && settings.body().contains("member2@example.com"));

    let page = console.call(Console::request("GET", "/console/sign-in", None)).await;
    assert!(page.body().contains("Sign in with Google"), "{}", page.body());
    let left = console.leave("/console/approvals?status=rejected").await;
    assert!(left.body().contains("http-equiv=\"refresh\" content=\"0;url=https://accounts.example.org/auth"));
    let way = left.way();
    assert!(!left.body().contains(&way.cookie), "what ends the way is in the cookie alone");
    let back = console.come(&way, None).await;
    assert_eq!((back.status(), back.header("location")), (303, "/console/approvals?status=rejected"));
    assert!(back.opens_a_session() && back.header("referrer-policy") == "no-referrer");
    let gone = back.cookies().iter().any(|cookie| cookie.starts_with("__Host-cs_openid=;"));
    assert!(gone, "{:?}", back.cookies());
    let with =
        |record: &Record| matches!(record, Record::Session(it) if it.opened_with == OpenedWith::OpenId);
    assert_eq!(console.world.store.contents().records.values().filter(|record| with(record)).count(), 1);

    // Brought back again, by another browser, or too late: nothing of it opens anything, and none says which it was.
    let again = console.come(&way, None).await;
    assert!(again.status() == 410 && !again.opens_a_session() && again.body().contains("Begin anew"));
    let way = console.leave("").await.way();
    let stolen = Way { cookie: OpenIdSecret::new([9; 32]).reveal(), ..way.clone() };
    let forged = Way { state: OpenIdSecret::new([9; 32]).state(), ..way.clone() };
    for other in [stolen, forged] {
        let refused = console.come(&other, None).await;
        assert_eq!((refused.status(), refused.cookies()), (410, vec![]), "{}", refused.body());
    }
    console.world.pass(OpenIdTrip::LIFE.as_secs());
    assert_eq!(console.come(&way, None).await.status(), 410);
    assert_eq!(console.actions(), ["openid.connect", "session.create"]);
    assert!(!format!("{:?}", console.world.store.contents().audit).contains('@'));
}

#[tokio::test]
async fn an_account_that_nobody_connected_opens_nothing_whatever_its_address() {
    let console = Console::new().await;
    console.has_login(APPROVER);
    let way = console.leave("").await.way();
    let unknown = console.come(&way, None).await;
    assert!(unknown.status() == 403 && !unknown.opens_a_session(), "{}", unknown.body());
    assert!(unknown.body().contains("ask somebody of your organization for an invitation"));
    assert!(!unknown.body().contains('@'), "{}", unknown.body());
    for (said, status) in [
        (Err(ProviderError::Refused("the token is not signed")), 403),
        (Err(ProviderError::Unavailable("away for the code")), 503),
    ] {
        let way = console.leave("").await.way();
        console.says(said);
        let refused = console.come(&way, None).await;
        assert_eq!(refused.status(), status, "{}", refused.body());
        assert!(!refused.body().contains("token") && !refused.opens_a_session(), "{}", refused.body());
        console.says(Ok(samples::openid_claims(APPROVER)));
    }
    let way = console.leave("").await.way();
    let declined = console.come_with(&way, None, "error=access_denied&error_description=x").await;
    assert!(declined.status() == 403 && declined.body().contains("You did not sign in there"));
    let way = console.leave("").await.way();
    let mixed = console.come_with(&way, None, "code=code-1&iss=https%3A%2F%2Faccounts.example.net").await;
    assert_eq!(mixed.status(), 403);
    console.says(Err(ProviderError::Unavailable("away")));
    assert_eq!(console.leave("").await.status(), 503);
    assert!(console.world.store.contents().openid_trips.is_empty() && console.actions().is_empty());
    let mut foreign = posted(Console::request("POST", "/console/openid/sign-in", None), &[]);
    foreign.headers = BTreeMap::from([("sec-fetch-site".to_owned(), "cross-site".to_owned())]);
    assert_eq!(console.call(foreign).await.status(), 403);
}

#[tokio::test]
async fn who_has_a_second_factor_shows_a_code_behind_it() {
    let console = Console::new().await;
    console.has_login(APPROVER);
    console.connect(APPROVER).await;
    let factor = Change::new(samples::organization_id(1))
        .create(SecondFactor { enabled_at: Some(samples::NOW), ..samples::second_factor(APPROVER) });
    console.ports().store.commit(factor).await.unwrap();
    let way = console.leave("").await.way();
    let back = console.come(&way, None).await;
    assert!(back.status() == 200 && !back.opens_a_session(), "{}", back.body());
    assert!(back.body().contains("action=\"/console/sign-in/code\""), "{}", back.body());
    let cookies = back.cookies();
    let pending = cookies.iter().find_map(|cookie| cookie.strip_prefix("__Host-cs_pending=")).unwrap();
    let mut code = Console::request("POST", "/console/sign-in/code", None);
    code.cookies.insert("__Host-cs_pending".to_owned(), pending.split(';').next().unwrap().to_owned());
    let wrong = console.call(posted(code, &[("csrf", back.field("csrf")), ("code", "no code")])).await;
    assert!(wrong.status() == 401 && !wrong.opens_a_session(), "{}", wrong.body());
}

#[tokio::test]
async fn an_account_is_connected_with_one_seat_by_whoever_proves_that_it_is_theirs() {
    let console = Console::new().await;
    console.has_login(APPROVER);
    console.has_login(OTHER_APPROVER);
    let connect = "/console/openid/connect";
    assert!(console.get(APPROVER, connect).await.body().contains("or your password"));
    let wrong = [("csrf", &*token(APPROVER)), ("proof", "not the password")];
    let wrong = console.post(Some(APPROVER), connect, &wrong).await;
    assert!(wrong.status() == 422 && wrong.alert().contains("is not your password"), "{}", wrong.body());
    // Who comes back signed out, or as somebody else, connects nothing.
    for who in [None, Some(OTHER_APPROVER)] {
        let fields = [("csrf", &*token(APPROVER)), ("proof", PASSWORD)];
        let way = console.post(Some(APPROVER), connect, &fields).await.way();
        assert_eq!(console.come(&way, who).await.status(), 410);
    }
    assert!(console.world.store.contents().openid_accounts.is_empty());
    assert_eq!(console.connect(APPROVER).await.status(), 303);
    let other = console.connect(OTHER_APPROVER).await;
    assert!(other.status() == 409 && other.body().contains("opens another sign-in"), "{}", other.body());
    let fields = [("csrf", &*token(APPROVER)), ("proof", PASSWORD)];
    assert_eq!(console.post(Some(APPROVER), connect, &fields).await.status(), 409, "one is enough");

    // Taken away, it opens nothing, and may be another's.
    let gone = console.post(Some(APPROVER), "/console/openid/disconnect", &fields).await;
    assert_eq!(gone.header("location"), "/console/settings?notice=disconnected", "{}", gone.body());
    let way = console.leave("").await.way();
    assert_eq!(console.come(&way, None).await.status(), 403);
    assert_eq!(console.connect(OTHER_APPROVER).await.status(), 303);
    let actions = console.actions();
    assert!(actions.contains(&"openid.disconnect") && actions.contains(&"openid.refuse"), "{actions:?}");
    // A seat that is removed leaves none behind.
    let csrf = token(OWNER);
    let seat = samples::member(OTHER_APPROVER, Role::Approver).id;
    let removed = console
        .post(Some(OWNER), &format!("/console/people/{seat}/remove"), &[("csrf", &csrf), ("sure", "yes")])
        .await;
    assert_eq!(removed.status(), 303, "{}", removed.body());
    assert!(console.world.store.contents().openid_accounts.is_empty());
}

#[tokio::test]
async fn an_invitation_is_accepted_with_the_account_that_has_its_address() {
    let console = Console::new().await;
    let (invitation, link) = samples::mailed_invitation(9);
    let invited_by = Actor::Member { member_id: samples::member(OWNER, Role::Owner).id };
    let invitation = Invitation { invited_by, groups: [].into(), ..invitation };
    let invited = invitation.email.clone();
    let change = Change::new(samples::organization_id(1)).create(invitation);
    console.ports().store.commit(change).await.unwrap();
    let page = format!("/console/invitations/{}", link.reveal());
    assert!(console.call(Console::request("GET", &page, None)).await.body().contains("Accept with Google"));
    let accept = format!("/console/openid/invitations/{}", link.reveal());
    assert_eq!(console.post(None, &accept, &[("csrf", "x")]).await.status(), 403);
    let csrf = link.form_token();
    let fields = [("csrf", csrf.as_str())];
    let leave = || console.post(None, &accept, &fields);
    let claims = OpenIdClaims { email: Some(invited.clone()), ..samples::openid_claims(9) };
    for email in [None, Some(samples::address("eve@example.org"))] {
        let way = leave().await.way();
        console.says(Ok(OpenIdClaims { email, ..claims.clone() }));
        let refused = console.come(&way, None).await;
        assert!(refused.status() == 403 && !refused.opens_a_session(), "{}", refused.body());
        assert!(!refused.body().contains(invited.as_str()), "{}", refused.body());
    }
    assert!(console.world.store.contents().logins.is_empty());
    let (way, late) = (leave().await.way(), leave().await.way());
    console.says(Ok(claims.clone()));
    let joined = console.come(&way, None).await;
    assert!(joined.status() == 303 && joined.opens_a_session(), "{}", joined.body());
    assert_eq!(console.come(&late, None).await.status(), 410, "it was accepted");
    let login = console.world.store.contents().logins.values().next().unwrap().clone();
    let link = console.world.store.contents().records.values().find_map(|record| match record {
        Record::OpenIdLink(link) => Some(link.clone()),
        _ => None,
    });
    let link: OpenIdLink = link.unwrap();
    assert!(link.is_only_way(&login) && link.member_id == login.member_id);
    // They come in by it, and keep it as long as they have no password.
    let way = console.leave("").await.way();
    assert!(console.come(&way, None).await.opens_a_session());
    let session = joined.cookie().split(['=', ';']).nth(1).unwrap();
    let session = Secret::parse(session).unwrap();
    let own = Console::request("GET", "/console/openid/disconnect", Some(&session));
    let form = console.call(own).await;
    let fields = [("csrf", form.field("csrf")), ("proof", "whatever it is")];
    let kept = posted(Console::request("POST", "/console/openid/disconnect", Some(&session)), &fields);
    let kept = console.call(kept).await;
    assert!(kept.status() == 409 && kept.alert().contains("no password yet"), "{}", kept.body());
}
