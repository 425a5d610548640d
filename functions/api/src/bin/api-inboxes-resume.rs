//! `POST /v1/inboxes/{inbox_id}/resume`

fn main() {
    runtime::http::serve(&api::inboxes::resume::ENDPOINT, api::ports);
}
