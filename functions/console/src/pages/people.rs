//! `/console/people`: who belongs to the organization, in which role and which groups, and who is invited. One member has a page of their
//! own, where their role and groups are changed and where they are removed. Whoever manages nobody sees the list, and may leave.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::PageRequest;
use app::gate::groups::{self, NewGroup};
use app::gate::invitations::{self, NewInvitation};
use app::gate::seats::{self, GroupRef, SeatChange, Seated};
use askama::Template;
use domain::base::address::EmailAddress;
use domain::base::code::{Class, Code};
use domain::base::id::Id as _;
use domain::gate::group::{Group, GroupName};
use domain::people::access::{Role, Scope, scope};
use domain::people::invitation::{Invitation, InvitationStatus};
use domain::people::seats::{check_gift, check_taking};
use domain::{GroupId, InvitationId, MemberId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};

use super::{older, render};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::{Visit, no_cookie};
use crate::words::{Doer, Moment, Names};

/// The list with its forms, and the page of one member with its own.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LIST,
        audience: Audience::With(Scope::ApprovalsRead),
        menu: Menu::Setting(5, "People"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: "/people/invitations",
        post: Some(|context, request, _| Box::pin(invite(context, request))),
        ..MANAGED
    },
    Page {
        path: "/people/invitations/{invitation_id}/resend",
        post: Some(|context, request, at| Box::pin(async move { resend(context, request, at.id()?).await })),
        ..MANAGED
    },
    Page {
        path: "/people/invitations/{invitation_id}/cancel",
        post: Some(|context, request, at| Box::pin(async move { cancel(context, request, at.id()?).await })),
        ..MANAGED
    },
    Page {
        path: "/people/groups",
        audience: Audience::With(Scope::PoliciesManage),
        post: Some(|context, request, _| Box::pin(make_group(context, request))),
        ..MANAGED
    },
    Page {
        path: "/people/groups/{group_id}/delete",
        audience: Audience::With(Scope::PoliciesManage),
        post: Some(|context, request, at| {
            Box::pin(async move { delete_group(context, request, at.id()?).await })
        }),
        ..MANAGED
    },
    Page {
        path: ONE,
        audience: Audience::With(Scope::ApprovalsRead),
        get: Get::Page(|context, request, at| Box::pin(async move { one(context, request, at.id()?).await })),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: "/people/{member_id}/change",
        get: Get::To(ONE),
        post: Some(|context, request, at| Box::pin(async move { change(context, request, at.id()?).await })),
        back: Back::To(ONE),
        ..MANAGED
    },
    Page {
        path: "/people/{member_id}/remove",
        audience: Audience::Session,
        get: Get::To(ONE),
        post: Some(|context, request, at| Box::pin(async move { remove(context, request, at.id()?).await })),
        back: Back::To(ONE),
        ..MANAGED
    },
    Page {
        path: "/people/{member_id}/second-factor",
        get: Get::To(ONE),
        post: Some(|context, request, at| {
            Box::pin(async move { reset_second_factor(context, request, at.id()?).await })
        }),
        back: Back::To(ONE),
        ..MANAGED
    },
    Page {
        path: "/people/{member_id}/transfer",
        get: Get::To(ONE),
        post: Some(|context, request, at| {
            Box::pin(async move { transfer(context, request, at.id()?).await })
        }),
        back: Back::To(ONE),
        ..MANAGED
    },
];

/// What the list's forms ask for.
const MANAGED: Page = Page {
    audience: Audience::With(Scope::MembersManage),
    get: Get::To(LIST),
    back: Back::To(LIST),
    ..Page::NEW
};

const LIST: &str = "/people";
const ONE: &str = "/people/{member_id}";

#[derive(Template)]
#[template(path = "members.html")]
struct PeoplePage {
    shell: Shell,
    notice: &'static str,
    alert: String,
    csrf: String,
    rows: Vec<Row>,
    older: Option<String>,
    /// The form that invites, for whoever may.
    invite: Option<Invite>,
    /// Who is invited, for whoever may invite.
    waiting: Vec<Waiting>,
    groups: Vec<GroupRow>,
    /// Whether the reader may make and delete groups.
    may_group: bool,
    /// The name of a group that was typed and not taken.
    group_name: String,
}

struct Row {
    id: String,
    email: String,
    role: &'static str,
    what: &'static str,
    /// The names of their groups; empty for none.
    groups: String,
    since: Moment,
    is_reader: bool,
}

struct Invite {
    email: String,
    roles: Vec<Choice>,
    groups: Vec<Choice>,
}

/// One of several.
struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

struct Waiting {
    id: String,
    email: String,
    role: &'static str,
    by: Doer,
    at: Moment,
    until: Moment,
    /// Whether its time is over.
    over: bool,
}

struct GroupRow {
    id: String,
    name: String,
    /// The addresses of those who belong to it.
    members: Vec<String>,
}

#[derive(Template)]
#[template(path = "member.html")]
struct MemberPage {
    shell: Shell,
    notice: &'static str,
    alert: String,
    csrf: String,
    id: String,
    email: String,
    role: &'static str,
    what: &'static str,
    since: Moment,
    /// The names of their groups; empty for none.
    groups: String,
    is_reader: bool,
    /// The roles that the reader may give them; none where they may change nothing.
    roles: Vec<Choice>,
    /// The groups, where the reader may change these.
    all_groups: Vec<Choice>,
    /// Whether the reader may remove them, or leave.
    may_remove: bool,
    /// Whether the reader may make them owner in their own place.
    may_transfer: bool,
    /// Where the reader takes away a second factor that they lost; none where there is none, or the reader may not.
    reset_factor: Option<String>,
}

/// What a role lets somebody do, in a few words.
fn what(role: Role) -> &'static str {
    match role {
        Role::Owner => "everything, and the organization itself",
        Role::Admin => "everything but the organization itself",
        Role::Approver => "reads mail and decides what leaves",
        Role::Editor => "reads and writes mail, decides nothing",
        Role::Viewer => "reads mail, changes nothing",
    }
}

/// The roles that the reader may give, of which this one is chosen.
fn roles(visit: &Visit, chosen: Role) -> Vec<Choice> {
    let may = |role: &&Role| check_gift(&visit.principal, **role).is_ok();
    let choice = |role: &Role| Choice {
        value: role.as_str().to_owned(),
        words: format!("{} – {}", role.as_str(), what(*role)),
        chosen: *role == chosen,
    };
    Role::ALL.iter().filter(may).map(choice).collect()
}

/// The groups, of which those are chosen that somebody belongs to.
fn choices(groups: &[Group], chosen: impl Fn(GroupId) -> bool) -> Vec<Choice> {
    let choice = |group: &Group| Choice {
        value: group.id.to_string(),
        words: group.name.to_string(),
        chosen: chosen(group.id),
    };
    groups.iter().map(choice).collect()
}

/// The names of somebody's groups, with commas between.
fn named(seated: &Seated, groups: &[Group]) -> String {
    let own = groups.iter().filter(|group| seated.groups.contains(&group.id));
    own.map(|group| group.name.to_string()).collect::<Vec<_>>().join(", ")
}

/// The groups whose boxes are checked.
fn checked(form: &Form) -> Vec<GroupRef> {
    form.checked("group-").iter().filter_map(|id| GroupId::parse(id).ok()).map(GroupRef::Id).collect()
}

impl Row {
    fn new(seated: &Seated, groups: &[Group], reader: MemberId, now: Timestamp) -> Self {
        let member = &seated.member;
        Self {
            id: member.id.to_string(),
            email: member.email.as_str().to_owned(),
            role: member.role.as_str(),
            what: what(member.role),
            groups: named(seated, groups),
            since: Moment::new(member.created_at, now),
            is_reader: member.id == reader,
        }
    }
}

impl Waiting {
    fn new(one: &Invitation, names: &Names, now: Timestamp) -> Self {
        Self {
            id: one.id.to_string(),
            email: one.email.as_str().to_owned(),
            role: one.role.as_str(),
            by: names.doer(&one.invited_by),
            at: Moment::new(one.created_at, now),
            until: Moment::new(one.expires_at, now),
            over: one.status(now) == InvitationStatus::Expired,
        }
    }
}

/// What was typed and not taken, and why.
#[derive(Default)]
struct Typed {
    alert: String,
    email: String,
    role: Option<Role>,
    groups: Vec<GroupRef>,
    group_name: String,
}

/// The list.
async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("invited") => "The invitation is on its way. It can be accepted for seven days.",
        Some("resent") => "It is sent again: the link of the mail before holds no more.",
        Some("cancelled") => "The invitation is taken back: its link opens nothing any more.",
        Some("removed") => "They are removed, and signed out everywhere.",
        Some("grouped") => "The group is made. Put people into it on their own pages.",
        Some("ungrouped") => "The group is deleted.",
        _ => "",
    };
    let page = request.page()?;
    list(&visit, 200, notice, &page, Typed::default()).await
}

async fn list(
    visit: &Visit,
    status: u16,
    notice: &'static str,
    page: &PageRequest,
    typed: Typed,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let people = try_join(seats::list(&visit.ports, &permit, page), seats::groups(&visit.ports, &permit));
    let (frame, (found, groups)) = try_join(Frame::of(visit), people).await?;
    let now = visit.ports.now();
    let reader = frame.me.member.id;
    let managing = visit.principal.permit::<scope::MembersManage>().ok();
    let mut waiting = vec![];
    if let Some(permit) = &managing {
        let first = PageRequest { limit: 100, cursor: None };
        let known = invitations::list(&visit.ports, permit, &first).await?;
        waiting = known.items.iter().map(|one| Waiting::new(one, &frame.names, now)).collect();
    }
    let is_typed = |id: GroupId| typed.groups.contains(&GroupRef::Id(id));
    let may_group = visit.may(Scope::PoliciesManage);
    let invite = managing.map(|_| Invite {
        email: typed.email.clone(),
        roles: roles(visit, typed.role.unwrap_or(Role::Approver)),
        groups: if may_group { choices(&groups, is_typed) } else { vec![] },
    });
    let address = |id: &MemberId| {
        let member = frame.members.iter().find(|member| member.id == *id);
        member.map(|member| member.email.as_str().to_owned())
    };
    let group = |group: &Group| GroupRow {
        id: group.id.to_string(),
        name: group.name.to_string(),
        members: group.members.iter().filter_map(address).collect(),
    };
    let page = PeoplePage {
        notice,
        alert: typed.alert,
        csrf: visit.session.form_token(),
        rows: found.items.iter().map(|seated| Row::new(seated, &groups, reader, now)).collect(),
        older: older(route::PEOPLE, found.next),
        invite,
        waiting,
        groups: groups.iter().map(group).collect(),
        may_group,
        group_name: typed.group_name,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// The list anew with what was typed, where something about it can be mended.
async fn told(visit: &Visit, refusal: Refusal, typed: Typed) -> Result<Response, Refusal> {
    let Some((status, alert)) = words(&refusal) else { return Err(refusal) };
    let first = PageRequest { limit: 50, cursor: None };
    list(visit, status, "", &first, Typed { alert, ..typed }).await
}

/// What a refusal says that somebody can do something about, as a sentence.
fn words(refusal: &Refusal) -> Option<(u16, String)> {
    let status = match refusal.class() {
        Class::Conflict => 409,
        Class::Invalid => 422,
        Class::RateLimited => 429,
        Class::Forbidden if matches!(refusal.code(), Code::OwnersOnly | Code::ManagerRequired) => 403,
        _ => return None,
    };
    let text = match refusal {
        Refusal::Invalid(errors) => {
            let all = errors.iter().map(|error| format!("{}: {}", error.field, error.message));
            all.collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    };
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    Some((status, first.into_iter().flatten().chain(letters).chain(['.']).collect()))
}

/// Invites somebody.
async fn invite(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MembersManage>()?;
    let email = form.field("email").trim();
    let (role, groups) = (Role::parse(form.field("role")), checked(&form));
    let typed =
        Typed { email: email.chars().take(254).collect(), role, groups: groups.clone(), ..Typed::default() };
    let new = EmailAddress::parse(email)
        .map_err(|_| {
            Refusal::field("Email address", Code::InvalidAddress, "give one such as name@example.com")
        })
        .and_then(|email| {
            let role =
                role.ok_or_else(|| Refusal::field("Role", Code::UnknownRole, "choose one of the list"))?;
            Ok(NewInvitation { email, role, groups })
        });
    let answer = |_: &Invitation| (201, String::new());
    let directory = context.powers.directory()?;
    let invited = match new {
        Ok(new) => invitations::create(&visit.ports, directory, &permit, new, &Once::default(), answer).await,
        Err(refusal) => Err(refusal),
    };
    match invited {
        Ok(_) => Ok(guard::see_other(&format!("{}?notice=invited", route::PEOPLE))),
        Err(refusal) => told(&visit, refusal, typed).await,
    }
}

/// Sends an invitation again.
async fn resend(context: &Context, request: &Request, id: InvitationId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MembersManage>()?;
    match invitations::resend(&visit.ports, &permit, id).await {
        Ok(_) => Ok(guard::see_other(&format!("{}?notice=resent", route::PEOPLE))),
        Err(refusal) => told(&visit, refusal, Typed::default()).await,
    }
}

/// Takes an invitation back.
async fn cancel(context: &Context, request: &Request, id: InvitationId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MembersManage>()?;
    match invitations::delete(&visit.ports, &permit, id).await {
        Ok(()) => Ok(guard::see_other(&format!("{}?notice=cancelled", route::PEOPLE))),
        Err(refusal) => told(&visit, refusal, Typed::default()).await,
    }
}

/// Makes a group without anybody in it.
async fn make_group(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let name = form.field("name").trim();
    let made = match GroupName::parse(name) {
        Some(name) => {
            let new = NewGroup { name, members: vec![] };
            groups::create(&visit.ports, &permit, new, &Once::default(), |_| (201, String::new())).await
        }
        None => Err(Refusal::field(
            "Name",
            Code::InvalidGroupName,
            "take 1 to 50 small letters, digits and hyphens, such as legal",
        )),
    };
    match made {
        Ok(_) => Ok(guard::see_other(&format!("{}?notice=grouped", route::PEOPLE))),
        Err(refusal) => {
            let group_name = name.chars().take(GroupName::MAX).collect();
            told(&visit, refusal, Typed { group_name, ..Typed::default() }).await
        }
    }
}

/// Deletes a group that no policy asks.
async fn delete_group(context: &Context, request: &Request, id: GroupId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    match groups::delete(&visit.ports, &permit, id).await {
        Ok(()) => Ok(guard::see_other(&format!("{}?notice=ungrouped", route::PEOPLE))),
        Err(refusal) => told(&visit, refusal, Typed::default()).await,
    }
}

/// One member.
async fn one(context: &Context, request: &Request, id: MemberId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("changed") => "It is changed, from their next click on.",
        Some("factor-reset") => {
            "Their second factor is taken away, and they are signed out everywhere. They sign in with their password, and set up another."
        }
        Some("transferred") => "They are an owner now, and you are an admin.",
        _ => "",
    };
    member(&visit, 200, notice, id, String::new()).await
}

async fn member(
    visit: &Visit,
    status: u16,
    notice: &'static str,
    id: MemberId,
    alert: String,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let found = try_join(seats::get(&visit.ports, &permit, id), seats::groups(&visit.ports, &permit));
    let (frame, (seated, groups)) = try_join(Frame::of(visit), found).await?;
    let known = &seated.member;
    let is_reader = frame.me.member.id == id;
    let may_take = visit.may(Scope::MembersManage) && check_taking(&visit.principal, known.role).is_ok();
    let is_owner = visit.principal.role == Role::Owner;
    let may_reset_factor = match visit.principal.permit::<scope::MembersManage>() {
        Ok(permit) if may_take && !is_reader => seats::has_second_factor(&visit.ports, &permit, id).await?,
        _ => false,
    };
    let page = MemberPage {
        notice,
        alert,
        csrf: visit.session.form_token(),
        id: id.to_string(),
        email: known.email.as_str().to_owned(),
        role: known.role.as_str(),
        what: what(known.role),
        since: Moment::new(known.created_at, visit.ports.now()),
        groups: named(&seated, &groups),
        is_reader,
        roles: if may_take { roles(visit, known.role) } else { vec![] },
        all_groups: if may_take && visit.may(Scope::PoliciesManage) {
            choices(&groups, |id| seated.groups.contains(&id))
        } else {
            vec![]
        },
        may_remove: is_reader || may_take,
        reset_factor: may_reset_factor.then(|| format!("{}/{id}/second-factor", route::PEOPLE)),
        may_transfer: is_owner && !is_reader && known.role != Role::Owner,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// The page of a member anew, where what was asked for can't be done.
async fn told_of(visit: &Visit, refusal: Refusal, id: MemberId) -> Result<Response, Refusal> {
    let Some((status, alert)) = words(&refusal) else { return Err(refusal) };
    member(visit, status, "", id, alert).await
}

/// Gives a member another role and other groups.
async fn change(context: &Context, request: &Request, id: MemberId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MembersManage>()?;
    // What stands as the page showed it is not asked for: somebody may have changed it since. A page that showed no groups says nothing of them.
    let had = form.checked("had-");
    let same = form.checked("group-") == had;
    let groups = (form.field("groups") == "shown" && !same).then(|| checked(&form));
    let changed = match Role::parse(form.field("role")) {
        Some(role) => {
            let role = Some(role).filter(|role| role.as_str() != form.field("was"));
            let change = SeatChange { role, groups };
            seats::update(&visit.ports, &permit, id, change).await
        }
        None => Err(Refusal::field("Role", Code::UnknownRole, "choose one of the list")),
    };
    match changed {
        Ok(_) => Ok(guard::see_other(&format!("{}/{id}?notice=changed", route::PEOPLE))),
        Err(refusal) => told_of(&visit, refusal, id).await,
    }
}

/// Removes a member, or lets the reader leave.
async fn remove(context: &Context, request: &Request, id: MemberId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let leaves = visit.principal.actor.member() == Some(id);
    match seats::remove(&visit.ports, &visit.principal, id).await {
        Ok(()) if leaves => Ok(guard::see_other("/console/sign-in?notice=left").cookie(no_cookie())),
        Ok(()) => Ok(guard::see_other(&format!("{}?notice=removed", route::PEOPLE))),
        Err(refusal) => told_of(&visit, refusal, id).await,
    }
}

/// Takes away the second factor of a member who lost it.
async fn reset_second_factor(
    context: &Context,
    request: &Request,
    id: MemberId,
) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MembersManage>()?;
    match seats::reset_second_factor(&visit.ports, &permit, id).await {
        Ok(()) => Ok(guard::see_other(&format!("{}/{id}?notice=factor-reset", route::PEOPLE))),
        Err(refusal) => told_of(&visit, refusal, id).await,
    }
}

/// Makes a member owner in the reader's place.
async fn transfer(context: &Context, request: &Request, id: MemberId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MembersManage>()?;
    match seats::transfer(&visit.ports, &permit, id).await {
        Ok(_) => Ok(guard::see_other(&format!("{}/{id}?notice=transferred", route::PEOPLE))),
        Err(refusal) => told_of(&visit, refusal, id).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_mended_is_a_sentence_and_the_rest_is_none() {
        let (status, text) =
            words(&Refusal::because(Code::LastOwner, "an organization keeps an owner")).unwrap();
        assert_eq!((status, text.as_str()), (409, "An organization keeps an owner."));
        let field = Refusal::field("Role", Code::UnknownRole, "choose one of the list");
        assert_eq!(words(&field).unwrap(), (422, "Role: choose one of the list.".to_owned()));
        assert_eq!(words(&Refusal::NotFound("member")), None);
        assert_eq!(words(&Refusal::because(Code::MissingScope, "no")), None);
    }
}
