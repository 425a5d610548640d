//! Connected accounts: each is a way out under its owner's own name, with an inbox of the same bits.

use domain::base::address::{EmailAddress, HeaderText};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::{EventKind, Subject};
use domain::mailbox::account::{Account, AccountStatus, Provider, Region, Trouble};
use domain::mailbox::inbox::Inbox;
use domain::mailbox::mail_server::MailServer;
use domain::people::access::{Actor, Permit, scope};
use domain::people::email::EmailProof;
use domain::people::limit::Day;
use domain::people::organization::Member;
use domain::{AccountId, OrganizationId, Timestamp};
use jiff::SignedDuration;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::{
    DataKey, DataKeys, KeyVerdict, Ports, ProviderKey, ProviderKeys, SendOutcome, TestMail,
};
use crate::base::retry::{Try, retry};
use crate::base::store::{
    Change, Conflict, Expect, Key, List, Page, PageRequest, StoreError, Write, key, load, typed,
};
use crate::base::vault::{self, Context, data_key};
use crate::mailbox::inboxes::removed;

/// So many accounts an organization may have.
pub const MAX_ACCOUNTS: u16 = 100;
/// An account is tried so often a day.
const TESTS_A_DAY: u64 = 20;
/// A change that loses against another is made anew at most so often.
const TRIES: usize = 5;

/// What a new account is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Whose it is.
    pub provider: Provider,
    /// Where the provider keeps its data; none given is the United States.
    pub region: Option<Region>,
    /// The server, where the provider has no place of its own.
    pub server: Option<ServerGiven>,
    /// The address that it sends from.
    pub address: EmailAddress,
    /// The name that recipients see.
    pub display_name: Option<HeaderText>,
    /// The key or password.
    pub secret: Secret,
}

/// Which mail server it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerGiven {
    /// This one.
    Named(MailServer),
    /// The one of the address, with this user name, or with the one that its domain says.
    Looked(Option<HeaderText>),
}

/// The key or password of an account, as somebody gave it. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// A provider's key.
    ApiKey(Zeroizing<String>),
    /// A password, to a server.
    Password(Zeroizing<String>),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// What people call that of an account of this provider.
    const fn called(provider: Provider) -> &'static str {
        if provider.has_server() { "password" } else { "key" }
    }

    /// Its text, where this provider takes one of its kind.
    fn of(self, provider: Provider) -> Result<Zeroizing<String>, Refusal> {
        match (self, provider.has_server()) {
            (Secret::ApiKey(secret), false) | (Secret::Password(secret), true) => Ok(secret),
            (Secret::ApiKey(_), true) => Err(not_of(provider, "api_key", "a password")),
            (Secret::Password(_), false) => Err(not_of(provider, "password", "an api_key")),
        }
    }
}

fn not_of(provider: Provider, field: &str, takes: &str) -> Refusal {
    let message = format!("{} takes {takes}: leave this out", provider.name());
    Refusal::field(field, Code::NotOfProvider, message)
}

/// What changes of an account. What is none stays.
#[derive(Debug, Clone, Default)]
pub struct AccountChanges {
    /// The name that recipients see; within it none takes that away.
    pub display_name: Option<Option<HeaderText>>,
    /// Another key of the same provider, or another password of the same server.
    pub secret: Option<Secret>,
}

/// An account with its inbox.
pub type Connected = (Account, Inbox);

fn context(organization_id: OrganizationId, record_id: &str) -> Context<'_> {
    Context { organization_id, kind: "account", record_id }
}

/// What the secret of an account is sealed for: a password opens for its server and its user alone, so that whoever can write the record
/// can't have it shown to another.
fn sealed_for(account: &Account) -> String {
    match &account.server {
        Some(server) => format!("{} {server}", account.id),
        None => account.id.to_string(),
    }
}

/// What counts the accounts of an organization.
fn count(organization_id: OrganizationId) -> Digest {
    Digest::of_parts(&[b"accounts", organization_id.to_string().as_bytes()])
}

/// Connects an account: its provider says first that the key may send from this address.
pub async fn connect(
    ports: &Ports,
    (data_keys, providers): (&dyn DataKeys, &dyn ProviderKeys),
    permit: &Permit<scope::AccountsManage>,
    new: NewAccount,
    once: &Once,
    answer: impl FnOnce(&Connected) -> (u16, String),
) -> Result<Connected, Refusal> {
    let organization_id = permit.organization_id();
    let NewAccount { provider, region, server, address, display_name, secret } = new;
    if region.is_some() && !provider.has_regions() {
        let message = format!("{} has one region: leave it out", provider.name());
        return Err(Refusal::field("region", Code::RegionNotOffered, message));
    }
    match (&server, provider.has_server()) {
        (None, true) => {
            return Err(Refusal::field(
                "smtp",
                Code::Required,
                "is required; or \"autodiscover\": true has it looked up",
            ));
        }
        (Some(_), false) => return Err(not_of(provider, "smtp", "a key, and has one place")),
        _ => {}
    }
    let secret = secret.of(provider)?;
    let server = match server {
        Some(given) => Some(find_server(providers, &address, given).await?),
        None => None,
    };
    if address.domain() == ports.settings.mail_domain {
        let message = format!("an address on {} is an inbox: POST /v1/inboxes makes one", address.domain());
        return Err(Refusal::field("email", Code::DomainOfInstallation, message));
    }
    refuse_known(ports, organization_id, (provider, server.as_ref()), &address).await?;
    let region = region.unwrap_or(Region::Us);
    let key = ProviderKey { provider, region, server: server.clone(), secret };
    check(providers, &key, &address).await?;
    let (id, now) = (ports.account_id(), ports.now());
    let mut account = Account {
        id,
        organization_id,
        provider,
        region,
        server,
        address: address.clone(),
        status: AccountStatus::Active,
        sealed_secret: vec![],
        last_four: Account::last_four(provider, &key.secret),
        connected_by: permit.actor().member().ok_or(Refusal::NotFound("member"))?,
        created_at: now,
        version: 1,
    };
    let data_key = data_key(ports, data_keys, organization_id).await?;
    account.sealed_secret = seal(ports, &data_key, &account, &key)?;
    let inbox = Inbox {
        id: id.inbox_id(),
        organization_id,
        address,
        domain_id: None,
        display_name,
        paused: None,
        created_at: now,
        provider: Some(provider),
    };
    let counted = count(organization_id);
    let mut entry = ports.audit(organization_id, permit.actor(), "account.connect", id);
    entry.details = vec![("provider", provider.as_str().to_owned())];
    let change = Change::new(organization_id)
        .create(account.clone())
        .create(inbox.clone())
        // It counts for as long as it is there.
        .write(Write::Count {
            key: counted,
            by: 1,
            limit: Some(u64::from(MAX_ACCOUNTS)),
            expires_at: Timestamp::MAX,
        })
        .audit(entry)
        .event(ports.event(organization_id, EventKind::AccountConnected, Subject::Account(account.notice())));
    let connected = (account, inbox);
    let change = once.save(change, now, || answer(&connected));
    once.try_commit(ports, change).await?.map_err(|conflicts| {
        if conflicts.contains(&Conflict::Record(Key::Counter(counted))) {
            let message =
                format!("an organization has at most {MAX_ACCOUNTS} accounts: disconnect one first");
            return Refusal::because(Code::TooManyAccounts, message);
        }
        StoreError::Conflict(conflicts).into()
    })?;
    Ok(connected)
}

/// The server of an address, to be shown to whoever is about to hand it a password.
pub async fn look_up(
    providers: &dyn ProviderKeys,
    _: &Permit<scope::AccountsManage>,
    address: &EmailAddress,
    username: Option<HeaderText>,
) -> Result<MailServer, Refusal> {
    find_server(providers, address, ServerGiven::Looked(username)).await
}

/// The server that somebody named, or the one of an address.
async fn find_server(
    providers: &dyn ProviderKeys,
    address: &EmailAddress,
    given: ServerGiven,
) -> Result<MailServer, Refusal> {
    match given {
        ServerGiven::Named(server) => Ok(server),
        ServerGiven::Looked(username) => {
            let found = providers.find_server(address, username.as_ref().map(HeaderText::as_str)).await;
            found.ok_or_else(|| {
                let message = format!("nothing says which server takes the mail of {}", address.domain());
                Refusal::field("smtp", Code::MailServerUnknown, message)
            })
        }
    }
}

/// Refuses an address that is connected at the provider, or at the server by the same name, already. Of two who connect it at the same moment both may succeed.
async fn refuse_known(
    ports: &Ports,
    organization_id: OrganizationId,
    (provider, server): (Provider, Option<&MailServer>),
    address: &EmailAddress,
) -> Result<(), Refusal> {
    let page = PageRequest { limit: MAX_ACCOUNTS, cursor: None };
    let known = typed::<Account>(ports.store.list(organization_id, &List::Accounts, &page).await?).items;
    let is_it = |it: &Account| {
        it.provider == provider
            && it.server.as_ref() == server
            && it.address.mailbox_key() == address.mailbox_key()
    };
    match known.into_iter().find(is_it) {
        None => Ok(()),
        Some(known) => Err(Refusal::Because {
            code: Code::AccountKnown,
            message: format!("{} sends from this address already", known.outside()),
            details: vec![("account_id", known.id.to_string())],
        }),
    }
}

/// Asks the provider whether a key may send from an address.
async fn check(providers: &dyn ProviderKeys, key: &ProviderKey, from: &EmailAddress) -> Result<(), Refusal> {
    let name = key.server.as_ref().map_or(key.provider.name(), MailServer::host);
    match providers.check(key, from).await {
        KeyVerdict::Fine => Ok(()),
        KeyVerdict::Refused if key.provider.has_server() => {
            let message = format!("{name} refused this user name and password");
            Err(Refusal::field("password", Code::PasswordRefused, message))
        }
        KeyVerdict::WrongServer(why) => {
            Err(Refusal::field("smtp", Code::MailServerUnusable, format!("{name}: {why}")))
        }
        KeyVerdict::Refused => {
            let message = format!("{name} does not take this key, or it may not send");
            Err(Refusal::field("api_key", Code::ApiKeyRefused, message))
        }
        KeyVerdict::WrongSender(why) => {
            Err(Refusal::field("email", Code::SenderNotAllowed, format!("{name}: {why}")))
        }
        KeyVerdict::Unreachable(why) => Err(unreachable(name, why)),
    }
}

fn unreachable(name: &str, why: &str) -> Refusal {
    Refusal::because(Code::ProviderUnavailable, format!("{name} can't be asked now ({why})"))
}

fn seal(ports: &Ports, data_key: &DataKey, account: &Account, key: &ProviderKey) -> Result<Vec<u8>, Refusal> {
    let id = sealed_for(account);
    vault::seal(ports, data_key, context(account.organization_id, &id), key.secret.as_bytes())
        .map_err(|error| Refusal::Internal(error.to_string()))
}

/// Whether an account has this key already.
fn is_key_of(account: &Account, key: &ProviderKey, data_key: &DataKey) -> bool {
    let id = sealed_for(account);
    let known = vault::open(data_key, context(account.organization_id, &id), &account.sealed_secret);
    known.is_ok_and(|known| bool::from(known.ct_eq(key.secret.as_bytes())))
}

/// The key of an account, for one use.
pub(crate) async fn open(
    data_keys: &dyn DataKeys,
    encrypted: &[u8],
    account: &Account,
) -> Result<ProviderKey, Refusal> {
    let data_key = data_keys.open(account.organization_id, encrypted).await?;
    let id = sealed_for(account);
    let opened = vault::open(&data_key, context(account.organization_id, &id), &account.sealed_secret);
    let opened = opened.map_err(|error| Refusal::Internal(error.to_string()))?;
    let secret =
        std::str::from_utf8(&opened).map_err(|_| Refusal::Internal("a key is no text".to_owned()))?;
    let Account { provider, region, .. } = *account;
    Ok(ProviderKey {
        provider,
        region,
        server: account.server.clone(),
        secret: Zeroizing::new(secret.to_owned()),
    })
}

/// The accounts that the caller may see, oldest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::AccountsRead>,
    page: &PageRequest,
) -> Result<Page<Connected>, Refusal> {
    let organization_id = permit.organization_id();
    let page = typed::<Account>(ports.store.list(organization_id, &List::Accounts, page).await?);
    let items: Vec<_> =
        page.items.into_iter().filter(|account| permit.over(account.id.inbox_id()).is_ok()).collect();
    let wanted: Vec<_> = items.iter().map(|account| key::Inbox(account.id.inbox_id())).collect();
    let inboxes = load(&*ports.store, organization_id, wanted).await?;
    // One that is being disconnected at this moment has none any more.
    let items = items.into_iter().zip(inboxes).filter_map(|(account, inbox)| Some((account, inbox?)));
    Ok(Page { items: items.collect(), next: page.next })
}

/// One account.
pub async fn get<S>(ports: &Ports, permit: &Permit<S>, id: AccountId) -> Result<Connected, Refusal> {
    permit.over(id.inbox_id())?;
    let wanted = (key::Account(id), key::Inbox(id.inbox_id()));
    let (account, inbox) = load(&*ports.store, permit.organization_id(), wanted).await?;
    account.zip(inbox).ok_or(Refusal::NotFound("account"))
}

/// Gives an account another name, or another key, which its provider takes first.
pub async fn update(
    ports: &Ports,
    (data_keys, providers): (&dyn DataKeys, &dyn ProviderKeys),
    permit: &Permit<scope::AccountsManage>,
    id: AccountId,
    changes: AccountChanges,
) -> Result<Connected, Refusal> {
    let organization_id = permit.organization_id();
    let (known, _) = get(ports, permit, id).await?;
    let replaced = match changes.secret {
        None => None,
        Some(secret) => {
            let secret = secret.of(known.provider)?;
            let server = known.server.clone();
            let key = ProviderKey { provider: known.provider, region: known.region, server, secret };
            check(providers, &key, &known.address).await?;
            let data_key = data_key(ports, data_keys, organization_id).await?;
            // The same request again changes nothing; where nothing left through the account, that is over.
            let same = known.status == AccountStatus::Active && is_key_of(&known, &key, &data_key);
            if same {
                None
            } else {
                Some((seal(ports, &data_key, &known, &key)?, Account::last_four(known.provider, &key.secret)))
            }
        }
    };
    retry(TRIES, "the account kept changing", || async {
        let (known, inbox) = get(ports, permit, id).await?;
        let mut change = Change::new(organization_id);
        let mut account = known.clone();
        if let Some((sealed_secret, last_four)) = &replaced {
            account.sealed_secret.clone_from(sealed_secret);
            account.last_four.clone_from(last_four);
            if let Some(recovered) = account.taken() {
                account = recovered;
                let notice = Subject::Account(account.notice());
                change = change.event(ports.event(organization_id, EventKind::AccountRecovered, notice));
            }
            let entry = ports.audit(organization_id, permit.actor(), "account.replace_key", id);
            change = change.update(account.clone()).audit(entry);
        }
        let named = Inbox {
            display_name: changes.display_name.clone().unwrap_or_else(|| inbox.display_name.clone()),
            ..inbox.clone()
        };
        if named != inbox {
            // One that is gone is not made anew, and a pause that comes meanwhile is not undone.
            let expect = Expect::Paused(inbox.paused.as_ref().map(|pause| pause.at));
            let entry = ports.audit(organization_id, permit.actor(), "account.update", id);
            change = change.write(Write::put(named.clone(), expect)).audit(entry);
        }
        if change.writes.is_empty() {
            return Ok(Try::Done((known, inbox)));
        }
        Try::of(ports.store.commit(change).await, (account, named))
    })
    .await
}

/// Disconnects an account: its key is gone at once, nothing leaves through it any more, and a job calls off what waits in its inbox and
/// deletes its mail.
pub async fn disconnect(
    ports: &Ports,
    permit: &Permit<scope::AccountsManage>,
    id: AccountId,
) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    let (account, inbox) = get(ports, permit, id).await?;
    let notice = Subject::Account(account.notice());
    let change = removed(ports, &inbox)
        .await?
        .write(Write::Remove(Key::Account(id)))
        .write(Write::Uncount { key: count(organization_id), by: 1 })
        .audit(ports.audit(organization_id, permit.actor(), "account.disconnect", id))
        .event(ports.event(organization_id, EventKind::AccountDisconnected, notice));
    match ports.store.commit(change).await {
        // Somebody else disconnected it at the same moment: it is counted off once.
        Err(StoreError::Conflict(_)) => Err(Refusal::NotFound("account")),
        written => Ok(written?),
    }
}

/// Tries an account: a mail of fixed words goes through it to whoever asks, at the address that they proved to be theirs. Gives what the
/// provider calls it.
pub async fn test_send(
    ports: &Ports,
    (data_keys, providers): (&dyn DataKeys, &dyn ProviderKeys),
    permit: &Permit<scope::AccountsManage>,
    id: AccountId,
) -> Result<(EmailAddress, String), Refusal> {
    let organization_id = permit.organization_id();
    let member_id =
        permit.actor().member().filter(|_| permit.principal().credential.is_person()).ok_or_else(|| {
            Refusal::because(Code::PersonRequired, "a person tries an account, in a session")
        })?;
    let (account, inbox) = get(ports, permit, id).await?;
    let wanted = (key::Organization, key::Member(member_id), key::EmailProof(member_id));
    let (organization, member, proof) = load(&*ports.store, organization_id, wanted).await?;
    let organization = organization.ok_or(Refusal::NotFound("organization"))?;
    if inbox.paused.is_some() || organization.paused.is_some() {
        return Err(Refusal::because(Code::AccountPaused, "nothing leaves this account while it is paused"));
    }
    let to = own_address(member, proof)?;
    count_test(ports, permit, &account).await?;
    let key = open(data_keys, &organization.data_key, &account).await?;
    let mail = TestMail {
        from: account.address.clone(),
        to: to.clone(),
        subject: "A test of your connected account",
        text: format!(
            "You asked Countersign to try the account {id}, which sends through {}. It works.\n\nThis mail has fixed words, and goes to \
             you alone. Whatever else leaves through the account waits for whom your policies ask.\n",
            account.outside()
        ),
        at: ports.now(),
    };
    let outcome = providers.test_send(&key, &mail).await;
    note(ports, &account, &outcome).await;
    let name = account.outside();
    match outcome {
        SendOutcome::Accepted(provider_id) => Ok((to, provider_id)),
        SendOutcome::NotAccepted(CREDENTIALS_REFUSED) => {
            let message = format!(
                "{name} takes the {} of this account no more: give it another",
                Secret::called(account.provider)
            );
            Err(Refusal::because(Code::CredentialsRefused, message))
        }
        SendOutcome::NotAccepted(
            why @ ("throttled" | "not_connected" | "timeout" | "connection_lost" | "deferred"),
        ) => Err(unreachable(name, why)),
        SendOutcome::Ambiguous(why) => {
            let message = format!("{name} gave no clear answer ({why}): the test may have gone");
            Err(Refusal::because(Code::ProviderSilent, message))
        }
        SendOutcome::NotAccepted(why) => {
            Err(Refusal::because(Code::ProviderRefused, format!("{name} did not take it: {why}")))
        }
        SendOutcome::Refused(why) => {
            Err(Refusal::because(Code::ProviderRefused, format!("{name} refused it: {why}")))
        }
    }
}

/// What a transport says where a provider takes its key no more.
const CREDENTIALS_REFUSED: &str = Trouble::CredentialsRefused.as_str();

/// The address of a member, where it is known to be theirs.
fn own_address(member: Option<Member>, proof: Option<EmailProof>) -> Result<EmailAddress, Refusal> {
    let member = member.ok_or_else(Refusal::member_removed)?;
    if proof.is_none_or(|proof| proof.proven_at.is_none()) {
        let message = "a test goes to your own address, and it is not proven yet that it is yours";
        return Err(Refusal::because(Code::AddressNotProven, message));
    }
    Ok(member.email)
}

/// Counts a test and writes it down, where the account was not tried too often today.
async fn count_test(
    ports: &Ports,
    permit: &Permit<scope::AccountsManage>,
    account: &Account,
) -> Result<(), Refusal> {
    let day = Day::of(ports.now());
    let counted = Digest::of_parts(&[
        b"test send",
        account.id.to_string().as_bytes(),
        day.ends_at().to_string().as_bytes(),
    ]);
    let write = Write::Count {
        key: counted,
        by: 1,
        limit: Some(TESTS_A_DAY),
        expires_at: day.ends_at() + SignedDuration::from_hours(24),
    };
    let entry = ports.audit(account.organization_id, permit.actor(), "account.test", account.id);
    let change = Change::new(account.organization_id).write(write).audit(entry);
    match ports.store.commit(change).await {
        Err(StoreError::Conflict(_)) => {
            let message = format!("this account was tried {TESTS_A_DAY} times today");
            let retry_at = day.ends_at();
            Err(Refusal::NotBefore { code: Code::TooManyTestSends, message, retry_at })
        }
        written => Ok(written?),
    }
}

/// Writes down that a provider refused an account, or takes it again, where that is news. Where it can't be written the next mail does.
pub(crate) async fn note(ports: &Ports, account: &Account, outcome: &SendOutcome) {
    let (changed, kind, action) = match outcome {
        SendOutcome::NotAccepted(code) => {
            let refused = Trouble::parse(code).and_then(|why| account.refused(why, ports.now()));
            (refused, EventKind::AccountError, "account.error")
        }
        SendOutcome::Accepted(_) => (account.taken(), EventKind::AccountRecovered, "account.recovered"),
        _ => return,
    };
    let Some(changed) = changed else { return };
    let organization_id = account.organization_id;
    let change = Change::new(organization_id)
        .update(changed.clone())
        .audit(ports.audit(organization_id, &Actor::System, action, account.id))
        .event(ports.event(organization_id, kind, Subject::Account(changed.notice())));
    if let Err(error) = ports.store.commit(change).await {
        tracing::warn!(account_id = %account.id, %error, "how an account stands could not be written down");
    }
}
