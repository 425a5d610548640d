//! What all pages share: the frame around them and their style sheet.

use std::sync::LazyLock;

use app::Refusal;
use app::people::members;
use app::people::sessions::Me;
use domain::Timestamp;
use domain::base::digest::Digest;
use domain::people::access::{Scope, scope};
use domain::people::organization::{Member, Organization};
use futures_util::future::try_join;

use crate::visit::Visit;
use crate::words::{Doer, Moment, Names, body, short};

/// The style sheet of all pages.
pub(crate) const STYLE: &str = include_str!("../templates/style.css");

/// Stands in the style sheet's address, so that a browser may keep it for ever and still never shows an old one.
static STYLE_VERSION: LazyLock<String> = LazyLock::new(|| short(&Digest::of(STYLE.as_bytes()).hex()));

/// The version of the style sheet.
pub(crate) fn style_version() -> &'static str {
    &STYLE_VERSION
}

/// The frame of a page.
pub(crate) struct Shell {
    /// The version of the style sheet.
    pub style: &'static str,
    /// Who is signed in.
    pub who: Option<Who>,
    /// The pause of the organization, where there is one.
    pub paused: Option<Paused>,
}

/// Who is signed in, as the head of a page says it.
pub(crate) struct Who {
    /// Their address.
    pub email: String,
    /// Their role.
    pub role: &'static str,
    /// Their organization.
    pub organization: String,
    /// What forms must carry.
    pub csrf: String,
    /// Whether they may pause all mail.
    pub may_pause: bool,
    /// Whether they see the policies.
    pub policies: bool,
    /// Whether they see the audit log.
    pub audit: bool,
}

/// A pause.
pub(crate) struct Paused {
    /// By whom.
    pub by: Doer,
    /// Since when.
    pub at: Moment,
    /// Why, in their words.
    pub reason: String,
}

impl Paused {
    /// The pause of an organization, where there is one.
    pub(crate) fn of(organization: &Organization, names: &Names, now: Timestamp) -> Option<Self> {
        let pause = organization.paused.as_ref()?;
        Some(Self { by: names.doer(&pause.by), at: Moment::new(pause.at, now), reason: body(&pause.reason) })
    }
}

/// What every page of somebody who signed in begins with.
pub(crate) struct Frame {
    /// Their seat, as it stands now, and their organization.
    pub me: Me,
    /// Everybody.
    pub members: Vec<Member>,
    /// Their names.
    pub names: Names,
    /// The frame of the page.
    pub shell: Shell,
}

impl Frame {
    /// Reads what the frame shows.
    pub(crate) async fn of(visit: &Visit) -> Result<Self, Refusal> {
        let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
        let (me, members) = try_join(visit.me(), members::list(&visit.ports, &permit)).await?;
        let names = Names::new(Some(me.member.id), &members);
        let may = |scope| visit.principal.scopes.contains(&scope);
        let who = Who {
            email: me.member.email.as_str().to_owned(),
            role: me.member.role.as_str(),
            organization: me.organization.name.clone(),
            csrf: visit.session.form_token(),
            may_pause: may(Scope::ApprovalsDecide),
            policies: may(Scope::PoliciesManage),
            audit: may(Scope::AuditRead),
        };
        let paused = Paused::of(&me.organization, &names, visit.ports.now());
        let shell = Shell { style: style_version(), who: Some(who), paused };
        Ok(Self { me, members, names, shell })
    }
}

impl Shell {
    /// For somebody who is not signed in, or of whom nothing is known.
    pub(crate) fn bare() -> Self {
        Self { style: style_version(), who: None, paused: None }
    }
}
