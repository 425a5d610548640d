//! The routes under `/v1`: one file each, one function and one role each in `template.yaml`.
//!
//! Nothing here can send mail: the crate that calls SES is not among the dependencies (a test looks).

use app::Ports;
use app::base::feed::Feed;
use app::delivery::again::Again;
use assembly::Aws;
use domain::delivery::event::Event;
use runtime::http::{Endpoint, Handler, HandlerOf, handler};

mod deciding;
mod pausing;
pub mod unmatched;

#[expect(missing_docs, reason = "each file says what its route does")]
pub mod approvals {
    pub mod approve;
    pub mod ask_to_revise;
    pub mod batch;
    pub mod cancel;
    pub mod comment;
    pub mod comments;
    pub mod delegate;
    pub mod edit;
    pub mod get;
    pub mod list;
    pub mod receipt;
    pub mod reject;
    pub mod revise;
    pub mod take_back;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod attachments {
    pub mod create;
    pub mod get;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod audit {
    pub mod list;
    pub mod verify;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod drafts {
    pub mod create;
    pub mod delete;
    pub mod get;
    pub mod list;
    pub mod submit;
    pub mod update;

    use domain::gate::draft::SavedDraft;
    use runtime::http::Response;

    /// The response about a draft, with the revision that `If-Match` takes.
    fn tagged(response: Response, draft: &SavedDraft) -> Response {
        response.header("etag", format!("\"{}\"", draft.version))
    }
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod events {
    pub mod get;
    pub mod list;
    pub mod redeliver;
    pub mod stream;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod groups {
    pub mod create;
    pub mod delete;
    pub mod get;
    pub mod list;
    pub mod update;

    use domain::gate::group::Group;
    use runtime::http::Response;

    /// The response about a group, with the version that `If-Match` takes.
    fn tagged(response: Response, group: &Group) -> Response {
        response.header("etag", format!("\"{}\"", group.version))
    }
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod health {
    pub mod get;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod held_messages {
    pub mod discard;
    pub mod get;
    pub mod list;
    pub mod release;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod inboxes {
    pub mod create;
    pub mod delete;
    pub mod get;
    pub mod labels;
    pub mod list;
    pub mod pause;
    pub mod resume;
    pub mod update;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod invitations {
    pub mod accept;
    pub mod create;
    pub mod delete;
    pub mod list;
    pub mod resend;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod lists {
    pub mod create;
    pub mod delete;
    pub mod get;
    pub mod list;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod logs {
    pub mod list;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod me {
    pub mod get;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod members {
    pub mod delete;
    pub mod list;
    pub mod reset_second_factor;
    pub mod update;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod my_notifications {
    pub mod get;
    pub mod update;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod my_email {
    pub mod verify;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod my_password {
    pub mod change;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod my_passkeys {
    pub mod create;
    pub mod delete;
    pub mod list;
    pub mod options;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod my_proof {
    pub mod create;
    pub mod options;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod my_sessions {
    pub mod delete;
    pub mod delete_all;
    pub mod list;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod messages {
    pub mod batch;
    pub mod delete;
    pub mod forward;
    pub mod get;
    pub mod list;
    pub mod list_all;
    pub mod raw;
    pub mod reply;
    pub mod reply_all;
    pub mod restore;
    pub mod search;
    pub mod send;
    pub mod send_again;
    pub mod update;
    pub mod wait;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod my_totp {
    pub mod confirm;
    pub mod delete;
    pub mod get;
    pub mod renew_codes;
    pub mod start;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod password_resets {
    pub mod confirm;
    pub mod create;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod policies {
    pub mod create;
    pub mod delete;
    pub mod get;
    pub mod list;
    pub mod replace;
    pub mod simulate;
    pub mod templates;
    pub mod versions;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod registrations {
    pub mod create;
    pub mod resend;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod screening {
    pub mod get;
    pub mod replace;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod sessions {
    pub mod create;
    pub mod delete;
    pub mod passkey;
    pub mod passkey_options;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod suppressions {
    pub mod create;
    pub mod delete;
    pub mod get;
    pub mod list;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod threads {
    pub mod delete;
    pub mod get;
    pub mod list;
    pub mod list_all;
    pub mod restore;
    pub mod update;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod tokens {
    pub mod create;
    pub mod delete;
    pub mod get;
    pub mod list;
    pub mod pause;
    pub mod resume;
    pub mod rotate;
    pub mod update;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod uploads {
    pub mod confirm;
    pub mod create;
    pub mod delete;
    pub mod get;
    pub mod list;
    pub mod row;
    pub mod rows;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod usage {
    pub mod list;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod webhooks {
    pub mod create;
    pub mod delete;
    pub mod deliveries;
    pub mod get;
    pub mod list;
    pub mod resend;
    pub mod retry;
    pub mod rotate_secret;
    pub mod test;
    pub mod update;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod openapi {
    pub mod get;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod organization {
    pub mod pause;
    pub mod resume;
    pub mod transfer_ownership;
    pub mod update;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod signing_keys {
    pub mod list;
    pub mod log;
}
#[expect(missing_docs, reason = "each file says what its route does")]
pub mod standing_approvals {
    pub mod create;
    pub mod delete;
    pub mod list;
}

/// All routes of this group.
pub const ENDPOINTS: &[Endpoint] = &[
    approvals::approve::ENDPOINT,
    approvals::ask_to_revise::ENDPOINT,
    approvals::batch::ENDPOINT,
    approvals::cancel::ENDPOINT,
    approvals::comment::ENDPOINT,
    approvals::comments::ENDPOINT,
    approvals::delegate::ENDPOINT,
    approvals::edit::ENDPOINT,
    approvals::get::ENDPOINT,
    approvals::list::ENDPOINT,
    approvals::receipt::ENDPOINT,
    approvals::reject::ENDPOINT,
    approvals::revise::ENDPOINT,
    approvals::take_back::ENDPOINT,
    attachments::create::ENDPOINT,
    attachments::get::ENDPOINT,
    audit::list::ENDPOINT,
    audit::verify::ENDPOINT,
    drafts::create::ENDPOINT,
    drafts::delete::ENDPOINT,
    drafts::get::ENDPOINT,
    drafts::list::ENDPOINT,
    drafts::submit::ENDPOINT,
    drafts::update::ENDPOINT,
    events::get::ENDPOINT,
    events::list::ENDPOINT,
    events::redeliver::ENDPOINT,
    events::stream::ENDPOINT,
    groups::create::ENDPOINT,
    groups::delete::ENDPOINT,
    groups::get::ENDPOINT,
    groups::list::ENDPOINT,
    groups::update::ENDPOINT,
    health::get::ENDPOINT,
    held_messages::discard::ENDPOINT,
    held_messages::get::ENDPOINT,
    held_messages::list::ENDPOINT,
    held_messages::release::ENDPOINT,
    inboxes::create::ENDPOINT,
    inboxes::delete::ENDPOINT,
    inboxes::get::ENDPOINT,
    inboxes::labels::ENDPOINT,
    inboxes::list::ENDPOINT,
    inboxes::pause::ENDPOINT,
    inboxes::resume::ENDPOINT,
    inboxes::update::ENDPOINT,
    invitations::accept::ENDPOINT,
    invitations::create::ENDPOINT,
    invitations::delete::ENDPOINT,
    invitations::list::ENDPOINT,
    invitations::resend::ENDPOINT,
    lists::create::ENDPOINT,
    lists::delete::ENDPOINT,
    lists::get::ENDPOINT,
    lists::list::ENDPOINT,
    logs::list::ENDPOINT,
    me::get::ENDPOINT,
    members::delete::ENDPOINT,
    members::list::ENDPOINT,
    members::reset_second_factor::ENDPOINT,
    members::update::ENDPOINT,
    my_notifications::get::ENDPOINT,
    my_notifications::update::ENDPOINT,
    my_email::verify::ENDPOINT,
    my_password::change::ENDPOINT,
    my_passkeys::create::ENDPOINT,
    my_passkeys::delete::ENDPOINT,
    my_passkeys::list::ENDPOINT,
    my_passkeys::options::ENDPOINT,
    my_proof::create::ENDPOINT,
    my_proof::options::ENDPOINT,
    my_sessions::delete::ENDPOINT,
    my_sessions::delete_all::ENDPOINT,
    my_sessions::list::ENDPOINT,
    my_totp::confirm::ENDPOINT,
    my_totp::delete::ENDPOINT,
    my_totp::get::ENDPOINT,
    my_totp::renew_codes::ENDPOINT,
    my_totp::start::ENDPOINT,
    messages::batch::ENDPOINT,
    messages::delete::ENDPOINT,
    messages::forward::ENDPOINT,
    messages::get::ENDPOINT,
    messages::list::ENDPOINT,
    messages::list_all::ENDPOINT,
    messages::raw::ENDPOINT,
    messages::reply::ENDPOINT,
    messages::reply_all::ENDPOINT,
    messages::restore::ENDPOINT,
    messages::search::ENDPOINT,
    messages::send::ENDPOINT,
    messages::send_again::ENDPOINT,
    messages::update::ENDPOINT,
    messages::wait::ENDPOINT,
    openapi::get::ENDPOINT,
    organization::pause::ENDPOINT,
    organization::resume::ENDPOINT,
    organization::transfer_ownership::ENDPOINT,
    organization::update::ENDPOINT,
    password_resets::confirm::ENDPOINT,
    password_resets::create::ENDPOINT,
    policies::create::ENDPOINT,
    policies::delete::ENDPOINT,
    policies::get::ENDPOINT,
    policies::list::ENDPOINT,
    policies::replace::ENDPOINT,
    policies::simulate::ENDPOINT,
    policies::templates::ENDPOINT,
    policies::versions::ENDPOINT,
    registrations::create::ENDPOINT,
    registrations::resend::ENDPOINT,
    screening::get::ENDPOINT,
    screening::replace::ENDPOINT,
    sessions::create::ENDPOINT,
    sessions::delete::ENDPOINT,
    sessions::passkey::ENDPOINT,
    sessions::passkey_options::ENDPOINT,
    signing_keys::list::ENDPOINT,
    signing_keys::log::ENDPOINT,
    standing_approvals::create::ENDPOINT,
    standing_approvals::delete::ENDPOINT,
    standing_approvals::list::ENDPOINT,
    suppressions::create::ENDPOINT,
    suppressions::delete::ENDPOINT,
    suppressions::get::ENDPOINT,
    suppressions::list::ENDPOINT,
    threads::delete::ENDPOINT,
    threads::get::ENDPOINT,
    threads::list::ENDPOINT,
    threads::list_all::ENDPOINT,
    threads::restore::ENDPOINT,
    threads::update::ENDPOINT,
    tokens::create::ENDPOINT,
    tokens::delete::ENDPOINT,
    tokens::get::ENDPOINT,
    tokens::list::ENDPOINT,
    tokens::pause::ENDPOINT,
    tokens::resume::ENDPOINT,
    tokens::rotate::ENDPOINT,
    tokens::update::ENDPOINT,
    uploads::confirm::ENDPOINT,
    uploads::create::ENDPOINT,
    uploads::delete::ENDPOINT,
    uploads::get::ENDPOINT,
    uploads::list::ENDPOINT,
    uploads::row::ENDPOINT,
    uploads::rows::ENDPOINT,
    usage::list::ENDPOINT,
    webhooks::create::ENDPOINT,
    webhooks::delete::ENDPOINT,
    webhooks::deliveries::ENDPOINT,
    webhooks::get::ENDPOINT,
    webhooks::list::ENDPOINT,
    webhooks::resend::ENDPOINT,
    webhooks::retry::ENDPOINT,
    webhooks::rotate_secret::ENDPOINT,
    webhooks::test::ENDPOINT,
    webhooks::update::ENDPOINT,
];

/// What telling endpoints again takes.
fn again<'a>(ports: &'a Ports, feed: &'a dyn Feed) -> Again<'a> {
    let encode = |event: &Event| wire::delivery::events::publish(event).body;
    Again { ports, feed, encode }
}

/// Opens a route with what it names of the account it runs in.
fn open<C: Send + Sync + 'static>(context: fn(&Aws) -> C, handle: HandlerOf<C>) -> Handler {
    handler(context(&Aws::from_environment()), handle)
}
