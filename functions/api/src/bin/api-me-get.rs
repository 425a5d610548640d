//! `GET /v1/me`

fn main() {
    runtime::http::serve(&api::me::get::ENDPOINT, api::ports);
}
