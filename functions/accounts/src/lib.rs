//! Connected accounts: the routes below `/v1/accounts`.
//!
//! A group of its own: it holds keys of people's own providers while it asks about them, and nothing of it can send what anybody wrote.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{DataKeys, ProviderKeys};
use assembly::Aws;
use providers::Providers;
use runtime::http::{Endpoint, Handler, HandlerOf, handler};

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod test_send;
pub mod update;

/// All routes of this group.
pub const ENDPOINTS: &[Endpoint] = &[
    create::ENDPOINT,
    delete::ENDPOINT,
    get::ENDPOINT,
    list::ENDPOINT,
    test_send::ENDPOINT,
    update::ENDPOINT,
];

/// What a route takes that asks a provider.
pub struct Asking {
    ports: Ports,
    data_keys: Arc<dyn DataKeys>,
    providers: Arc<dyn ProviderKeys>,
}

impl Asking {
    fn open(aws: &Aws) -> Self {
        let providers = Providers::of(runtime::environment::setting);
        Self { ports: aws.ports(), data_keys: aws.data_keys(), providers: Arc::new(providers) }
    }

    fn outside(&self) -> (&dyn DataKeys, &dyn ProviderKeys) {
        (&*self.data_keys, &*self.providers)
    }
}

/// Opens a route with what it names of the account it runs in.
fn open<C: Send + Sync + 'static>(context: fn(&Aws) -> C, handle: HandlerOf<C>) -> Handler {
    handler(context(&Aws::from_environment()), handle)
}
