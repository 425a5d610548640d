//! `POST /v1/sessions`

fn main() {
    runtime::http::serve(&api::sessions::create::ENDPOINT, api::ports);
}
