//! `GET /v1/attachments/{attachment_id}`

fn main() {
    runtime::http::serve(&api::attachments::get::ENDPOINT, api::ports);
}
