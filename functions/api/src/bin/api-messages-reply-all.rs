//! `POST /v1/inboxes/{inbox_id}/messages/{message_id}/reply-all`

fn main() {
    runtime::http::serve(&api::messages::reply_all::ENDPOINT, api::ports);
}
