//! Signing in with a provider (`OpenID` Connect): the way there and back, and which account there opens which seat.
//!
//! An account opens a seat once somebody who is signed in connected it, or accepted their invitation with it. That an address is the same
//! connects nothing: whoever has an address at the provider today need not be whoever was invited under it.

use async_trait::async_trait;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::people::access::Actor;
use domain::people::browser::Browser;
use domain::people::credential::{Login, OpenedWith, Session};
use domain::people::openid::{
    OpenIdAccount, OpenIdClaims, OpenIdLink, OpenIdPurpose, OpenIdSecret, OpenIdTrip,
};
use domain::people::organization::{Member, Organization};
use domain::people::pending::{PendingSecret, PendingSignIn};
use domain::people::second_factor::SecondFactor;
use domain::{MemberId, OrganizationId};
use zeroize::Zeroizing;

use crate::base::error::Refusal;
use crate::base::ports::{FlowError, Ports};
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Conflict, Directory, DirectoryWrite, Key, StoreError, Write, key, load};
use crate::people::account::{attempt, seat, wrong_password};
use crate::people::codes;
use crate::people::password::verify_password;
use crate::people::second_factor::{Proof, wrong_code};
use crate::people::sessions::{Begun, Doors, end_all, fresh, with_session};

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 4;

/// What the provider sends back has at most so many bytes: Google's codes have some hundred.
const MAX_CODE: usize = 4_096;

/// Ways to the provider that are under way, and which accounts there open a login.
#[async_trait]
pub trait OpenIdBook: Send + Sync {
    /// Keeps a way that begins. May be repeated.
    async fn keep_trip(&self, trip: &OpenIdTrip) -> Result<(), StoreError>;

    /// Takes a way out: of any number who do so at once one has it, and nobody ever again.
    async fn take_trip(&self, hash: Digest) -> Result<Option<OpenIdTrip>, StoreError>;

    /// The account of this hash, where it opens something; strongly consistent.
    async fn account(&self, hash: Digest) -> Result<Option<OpenIdAccount>, StoreError>;
}

/// Why a provider did not say who somebody is. The text is for the log: it holds nothing of anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It does not answer, or answers nothing that can be read.
    #[error("the provider can't be asked: {0}")]
    Unavailable(&'static str),
    /// It refused, or what it said can't be trusted.
    #[error("the provider's answer is not taken: {0}")]
    Refused(&'static str),
}

/// A provider of identities.
#[async_trait]
pub trait OpenIdProvider: Send + Sync {
    /// Its issuer, as ID tokens name it.
    fn issuer(&self) -> &str;

    /// Where a browser goes to sign in there, and comes back from to `back`.
    async fn address(&self, secret: &OpenIdSecret, back: &str) -> Result<String, ProviderError>;

    /// Whom the code stands for that a browser brought back to `back`.
    async fn identify(
        &self,
        code: &str,
        secret: &OpenIdSecret,
        back: &str,
    ) -> Result<OpenIdClaims, ProviderError>;
}

/// What we show the provider, so that nobody else exchanges codes in our name.
#[async_trait]
pub trait ClientSecret: Send + Sync {
    /// Opens it, for the one call that shows it.
    async fn open(&self) -> Result<Zeroizing<String>, FlowError>;
}

/// What signing in with a provider takes of the world, beside what every use case may touch.
pub struct Provider<'a> {
    /// Ways there, and accounts.
    pub book: &'a dyn OpenIdBook,
    /// The provider.
    pub provider: &'a dyn OpenIdProvider,
    /// The page of ours that browsers come back to, as the provider knows it.
    pub back: String,
}

/// What a browser brought back (`OpenID` Connect Core 1.0, section 3.1.2.5; RFC 9207).
#[derive(Clone, Default)]
pub struct Returned {
    /// What it was sent there with.
    pub state: String,
    /// What stands for whoever signed in there; empty where nobody did.
    pub code: String,
    /// Who sends it back, where they say so.
    pub issuer: Option<String>,
    /// Why nobody signed in; empty where somebody did.
    pub error: String,
}

/// What a way that was used, is over, or began elsewhere is answered. Which of these is not said.
fn lapsed() -> Refusal {
    let message = "this sign-in was used already, took longer than ten minutes, or began in another browser: begin anew";
    Refusal::because(Code::OpenIdLapsed, message)
}

/// What an account is answered that opens nothing.
fn unknown() -> Refusal {
    let message = "this account opens nothing here: sign in with your password and connect it on the page \"Your sign-in\", or ask \
                   somebody of your organization for an invitation";
    Refusal::because(Code::OpenIdUnknown, message)
}

fn elsewhere() -> Refusal {
    let message = "this account opens another login: take another account, or disconnect it there first";
    Refusal::because(Code::OpenIdElsewhere, message)
}

fn connected() -> Refusal {
    let message = "your sign-in is connected with an account already: disconnect that one first";
    Refusal::because(Code::OpenIdConnected, message)
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Unavailable(_) => Refusal::Unavailable(error.to_string()),
            ProviderError::Refused(_) => {
                let message = "what came back could not be trusted, so nothing was done: begin anew";
                Refusal::because(Code::OpenIdRefused, message)
            }
        }
    }
}

/// Begins a way to the provider: gives where the browser goes, and what it holds meanwhile.
pub async fn depart(
    ports: &Ports,
    way: &Provider<'_>,
    purpose: OpenIdPurpose,
    next: &str,
) -> Result<(String, OpenIdSecret), Refusal> {
    let secret = OpenIdSecret::new(ports.bytes());
    // Where the provider does not answer nothing is kept.
    let address = way.provider.address(&secret, &way.back).await?;
    way.book.keep_trip(&OpenIdTrip::new(&secret, purpose, next, ports.now())).await?;
    Ok((address, secret))
}

/// Ends a way, whatever comes of it: gives what it was for, and whom the provider means.
///
/// What the browser holds must be what `state` was derived from; then the way is taken out, so that nothing that was brought back works
/// twice; then the provider is asked.
pub async fn come_back(
    ports: &Ports,
    way: &Provider<'_>,
    secret: Option<OpenIdSecret>,
    returned: &Returned,
) -> Result<(OpenIdTrip, Result<OpenIdClaims, Refusal>), Refusal> {
    let secret = secret.filter(|secret| same(&secret.state(), &returned.state)).ok_or_else(lapsed)?;
    let trip = way.book.take_trip(secret.hash()).await?;
    let trip = trip.filter(|trip| ports.now() < trip.expires_at).ok_or_else(lapsed)?;
    let claims = identified(way, &secret, returned).await;
    Ok((trip, claims))
}

/// Compares hashes of two texts: how long that takes tells nothing of where they differ.
fn same(one: &str, other: &str) -> bool {
    Digest::of(one.as_bytes()) == Digest::of(other.as_bytes())
}

async fn identified(
    way: &Provider<'_>,
    secret: &OpenIdSecret,
    returned: &Returned,
) -> Result<OpenIdClaims, Refusal> {
    if !returned.error.is_empty() || returned.code.is_empty() || returned.code.len() > MAX_CODE {
        let message = "you did not sign in there, so nothing was done";
        return Err(Refusal::because(Code::OpenIdRefused, message));
    }
    // An answer of another provider is not shown to this one (RFC 9207, section 2.4).
    if returned.issuer.as_ref().is_some_and(|issuer| issuer != way.provider.issuer()) {
        return Err(ProviderError::Refused("another issuer sent it").into());
    }
    Ok(way.provider.identify(&returned.code, secret, &way.back).await?)
}

/// Somebody whose account opens a seat, as they stood at that moment.
struct Known {
    login: Login,
    member: Member,
    organization: Organization,
    factor: Option<SecondFactor>,
    link: OpenIdLink,
}

/// Signs somebody in whom the provider knows. It counts as one factor: where a code is asked for, it follows as after a password.
pub async fn sign_in(
    ports: &Ports,
    way: &Provider<'_>,
    directory: &dyn Directory,
    claims: &OpenIdClaims,
    browser: Option<Browser>,
) -> Result<Begun, Refusal> {
    retry(TRIES, "the sign-in kept changing", || async {
        let known = known(ports, way, directory, claims).await?.ok_or_else(unknown)?;
        if known.factor.as_ref().is_some_and(SecondFactor::is_enabled) {
            return begin(ports, &known).await;
        }
        open(ports, &known, browser.clone()).await
    })
    .await
}

/// Whose seat an account opens. Of a seat, a login or a connection that is gone, nobody's.
async fn known(
    ports: &Ports,
    way: &Provider<'_>,
    directory: &dyn Directory,
    claims: &OpenIdClaims,
) -> Result<Option<Known>, Refusal> {
    let Some(account) = way.book.account(claims.hash()).await? else { return Ok(None) };
    let id = account.member_id;
    let login = directory.login(&account.email).await?.filter(|login| login.member_id == id);
    let wanted = (key::Member(id), key::Organization, key::SecondFactor(id), key::OpenIdLink(id));
    let found = load(&*ports.store, account.organization_id, wanted).await?;
    let (Some(login), (Some(member), Some(organization), factor, Some(link))) = (login, found) else {
        return Ok(None);
    };
    Ok((link.account == account.hash).then_some(Known { login, member, organization, factor, link }))
}

/// A sign-in that waits for its code.
async fn begin(ports: &Ports, known: &Known) -> Result<Try<Begun>, Refusal> {
    let organization_id = known.organization.id;
    let secret = PendingSecret::new(organization_id, ports.bytes());
    let actor = Actor::Member { member_id: known.member.id };
    let mut entry = ports.audit(organization_id, &actor, "session.begin", known.login.user_id);
    entry.details.push(("with", OpenedWith::OpenId.as_str().to_owned()));
    let change = Change::new(organization_id)
        .create(PendingSignIn::new(&secret, &known.login, ports.now()))
        .write(Write::Unchanged(Key::OpenIdLink(known.member.id), known.link.version))
        .audit(entry);
    Try::of(ports.store.commit(change).await, Begun::CodeWanted(secret))
}

/// A session, on the condition that neither connection, password nor second factor was changed meanwhile: who changes one ends all
/// sessions, and must not find one more behind it.
async fn open(ports: &Ports, known: &Known, browser: Option<Browser>) -> Result<Try<Begun>, Refusal> {
    let Known { login, member, organization, factor, link } = known;
    let (session, secret) = fresh(ports, member, browser, OpenedWith::OpenId);
    let factor_key = Key::SecondFactor(member.id);
    let factor = match factor {
        Some(seen) => Write::Unchanged(factor_key, seen.version),
        None => Write::Missing(factor_key),
    };
    let actor = Actor::Member { member_id: member.id };
    let mut entry = ports.audit(organization.id, &actor, "session.create", session.id);
    entry.details.push(("opened_with", session.opened_with.as_str().to_owned()));
    let change = Change::new(organization.id)
        .write(Write::Unchanged(Key::OpenIdLink(member.id), link.version))
        .write(factor)
        .directory(DirectoryWrite::SamePassword(login.clone()))
        .audit(entry);
    let change = with_session(ports, change, &session).await?;
    Try::of(ports.store.commit(change).await, Begun::Opened(Box::new((session, secret))))
}

/// With which account the seat of whoever calls is connected.
pub async fn get(ports: &Ports, own: &Session) -> Result<Option<OpenIdLink>, Refusal> {
    Ok(load(&*ports.store, own.organization_id, key::OpenIdLink(own.member_id)).await?)
}

/// Lets somebody go to the provider to connect their account: a session alone, which may be stolen, makes no new way in.
pub async fn check_connect(
    ports: &Ports,
    doors: &Doors<'_>,
    own: &Session,
    proof: &Proof,
) -> Result<OpenIdPurpose, Refusal> {
    if get(ports, own).await?.is_some() {
        return Err(connected());
    }
    let change = proven(ports, doors, own, proof).await?;
    ports.store.commit(change).await?;
    let Session { organization_id, member_id, id: session_id, .. } = *own;
    Ok(OpenIdPurpose::Connect { organization_id, member_id, session_id })
}

/// Connects the account with the seat of whoever came back with the session that they went with.
pub async fn connect(
    ports: &Ports,
    way: &Provider<'_>,
    directory: &dyn Directory,
    own: &Session,
    claims: &OpenIdClaims,
) -> Result<(), Refusal> {
    let (member, _) = seat(ports, own).await?;
    let link = OpenIdLink {
        organization_id: member.organization_id,
        member_id: member.id,
        account: claims.hash(),
        shown: claims.email.clone(),
        linked_at: ports.now(),
        drawn: None,
        version: 1,
    };
    free(ports, way, directory, claims).await?;
    let change = Change::new(member.organization_id);
    let change = connecting(ports, change, (&member, "openid.connect"), link, &claims.issuer);
    match ports.store.commit(change).await {
        Err(StoreError::Conflict(conflicts)) if conflicts.contains(&Conflict::Directory) => Err(elsewhere()),
        Err(StoreError::Conflict(_)) => Err(connected()),
        written => Ok(written?),
    }
}

/// Adds to a change that an account opens a seat, and the entry that says so.
fn connecting(
    ports: &Ports,
    change: Change,
    (member, action): (&Member, &'static str),
    link: OpenIdLink,
    issuer: &str,
) -> Change {
    let Member { id: member_id, organization_id, .. } = *member;
    let email = member.email.clone();
    let account = OpenIdAccount { hash: link.account, organization_id, member_id, email };
    let mut entry = ports.audit(organization_id, &Actor::Member { member_id }, action, member_id);
    entry.details.push(("issuer", issuer.to_owned()));
    change.create(link).directory(DirectoryWrite::NewOpenIdAccount(account)).audit(entry)
}

/// Adds to a change that makes a seat that an account opens it, beside a login with a password that nobody knows.
pub(crate) fn joining(
    ports: &Ports,
    change: Change,
    member: &Member,
    login: &Login,
    claims: &OpenIdClaims,
) -> Change {
    let link = OpenIdLink {
        organization_id: member.organization_id,
        member_id: member.id,
        account: claims.hash(),
        shown: claims.email.clone(),
        linked_at: ports.now(),
        drawn: Some(OpenIdLink::mark(login)),
        version: 1,
    };
    // Of a way in that they begin with nobody needs to be warned.
    connecting(ports, change, (member, "openid.accept"), link, &claims.issuer)
}

/// Refuses an account that opens another login. One of a seat that is gone is forgotten here.
pub(crate) async fn free(
    ports: &Ports,
    way: &Provider<'_>,
    directory: &dyn Directory,
    claims: &OpenIdClaims,
) -> Result<(), Refusal> {
    let Some(account) = way.book.account(claims.hash()).await? else { return Ok(()) };
    if known(ports, way, directory, claims).await?.is_some() {
        return Err(elsewhere());
    }
    let forget = DirectoryWrite::EndOpenIdAccount(account.hash, account.member_id);
    Ok(ports.store.commit(Change::new(account.organization_id).directory(forget)).await?)
}

/// Takes the connection away, for whoever shows a code or their password. All other sessions end: with which of them somebody came in by
/// that account is not asked.
pub async fn disconnect(
    ports: &Ports,
    doors: &Doors<'_>,
    own: &Session,
    proof: &Proof,
) -> Result<(), Refusal> {
    let link = get(ports, own).await?.ok_or_else(|| {
        Refusal::because(Code::OpenIdNotConnected, "your sign-in is connected with no account")
    })?;
    let (member, _) = seat(ports, own).await?;
    let login = doors.directory.login(&member.email).await?.filter(|login| login.member_id == member.id);
    if link.is_only_way(&login.ok_or_else(Refusal::member_removed)?) {
        let message = "you have no password yet, and without this account you could not come in any more: sign out, choose \"Forgot your \
                       password?\", and come back";
        return Err(Refusal::because(Code::OnlyWayIn, message));
    }
    let actor = Actor::Member { member_id: own.member_id };
    let entry = ports.audit(own.organization_id, &actor, "openid.disconnect", own.member_id);
    let change = disconnecting(proven(ports, doors, own, proof).await?, own.member_id, &link).audit(entry);
    end_all(ports, change, own.member_id, Some(own.id), &actor).await
}

/// Adds to a change that an account opens a seat no more.
fn disconnecting(change: Change, member_id: MemberId, link: &OpenIdLink) -> Change {
    change
        .write(Write::RemoveVersion(Key::OpenIdLink(member_id), link.version))
        .directory(DirectoryWrite::EndOpenIdAccount(link.account, member_id))
}

/// Adds to a change of a seat that is removed that no account opens it.
pub(crate) async fn leaving(
    ports: &Ports,
    change: Change,
    organization_id: OrganizationId,
    member_id: MemberId,
) -> Result<Change, Refusal> {
    let link: Option<OpenIdLink> = load(&*ports.store, organization_id, key::OpenIdLink(member_id)).await?;
    Ok(match link {
        Some(link) => disconnecting(change, member_id, &link),
        None => change,
    })
}

/// A change that uses up what somebody shows once more: their password, or a code where one is asked for. It is counted as an attempt at
/// signing in is.
async fn proven(ports: &Ports, doors: &Doors<'_>, own: &Session, proof: &Proof) -> Result<Change, Refusal> {
    let (member, organization) = seat(ports, own).await?;
    let factor: Option<SecondFactor> =
        load(&*ports.store, own.organization_id, key::SecondFactor(member.id)).await?;
    let factor = factor.filter(SecondFactor::is_enabled);
    let (login, attempt) = attempt(ports, doors.directory, &member).await?;
    let change = Change::new(organization.id).directory(attempt.forgotten(&login.email));
    let shown = match (proof, factor) {
        _ if !attempt.is_compared() => None,
        (Proof::Password(_), Some(_))
            if !(own.opened_with.has_second_factor() && own.is_proved(ports.now())) =>
        {
            let message = "your second factor was not shown within the last ten minutes: show a code or a recovery code, not the password";
            return Err(Refusal::because(Code::SecondFactorNeeded, message));
        }
        (Proof::Password(password), _) => verify_password(password, &login.password_hash).then_some(change),
        (Proof::Code(code), Some(factor)) => {
            let taken = codes::take(ports, doors.data_keys, &organization, &factor, code).await?;
            taken.map(|(used, _)| change.update(used))
        }
        (Proof::Code(_), None) => None,
    };
    if let Some(change) = shown {
        return Ok(change);
    }
    let wrong = match proof {
        Proof::Password(_) => wrong_password("password"),
        Proof::Code(_) => wrong_code(),
    };
    Err(attempt.refused(ports, &login, "openid.refuse", wrong).await?)
}
