//! `POST /v1/organization/pause`

fn main() {
    runtime::http::serve(&api::organization::pause::ENDPOINT, api::ports);
}
