//! Setting an installation up in a browser: an operator has a link drawn, and whoever opens it makes an organization and is its owner.

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::{Actor, Role};
use domain::people::browser::Browser;
use domain::people::credential::{OpenedWith, Secret, Session};
use domain::people::organization::Organization;
use domain::people::setup::{Setup, SetupClosed, SetupSecret};

use crate::base::error::{FieldError, Refusal};
use crate::base::ports::Ports;
use crate::base::store::{Conflict, Directory, DirectoryWrite, SessionPointer, StoreError};
use crate::base::trail::Trail;
use crate::people::password::check_new_password;
use crate::people::provision::{NewMember, prepare};
use crate::people::sessions::{Doors, fresh};

/// Draws a set-up link. Its secret is returned here and nowhere else, ever.
///
/// Where there is an organization already, however it was made, a link is drawn only where `another` is asked for: whoever deploys again
/// gets none by the way. An organization counts once its audit log has a chain, moments after it was made.
pub async fn draw(
    ports: &Ports,
    directory: &dyn Directory,
    trail: &dyn Trail,
    another: bool,
) -> Result<(Setup, SetupSecret), Refusal> {
    if !another && !trail.heads(None, 1).await?.is_empty() {
        return Err(Refusal::because(
            Code::OrganizationExists,
            "there is an organization already, whose owners invite others: for one more, invoke this with {\"another\": true}",
        ));
    }
    let secret = SetupSecret::new(ports.bytes());
    let setup = Setup::new(&secret, ports.now());
    directory.keep_setup(&setup).await?;
    Ok((setup, secret))
}

/// What a set-up link opens. Changes nothing.
pub async fn open(ports: &Ports, directory: &dyn Directory, secret: &SetupSecret) -> Result<Setup, Refusal> {
    let setup = directory.setup(secret.hash()).await?.ok_or_else(|| closed(SetupClosed::Unknown))?;
    setup.opens(ports.now()).map_err(closed)?;
    Ok(setup)
}

/// What somebody says of the organization that they make.
#[derive(Clone, PartialEq, Eq)]
pub struct NewOrganization {
    /// What it is called, 1 to 100 characters.
    pub name: String,
    /// The address that its owner signs in with.
    pub email: EmailAddress,
    /// Their password, as [`check_new_password`] takes it.
    pub password: String,
}

impl NewOrganization {
    /// All that is wrong with it, as far as that can be told without the links and logins that there are.
    pub fn check(&self, ports: &Ports) -> Vec<FieldError> {
        let is_ours = self.email.domain().eq_ignore_ascii_case(&ports.settings.mail_domain);
        let address = is_ours.then(|| {
            let message = "is on the domain of the inboxes, which programs read: give an address of your own";
            FieldError::new("email", Code::AddressOfInbox, message)
        });
        let password = check_new_password("password", &self.password, &self.email, &self.name);
        address.into_iter().chain(password.err()).collect()
    }
}

/// What came of a set-up link.
pub struct Made {
    /// The organization.
    pub organization: Organization,
    /// Its owner's session.
    pub session: Session,
    /// What their browser shows of it.
    pub secret: Secret,
}

/// Makes an organization, its owner's seat and login, and their session, and uses the link up, all of it or nothing: of two who do so at
/// once with one link, one has it.
pub async fn make(
    ports: &Ports,
    doors: &Doors<'_>,
    secret: &SetupSecret,
    new: NewOrganization,
    browser: Option<Browser>,
) -> Result<Made, Refusal> {
    // Whoever has no link has nothing hashed, and no key made.
    let setup = open(ports, doors.directory, secret).await?;
    let errors = new.check(ports);
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors));
    }
    let NewOrganization { name, email, password } = new;
    let owner = NewMember { email, role: Role::Owner, password };
    let (organization, seats, change) =
        prepare(ports, doors.data_keys, (setup.organization_id(), name), &[owner]).await?;
    let seat = seats.first().ok_or_else(|| Refusal::Internal("an organization without a seat".to_owned()))?;
    let (session, shown) = fresh(ports, seat, browser, OpenedWith::Password);
    let actor = Actor::Member { member_id: seat.id };
    let mut entry = ports.audit(organization.id, &actor, "session.create", session.id);
    entry.details.push(("opened_with", session.opened_with.as_str().to_owned()));
    let change = change
        .directory(DirectoryWrite::UseSetup { hash: setup.hash, at: ports.now() })
        .create(session.clone())
        .create(SessionPointer::from(&session))
        .audit(entry);
    match ports.store.commit(change).await {
        Ok(()) => Ok(Made { organization, session, secret: shown }),
        Err(StoreError::Conflict(conflicts)) if conflicts.contains(&Conflict::Directory) => {
            // Either somebody else used the link meanwhile, or the address has a login.
            open(ports, doors.directory, secret).await?;
            Err(Refusal::because(
                Code::EmailTaken,
                "somebody signs in with this address already: take another",
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// Why a link opens nothing, in words for whoever holds it.
fn closed(why: SetupClosed) -> Refusal {
    let (code, message) = match why {
        SetupClosed::Unknown => (
            Code::SetupNotValid,
            "this link sets nothing up: it is cut short or long over; whoever deployed this has another drawn",
        ),
        SetupClosed::Used => (Code::SetupUsed, "an organization was made with this link: sign in"),
        SetupClosed::Expired => (
            Code::SetupExpired,
            "this link held for 24 hours, which are over: whoever deployed this has another drawn",
        ),
    };
    Refusal::because(code, message)
}
