//! `GET /healthz`

fn main() {
    runtime::http::serve(&api::health::get::ENDPOINT, api::ports);
}
