//! Keys that sign: offering one, vouching for one, taking one away, and for which mail one is demanded.
//!
//! What is asked of the key log is proposed here and signed in the browser, which sends it to the one function that writes the log. None of
//! these pages can write there.

use app::Refusal;
use app::gate::signing_keys::{self, Wanted};
use app::people::passkeys;
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::people::access::{Scope as Right, scope};
use domain::people::key_links::KeyLinkSecret;
use domain::people::key_log::{By, Deed, Entry, Key, KeyLog, NewKey, OFFER, Scope, code, short_name};
use domain::people::passkey::Passkey;
use domain::people::signing::{Assertion, KeyId, SignedVotes};
use domain::{MemberId, PasskeyId, Timestamp};
use runtime::http::{Request, Response};
use serde_json::json;
use wire::gate::signing_keys::offer_of_form;

use super::{passkeys as sign_in_keys, render};
use crate::guard::{self, Form};
use crate::page::{At, Audience, Back, Get, Menu, Page};
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, count};
use crate::{Context, route};

const HERE: &str = "/signing-keys";
const ADDRESS: &str = "/console/signing-keys";

/// The page, and what its forms ask for.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: HERE,
        audience: Audience::With(Right::ApprovalsRead),
        menu: Menu::Setting(31, "Signing keys"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: "/signing-keys/log",
        audience: Audience::With(Right::AuditRead),
        get: Get::Page(|context, request, _| Box::pin(download(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/signing-keys/offer",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(ask_to_offer(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/signing-keys/offered",
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(offered(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/signing-keys/ask",
        audience: Audience::With(Right::ApprovalsRead),
        get: Get::To(HERE),
        post: Some(|context, request, _| Box::pin(ask(context, request))),
        back: Back::To(HERE),
        ..Page::NEW
    },
    Page {
        path: "/signing-keys/link/{key_link}",
        audience: Audience::With(Right::ApprovalsRead),
        get: Get::Page(|context, request, at| {
            Box::pin(async move { link(context, request, &secret_of(&at)?).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { ask_by_link(context, request, &secret_of(&at)?).await })
        }),
        back: Back::Here(&[]),
        ..Page::NEW
    },
];

fn secret_of(at: &At) -> Result<KeyLinkSecret, Refusal> {
    at.read(|text| KeyLinkSecret::parse(text).ok_or(()))
}

/// A passkey of whoever reads.
struct Own {
    id: PasskeyId,
    name: String,
    device_bound: bool,
    /// What it does, in a sentence.
    state: String,
    /// What the key log calls it, where it waits for somebody to vouch for it.
    offered: Option<String>,
    /// Whether it may be offered, anew perhaps.
    can_offer: bool,
    /// Whether it can be registered from here, by a link or by another key of theirs.
    can_vouch: bool,
}

/// A key that somebody else offers.
struct Offered {
    member_id: MemberId,
    whose: Doer,
    key: String,
    short: String,
}

/// A key of the log.
struct Row {
    whose: Doer,
    key: String,
    name: String,
    rights: &'static str,
    device_bound: bool,
    state: String,
    ended: bool,
    /// What the reader can do with it.
    deeds: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "signing_keys.html")]
struct SigningKeysPage {
    shell: Shell,
    notice: &'static str,
    alert: String,
    csrf: String,

    organization: String,
    begun: bool,
    own: Vec<Own>,
    offers: Vec<Offered>,
    keys: Vec<Row>,
    demands: Vec<String>,
    /// Where mail comes from that others could send from as well, though it is demanded to be signed.
    unguarded: Vec<String>,
    /// Whether a key of theirs vouches for others.
    manages: bool,
    entries: String,
    head: String,
}

/// The page on which a key signs.
#[derive(Template)]
#[template(path = "sign.html")]
struct SignPage {
    shell: Shell,
    title: &'static str,
    what: Vec<String>,
    action: &'static str,
    /// What its script goes by.
    data: Vec<(&'static str, String)>,
    fields: Vec<(&'static str, String)>,
    /// Whether the key's answer has a code, which is shown before it is sent.
    has_code: bool,
    button: &'static str,
    text: String,
    back: String,
}

impl SignPage {
    /// What asks the key.
    fn script() -> &'static str {
        guard::SIGN_SCRIPT
    }
}

impl SigningKeysPage {
    /// What shows the codes that this browser made.
    fn script() -> &'static str {
        guard::SIGN_SCRIPT
    }
}

#[derive(Template)]
#[template(path = "key_link.html")]
struct KeyLinkPage {
    shell: Shell,
    alert: String,
    csrf: String,
    organization: String,
    begun: bool,
    own: Vec<Own>,
    /// Keys that the link may revoke: whose, by what they are told apart, and by what the log calls them.
    keys: Vec<(Doer, String, String)>,
    address: String,
}

/// What the key log says of a key.
fn state_of(key: &Key, now: Timestamp) -> String {
    let at = |at| Moment::new(at, now).exact;
    match key.until {
        Some(until) if until <= now => format!("Revoked, {}.", at(until)),
        Some(until) => format!("Revoked: it counts until {}.", at(until)),
        None if key.suspended => "Suspended: it counts for nothing until it is resumed.".to_owned(),
        None if key.new.from > now => format!("Counts from {} on.", at(key.new.from)),
        None => format!("Counts since {}.", at(key.new.from)),
    }
}

/// The reader's passkeys, as the log has them. `by_link` tells whether a link vouches.
fn own_rows(log: &KeyLog, passkeys: &[Passkey], by_link: bool, now: Timestamp) -> Vec<Own> {
    let others_count =
        |id: KeyId| passkeys.iter().any(|other| other.key_id() != id && counts(log, other, now));
    let one = |passkey: &Passkey| {
        let id = passkey.key_id();
        let known = log.key(id);
        let offer = passkey.offer.as_ref().filter(|offer| now.duration_since(offer.at) < OFFER);
        let state = match (known, offer) {
            (Some(known), _) => state_of(known, now),
            (None, Some(offer)) => format!(
                "Offered, {}: somebody whose key vouches for others asks you for its code and vouches for it, within a week.",
                Moment::new(offer.at, now).relative
            ),
            (None, None) => "Signs in, and signs no votes.".to_owned(),
        };
        Own {
            id: passkey.id,
            name: passkey.name.clone(),
            device_bound: !passkey.synced,
            state,
            offered: offer.filter(|_| known.is_none()).map(|_| id.to_string()),
            can_offer: known.is_none() && !by_link,
            can_vouch: known.is_none() && (by_link || others_count(id)),
        }
    };
    passkeys.iter().map(one).collect()
}

fn counts(log: &KeyLog, passkey: &Passkey, now: Timestamp) -> bool {
    log.key(passkey.key_id()).is_some_and(|key| key.counts(now))
}

/// The passkey of the reader whose key vouches: one that nobody revokes, and that manages, first. What `revokes` one that manages does first,
/// since it may go on doing that while it is being revoked.
fn voucher<'a>(log: &KeyLog, passkeys: &'a [Passkey], revokes: bool, now: Timestamp) -> Option<&'a Passkey> {
    let counted = passkeys.iter().filter(|passkey| counts(log, passkey, now));
    counted.max_by_key(|passkey| {
        let (stands, manages) =
            log.key(passkey.key_id()).map_or((false, false), |key| (key.until.is_none(), key.new.manages));
        if revokes { (manages, stands) } else { (stands, manages) }
    })
}

async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("offered") => "Offered. Tell whoever vouches for keys the code of it, by phone or in person.",
        Some("written") => "The key log has it. Owners and those who decide are told by mail.",
        _ => "",
    };
    page(&visit, 200, notice, String::new()).await
}

async fn page(visit: &Visit, status: u16, notice: &'static str, alert: String) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let frame = Frame::of(visit).await?;
    let log = signing_keys::read(visit.powers.key_logs()?, &permit).await?;
    let own = passkeys::list(&visit.ports, &visit.session).await?;
    let (now, me) = (visit.ports.now(), visit.session.member_id);
    let unguarded = signing_keys::unguarded(&visit.ports, visit.powers.key_logs()?, &permit).await?;
    let by = voucher(&log, &own, false, now).and_then(|passkey| log.key(passkey.key_id()));
    let revoking = voucher(&log, &own, true, now).and_then(|passkey| log.key(passkey.key_id()));
    let revokes = revoking.is_some_and(|key| key.new.manages);
    let manages = by.is_some_and(|key| key.new.manages);
    let offers =
        if manages { signing_keys::offers(&visit.ports, &permit, &frame.members).await? } else { vec![] };
    let offers =
        offers.into_iter().filter(|(member_id, key)| *member_id != me && log.key(key.key_id()).is_none());
    let offered = |(member_id, key): (MemberId, Passkey)| Offered {
        member_id,
        whose: frame.names.member(member_id),
        key: key.key_id().to_string(),
        short: key.key_id().hex()[..8].to_owned(),
    };
    let row = |key: &Key| {
        let is_own = key.new.member_id == me;
        let own = is_own && by.is_some();
        let stands = key.until.is_none();
        let mut deeds = vec![];
        if stands && (own || manages) {
            if key.suspended {
                deeds.push(("resume", "Resume…"));
            } else if key.new.from <= now && (own || !key.new.manages) {
                deeds.push(("suspend", "Suspend…"));
            }
        }
        if stands && (own || manages || revokes) {
            deeds.push(("revoke", "Revoke…"));
        }
        if manages && !is_own && key.until.is_some_and(|until| until > now) {
            deeds.push(("resume", "Take the revocation back…"));
        }
        Row {
            whose: frame.names.member(key.new.member_id),
            key: key.new.id.to_string(),
            name: short_name(key.new.id),
            rights: match (key.new.decides, key.new.manages) {
                (true, true) => "signs votes and vouches for keys",
                (true, false) => "signs votes",
                (false, true) => "vouches for keys",
                (false, false) => "counts for nothing",
            },
            device_bound: key.new.device_bound,
            state: if stands && !frame.members.iter().any(|member| member.id == key.new.member_id) {
                format!("{} Its person is no member any more: revoke it.", state_of(key, now))
            } else {
                state_of(key, now)
            },
            ended: key.until.is_some_and(|until| until <= now),
            deeds,
        }
    };
    let shown = SigningKeysPage {
        notice,
        alert,
        csrf: visit.session.form_token(),
        organization: visit.session.organization_id.to_string(),
        begun: !log.entries().is_empty(),
        own: own_rows(&log, &own, false, now),
        offers: offers.map(offered).collect(),
        keys: log.keys().map(row).collect(),
        demands: log.demands(now).map(|demand| demanded(demand, now)).collect(),
        unguarded,
        manages,
        entries: format!("The log has {}.", count(log.entries().len(), "entry", "entries")),
        head: log.head().to_string(),
        shell: frame.shell,
    };
    Ok(guard::html_with_signing(status, render(&shown)?))
}

fn demanded((scope, from, asked): (&Scope, Timestamp, SignedVotes), now: Timestamp) -> String {
    let of = match scope {
        Scope::Organization => "All mail".to_owned(),
        Scope::Domain(domain) => format!("Mail from {domain}"),
        Scope::Address(address) => format!("Mail from {address}"),
    };
    let bound = if asked.device_bound { ", by keys that stay in their device" } else { "" };
    let needs = match asked.votes {
        0 => "needs no signed vote".to_owned(),
        votes => format!("needs {}{bound}", count(usize::from(votes), "signed vote", "signed votes")),
    };
    let when = if from > now { format!(", from {} on", Moment::new(from, now).exact) } else { String::new() };
    format!("{of} {needs}{when}.")
}

async fn download(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::AuditRead>()?;
    let text = signing_keys::text(visit.powers.key_logs()?, &permit).await?;
    Ok(guard::file("text/plain; charset=utf-8", "key-log.txt", text))
}

/// Asks a passkey to sign that its person offers it.
async fn ask_to_offer(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let id = PasskeyId::parse(form.field("passkey_id")).map_err(|_| Refusal::NotFound("passkey"))?;
    let origin = route::public_url(&visit.ports, request);
    let site = sign_in_keys::site(&visit.powers, &origin)?;
    let asked = signing_keys::offer(&visit.ports, &site, &visit.session, id).await;
    let new = match asked {
        Ok(new) => new,
        Err(refusal) => return told(&visit, refusal).await,
    };
    let own = passkeys::list(&visit.ports, &visit.session).await?;
    let passkey = own.iter().find(|key| key.id == id).ok_or(Refusal::NotFound("passkey"))?;
    let text = new.offer(visit.session.organization_id);
    let shown = SignPage {
        shell: Frame::of(&visit).await?.shell,
        title: "Offer a key",
        what: vec![
            format!(
                "Your key signs that it is yours, and that \u{201C}{}\u{201D} is to sign your votes.",
                passkey.name
            ),
            "What it answers has a code, which this page then shows. Whoever vouches for the key asks you for that: tell them by phone \
             or in person."
                .to_owned(),
        ],
        action: "/console/signing-keys/offered",
        data: vec![
            ("offered", text.clone()),
            ("made", new.offered.to_string()),
            ("key", new.id.to_string()),
            ("credential", STANDARD.encode(&passkey.credential_id)),
        ],
        fields: vec![
            ("csrf", visit.session.form_token()),
            ("passkey_id", id.to_string()),
            ("offered", new.offered.to_string()),
            ("signed", String::new()),
        ],
        has_code: true,
        button: "Sign with this key",
        text,
        back: ADDRESS.to_owned(),
    };
    Ok(guard::html_with_signing(200, render(&shown)?))
}

/// Keeps what it signed.
async fn offered(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let id = PasskeyId::parse(form.field("passkey_id")).map_err(|_| Refusal::NotFound("passkey"))?;
    let origin = route::public_url(&visit.ports, request);
    let site = sign_in_keys::site(&visit.powers, &origin)?;
    let kept = match offer_of_form(form.field("offered"), form.field("signed")) {
        Ok(offer) => signing_keys::keep_offer(&visit.ports, &site, &visit.session, id, offer).await,
        Err(refusal) => Err(refusal),
    };
    match kept {
        Ok(_) => Ok(guard::see_other(&format!("{ADDRESS}?notice=offered"))),
        Err(refusal) => told(&visit, refusal).await,
    }
}

/// The page again, with why nothing was done; what nobody can mend is left to the page of errors.
async fn told(visit: &Visit, refusal: Refusal) -> Result<Response, Refusal> {
    match words(&refusal) {
        Some((status, text)) => page(visit, status, "", text).await,
        None => Err(refusal),
    }
}

fn words(refusal: &Refusal) -> Option<(u16, String)> {
    let status = match refusal.code() {
        Code::SignatureRefused | Code::InvalidEntry | Code::PasskeyRefused => 422,
        Code::KeyLogChanged
        | Code::KeyLogRefused
        | Code::KeyLinkClosed
        | Code::KeyNotOffered
        | Code::NoPasskeysHere => 409,
        _ => return None,
    };
    let said = match refusal {
        Refusal::Invalid(errors) => errors.first().map_or_else(String::new, |error| error.message.clone()),
        other => other.to_string(),
    };
    Some((status, format!("Nothing was done: {said}.")))
}

fn nothing() -> Assertion {
    Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] }
}

/// What a form wants of the key log; or what is wrong with it.
fn wanted(form: &Form) -> Result<Wanted, String> {
    let key = Digest::parse(form.field("key"));
    if form.field("deed") == "demand" {
        let sender = form.field("sender").trim().to_ascii_lowercase();
        let scope = if sender.is_empty() { Some(Scope::Organization) } else { Scope::sender(&sender) };
        let scope = scope.ok_or("Give a domain or an address, or nothing for all mail.")?;
        let votes = form.field("votes").trim().parse().ok().filter(|votes| *votes <= 10);
        let votes = votes.ok_or("Give how many signed votes it needs, 0 to 10.")?;
        let device_bound = !form.field("device_bound").is_empty();
        return Ok(Wanted::Deed(Deed::Demand(scope, SignedVotes { votes, device_bound })));
    }
    let key = key.map_err(|_| "This is no key of the page.")?;
    match form.field("deed") {
        "revoke" => Ok(Wanted::Deed(Deed::Revoke(key))),
        "suspend" => Ok(Wanted::Deed(Deed::Suspend(key))),
        "resume" => Ok(Wanted::Deed(Deed::Resume(key))),
        "register" => {
            let member_id = MemberId::parse(form.field("member_id")).map_err(|_| "This is no member.")?;
            let is = |name: &str| !form.field(name).is_empty();
            let code = form.field("code").to_owned();
            Ok(Wanted::Register { member_id, key, code, decides: is("decides"), manages: is("manages") })
        }
        _ => Err("This is no form of the page.".to_owned()),
    }
}

/// Asks the reader's key to vouch for an entry.
async fn ask(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let logs = visit.powers.key_logs()?;
    let log = signing_keys::read(logs, &permit).await?;
    let own = passkeys::list(&visit.ports, &visit.session).await?;
    let revokes = form.field("deed") == "revoke";
    let Some(by) = voucher(&log, &own, revokes, visit.ports.now()) else {
        let text = "Nothing was done: no key of yours counts that could vouch for it.".to_owned();
        return page(&visit, 409, "", text).await;
    };
    let (wanted, next) = if form.field("deed") == "own" {
        // With the rights of the key that vouches.
        let rights = log.key(by.key_id()).map_or((false, false), |key| (key.new.decides, key.new.manages));
        match own_key(&visit, request, &form, rights).await {
            Ok((new, data)) => (Wanted::Own(new), data),
            Err(refusal) => return told(&visit, refusal).await,
        }
    } else {
        match wanted(&form) {
            Ok(wanted) => (wanted, vec![]),
            Err(text) => return page(&visit, 422, "", text).await,
        }
    };
    let proposed =
        signing_keys::propose(&visit.ports, logs, &permit, wanted, By::Key(by.key_id(), nothing())).await;
    let entry = match proposed {
        Ok(entry) => entry,
        Err(refusal) => return told(&visit, refusal).await,
    };
    let frame = Frame::of(&visit).await?;
    let mut data = entry_data(&entry, next);
    data.push(("credential", STANDARD.encode(&by.credential_id)));
    let shown = SignPage {
        title: "Sign with your key",
        what: what(&frame, &log, &entry, visit.ports.now()),
        action: "/console/signing-keys",
        data,
        fields: vec![],
        has_code: false,
        button: "Sign with your key",
        text: entry.signed_text(),
        back: ADDRESS.to_owned(),
        shell: frame.shell,
    };
    Ok(guard::html_with_signing(200, render(&shown)?))
}

/// A passkey of the reader as it offers itself on the page that sends the entry, with these rights; and what the page tells its script of
/// that. What it answers never lies in the table, so nobody puts another key in its place.
async fn own_key(
    visit: &Visit,
    request: &Request,
    form: &Form,
    (decides, manages): (bool, bool),
) -> Result<(NewKey, Vec<(&'static str, String)>), Refusal> {
    let id = PasskeyId::parse(form.field("passkey_id")).map_err(|_| Refusal::NotFound("passkey"))?;
    let origin = route::public_url(&visit.ports, request);
    let site = sign_in_keys::site(&visit.powers, &origin)?;
    let new = signing_keys::offer(&visit.ports, &site, &visit.session, id).await?;
    let own = passkeys::list(&visit.ports, &visit.session).await?;
    let passkey = own.iter().find(|key| key.id == id).ok_or(Refusal::NotFound("passkey"))?;
    let data = vec![
        ("new", new.offer(visit.session.organization_id)),
        ("new-credential", STANDARD.encode(&passkey.credential_id)),
    ];
    Ok((NewKey { decides, manages, ..new }, data))
}

/// What a page tells its script of an entry; `next` of a key of the reader that offers itself on that page.
fn entry_data(entry: &Entry, next: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    let mut data = vec![
        ("entry", entry.signed_text()),
        ("made", entry.at.to_string()),
        ("then", format!("{ADDRESS}?notice=written")),
    ];
    if !next.is_empty() {
        data.extend(next);
    } else if let Deed::Register(_, said) = &entry.deed {
        let offer = json!({
            "client_data": STANDARD.encode(&said.client_data),
            "authenticator_data": STANDARD.encode(&said.authenticator_data),
            "signature": STANDARD.encode(&said.signature),
        });
        data.push(("offer", offer.to_string()));
    }
    data
}

/// What an entry does, in sentences.
fn what(frame: &Frame, log: &KeyLog, entry: &Entry, now: Timestamp) -> Vec<String> {
    let name = |id: MemberId| frame.names.member(id).short;
    let known = |id: KeyId| match log.key(id) {
        Some(key) => format!("The key {} of {}", short_name(id), name(key.new.member_id)),
        None => format!("The key {}", short_name(id)),
    };
    match &entry.deed {
        Deed::Register(new, said) => {
            let whose = if new.member_id == frame.me.member.id { "your key".to_owned() } else { format!("a key of {}", name(new.member_id)) };
            let may = match (new.decides, new.manages) {
                (true, true) => "signs votes and vouches for keys of others",
                (true, false) => "signs votes",
                (false, true) => "vouches for keys of others",
                (false, false) => "is known and counts for nothing",
            };
            let when = if new.from > now {
                format!("It counts from {} on: everybody who decides is told now.", Moment::new(new.from, now).exact)
            } else {
                "It counts at once.".to_owned()
            };
            let with = if *said == nothing() { String::new() } else { format!(", with the code {},", code(said)) };
            vec![format!("From now on {whose}{with} {may}."), when]
        }
        Deed::Revoke(id) => vec![
            format!("{} counts no more, for mail that waits as well.", known(*id)),
            "A managing key of somebody else goes on counting for three days, in which everybody who decides is told; it vouches for \
             nothing new."
                .to_owned(),
        ],
        Deed::Suspend(id) => vec![format!("{} counts for nothing until it is resumed.", known(*id))],
        Deed::Resume(id) if log.key(*id).is_some_and(|key| key.until.is_some()) => {
            vec![format!("{} goes on counting: it is revoked no more.", known(*id))]
        }
        Deed::Resume(id) => vec![format!("{} counts again.", known(*id))],
        Deed::Demand(scope, asked) => vec![
            demanded((scope, entry.at, *asked), now),
            "Where that is less than now, it counts after three days, in which everybody who decides is told.".to_owned(),
        ],
    }
}

async fn link(context: &Context, request: &Request, secret: &KeyLinkSecret) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    link_page(&visit, secret, 200, String::new()).await
}

async fn link_page(
    visit: &Visit,
    secret: &KeyLinkSecret,
    status: u16,
    alert: String,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let frame = Frame::of(visit).await?;
    let log = signing_keys::read(visit.powers.key_logs()?, &permit).await?;
    let own = passkeys::list(&visit.ports, &visit.session).await?;
    let shown = KeyLinkPage {
        alert,
        csrf: visit.session.form_token(),
        organization: frame.me.organization.name.clone(),
        begun: !log.entries().is_empty(),
        own: own_rows(&log, &own, true, visit.ports.now()),
        keys: log
            .keys()
            .filter(|key| key.until.is_none_or(|until| until > visit.ports.now()))
            .map(|key| {
                (frame.names.member(key.new.member_id), short_name(key.new.id), key.new.id.to_string())
            })
            .collect(),
        address: format!("{ADDRESS}/link/{}", secret.reveal()),
        shell: frame.shell,
    };
    Ok(guard::private(guard::html(status, render(&shown)?)))
}

/// Registers a key of the reader by the link, or revokes any.
async fn ask_by_link(
    context: &Context,
    request: &Request,
    secret: &KeyLinkSecret,
) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let logs = visit.powers.key_logs()?;
    let proposed = async {
        let (wanted, data) = if form.field("deed") == "revoke" {
            let key = Digest::parse(form.field("key")).map_err(|_| Refusal::NotFound("signing key"))?;
            (Wanted::Deed(Deed::Revoke(key)), vec![])
        } else {
            let (new, data) = own_key(&visit, request, &form, (true, true)).await?;
            (Wanted::Own(new), data)
        };
        let by = By::Link(secret.hash());
        Ok((signing_keys::propose(&visit.ports, logs, &permit, wanted, by).await?, data))
    };
    let (entry, next) = match proposed.await {
        Ok(proposed) => proposed,
        Err(refusal) => match words(&refusal) {
            Some((status, text)) => return link_page(&visit, secret, status, text).await,
            None => return Err(refusal),
        },
    };
    let frame = Frame::of(&visit).await?;
    let log = signing_keys::read(logs, &permit).await?;
    let mut data = entry_data(&entry, next);
    data.push(("link", secret.reveal().to_owned()));
    let revokes = matches!(entry.deed, Deed::Revoke(_));
    let shown = SignPage {
        title: if revokes { "Revoke a key" } else { "Register your key" },
        what: what(&frame, &log, &entry, visit.ports.now()),
        action: "/console/signing-keys",
        data,
        fields: vec![],
        has_code: false,
        button: if revokes { "Revoke it" } else { "Sign with this key, and write it into the key log" },
        text: entry.signed_text(),
        back: ADDRESS.to_owned(),
        shell: frame.shell,
    };
    Ok(guard::private(guard::html_with_signing(200, render(&shown)?)))
}
