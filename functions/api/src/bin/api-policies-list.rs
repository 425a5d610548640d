//! `GET /v1/policies`

fn main() {
    runtime::http::serve(&api::policies::list::ENDPOINT, api::ports);
}
