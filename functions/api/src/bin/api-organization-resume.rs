//! `POST /v1/organization/resume`

fn main() {
    runtime::http::serve(&api::organization::resume::ENDPOINT, api::ports);
}
