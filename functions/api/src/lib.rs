//! The routes under `/v1`: one file each, one binary each, one role each in `template.yaml`.
//!
//! Nothing here can send mail: the crate that calls SES is not among the dependencies (a test looks).

use app::Ports;
use runtime::http::Endpoint;

#[expect(missing_docs, reason = "each file says what its route does")]
pub mod approvals {
    pub mod approve;
    pub mod get;
    pub mod list;
    pub mod reject;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod attachments {
    pub mod create;
    pub mod get;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod health {
    pub mod get;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod inboxes {
    pub mod create;
    pub mod get;
    pub mod list;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod me {
    pub mod get;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod messages {
    pub mod get;
    pub mod list;
    pub mod raw;
    pub mod reply;
    pub mod reply_all;
    pub mod send;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod sessions {
    pub mod create;
    pub mod delete;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod threads {
    pub mod get;
    pub mod list;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod tokens {
    pub mod create;
    pub mod delete;
    pub mod list;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod webhooks {
    pub mod create;
    pub mod delete;
    pub mod deliveries;
    pub mod get;
    pub mod list;
}

/// All routes of this group.
pub const ENDPOINTS: &[Endpoint] = &[
    approvals::approve::ENDPOINT,
    approvals::get::ENDPOINT,
    approvals::list::ENDPOINT,
    approvals::reject::ENDPOINT,
    attachments::create::ENDPOINT,
    attachments::get::ENDPOINT,
    health::get::ENDPOINT,
    inboxes::create::ENDPOINT,
    inboxes::get::ENDPOINT,
    inboxes::list::ENDPOINT,
    me::get::ENDPOINT,
    messages::get::ENDPOINT,
    messages::list::ENDPOINT,
    messages::raw::ENDPOINT,
    messages::reply::ENDPOINT,
    messages::reply_all::ENDPOINT,
    messages::send::ENDPOINT,
    sessions::create::ENDPOINT,
    sessions::delete::ENDPOINT,
    threads::get::ENDPOINT,
    threads::list::ENDPOINT,
    tokens::create::ENDPOINT,
    tokens::delete::ENDPOINT,
    tokens::list::ENDPOINT,
    webhooks::create::ENDPOINT,
    webhooks::delete::ENDPOINT,
    webhooks::deliveries::ENDPOINT,
    webhooks::get::ENDPOINT,
    webhooks::list::ENDPOINT,
];

/// The ports of a route.
pub fn ports() -> Ports {
    assembly::ports(&runtime::aws::config())
}
