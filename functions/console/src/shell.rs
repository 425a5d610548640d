//! What all pages share: the frame around them and their style sheet.

use std::sync::LazyLock;

use app::Refusal;
use app::people::members;
use app::people::sessions::Me;
use domain::Timestamp;
use domain::base::digest::Digest;
use domain::people::access::scope;
use domain::people::organization::{Member, Organization, Pause};
use futures_util::future::try_join;
use runtime::http::Request;

use crate::Context;
use crate::guard::PAGE_SCRIPT;
use crate::page::{At, Audience, Menu, Page};
use crate::route;
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
    /// What shows times on the reader's clock, and what happens meanwhile.
    pub script: &'static str,
    /// Who is signed in.
    pub who: Option<Who>,
    /// The pause of the organization, where there is one.
    pub paused: Option<Paused>,
    /// What people come for every day.
    pub daily: Vec<Item>,
    /// What is set up and looked after.
    pub settings: Vec<Item>,
    /// The brake, for whoever may pull it, and for everybody while it is pulled.
    pub brake: Option<Item>,
}

/// A page in the menu.
pub(crate) struct Item {
    /// Its address.
    pub address: String,
    /// What it is called there.
    pub word: &'static str,
    /// For `aria-current`: `page` where it is shown, `true` where one below it is, or else empty.
    pub current: &'static str,
}

impl Item {
    /// A page as it is in the menu of somebody who looks at another.
    fn new(page: &Page, word: &'static str, seen: Option<&Page>) -> Self {
        let seen = seen.map_or("", |seen| seen.path);
        let current = match seen {
            seen if seen == page.path => "page",
            seen if seen.contains(&format!("{}/", page.path)) => "true",
            _ => "",
        };
        Self { address: At::default().address(page.path), word, current }
    }

    /// Whether it is the list of what waits, beside which stands how much of it is the reader's.
    pub(crate) fn is_queue(&self) -> bool {
        self.address == route::QUEUE
    }
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
        organization.paused.as_ref().map(|pause| Self::new(pause, names, now))
    }

    /// A pause, as a person reads it.
    pub(crate) fn new(pause: &Pause, names: &Names, now: Timestamp) -> Self {
        Self { by: names.doer(&pause.by), at: Moment::new(pause.at, now), reason: body(&pause.reason) }
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
        let who = Who {
            email: me.member.email.as_str().to_owned(),
            role: me.member.role.as_str(),
            organization: me.organization.name.clone(),
            csrf: visit.session.form_token(),
        };
        let paused = Paused::of(&me.organization, &names, visit.ports.now());
        let shell = Shell { who: Some(who), ..Shell::bare() }.with_menu(visit, paused);
        Ok(Self { me, members, names, shell })
    }
}

impl Shell {
    /// For somebody who is not signed in, or of whom nothing is known.
    pub(crate) fn bare() -> Self {
        Self {
            style: style_version(),
            script: PAGE_SCRIPT,
            who: None,
            paused: None,
            daily: vec![],
            settings: vec![],
            brake: None,
        }
    }

    /// For whoever asks, as far as they can be known.
    pub(crate) async fn of_reader(context: &Context, request: &Request) -> Self {
        let Ok(visit) = Visit::of(context, request, &[]).await else { return Self::bare() };
        Frame::of(&visit).await.map_or_else(|_| Self::bare(), |frame| frame.shell)
    }

    /// The setting that is looked at, as the menu calls it; empty where it is none.
    pub(crate) fn setting(&self) -> &'static str {
        self.settings.iter().find(|item| !item.current.is_empty()).map_or("", |item| item.word)
    }

    /// With the pages that the reader may open, each at the place that it declares.
    fn with_menu(mut self, visit: &Visit, paused: Option<Paused>) -> Self {
        let (mut daily, mut settings) = (vec![], vec![]);
        for page in Page::all() {
            let opens = match page.audience {
                Audience::Anyone | Audience::Session => true,
                Audience::With(scope) => visit.may(scope),
                Audience::Secret => false,
            };
            match page.menu {
                _ if !opens => {}
                Menu::Daily(place, word) => daily.push((place, Item::new(page, word, visit.page))),
                Menu::Setting(place, word) => settings.push((place, Item::new(page, word, visit.page))),
                Menu::Brake if paused.is_some() => {
                    self.brake = Some(Item::new(page, "Mail is paused", visit.page));
                }
                // It is pulled by whoever decides.
                Menu::Brake if visit.may_decide() => {
                    self.brake = Some(Item::new(page, "Pause all mail", visit.page));
                }
                Menu::Brake | Menu::None => {}
            }
        }
        let in_order = |mut items: Vec<(u8, Item)>| {
            items.sort_by_key(|(place, _)| *place);
            items.into_iter().map(|(_, item)| item).collect()
        };
        Self { daily: in_order(daily), settings: in_order(settings), paused, ..self }
    }
}
