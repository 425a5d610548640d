//! `POST /v1/attachments`

fn main() {
    runtime::http::serve(&api::attachments::create::ENDPOINT, api::ports);
}
