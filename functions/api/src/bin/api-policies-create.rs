//! `POST /v1/policies`

fn main() {
    runtime::http::serve(&api::policies::create::ENDPOINT, api::ports);
}
