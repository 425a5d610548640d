//! Signing up, where an operator opened that: whoever asks gets an organization that belongs to nobody, until the person at the address
//! that they named has claimed it. Nobody can sign in to it before, so nobody decides there; and what would go without a person is stopped
//! by the last look (`organization_unclaimed`). What nobody claims within seven days is deleted.
//!
//! Whoever asks learns nothing of an address: they are counted, and what they ask for is made, whether it has a login or not.

use std::net::IpAddr;

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::{EventKind, Subject};
use domain::mailbox::inbox::{DomainOf, Inbox, Purge, new_address};
use domain::people::access::{Actor, Principal, Role, Scope};
use domain::people::browser::Browser;
use domain::people::credential::{CredentialKind, Login, OpenedWith, Secret, Token};
use domain::people::email::EmailProof;
use domain::people::limit::SendsPerDay;
use domain::people::organization::{Member, Organization};
use domain::people::registration::{
    Bound, ClaimClosed, ClaimSecret, Registration, RegistrationEnd, SignUp, client_hash, inbox_name,
    owner_hash,
};
use domain::{AuditId, OrganizationId, Timestamp};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, commit_first, retry};
use crate::base::store::{
    AddressEntry, Amendment, Change, Conflict, Directory, DirectoryWrite, Key, SessionPointer, StoreError,
    TokenPointer, Watch, Write, key, load,
};
use crate::people::password::{check_new_password, hash_password};
use crate::people::sessions::{Doors, fresh};
use crate::people::setup::Made;
use crate::people::tokens;

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 8;
/// So many that nobody claimed are ended in one run.
const ENDED: u16 = 50;

/// What the token of a program that signed up may do.
pub const AGENT: [Scope; 3] = [Scope::MessagesRead, Scope::MessagesSend, Scope::DraftsManage];

/// That somebody is to be mailed the link of a claim. It names no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedClaim {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The entry of the audit log: each is mailed once.
    pub id: AuditId,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRegistration {
    /// What the organization is called, 1 to 100 characters.
    pub name: String,
    /// Who is to own it.
    pub email: EmailAddress,
}

/// What a program that signed up has: an inbox, and a token that reads it and asks for mail.
pub struct Agent {
    /// The inbox.
    pub inbox: Inbox,
    /// The token.
    pub token: Token,
    /// Its secret, which is returned here and nowhere else.
    pub secret: Secret,
}

/// An organization that was signed up for.
pub struct Registered {
    /// How.
    pub registration: Registration,
    /// The organization.
    pub organization: Organization,
    /// What a program has of it; none where a person asked.
    pub agent: Option<Agent>,
}

/// Refuses where people are invited.
pub fn check_open(ports: &Ports) -> Result<(), Refusal> {
    match ports.settings.sign_up {
        SignUp::Open => Ok(()),
        SignUp::Invite => Err(Refusal::because(
            Code::SignUpClosed,
            "nobody makes an organization here by themselves: ask an owner of one for an invitation",
        )),
    }
}

/// Makes an organization that nobody owns yet, for a program with an inbox and a token. The mail with the link to claim it follows within
/// moments.
pub async fn create(
    ports: &Ports,
    doors: &Doors<'_>,
    new: NewRegistration,
    client: Option<IpAddr>,
    for_program: bool,
) -> Result<Registered, Refusal> {
    check_open(ports)?;
    count(ports, doors.directory, client, &new.email).await?;
    if new.email.domain().eq_ignore_ascii_case(&ports.settings.mail_domain) {
        let message =
            "is on the domain of the inboxes, which programs read: give an address of a person's own";
        return Err(Refusal::field("owner_email", Code::AddressOfInbox, message));
    }
    let organization_id = ports.organization_id();
    let (_, data_key) = doors.data_keys.generate(organization_id).await?;
    let organization = Organization {
        id: organization_id,
        name: new.name,
        data_key,
        paused: None,
        sends_per_day: SendsPerDay::new(Registration::SENDS_PER_DAY),
        require_second_factor: false,
        unclaimed: true,
        created_at: ports.now(),
    };
    // All is new but the address of the inbox.
    retry(TRIES, "no address was free for an inbox", || async {
        let (registered, change) = make(ports, &organization, &new.email, for_program)?;
        Try::of(ports.store.commit(change).await, registered)
    })
    .await
}

/// Counts who asks before anything is looked at, and refuses who asked too often.
async fn count(
    ports: &Ports,
    directory: &dyn Directory,
    client: Option<IpAddr>,
    owner: &EmailAddress,
) -> Result<(), Refusal> {
    let (now, owner) = (ports.now(), owner_hash(owner));
    for (bound, of) in
        [(Bound::Client, client_hash(client)), (Bound::Owner, owner), (Bound::Unclaimed, owner)]
    {
        let window = bound.window(now);
        if directory.count_registration(of, window).await? > bound.limit() {
            let message = match bound {
                Bound::Client => {
                    "too many organizations were asked for from your network: wait before the next"
                }
                Bound::Owner => "too many organizations were asked for this owner today: go on tomorrow",
                Bound::Unclaimed => {
                    "too many organizations wait for this owner to claim them: have one claimed, by the link in its mail"
                }
            };
            let (message, retry_at) = (message.to_owned(), window.ends_at());
            return Err(Refusal::NotBefore { code: Code::TooManyRegistrations, message, retry_at });
        }
    }
    Ok(())
}

/// The records of a new organization, and the change that makes them.
fn make(
    ports: &Ports,
    organization: &Organization,
    email: &EmailAddress,
    for_program: bool,
) -> Result<(Registered, Change), Refusal> {
    let (organization_id, now) = (organization.id, ports.now());
    let seat = Member {
        id: ports.member_id(),
        organization_id,
        user_id: ports.user_id(),
        email: email.clone(),
        role: Role::Owner,
        created_at: now,
        sessions_since: None,
    };
    let entry = |action, target: String| ports.audit(organization_id, &Actor::System, action, target);
    let mut change = Change::new(organization_id)
        .create(organization.clone())
        .create(seat.clone())
        .audit(entry("organization.create", organization_id.to_string()))
        .audit(entry("member.create", seat.id.to_string()));
    let agent = if for_program {
        let agent = agent(ports, organization, &seat)?;
        change = with_agent(ports, change, &agent);
        Some(agent)
    } else {
        None
    };
    let registration = Registration {
        organization_id,
        email: email.clone(),
        member_id: seat.id,
        inbox_id: agent.as_ref().map(|agent| agent.inbox.id),
        token_id: agent.as_ref().map(|agent| agent.token.id),
        created_at: now,
        expires_at: now + Registration::LIFE,
        secret: None,
        mails: 1,
        end: None,
        version: 1,
    };
    let change =
        change.create(registration.clone()).audit(entry("registration.create", organization_id.to_string()));
    Ok((Registered { registration, organization: organization.clone(), agent }, change))
}

/// An inbox on the installation's domain, and a token that reaches nothing else.
fn agent(ports: &Ports, organization: &Organization, seat: &Member) -> Result<Agent, Refusal> {
    let (organization_id, now, id) = (organization.id, ports.now(), ports.inbox_id());
    let (made_up, domain) = (&id.body()[20..], &ports.settings.mail_domain);
    let address = new_address(&inbox_name(&organization.name, made_up), domain, DomainOf::Installation)
        .or_else(|_| new_address(&format!("agent-{made_up}"), domain, DomainOf::Installation))
        .map_err(|error| Refusal::Internal(format!("no name was found for an inbox: {error}")))?;
    let inbox = Inbox {
        id,
        organization_id,
        address,
        domain_id: None,
        display_name: None,
        paused: None,
        created_at: now,
        provider: None,
    };
    let secret = Secret::new(CredentialKind::Token, organization_id, ports.bytes());
    let token = Token {
        id: ports.token_id(),
        organization_id,
        hash: secret.hash(),
        first: None,
        rotation: None,
        last_four: secret.last_four().to_owned(),
        name: "First agent".to_owned(),
        member_id: seat.id,
        role: seat.role,
        scopes: AGENT.into(),
        inboxes: Some([id].into()),
        paused: None,
        ancestors: vec![],
        created_at: now,
        expires_at: None,
        last_used_at: None,
        sends_per_day: None,
    };
    Ok(Agent { inbox, token, secret })
}

fn with_agent(ports: &Ports, change: Change, agent: &Agent) -> Change {
    let Agent { inbox, token, .. } = agent;
    let organization_id = inbox.organization_id;
    let entry = |action, target: String| ports.audit(organization_id, &Actor::System, action, target);
    let mut made = entry("token.create", token.id.to_string());
    made.details.push(("scopes", token.scopes.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(" ")));
    let leads = AddressEntry { address: inbox.address.clone(), organization_id, inbox_id: inbox.id };
    change
        .create(inbox.clone())
        .directory(DirectoryWrite::NewAddress(leads))
        .create(token.clone())
        .create(TokenPointer::from(token))
        .write(Write::Count {
            key: tokens::count(token.member_id),
            by: 1,
            limit: None,
            expires_at: Timestamp::MAX,
        })
        .audit(entry("inbox.create", inbox.id.to_string()))
        .audit(made)
        .event(ports.event(organization_id, EventKind::InboxCreated, Subject::Inbox(Box::new(inbox.clone()))))
}

/// Has the link to claim an organization mailed again, for a credential of it: that of the mail before holds no more.
pub async fn resend(
    ports: &Ports,
    principal: &Principal,
    id: OrganizationId,
) -> Result<Registration, Refusal> {
    if principal.organization_id != id {
        return Err(Refusal::NotFound("registration"));
    }
    retry(TRIES, "the registration kept changing", || async {
        let known: Option<Registration> = load(&*ports.store, id, key::Registration).await?;
        let known = known.ok_or(Refusal::NotFound("registration"))?;
        let now = ports.now();
        match known.end {
            Some(RegistrationEnd::Claimed(_)) => return Err(closed(ClaimClosed::Used)),
            Some(RegistrationEnd::Expired(_)) => return Err(closed(ClaimClosed::Expired)),
            None if now >= known.expires_at => return Err(closed(ClaimClosed::Expired)),
            None => {}
        }
        let again = known.again(now).ok_or_else(|| {
            let message = format!(
                "its owner was mailed {} links: the newest mail has the one that holds",
                Registration::MAILS
            );
            Refusal::because(Code::ClaimMailedOften, message)
        })?;
        let entry = ports.audit(id, &principal.actor, "registration.resend", id);
        let change = Change::new(id).update(again.clone()).audit(entry);
        Try::of(ports.store.commit(change).await, Registration { version: again.version + 1, ..again })
    })
    .await
}

/// What the link of a claim opens. Changes nothing.
pub async fn open(ports: &Ports, secret: &ClaimSecret) -> Result<(Registration, Organization), Refusal> {
    let wanted = (key::Registration, key::Organization);
    let (registration, organization) = load(&*ports.store, secret.organization_id(), wanted).await?;
    let registration: Registration = registration.ok_or_else(|| closed(ClaimClosed::Unknown))?;
    registration.opens(secret.hash(), ports.now()).map_err(closed)?;
    let organization = organization.ok_or_else(|| closed(ClaimClosed::Expired))?;
    Ok((registration, organization))
}

/// Claims an organization: whoever has the link of its last mail is its owner, signs in with this password from now on, and is in.
pub async fn claim(
    ports: &Ports,
    secret: &ClaimSecret,
    password: &str,
    browser: Option<Browser>,
) -> Result<(Made, Registration), Refusal> {
    let organization_id = secret.organization_id();
    // Whoever has no link learns nothing of what a password has to be, and has none hashed.
    let (registration, organization) = open(ports, secret).await?;
    check_new_password("password", password, &registration.email, &organization.name)
        .map_err(|error| Refusal::Invalid(vec![error]))?;
    let password_hash = hash_password(password, &ports.bytes())?;
    retry(TRIES, "the registration kept changing", || async {
        let now = ports.now();
        let (registration, organization) = open(ports, secret).await?;
        let seat = load(&*ports.store, organization_id, key::Member(registration.member_id)).await?;
        let seat: Member = seat.ok_or_else(|| closed(ClaimClosed::Unknown))?;
        let login = Login {
            user_id: seat.user_id,
            email: seat.email.clone(),
            password_hash: password_hash.clone(),
            organization_id,
            member_id: seat.id,
        };
        let (session, shown) = fresh(ports, &seat, browser.clone(), OpenedWith::Password);
        let actor = Actor::Member { member_id: seat.id };
        let mut opened = ports.audit(organization_id, &actor, "session.create", session.id);
        opened.details.push(("opened_with", session.opened_with.as_str().to_owned()));
        let amendment = Amendment { claimed: true, sends_per_day: Some(None), ..Amendment::default() };
        let week = Bound::Unclaimed.window(registration.created_at);
        let change = Change::new(organization_id)
            .update(registration.ended(RegistrationEnd::Claimed(now)))
            .write(Write::Amend { key: Key::Organization, amendment })
            .create(EmailProof::by_the_way(organization_id, seat.id, now))
            .directory(DirectoryWrite::NewLogin(login))
            .directory(DirectoryWrite::ForgetRegistrations(owner_hash(&registration.email), week))
            .create(session.clone())
            .create(SessionPointer::from(&session))
            .audit(ports.audit(organization_id, &actor, "registration.claim", organization_id))
            .audit(opened);
        match ports.store.commit(change).await {
            // Claimed by the same click at this moment, it is said to be that.
            Err(StoreError::Conflict(conflicts))
                if conflicts.contains(&Conflict::Directory)
                    && !conflicts.contains(&Conflict::Record(Key::Registration)) =>
            {
                let message = "this address signs in to another organization, and an address has one: sign up with another address of yours";
                Err(Refusal::because(Code::EmailTaken, message))
            }
            written => {
                let organization = Organization { unclaimed: false, sends_per_day: None, ..organization };
                Try::of(written, (Made { organization, session, secret: shown }, registration))
            }
        }
    })
    .await
}

/// Ends what nobody claimed in its time: seat, token and organization are no more, and the inbox goes the way of a deleted one, with its
/// mail. Says how many.
pub async fn end(ports: &Ports, watch: &dyn Watch) -> Result<u32, Refusal> {
    let mut ended = 0;
    for organization_id in watch.unclaimed(ports.now(), ENDED).await? {
        match end_one(ports, organization_id).await {
            Ok(true) => ended += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%organization_id, %error, "an unclaimed organization could not be ended yet");
            }
        }
    }
    Ok(ended)
}

async fn end_one(ports: &Ports, organization_id: OrganizationId) -> Result<bool, Refusal> {
    let Some(known) = load(&*ports.store, organization_id, key::Registration).await? else {
        return Ok(false);
    };
    let (known, now): (Registration, _) = (known, ports.now());
    if known.end.is_some() || now < known.expires_at {
        return Ok(false);
    }
    let wanted = (
        known.inbox_id.map(key::Inbox),
        known.token_id.map(key::TokenPointer),
        key::Member(known.member_id),
        key::Organization,
    );
    let (inbox, pointer, seat, organization) = load(&*ports.store, organization_id, wanted).await?;
    let mut change = Change::new(organization_id)
        .update(known.ended(RegistrationEnd::Expired(now)))
        .audit(ports.audit(organization_id, &Actor::System, "registration.expire", organization_id));
    if organization.is_some() {
        change = change.write(Write::Remove(Key::Organization));
    }
    if let Some(seat) = seat {
        change = change.write(Write::Unseat(seat.id, seat.role));
    }
    if let Some(pointer) = pointer {
        let pointer: TokenPointer = pointer;
        change = change
            .write(Write::Delete(Key::Token(pointer.hash)))
            .write(Write::Delete(Key::TokenPointer(pointer.id)));
    }
    if let Some(inbox) = inbox {
        change = without(change, &inbox, now);
    }
    commit_first(ports, change).await
}

/// The same change, which deletes an inbox. A job deletes its mail.
fn without(change: Change, inbox: &Inbox, now: Timestamp) -> Change {
    let Inbox { organization_id, id, ref address, .. } = *inbox;
    let leads = AddressEntry { address: address.clone(), organization_id, inbox_id: id };
    change
        .write(Write::Remove(Key::Inbox(id)))
        .create(Purge::of(inbox, now))
        .directory(DirectoryWrite::RetireAddress(leads))
}

/// What names a mail with a link, which is sent once.
pub(crate) fn notice_key(asked: &AskedClaim) -> Digest {
    Digest::of_parts(&[b"claim", asked.id.to_string().as_bytes()])
}

/// Why a link claims nothing, in words for whoever holds it.
fn closed(why: ClaimClosed) -> Refusal {
    let (code, message) = match why {
        ClaimClosed::Unknown => (
            Code::ClaimNotValid,
            "this link claims nothing: a newer mail may have the link that holds, or the organization is long over",
        ),
        ClaimClosed::Used => (Code::ClaimUsed, "this organization has its owner: sign in"),
        ClaimClosed::Expired => (
            Code::ClaimExpired,
            "this organization was to be claimed within seven days, which are over: it is deleted with its mail",
        ),
    };
    Refusal::because(code, message)
}
