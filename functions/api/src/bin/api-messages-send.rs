//! `POST /v1/inboxes/{inbox_id}/messages/send`

fn main() {
    runtime::http::serve(&api::messages::send::ENDPOINT, api::ports);
}
