//! `POST /v1/inboxes/{inbox_id}/messages/{message_id}/reply`

fn main() {
    runtime::http::serve(&api::messages::reply::ENDPOINT, api::ports);
}
