//! `GET /v1/inboxes/{inbox_id}/messages/{message_id}/raw`

fn main() {
    runtime::http::serve(&api::messages::raw::ENDPOINT, api::ports);
}
