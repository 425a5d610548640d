//! `POST /v1/inboxes/{inbox_id}/messages/{message_id}/send-again`

fn main() {
    runtime::http::serve(&api::messages::send_again::ENDPOINT, api::ports);
}
