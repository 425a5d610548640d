//! The approval console: what a person sees before a mail goes out, and where they decide.
//!
//! | module | what |
//! | --- | --- |
//! | `page` | what a page says of itself: its address, who may open it, its place in the menu |
//! | `pages` | one file for each page |
//! | `route` | addresses, and where signing in leads |
//! | `compress` | answers in gzip, and why that gives no secret away |
//! | `guard` | headers of every answer; where a form must come from |
//! | `visit` | the session behind the cookie |
//! | `shell` | what all pages share |
//! | `upload` | forms with files |
//! | `unsubscribe` | the page of strangers who want no more list mail: a function of its own |
//! | `words` | times, sizes, names and states as a person reads them |
//!
//! Five functions show them, each with a role of its own: what strangers wrote (`console-mail`), what is decided
//! (`console-decide`), what calls the provider that people sign in with (`console-openid`), receipts, which are signed
//! (`console-receipts`), and everything else (`console-manage`). They share session and components; the gateway tells them apart by the
//! first part of a path.
//!
//! Pages are made here, on the server, and hold no script. A `GET` never decides; a `POST` needs the session, a token
//! that only a page of this session holds, and an origin that is ours.
//!
//! What a mail says is hostile. It reaches a page in two ways: as text, which askama escapes, or as sanitised HTML
//! inside a sandboxed frame. Nothing else.

mod compress;
mod fields;
mod guard;
mod page;
mod pages;
mod route;
mod shell;
#[cfg(test)]
mod tests;
pub mod unsubscribe;
mod upload;
mod visit;
mod words;

use std::sync::Arc;

use app::base::feed::Feed;
use app::base::ports::{
    Anchors, Authenticators, Blobs, Carriage, DataKeys, KeyLogs, ProviderKeys, Queue, Sandbox, Sheets,
    Signer, Workflow,
};
use app::base::store::Directory;
use app::base::trail::Trail;
use app::gate::submit::Sending;
use app::people::openid::{OpenIdBook, OpenIdProvider};
use app::{Ports, Refusal};
use assembly::Aws;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openid::{Outside, Provider, Registered};
use providers::Providers;
use runtime::Function;
use runtime::environment::{SystemClock, setting};
use runtime::http::{Access, Endpoint, Handling, Request, handler};

use crate::page::Trust;

/// The pages that manage: signing in, settings, and whatever no other function shows. Public, because the page for signing in is; every
/// other page asks for a session itself.
pub const MANAGE: Endpoint = Endpoint {
    name: "console-manage",
    method: "ANY",
    path: "/console/{proxy+}",
    access: Access::Public,
    says: "the pages",
    example: "",
    query: Some(wire::base::schema::Shape::ANYTHING),
    body: None,
    response: None,
    open: || handler(manage(&Aws::from_environment()), handle),
};

/// The pages that decide about what goes out.
pub const DECIDE: Endpoint = Endpoint {
    name: "console-decide",
    path: "/console/approvals/{proxy+}",
    open: || handler(decide(&Aws::from_environment()), handle),
    ..MANAGE
};

/// The pages that show what strangers wrote.
pub const MAIL: Endpoint = Endpoint {
    name: "console-mail",
    path: "/console/inboxes/{proxy+}",
    open: || handler(mail(&Aws::from_environment()), handle),
    ..MANAGE
};

/// The pages that call the provider that people sign in with.
pub const OPENID: Endpoint = Endpoint {
    name: "console-openid",
    path: "/console/openid/{proxy+}",
    open: || handler(openid(&Aws::from_environment()), handle),
    ..MANAGE
};

/// The page that signs: a receipt to download.
pub const RECEIPTS: Endpoint = Endpoint {
    name: "console-receipts",
    path: "/console/receipts/{proxy+}",
    open: || handler(sign(&Aws::from_environment()), handle),
    ..MANAGE
};

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] =
    &[&DECIDE, &MAIL, &MANAGE, &OPENID, &RECEIPTS, &unsubscribe::ENDPOINT];

/// The paths that the gateway is told, each with the function behind it. Of two that fit it takes the longer.
pub fn paths() -> Vec<(String, &'static str)> {
    let mut paths = vec![("/console".to_owned(), MANAGE.name), ("/console/{proxy+}".to_owned(), MANAGE.name)];
    for (room, trust) in pages::rooms() {
        let name = match trust {
            Trust::Mail => MAIL.name,
            Trust::Decide => DECIDE.name,
            Trust::OpenId => OPENID.name,
            Trust::Manage => MANAGE.name,
            Trust::Sign => RECEIPTS.name,
        };
        paths.extend(["", "/{proxy+}"].map(|below| (format!("/console/{room}{below}"), name)));
    }
    paths
}

/// What one of the functions needs of the world.
struct Context {
    ports: Ports,
    powers: Powers,
    /// Which pages it shows.
    trust: Trust,
}

/// What the pages take of the world, each its part, beside what every use case may touch. A function has what its pages take, and no more.
#[derive(Clone, Default)]
struct Powers {
    /// What mails say, and their files.
    blobs: Option<Arc<dyn Blobs>>,
    /// Files of uploads, and what was read of them.
    sheets: Option<Arc<dyn Sheets>>,
    /// What says how files look.
    previews: Option<Arc<dyn Sandbox>>,
    /// Logins and addresses.
    directory: Option<Arc<dyn Directory>>,
    /// What waits to be decided.
    workflow: Option<Arc<dyn Workflow>>,
    /// The audit log.
    trail: Option<Arc<dyn Trail>>,
    /// Where those wait who are to be told something by mail.
    notices: Option<Arc<dyn Queue>>,
    /// Where its ends are written.
    anchors: Option<Arc<dyn Anchors>>,
    /// Keys of organizations, under which secrets of webhooks and second factors are sealed.
    data_keys: Option<Arc<dyn DataKeys>>,
    /// What browsers say of passkeys.
    authenticators: Option<Arc<dyn Authenticators>>,
    /// The events.
    feed: Option<Arc<dyn Feed>>,
    /// What the provider is called that people may sign in with; none where there is none.
    provider_name: Option<Arc<str>>,
    /// That provider.
    provider: Option<Arc<dyn OpenIdProvider>>,
    /// Ways there, and whose account there opens what.
    book: Option<Arc<dyn OpenIdBook>>,
    /// What receipts are signed with.
    signer: Option<Arc<dyn Signer>>,
    /// Whose keys sign.
    key_logs: Option<Arc<dyn KeyLogs>>,
    /// What providers of connected accounts can be given.
    carriage: Option<Arc<dyn Carriage>>,
    /// Those providers.
    provider_keys: Option<Arc<dyn ProviderKeys>>,
}

impl Powers {
    fn blobs(&self) -> Result<&dyn Blobs, Refusal> {
        self.blobs.as_deref().ok_or_else(|| elsewhere("objects"))
    }

    fn sheets(&self) -> Result<&dyn Sheets, Refusal> {
        self.sheets.as_deref().ok_or_else(|| elsewhere("uploads"))
    }

    fn previews(&self) -> Result<&dyn Sandbox, Refusal> {
        self.previews.as_deref().ok_or_else(|| elsewhere("previews"))
    }

    fn directory(&self) -> Result<&dyn Directory, Refusal> {
        self.directory.as_deref().ok_or_else(|| elsewhere("the directory"))
    }

    fn workflow(&self) -> Result<&dyn Workflow, Refusal> {
        self.workflow.as_deref().ok_or_else(|| elsewhere("workflows"))
    }

    fn trail(&self) -> Result<&dyn Trail, Refusal> {
        self.trail.as_deref().ok_or_else(|| elsewhere("the audit log"))
    }

    fn notices(&self) -> Result<&dyn Queue, Refusal> {
        self.notices.as_deref().ok_or_else(|| elsewhere("the queue of notifications"))
    }

    fn anchors(&self) -> Result<&dyn Anchors, Refusal> {
        self.anchors.as_deref().ok_or_else(|| elsewhere("the anchors"))
    }

    fn provider_keys(&self) -> Result<&dyn ProviderKeys, Refusal> {
        self.provider_keys.as_deref().ok_or_else(|| elsewhere("providers of connected accounts"))
    }

    fn data_keys(&self) -> Result<&dyn DataKeys, Refusal> {
        self.data_keys.as_deref().ok_or_else(|| elsewhere("keys of organizations"))
    }

    fn authenticators(&self) -> Result<&dyn Authenticators, Refusal> {
        self.authenticators.as_deref().ok_or_else(|| elsewhere("passkeys"))
    }

    fn feed(&self) -> Result<&dyn Feed, Refusal> {
        self.feed.as_deref().ok_or_else(|| elsewhere("the events"))
    }

    fn provider(&self) -> Result<&dyn OpenIdProvider, Refusal> {
        self.provider.as_deref().ok_or(Refusal::NotFound("page"))
    }

    fn book(&self) -> Result<&dyn OpenIdBook, Refusal> {
        self.book.as_deref().ok_or_else(|| elsewhere("accounts at a provider"))
    }

    fn signer(&self) -> Result<&dyn Signer, Refusal> {
        self.signer.as_deref().ok_or_else(|| elsewhere("the key that signs"))
    }

    fn key_logs(&self) -> Result<&dyn KeyLogs, Refusal> {
        self.key_logs.as_deref().ok_or_else(|| elsewhere("the key logs"))
    }

    /// What asking for a mail to be sent takes.
    fn sending(&self, ports: &Ports) -> Result<Sending, Refusal> {
        let Self {
            blobs: Some(blobs),
            directory: Some(directory),
            workflow: Some(workflow),
            key_logs: Some(logs),
            carriage: Some(carriage),
            ..
        } = self.clone()
        else {
            return Err(elsewhere("the way out"));
        };
        Ok(Sending { ports: ports.clone(), blobs, directory, workflow, logs, carriage })
    }
}

/// A page takes what its function does not have: it belongs to another.
fn elsewhere(what: &str) -> Refusal {
    Refusal::Internal(format!("this function of the console has no way to {what}"))
}

fn manage(aws: &Aws) -> Context {
    let powers = Powers {
        directory: Some(aws.directory()),
        trail: Some(aws.trail()),
        notices: Some(aws.notify_queue()),
        data_keys: Some(aws.data_keys()),
        authenticators: Some(aws.authenticators()),
        anchors: Some(aws.anchors()),
        feed: Some(aws.feed()),
        provider_keys: Some(Arc::new(Providers::of(setting))),
        provider_name: provider_name(),
        key_logs: Some(aws.key_logs()),
        ..Powers::default()
    };
    Context { ports: aws.ports(), powers, trust: Trust::Manage }
}

/// Client and issuer, where an operator names a client.
fn registered() -> Option<(String, String)> {
    setting("OPENID_CLIENT_ID").zip(setting("OPENID_ISSUER"))
}

/// What people call the provider: its host, where it is not known by a name.
fn provider_name() -> Option<Arc<str>> {
    let (_, issuer) = registered()?;
    let host = issuer.split_once("://").map_or(issuer.as_str(), |(_, host)| host);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    Some(if host == "accounts.google.com" { "Google".into() } else { host.into() })
}

fn openid(aws: &Aws) -> Context {
    let ports = aws.ports();
    let allow_loopback = ports.settings.allow_loopback_webhooks;
    let provider = registered().map(|(client_id, issuer)| {
        let secret = setting("OPENID_CLIENT_SECRET").map(|text| {
            let encrypted = STANDARD.decode(text);
            let why = "OPENID_CLIENT_SECRET is not what `aws kms encrypt` gives: see infra/docs/RUNBOOK.md";
            aws.client_secret(encrypted.unwrap_or_else(|_| panic!("{why}")))
        });
        let (registered, caller) = (Registered { issuer, client_id, secret }, Outside::new(allow_loopback));
        let provider = Provider::new(registered, Arc::new(caller), Arc::new(SystemClock), allow_loopback);
        Arc::new(provider) as Arc<dyn OpenIdProvider>
    });
    let powers = Powers {
        directory: Some(aws.directory()),
        data_keys: Some(aws.data_keys()),
        provider_name: provider_name(),
        provider,
        book: Some(aws.openid_book()),
        ..Powers::default()
    };
    Context { ports, powers, trust: Trust::OpenId }
}

fn decide(aws: &Aws) -> Context {
    let powers = Powers {
        blobs: Some(aws.blobs()),
        sheets: Some(aws.sheets()),
        previews: Some(aws.previews()),
        directory: Some(aws.directory()),
        workflow: Some(aws.workflow()),
        carriage: Some(aws.carriage()),
        key_logs: Some(aws.key_logs()),
        ..Powers::default()
    };
    Context { ports: aws.ports(), powers, trust: Trust::Decide }
}

fn sign(aws: &Aws) -> Context {
    let powers = Powers {
        trail: Some(aws.trail()),
        signer: Some(aws.signer()),
        key_logs: Some(aws.key_logs()),
        ..Powers::default()
    };
    Context { ports: aws.ports(), powers, trust: Trust::Sign }
}

fn mail(aws: &Aws) -> Context {
    let powers = Powers { blobs: Some(aws.blobs()), previews: Some(aws.previews()), ..Powers::default() };
    Context { ports: aws.ports(), powers, trust: Trust::Mail }
}

/// Always a page: people don't read JSON.
fn handle<'a>(context: &'a Context, request: &'a Request) -> Handling<'a> {
    Box::pin(async {
        let response = Box::pin(pages::answer(context, request)).await;
        Ok(compress::compressed(&context.ports, request, response))
    })
}
