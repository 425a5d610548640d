//! `GET /v1/inboxes/{inbox_id}/messages`

fn main() {
    runtime::http::serve(&api::messages::list::ENDPOINT, api::ports);
}
