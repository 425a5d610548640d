//! `GET /v1/inboxes/{inbox_id}/messages/{message_id}`

fn main() {
    runtime::http::serve(&api::messages::get::ENDPOINT, api::ports);
}
