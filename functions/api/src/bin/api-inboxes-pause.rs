//! `POST /v1/inboxes/{inbox_id}/pause`

fn main() {
    runtime::http::serve(&api::inboxes::pause::ENDPOINT, api::ports);
}
