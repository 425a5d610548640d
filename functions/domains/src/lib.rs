//! Domains of organizations: the routes below `/v1/domains`, and the look at those that are due.
//!
//! A group of its own: it alone makes and removes identities in SES, and nothing of it can send. What it reads of DNS is strangers' words.

use std::sync::Arc;

use app::base::ports::{Dns, Identities};
use app::base::store::Directory;
use app::mailbox::domains::Looking;
use assembly::Aws;
use aws_domains::SesIdentities;
use runtime::Function;
use runtime::environment::require;
use runtime::http::{Endpoint, Handler, HandlerOf, handler};

pub mod check;
pub mod create;
pub mod delete;
mod dns;
pub mod get;
pub mod list;
pub mod verify;
pub mod zone_file;

/// All routes of this group.
pub const ENDPOINTS: &[Endpoint] = &[
    create::ENDPOINT,
    delete::ENDPOINT,
    get::ENDPOINT,
    list::ENDPOINT,
    verify::ENDPOINT,
    zone_file::ENDPOINT,
];

/// Its functions that are no routes.
pub const FUNCTIONS: &[&dyn Function] = &[&check::TASK];

/// What a look at a domain takes of the world.
pub struct Outside {
    identities: Arc<dyn Identities>,
    dns: Arc<dyn Dns>,
    directory: Arc<dyn Directory>,
}

impl Outside {
    fn open(aws: &Aws) -> Self {
        Self {
            identities: identities(aws),
            dns: Arc::new(dns::Resolver::from_environment()),
            directory: aws.directory(),
        }
    }

    fn looking(&self) -> Looking<'_> {
        Looking { identities: &*self.identities, dns: &*self.dns, directory: &*self.directory }
    }
}

fn identities(aws: &Aws) -> Arc<dyn Identities> {
    Arc::new(SesIdentities::new(&runtime::aws::ses_config(&aws.config), require("INSTALLATION")))
}

/// Opens a route with what it names of the account it runs in.
fn open<C: Send + Sync + 'static>(context: fn(&Aws) -> C, handle: HandlerOf<C>) -> Handler {
    handler(context(&Aws::from_environment()), handle)
}
